"""Haircuts: how far the scalp is pushed out where hair grows, and the texture of the strands."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from affect_core.registry import Registry
from affect_core.synth.humans.appearance import BALD, Appearance
from affect_core.synth.humans.layout import TEXTURE_PX, ScalpLayout

F32 = NDArray[np.float32]

CUTS: Final[Registry[tuple[F32, F32]]] = Registry("haircut")
"""Name of a haircut to ``cut(places, appearance)``, which moves the hairline and scales the length.

It takes float32 (n, 3) places of the mean scalp in cm and returns two float32 (n,): by how much the hairline is
raised, and the length, both in cm.
"""

_UNDER_SKIN_CM: Final = -0.6
_SHORTEST_CM: Final = 0.05
_RISE_CM: Final = 1.2
"""From the hairline on, hair takes so much to reach its full length."""
_UNEVEN: Final = 0.10
_BARE_CM: Final = 20.0
"""Raises the hairline beyond any head."""


def lengths_cm(scalp: ScalpLayout, appearance: Appearance) -> F32 | None:
    """How far every vertex of the scalp is pushed out along its normal: float32 (n,); None for a bald head.

    Negative = under the skin, where no hair grows.
    """
    if appearance.haircut == BALD:
        return None
    places = scalp.places_cm
    raised, length = CUTS.build(appearance.haircut, places, appearance)
    above = scalp.above_hairline_cm - np.float32(appearance.hairline_cm) - raised - _bare_at_ear(places)
    grown = _step(above / _RISE_CM) * length
    grown *= 1.0 + _UNEVEN * np.sin(3.0 * places[:, 0] + 2.0 * places[:, 1])
    return np.where(above > 0.0, grown + _SHORTEST_CM, _UNDER_SKIN_CM).astype(np.float32)


def paint_hair(appearance: Appearance, rng: Generator, texture_px: int = TEXTURE_PX) -> F32:
    """float32 (T, T, 3): columns run from the forehead to the back of the head, rows down; strands hang in waves."""
    strands = (
        _curls(texture_px, rng) if appearance.haircut == "curly" else _strands(texture_px, appearance, rng)
    )
    row = np.linspace(0.0, 1.0, texture_px, dtype=np.float32)[:, None]
    sheen = 0.25 * np.exp(-0.5 * ((row - np.float32(rng.uniform(0.12, 0.25))) / 0.06) ** 2)
    level = np.clip(0.85 + (0.34 - 0.18 * max(appearance.hair)) * strands + sheen, 0.35, 1.6)
    return np.asarray(np.clip(level[..., None] * np.asarray(appearance.hair), 0.0, 1.0), np.float32)


def _strands(texture_px: int, appearance: Appearance, rng: Generator) -> F32:
    """(T, T), about -1..1: locks and single hairs."""
    locks = rng.standard_normal((1, appearance.strands), np.float32)
    wide = cv2.resize(locks, (texture_px, 1), interpolation=cv2.INTER_CUBIC)[0]
    across = 0.6 * wide + 0.5 * rng.standard_normal(texture_px, np.float32)
    row = np.arange(texture_px)
    wave = rng.uniform(1.0, 6.0) * np.sin(row / rng.uniform(12.0, 30.0) + rng.uniform(0.0, 6.0))
    columns = np.arange(texture_px)[None, :] + np.round(wave).astype(int)[:, None]
    return np.asarray(across[columns % texture_px], np.float32)


def _curls(texture_px: int, rng: Generator) -> F32:
    noise = rng.standard_normal((texture_px, texture_px), np.float32)
    small = cv2.GaussianBlur(noise, (0, 0), 1.6)
    return np.asarray(small / small.std(), np.float32)


@CUTS.register("cropped")
def _cropped(places: F32, appearance: Appearance) -> tuple[F32, F32]:
    return _nowhere(places), np.full(len(places), 0.1 + 0.15 * appearance.hair_cm, np.float32)


@CUTS.register("cap")
def _cap(places: F32, appearance: Appearance) -> tuple[F32, F32]:
    return _nowhere(places), np.full(len(places), appearance.hair_cm, np.float32)


@CUTS.register("fringe")
def _fringe(places: F32, appearance: Appearance) -> tuple[F32, F32]:
    """Hair falls over the forehead, in uneven tips, further down on one side."""
    x, _, z = places.T
    front = _step((z - 5.5) / 2.5)
    tips = 0.25 * np.sin(5.0 * x) + 0.2 * np.sin(2.3 * x + 1.0)
    fall = 1.4 + 0.5 * appearance.parting * np.clip(x / 5.0, -1.0, 1.0) + tips
    return np.asarray(-front * fall, np.float32), np.full(
        len(places), 0.3 + 0.7 * appearance.hair_cm, np.float32
    )


@CUTS.register("parted")
def _parted(places: F32, appearance: Appearance) -> tuple[F32, F32]:
    """A furrow on one side of the crown; the longer side stands higher."""
    x, y, z = places.T
    side = np.sign(appearance.parting) or 1.0
    from_parting = x - side * (1.2 + 1.6 * abs(appearance.parting))
    on_top = _step((y - 8.0) / 3.0) * _step((z + 1.0) / 3.0)
    furrow = 0.9 * np.exp(-0.5 * (from_parting / 0.45) ** 2) * on_top
    longer = 1.0 + 0.8 * _step(-side * from_parting / 4.0) * on_top
    raised = 0.6 * np.exp(-0.5 * (from_parting / 0.6) ** 2) * _step((z - 5.0) / 3.0)
    return np.asarray(raised, np.float32), np.asarray(
        appearance.hair_cm * longer * (1.0 - furrow), np.float32
    )


@CUTS.register("swept")
def _swept(places: F32, appearance: Appearance) -> tuple[F32, F32]:
    """Short at the sides, up and back over the forehead."""
    _, y, z = places.T
    quiff = _step((y - 9.0) / 4.0) * (0.6 + 0.9 * _step((z - 2.0) / 4.0))
    return _nowhere(places), np.asarray(appearance.hair_cm * (0.4 + 1.3 * quiff), np.float32)


@CUTS.register("receding")
def _receding(places: F32, appearance: Appearance) -> tuple[F32, F32]:
    """High temples."""
    x, _, z = places.T
    front = _step((z - 3.0) / 4.0)
    temples = 2.6 * np.exp(-0.5 * ((np.abs(x) - 3.6) / 1.5) ** 2) + 0.6
    return np.asarray(temples * front, np.float32), np.full(
        len(places), 0.15 + 0.4 * appearance.hair_cm, np.float32
    )


@CUTS.register("wreath")
def _wreath(places: F32, appearance: Appearance) -> tuple[F32, F32]:
    """A bare crown; short hair round it."""
    x, y, _ = places.T
    edge = 7.5 + 0.3 * np.sin(2.0 * x)
    length = np.full(len(places), 0.1 + 0.4 * appearance.hair_cm, np.float32)
    return np.asarray(_BARE_CM * _step((y - edge) / 2.0), np.float32), length


@CUTS.register("full")
def _full(places: F32, appearance: Appearance) -> tuple[F32, F32]:
    """Thick at the sides and the back, down to the neck."""
    x, y, z = places.T
    back = _step((2.0 - z) / 4.0) * _step((7.0 - y) / 6.0)
    sides = _step((np.abs(x) - 4.5) / 2.0) * _step((7.0 - z) / 3.0)
    longer = 0.6 * appearance.hair_cm + 0.4 + 1.6 * back + 0.7 * sides
    return np.asarray(-1.2 * back, np.float32), np.asarray(longer, np.float32)


@CUTS.register("curly")
def _curly(places: F32, appearance: Appearance) -> tuple[F32, F32]:
    """A round mass of curls."""
    x, y, z = places.T
    bumps = np.sin(4.1 * x + 1.0) * np.sin(3.7 * y) + np.sin(4.3 * z + 2.0) * np.sin(3.9 * x)
    mass = 0.6 + 1.3 * appearance.hair_cm
    return _nowhere(places), np.asarray(mass * (1.0 + 0.10 * bumps), np.float32)


def _bare_at_ear(places: F32) -> F32:
    """Raises the hairline under and close behind the ear, where the hair would gape."""
    _, y, z = places.T
    return np.asarray(4.0 * _step((1.0 - y) / 2.0) * _step((z + 4.5) / 2.0), np.float32)


def _nowhere(places: F32) -> F32:
    return np.zeros(len(places), np.float32)


def _step(x: F32) -> F32:
    """0 below 0, 1 above 1, smooth between."""
    x = np.clip(x, 0.0, 1.0)
    return x * x * (3.0 - 2.0 * x)
