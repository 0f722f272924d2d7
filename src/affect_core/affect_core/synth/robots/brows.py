"""Kinds of brows. All stand on the skin; none is a bar that floats before the face."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import radians, tan
from typing import Final

import numpy as np

from affect_core.avatar import mesh
from affect_core.avatar.part import scaled
from affect_core.avatar.shape import SIDES, Array
from affect_core.avatar.truth import Segment
from affect_core.synth.robots.base import BROWS, Parts, Pose, Robot, head_part, lamp_part
from affect_core.synth.robots.eyes import eye_y
from affect_core.synth.robots.solids import bar, joined, rolled, tube

_POINTS: Final = 15
_BLOCKS: Final = 5
_LAMPS: Final = 6
_STROKES: Final = 13
_STROKE_LEAN: Final = 0.6
_BEFORE_LIDS: Final = 0.004


@dataclass(frozen=True, eq=False)
class Brow:
    """One brow's line from its inner end: (n, 3) on the skin, and (n,) half its height."""

    side: str
    line: Array
    radius: Array

    def at(self, share: Array) -> tuple[Array, Array]:
        """Points and radii at places of the line, 0 = the inner end."""
        along = np.linspace(0, 1, len(self.line))
        points = np.stack([np.interp(share, along, self.line[:, k]) for k in range(3)], 1)
        return points, np.interp(share, along, self.radius)


def _lines(robot: Robot, pose: Pose) -> list[Brow]:
    return [_line(robot, pose, side) for side in SIDES]


def _line(robot: Robot, pose: Pose, side: str) -> Brow:
    size = robot.size
    share = np.linspace(0, 1, _POINTS)
    x = size.brow_x - pose[f"brow_in_{side}"] + size.brow_length * share
    arch = size.brow_arch * np.sin(np.pi * np.clip(0.85 * share + 0.05, 0, 1))
    tilt = tan(pose[f"brow_angle_{side}"] + radians(size.brow_slope_deg))
    z = size.brow_z + arch + tilt * (x - size.brow_x - size.brow_length / 2) + pose[f"brow_raise_{side}"]
    line = np.stack([SIDES[side] * x, _before(robot, x, z) - size.brow_float, z], 1)
    ends = [size.brow_inner, 1.0, 1.0, size.brow_outer]
    return Brow(side, line, size.brow_radius * np.interp(share, [0, 0.1, 0.4, 1], ends))


def _before(robot: Robot, x: Array, z: Array) -> Array:
    """y of what is foremost at (x, z): the skin, or the lids where a brow comes down over them."""
    size = robot.size
    skin = np.minimum(robot.surface.front_y(x, z), robot.surface.bare_y(x, z))
    across, up = x - size.eye_x, z - size.eye_z
    over = (across / (1.2 * size.eye_radius)) ** 2 + (up / (1.25 * size.eye_half_height)) ** 2 < 1
    result: Array = np.where(over, np.minimum(skin, eye_y(robot, across, up, 1.2) - _BEFORE_LIDS), skin)
    return result


def _parts(robot: Robot, pose: Pose, build: Callable[[Brow], mesh.Mesh], gain: float = 1.0) -> Parts:
    colour = scaled(robot.paint.brow, gain)
    return [
        head_part(f"brow_{brow.side}", build(brow), colour, 0.05, Segment.BROW)
        for brow in _lines(robot, pose)
    ]


@BROWS.register("roll")
def roll(robot: Robot, pose: Pose) -> Parts:
    """A round roll on the skin."""
    return _parts(robot, pose, lambda brow: tube(brow.line, brow.radius, 0.75))


@BROWS.register("wedge")
def wedge(robot: Robot, pose: Pose) -> Parts:
    """Thick inside, pointed outside."""
    taper = np.linspace(1.25, 0.15, _POINTS)
    return _parts(robot, pose, lambda brow: tube(brow.line, robot.size.brow_radius * taper, 0.45))


@BROWS.register("plate")
def plate(robot: Robot, pose: Pose) -> Parts:
    """A flat plate with sharp edges, let into the skin."""
    return _parts(robot, pose, lambda brow: bar(brow.line, brow.radius, 0.006))


@BROWS.register("blocks")
def blocks(robot: Robot, pose: Pose) -> Parts:
    """A row of blocks."""

    def build(brow: Brow) -> mesh.Mesh:
        return joined(_row(brow, _BLOCKS, 0.36 * robot.size.brow_length / _BLOCKS))

    return _parts(robot, pose, build)


@BROWS.register("strokes")
def strokes(robot: Robot, pose: Pose) -> Parts:
    """Many hairs, leaning outwards."""

    def build(brow: Brow) -> mesh.Mesh:
        middles, radii = brow.at(np.linspace(0.02, 0.98, _STROKES))
        lean = np.array((SIDES[brow.side] * _STROKE_LEAN, 0.0, 1.0))
        ends = np.linspace(-1, 1, 3)[:, None]
        return joined(
            [
                tube(middle + ends * reach * 1.15 * lean, np.array((0.0013, 0.0014, 0.0007)), 0.8)
                for middle, reach in zip(middles, radii, strict=True)
            ]
        )

    return _parts(robot, pose, build)


@BROWS.register("lamps")
def lamps(robot: Robot, pose: Pose) -> Parts:
    """A row of small shining blocks."""
    return [
        lamp_part(
            f"brow_{brow.side}",
            joined(_row(brow, _LAMPS, 0.34 * robot.size.brow_length / _LAMPS)),
            robot.paint.lamp,
            Segment.BROW,
        )
        for brow in _lines(robot, pose)
    ]


@BROWS.register("strip")
def strip(robot: Robot, pose: Pose) -> Parts:
    """A strip of even height with round ends, glued on."""
    return _parts(robot, pose, lambda brow: tube(brow.line, np.full(_POINTS, robot.size.brow_radius), 0.3))


def _row(brow: Brow, count: int, half_width: float) -> list[mesh.Mesh]:
    """Blocks along a brow, each turned as the brow is there."""
    middles, radii = brow.at((np.arange(count) + 0.5) / count)
    slopes = np.arctan2(*(np.gradient(middles[:, k]) for k in (2, 0)))
    slopes = (slopes + np.pi / 2) % np.pi - np.pi / 2
    return [
        rolled(mesh.rounded_box(half_width, 0.003, radius, 5.0, 12), float(slope)).moved(*middle)
        for middle, radius, slope in zip(middles, radii, slopes, strict=True)
    ]
