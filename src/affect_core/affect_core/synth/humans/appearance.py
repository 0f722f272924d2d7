"""What a person looks like, apart from the form of the head: skin, hair, brows, beard, eyes, make-up, wrinkles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.random import Generator

from affect_core.synth.humans.wrinkles import WRINKLE_STYLES

Colour = tuple[float, float, float]
"""Red, green, blue; 0..1."""

HAIRCUTS: Final[Mapping[str, float]] = {
    "bald": 0.12,
    "cropped": 0.12,
    "cap": 0.12,
    "fringe": 0.14,
    "parted": 0.14,
    "swept": 0.10,
    "receding": 0.05,
    "wreath": 0.03,
    "full": 0.10,
    "curly": 0.08,
}
"""Name to share of the people; `hair` knows their forms."""

BEARDS: Final[Mapping[str, float]] = {
    "none": 0.74,
    "stubble": 0.10,
    "moustache": 0.04,
    "goatee": 0.05,
    "full": 0.07,
}
"""Name to share of the people; `maps` knows where they grow."""

NO_BEARD: Final = "none"
BALD: Final = "bald"

_SKINS: Final = np.array(
    [
        [0.93, 0.76, 0.67],
        [0.88, 0.69, 0.57],
        [0.82, 0.60, 0.46],
        [0.70, 0.48, 0.35],
        [0.55, 0.36, 0.26],
        [0.43, 0.28, 0.20],
        [0.33, 0.22, 0.16],
    ]
)
"""From light to dark, in equal steps of the skin tone."""

_HAIRS: Final[Mapping[str, tuple[Colour, float]]] = {
    "black": ((0.06, 0.05, 0.045), 0.30),
    "dark brown": ((0.16, 0.10, 0.07), 0.25),
    "brown": ((0.30, 0.19, 0.11), 0.15),
    "fair": ((0.55, 0.40, 0.22), 0.08),
    "blond": ((0.75, 0.62, 0.40), 0.05),
    "red": ((0.45, 0.20, 0.10), 0.05),
    "grey": ((0.55, 0.55, 0.55), 0.08),
    "white": ((0.85, 0.85, 0.83), 0.04),
}
_IRISES: Final[Mapping[str, tuple[Colour, float]]] = {
    "dark brown": ((0.26, 0.15, 0.09), 0.35),
    "brown": ((0.42, 0.26, 0.13), 0.30),
    "green": ((0.38, 0.42, 0.25), 0.12),
    "blue": ((0.28, 0.41, 0.52), 0.15),
    "grey": ((0.37, 0.43, 0.46), 0.08),
}
_LIPSTICK: Final[Colour] = (0.65, 0.18, 0.22)
_SHADOWS: Final[tuple[Colour, ...]] = (
    (0.35, 0.22, 0.20),
    (0.30, 0.25, 0.38),
    (0.25, 0.30, 0.34),
    (0.42, 0.26, 0.16),
)
_DARK_TONE: Final = 0.62
_DARK_TOO_SHARE: Final = 0.8
_FRECKLE_SHARE: Final = 0.12
_MADE_UP_SHARE: Final = 0.3


@dataclass(frozen=True)
class Appearance:
    """One person's looks. Amounts are 0..1 unless said otherwise.

    Attributes:
        skin_tone: 0 = lightest, 1 = darkest.
        skin: the skin's colour.
        pores: standard deviation of the finest grain.
        mottle: standard deviation of the patches of lighter and darker skin.
        blush: redness of cheeks and nose.
        sockets: darkness round the eyes.
        freckles: amount.
        wrinkles: depth of the wrinkles that action units make.
        folds: depth of the nasolabial fold at rest.
        wrinkle_style: which of the courses the wrinkles take.
        lips: colour; lip_cover: how much of it covers the skin.
        made_up: whether lips and lids are painted.
        lid: colour of the eye shadow; lid_cover: amount.
        brow: colour; brow_width, brow_lift and brow_arch: 1/1024 of the texture; brow_cover: opacity;
            brow_fill: share of a solid band under the single hairs.
        hair: colour; hair_name: its name; haircut: one of `HAIRCUTS`.
        hairline_cm: height of the hairline above a usual one; hair_cm: length that the hair stands off;
            strands: number of locks over half the head; parting: -1..1, side that it leans to, + the subject's left.
        beard: one of `BEARDS`; beard_cover: its density.
        iris: colour; iris_name: its name; iris_radius: share of the eyeball's; pupil: share of the iris's radius.
        sclera: colour of the white.
        lashes: darkness of the lid's edge.
    """

    skin_tone: float
    skin: Colour
    pores: float
    mottle: float
    blush: float
    sockets: float
    freckles: float
    wrinkles: float
    folds: float
    wrinkle_style: int
    lips: Colour
    lip_cover: float
    made_up: bool
    lid: Colour
    lid_cover: float
    brow: Colour
    brow_width: float
    brow_lift: float
    brow_arch: float
    brow_cover: float
    brow_fill: float
    hair: Colour
    hair_name: str
    haircut: str
    hairline_cm: float
    hair_cm: float
    strands: int
    parting: float
    beard: str
    beard_cover: float
    iris: Colour
    iris_name: str
    iris_radius: float
    pupil: float
    sclera: Colour
    lashes: float


def draw_appearance(rng: Generator) -> Appearance:
    """A random person.

    Everything is drawn alone but for a few bonds: dark skin mostly comes with dark hair and eyes, brows are darker
    than skin and hair, and nobody wears both beard and make-up.
    """
    tone = float(rng.random())
    skin = _skin(tone, rng)
    hair_name, hair = _hair(tone, rng)
    beard = _pick(BEARDS, rng)
    made_up = bool(rng.random() < _MADE_UP_SHARE) and beard == NO_BEARD
    iris_name, iris = _iris(tone, rng)
    darkening = float(rng.uniform(0.6, 1.0))
    whites = float(rng.uniform(0.9, 1.03))
    return Appearance(
        skin_tone=tone,
        skin=skin,
        pores=_uniform(rng, 0.0, 0.03),
        mottle=_uniform(rng, 0.01, 0.04),
        blush=_uniform(rng, 0.0, 0.6),
        sockets=_uniform(rng, 0.05, 0.3),
        freckles=_uniform(rng, 0.3, 1.0) if rng.random() < _FRECKLE_SHARE else 0.0,
        wrinkles=_uniform(rng, 0.45, 1.0),
        folds=_uniform(rng, 0.0, 0.35),
        wrinkle_style=int(rng.integers(WRINKLE_STYLES)),
        lips=_lips(skin, made_up, rng),
        lip_cover=_uniform(rng, 0.7, 0.95) if made_up else _uniform(rng, 0.45, 0.85),
        made_up=made_up,
        lid=_SHADOWS[int(rng.integers(len(_SHADOWS)))],
        lid_cover=_uniform(rng, 0.2, 0.6) if made_up else 0.0,
        brow=_colour(np.minimum(np.multiply(hair, darkening), np.multiply(skin, 0.62))),
        brow_width=_uniform(rng, 7.5, 14.0),
        brow_lift=_uniform(rng, -4.0, 4.0),
        brow_arch=_uniform(rng, -3.0, 8.0),
        brow_cover=_uniform(rng, 0.65, 0.95),
        brow_fill=_uniform(rng, 0.3, 0.9),
        hair=hair,
        hair_name=hair_name,
        haircut=_pick(HAIRCUTS, rng),
        hairline_cm=_uniform(rng, -0.9, 0.8),
        hair_cm=_uniform(rng, 0.3, 1.3),
        strands=int(rng.integers(20, 90)),
        parting=_uniform(rng, -1.0, 1.0),
        beard=beard,
        beard_cover=0.0 if beard == NO_BEARD else _uniform(rng, 0.35, 0.9),
        iris=iris,
        iris_name=iris_name,
        iris_radius=_uniform(rng, 0.46, 0.54),
        pupil=_uniform(rng, 0.3, 0.45),
        sclera=(0.93 * whites, 0.91 * whites, 0.89 * whites),
        lashes=_uniform(rng, 0.7, 1.0) if made_up else _uniform(rng, 0.35, 0.8),
    )


def attributes(appearance: Appearance) -> dict[str, str | float]:
    """What a manifest tells about a person's looks."""
    return {
        "skin_tone": round(appearance.skin_tone, 3),
        "hair": appearance.hair_name,
        "haircut": appearance.haircut,
        "beard": appearance.beard,
        "eyes": appearance.iris_name,
        "make_up": "yes" if appearance.made_up else "no",
        "wrinkles": round(appearance.wrinkles, 3),
        "freckles": round(appearance.freckles, 3),
    }


