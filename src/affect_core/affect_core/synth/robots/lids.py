"""Kinds of lids: sheets and plates that slide over the eye. None is a half-sphere that turns about the eye's middle."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

import numpy as np

from affect_core.avatar.mesh import Mesh
from affect_core.avatar.part import Part, scaled
from affect_core.avatar.shape import SIDES, Array
from affect_core.avatar.truth import Segment
from affect_core.synth.robots.base import LIDS, Parts, Pose, Robot, head_part
from affect_core.synth.robots.eyes import eye_y
from affect_core.synth.robots.lid_lines import eye_power, outline, slit
from affect_core.synth.robots.solids import bar, sheet, tube

_COLUMNS, _ROWS = 21, 6
_GAP: Final = 0.0026
"""From the eye's front to the lid's, metres: more than the eye's layers."""
_SLATS: Final = 3
_EDGE_ROUNDNESS: Final = 5.0


@LIDS.register("squint")
def squint(robot: Robot, pose: Pose) -> Parts:
    """None: the eye itself is cut off, see `eyes`."""
    return []


@LIDS.register("fold")
def fold(robot: Robot, pose: Pose) -> Parts:
    """Skin that slides over the eye and meets in its corners, with lashes on some robots."""
    parts = _each(robot, pose, _skin_lid)
    return parts + _each(robot, pose, _lashes) if "lashes" in robot.extras else parts


@LIDS.register("hood")
def hood(robot: Robot, pose: Pose) -> Parts:
    """The same with thick rims."""
    return _each(robot, pose, _skin_lid) + _each(robot, pose, _rim)


@LIDS.register("shutter")
def shutter(robot: Robot, pose: Pose) -> Parts:
    """A flat plate from above and one from below."""
    return _each(robot, pose, partial(_plates, count=1))


@LIDS.register("slats")
def slats(robot: Robot, pose: Pose) -> Parts:
    """The same in several boards, as a blind."""
    return _each(robot, pose, partial(_plates, count=_SLATS))


def _each(robot: Robot, pose: Pose, build: Callable[[Robot, Pose, str, bool], Parts]) -> Parts:
    return [part for side in SIDES for upper in (True, False) for part in build(robot, pose, side, upper)]


def _part(robot: Robot, side: str, upper: bool, mesh: Mesh, gain: float = 1.0) -> Part:
    name = f"{'upper' if upper else 'lower'}_lid_{side}"
    return head_part(name, mesh, scaled(robot.paint.lid, gain), 0.15, Segment.LID)


def _span(robot: Robot, pose: Pose, side: str, upper: bool, power: float) -> tuple[Array, Array, Array]:
    """(x, far edge, near edge): a lid lies between its orbit and its edge; from the eye's middle."""
    size = robot.size
    wide = size.lid_ratio * size.eye_radius
    x = np.linspace(-wide, wide, _COLUMNS)
    far = size.lid_ratio * size.eye_half_height * outline(x / wide, power)
    high, low = slit(robot, pose, side, x)
    return (x, far, np.minimum(high, far)) if upper else (x, -far, np.maximum(low, -far))


def _lid_y(robot: Robot, x: Array, z: Array) -> Array:
    return eye_y(robot, x, z, robot.size.lid_ratio) - _GAP


def _skin_lid(robot: Robot, pose: Pose, side: str, upper: bool) -> Parts:
    x, far, near = _span(robot, pose, side, upper, eye_power(robot))
    top, bottom = (far, near) if upper else (near, far)
    z = bottom + np.linspace(1, 0, _ROWS)[:, None] * (top - bottom)
    points = _placed(robot, side, np.broadcast_to(x, z.shape), z, _lid_y(robot, x, z))
    return [_part(robot, side, upper, sheet(points))]


def _edge(robot: Robot, pose: Pose, side: str, upper: bool) -> Array:
    x, _, near = _span(robot, pose, side, upper, eye_power(robot))
    return _placed(robot, side, x, near, _lid_y(robot, x, near) - 0.0004)


def _lashes(robot: Robot, pose: Pose, side: str, upper: bool) -> Parts:
    line = _edge(robot, pose, side, upper)
    radius = np.full(len(line), 0.0009 if upper else 0.0005)
    dark = head_part(f"lash_{side}", tube(line, radius), robot.paint.pupil, 0.0, Segment.LID)
    return [dark]


def _rim(robot: Robot, pose: Pose, side: str, upper: bool) -> Parts:
    line = _edge(robot, pose, side, upper)
    return [_part(robot, side, upper, tube(line, np.full(len(line), 0.0019 if upper else 0.0014)), 0.85)]


def _plates(robot: Robot, pose: Pose, side: str, upper: bool, count: int) -> Parts:
    """Boards that share the way from the orbit to the edge."""
    x, far, near = _span(robot, pose, side, upper, _EDGE_ROUNDNESS)
    front = float(_lid_y(robot, np.zeros(1), np.zeros(1))[0])
    parts = []
    for k in range(count):
        start, stop = far + (near - far) * k / count, far + (near - far) * (k + 1) / count
        middle, half = (start + stop) / 2, np.abs(stop - start) / 2 * (1.0 if count == 1 else 0.86)
        line = _placed(robot, side, x, middle, np.full_like(x, front - 0.0006 * k))
        parts.append(_part(robot, side, upper, bar(line, half, 0.003), 1.0 - 0.08 * (k % 2)))
    return parts


def _placed(robot: Robot, side: str, x: Array, z: Array, y: Array) -> Array:
    size = robot.size
    points: Array = np.stack([x + SIDES[side] * size.eye_x, y, z + size.eye_z], -1)
    return points
