"""Draws what a picture shows: person, expression, pose, gaze, light and camera. Cheap; nothing is rendered here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from affect_core.heads.action_units import Angles
from affect_core.heads.expressions import ExpressionTable
from affect_core.labels import NEUTRAL
from affect_core.synth.humans.base import FORMAT, HumanSetConfig
from affect_core.synth.humans.light import DIM, EVEN
from affect_core.synth.humans.recipes import Amounts, draw_shown, draw_variant, mixed

F32 = NDArray[np.float32]

_IDENTITY_LIMIT: Final = 2.5
_TURN_DEG: Final = np.array([11.0, 7.0, 6.0])
_TURN_LIMIT_DEG: Final = 25.0
_GAZE_DEG: Final = 3.5
_GAZE_LIMIT_DEG: Final = (32.0, 20.0)
_AVERTED: Final = (0.5, 1.4)
"""Scale of an expression's own gaze."""

_FOLLOWING: Final = 0.7
_FOLLOWING_SHARE: Final = 0.6
"""So many faces keep looking at the camera, and so much of the head's turn their eyes take back."""

_BLEND: Final = (0.5, 0.8)
"""Share of the first class in a blend."""

_DISTANCE_CM: Final = (55.0, 130.0)
_CROP_SHARE: Final = (0.5, 0.563)
"""Edge of the tight crop as a share of the picture's: 112 to 126 of 224 px."""

_OFFSET: Final = 0.012
_SIDES: Final = ("right", "left")


@dataclass(frozen=True, eq=False)
class Draw:
    """What one picture shows.

    Attributes:
        label, soft_label: the class, and the shares of a blend's two classes (else None).
        intensity: 0..1; 0 for neutral.
        side: the side that leads, "right" or "left", the subject's.
        amounts: the action units that are shown.
        identity: (k,) in standard deviations.
        head_deg: yaw, pitch, roll; gaze_deg: yaw, pitch relative to the head; yaw and roll + to the subject's left,
            pitch + up.
        camera: distance in cm, edge of the tight crop in pixels, and its offset as a share of the picture's edge.
    """

    label: str
    soft_label: Mapping[str, float] | None
    intensity: float
    side: str
    amounts: Amounts
    identity: F32
    head_deg: tuple[float, float, float]
    gaze_deg: tuple[float, float]
    lighting: str
    distance_cm: float
    crop_px: float
    offset: tuple[float, float]


def streams(config: HumanSetConfig, index: int) -> tuple[np.random.Generator, np.random.Generator]:
    """Randomness of picture ``index``: of what it shows, and of how that looks. No other picture matters."""
    shown, looks = (np.random.default_rng([FORMAT, config.seed, index, stream]) for stream in range(2))
    return shown, looks


def draw(
    config: HumanSetConfig, table: ExpressionTable, identity_modes: int, index: int, rng: np.random.Generator
) -> Draw:
    """Picture ``index``; ``rng`` is the first of its `streams`."""
    names = config.label_names
    label = names[index % len(names)]
    strength = float(rng.uniform(config.intensity_low, config.intensity_high))
    side = _SIDES[int(rng.integers(2))]
    full, head, gaze, soft = _expression(config, table, label, side, rng)
    shown = draw_shown(rng, {unit: value * strength for unit, value in full.items()}, label)
    head_deg, gaze_deg = _directions(rng, head, gaze, strength)
    return Draw(
        label=label,
        soft_label=soft,
        intensity=0.0 if label == NEUTRAL else strength,
        side=side,
        amounts=shown,
        identity=np.clip(rng.normal(0, 1, identity_modes), -_IDENTITY_LIMIT, _IDENTITY_LIMIT).astype(
            np.float32
        ),
        head_deg=head_deg,
        gaze_deg=gaze_deg,
        lighting=DIM if rng.random() < config.dim_share else EVEN,
        distance_cm=float(rng.uniform(*_DISTANCE_CM)),
        crop_px=float(rng.uniform(*_CROP_SHARE)) * config.size_px,
        offset=(float(rng.normal(0, _OFFSET)), float(rng.normal(0, _OFFSET))),
    )


def _expression(
    config: HumanSetConfig, table: ExpressionTable, label: str, side: str, rng: np.random.Generator
) -> tuple[Amounts, Angles, Angles, Mapping[str, float] | None]:
    """Action units, head and gaze at intensity 1; a blend's first class is the label."""
    row = table.get(label).led_by(side)
    amounts = draw_variant(rng, row)
    others = [name for name in config.label_names if name not in (label, NEUTRAL)]
    other = table.get(others[int(rng.integers(len(others)))]).led_by(side)
    blended, share = rng.random() < config.blend_share, float(rng.uniform(*_BLEND))
    if not blended or label == NEUTRAL:
        return amounts, row.head, row.gaze, None
    shares = {label: round(share, 3), other.name: round(1.0 - share, 3)}
    return (
        mixed(amounts, draw_variant(rng, other), share),
        _between(row.head, other.head, share),
        _between(row.gaze, other.gaze, share),
        shares,
    )


def _between(first: Angles, second: Angles, share: float) -> Angles:
    return Angles(
        *(
            share * getattr(first, name) + (1.0 - share) * getattr(second, name)
            for name in ("yaw_deg", "pitch_deg", "roll_deg")
        )
    )


def _directions(
    rng: np.random.Generator, head: Angles, gaze: Angles, strength: float
) -> tuple[tuple[float, float, float], tuple[float, float]]:
    """Head and gaze: the expression's own, and how people happen to hold them."""
    nuisance = rng.normal(0.0, _TURN_DEG)
    own = strength * np.array([head.yaw_deg, head.pitch_deg, head.roll_deg])
    turned = np.clip(own + nuisance, -_TURN_LIMIT_DEG, _TURN_LIMIT_DEG)
    looking = strength * rng.uniform(*_AVERTED) * np.array([gaze.yaw_deg, gaze.pitch_deg])
    looking += rng.normal(0.0, _GAZE_DEG, 2)
    if rng.random() < _FOLLOWING_SHARE:
        looking -= _FOLLOWING * (turned - own)[:2]
    looking = np.clip(looking, np.negative(_GAZE_LIMIT_DEG), _GAZE_LIMIT_DEG)
    yaw, pitch, roll = (float(value) for value in turned)
    return (yaw, pitch, roll), (float(looking[0]), float(looking[1]))