def _skin(tone: float, rng: Generator) -> Colour:
    steps = np.linspace(0.0, 1.0, len(_SKINS))
    usual = np.array([np.interp(tone, steps, _SKINS[:, channel]) for channel in range(3)])
    return _colour(usual * rng.uniform(0.92, 1.05) * (1.0 + rng.normal(0.0, 0.02, 3)))


def _hair(tone: float, rng: Generator) -> tuple[str, Colour]:
    name, hair = _named(_HAIRS, rng)
    if tone > _DARK_TONE and rng.random() < _DARK_TOO_SHARE:
        name, hair = "black", _scaled(_HAIRS["black"][0], rng.uniform(0.8, 1.4))
    return name, hair


def _iris(tone: float, rng: Generator) -> tuple[str, Colour]:
    name, iris = _named(_IRISES, rng)
    if tone > _DARK_TONE and rng.random() < _DARK_TOO_SHARE:
        name, iris = "dark brown", _scaled(_IRISES["dark brown"][0], rng.uniform(0.8, 1.2))
    return name, iris


def _lips(skin: Colour, made_up: bool, rng: Generator) -> Colour:
    """Redder than the skin; painted ones lie between lipstick and that."""
    own = np.multiply(skin, (0.92, 0.62, 0.60)) * rng.uniform(0.85, 1.05)
    painted = np.multiply(_LIPSTICK, rng.uniform(0.7, 1.2)) * (1.0 + rng.normal(0.0, 0.1, 3))
    share = rng.uniform(0.3, 0.8) if made_up else 0.0
    return _colour(own + share * (painted - own))


def _named(table: Mapping[str, tuple[Colour, float]], rng: Generator) -> tuple[str, Colour]:
    """A name of the table by its share, and its colour, a little lighter or darker."""
    name = _pick({name: share for name, (_, share) in table.items()}, rng)
    return name, _scaled(table[name][0], rng.uniform(0.8, 1.2))


def _pick(shares: Mapping[str, float], rng: Generator) -> str:
    weights = np.fromiter(shares.values(), float)
    return list(shares)[int(rng.choice(len(shares), p=weights / weights.sum()))]


def _scaled(colour: Colour, factor: float) -> Colour:
    return _colour(np.multiply(colour, factor))


def _colour(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> Colour:
    red, green, blue = (float(value) for value in np.clip(values, 0.0, 1.0))
    return red, green, blue


def _uniform(rng: Generator, low: float, high: float) -> float:
    return float(rng.uniform(low, high))
