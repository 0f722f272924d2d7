"""Where the edges of the lids are, in any kind of eye; also the edges of a squint. Metres from the eye's middle."""

from __future__ import annotations

from math import degrees, radians, tan
from typing import Final

import numpy as np

from affect_core.avatar.shape import SIDES, Array
from affect_core.synth.robots.base import Pose, Robot

_WIDE_DEG: Final = (35.0, 28.0)
"""Angles of the upper and the lower lid at which the whole eye shows."""

_ALMOND_POWER: Final = 1.6
_ARCHED: Final = frozenset({"fold", "hood"})
"""Lids whose edges meet in the eye's corners; those of the others are straight."""


def outline(share: Array, power: float) -> Array:
    """Half height of a superellipse at ``share`` of its half width, as a share of its largest."""
    result: Array = np.clip(1 - np.abs(share) ** power, 0, 1) ** (1 / power)
    return result


def eye_power(robot: Robot) -> float:
    """Of the eye's outline."""
    return _ALMOND_POWER if robot.kinds["eye"] == "almond" else robot.size.eye_power


def slit(robot: Robot, pose: Pose, side: str, x: Array) -> tuple[Array, Array]:
    """(upper, lower) edge over the places x from the eye's middle; the upper is never below the lower one."""
    size = robot.size
    upper, lower = _open_shares(pose, side)
    arch = np.ones_like(x)
    if robot.kinds["lid"] in _ARCHED:
        arch = outline(x / (size.lid_ratio * size.eye_radius), eye_power(robot))
    slant = -tan(radians(size.lid_slant_deg)) * SIDES[side] * x * arch
    height = size.eye_half_height
    high, low = height * upper * arch + slant, -height * lower * arch + slant
    return np.maximum(high, low), low


def _open_shares(pose: Pose, side: str) -> tuple[float, float]:
    """How far the edges are from the middle, up and down, as shares of the eye's half height."""
    upper, lower = (
        float(np.clip(-degrees(pose[f"{kind}_lid_{side}"]) / wide, -1.0, 1.05))
        for kind, wide in zip(("upper", "lower"), _WIDE_DEG, strict=True)
    )
    missing = max(0.0, -upper - lower) / 2
    return upper + missing, lower + missing
