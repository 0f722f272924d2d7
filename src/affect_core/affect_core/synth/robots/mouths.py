"""Kinds of mouths. In all of them the corners move; none is a pair of tubes whose ends are fixed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from affect_core.avatar import mesh
from affect_core.avatar.part import Part, scaled
from affect_core.avatar.shape import SIDES, Array
from affect_core.avatar.truth import Segment
from affect_core.synth.robots.base import MOUTHS, Parts, Pose, Robot, head_part, lamp_part
from affect_core.synth.robots.solids import bar, joined, rolled, sheet, tube

_POINTS: Final = 25
_ACROSS: Final = np.linspace(-1, 1, _POINTS)
_BULGE_ROWS: Final = 5
_LAMPS: Final = 9
_CHIN_LIFT: Final = 0.006
_TEETH: Final = 0.35
"""Share of the opening that the upper teeth fill."""


@dataclass(frozen=True, eq=False)
class Lines:
    """The mouth's opening: (n,) x, z of its upper and of its lower edge; ``thick``: half thickness of a lip."""

    x: Array
    upper: Array
    lower: Array
    thick: Array
    robot: Robot

    def points(self, z: Array, ahead: float | Array) -> Array:
        """(..., n, 3) at the heights z (..., n), ``ahead`` of the skin, with the mouth's arc."""
        size = self.robot.size
        x = np.broadcast_to(self.x, z.shape)
        arc = size.mouth_arc * (1 - _ACROSS**2)
        return np.stack([x, self.robot.surface.front_y(x, z) - arc - ahead, z], -1)


def mouth_lines(robot: Robot, pose: Pose) -> Lines:
    """Where the opening is in a pose."""
    size, middle = robot.size, np.clip(1 - np.abs(_ACROSS) ** 2.2, 0, 1)
    left = _ACROSS > 0
    raises = np.where(left, pose["corner_raise_left"], pose["corner_raise_right"])
    mean = (pose["corner_raise_left"] + pose["corner_raise_right"]) / 2
    stretch = np.where(left, pose["corner_stretch_left"], pose["corner_stretch_right"])
    x = (size.mouth_half_width + stretch) * _ACROSS
    bend = raises * np.abs(_ACROSS) ** 1.6 - size.mouth_fixed * mean + size.mouth_curve * (_ACROSS**2 - 0.5)
    line = size.mouth_z + bend
    upper = line + middle * pose["upper_lip_open"]
    lower = line - middle * pose["lower_lip_open"] + _CHIN_LIFT * pose["chin_raise"] * middle
    thick = size.lip_radius * (1 - 0.65 * np.clip(pose["lip_press"], 0, 1.2)) * np.ones(_POINTS)
    return Lines(x, np.maximum(upper, lower), np.minimum(upper, lower), thick, robot)


def corners(robot: Robot, pose: Pose) -> Array:
    """(2, 3): the right corner and the left one."""
    lines = mouth_lines(robot, pose)
    ends: Array = lines.points((lines.upper + lines.lower) / 2, 0.001)[[0, -1]]
    return ends


def _inside(lines: Lines, least: float = 0.0) -> Parts:
    """The dark of the mouth, at least ``least`` high, and upper teeth where the robot has some."""
    gap = np.maximum(lines.upper - lines.lower, 2 * least)
    middle = (lines.upper + lines.lower) / 2
    z = middle + np.array((0.5, 0.0, -0.5))[:, None] * gap
    dark = sheet(lines.points(z, 0.0008))
    parts = [head_part("mouth", dark, lines.robot.paint.mouth, 0.0, Segment.MOUTH)]
    if "teeth" in lines.robot.extras:
        z = middle + np.array((0.5, 0.5 - _TEETH))[:, None] * gap
        teeth = sheet(lines.points(z, 0.0011)[:, 3:-3])
        parts.append(head_part("teeth", teeth, (0.9, 0.9, 0.87), 0.3, Segment.MOUTH))
    return parts


def _strand(lines: Lines, z: Array, radius: Array, flatness: float) -> mesh.Mesh:
    return tube(lines.points(z, 0.0012), radius, flatness)


def _taper(power: float = 0.6) -> Array:
    """1 in the middle, 0 at the corners."""
    result: Array = np.clip(1 - np.abs(_ACROSS) ** 2.2, 0, 1) ** power
    return result


@MOUTHS.register("strands")
def strands(robot: Robot, pose: Pose) -> Parts:
    """Two round lips that run together in the corners."""
    lines = mouth_lines(robot, pose)
    radius = lines.thick * (0.25 + 0.75 * _taper())
    lips = [
        ("upper_lip", _strand(lines, lines.upper + 0.6 * radius, 0.85 * radius, 0.8)),
        ("lower_lip", _strand(lines, lines.lower - 0.7 * radius, 1.1 * radius, 0.8)),
    ]
    return _inside(lines) + [head_part(n, lip, robot.paint.lip, 0.2, Segment.LIP) for n, lip in lips]


@MOUTHS.register("soft")
def soft(robot: Robot, pose: Pose) -> Parts:
    """Full lips with a cupid's bow, modelled out of the skin."""
    lines = mouth_lines(robot, pose)
    bow = robot.size.cupid * 0.55 * np.exp(-0.5 * (_ACROSS / 0.13) ** 2)
    high = lines.upper + lines.thick * (1.7 * _taper(0.8) * (1 - bow))
    low = lines.lower - lines.thick * 2.1 * _taper(0.7)
    lips = [("upper_lip", high, lines.upper - 0.0002), ("lower_lip", lines.lower + 0.0002, low)]
    parts = _inside(lines, 0.0005)
    for name, top, bottom in lips:
        share = np.linspace(0, 1, _BULGE_ROWS)[:, None]
        z = top + share * (bottom - top)
        ahead = 0.0012 + 0.9 * lines.thick * np.sin(np.pi * share) * _taper(0.5)
        parts.append(head_part(name, sheet(lines.points(z, ahead)), robot.paint.lip, 0.25, Segment.LIP))
    return parts


@MOUTHS.register("ribbon")
def ribbon(robot: Robot, pose: Pose) -> Parts:
    """Two flat bands of even height."""
    lines = mouth_lines(robot, pose)
    half = 0.7 * lines.thick
    bands = [
        ("upper_lip", bar(lines.points(lines.upper + half, 0.0022), half, 0.004)),
        ("lower_lip", bar(lines.points(lines.lower - half, 0.0022), half, 0.004)),
    ]
    return _inside(lines) + [head_part(n, band, robot.paint.lip, 0.1, Segment.LIP) for n, band in bands]


@MOUTHS.register("line")
def line(robot: Robot, pose: Pose) -> Parts:
    """Hardly any lips: a dark line that opens."""
    lines = mouth_lines(robot, pose)
    rim = 0.45 * lines.thick * (0.5 + 0.5 * _taper())
    edges = [_strand(lines, z, rim, 0.6) for z in (lines.upper + 0.4 * rim, lines.lower - 0.4 * rim)]
    return [*_inside(lines, 0.0009), head_part("lip", joined(edges), robot.paint.lip, 0.1, Segment.LIP)]


@MOUTHS.register("slot")
def slot(robot: Robot, pose: Pose) -> Parts:
    """A hole that never quite closes, with a rim about it."""
    lines = mouth_lines(robot, pose)
    rest = 0.5 * lines.thick * _taper(0.5)
    wider = Lines(lines.x, lines.upper + rest, lines.lower - rest, lines.thick, robot)
    rim = 0.5 * lines.thick
    edges = [_strand(wider, z, rim, 0.9) for z in (wider.upper + 0.5 * rim, wider.lower - 0.5 * rim)]
    return [*_inside(wider), head_part("lip", joined(edges), robot.paint.lip, 0.3, Segment.LIP)]


@MOUTHS.register("lamps")
def lamps(robot: Robot, pose: Pose) -> Parts:
    """Shining blocks along the mouth's upper and lower edge, in a dark panel; one row when it is shut."""
    lines = mouth_lines(robot, pose)
    pick = np.linspace(1, _POINTS - 2, _LAMPS).round().astype(int)
    half_width = 0.36 * (lines.x[-1] - lines.x[0]) / _LAMPS
    blocks = []
    for z in (lines.upper, lines.lower):
        slopes = np.arctan2(np.gradient(z), np.gradient(lines.x))
        middles = lines.points(z, 0.0022)
        blocks += [
            rolled(
                mesh.rounded_box(half_width, 0.0012, 0.55 * lines.thick[k] + 0.0004, 6.0, 10),
                float(slopes[k]),
            ).moved(*middles[k])
            for k in pick
        ]
    return [*_panel(lines), lamp_part("lip", joined(blocks), robot.paint.lamp, Segment.LIP)]


def _panel(lines: Lines) -> Parts:
    """The dark glass behind lamps: it does not move."""
    size = lines.robot.size
    wide, high = 1.3 * size.mouth_half_width, 0.017
    x = np.linspace(-wide, wide, _POINTS)
    z = size.mouth_z + np.linspace(1, -1, 5)[:, None] * high * np.clip(1 - np.abs(x / wide) ** 5, 0, 1) ** 0.2
    across = np.broadcast_to(x, z.shape)
    points = np.stack([across, lines.robot.surface.front_y(across, z) - 0.0008, z], -1)
    return [head_part("mouth", sheet(points), scaled(lines.robot.paint.pupil, 0.8), 0.4, Segment.MOUTH)]


def folds(robot: Robot, pose: Pose) -> Parts:
    """Folds of the skin: beside the mouth's corners, between the brows, under the lower lip."""
    size = robot.size
    if size.crease == 0.0:
        return []
    share = np.linspace(0, 1, 9)
    bell, parts = np.sin(np.pi * share), []
    for side, sign in SIDES.items():
        reach = size.mouth_half_width + 0.007 + 0.6 * pose[f"corner_stretch_{side}"]
        z = size.mouth_z + pose[f"corner_raise_{side}"] + (0.5 - share) * 0.016
        parts.append(_fold(robot, sign * (reach + 0.003 * bell), z, pose[f"dimple_{side}"], bell))
        z = size.brow_z - 0.012 + 0.014 * share + min(0.0, pose[f"brow_raise_{side}"])
        parts.append(_fold(robot, sign * (0.0050 - 0.0012 * share), z, pose["furrow"], bell))
    across = 2 * share - 1
    z = size.mouth_z - 0.0195 - 0.004 * across**2
    parts.append(_fold(robot, 0.015 * across, z, pose["chin_raise"], np.cos(0.49 * np.pi * across)))
    return parts


def _fold(robot: Robot, x: Array, z: Array, amount: float, profile: Array) -> Part:
    """A groove's two walls as one dark roll; sunk in the skin at amount 0."""
    amount = float(np.clip(amount * robot.size.crease, 0, 1.2))
    y = robot.surface.front_y(x, z) - 0.0017 * (amount - 1)
    line = tube(np.stack([x, y, z], 1), 0.0003 + 0.0011 * amount * profile, 0.8)
    return head_part("fold", line, robot.paint.fold, 0.0, Segment.SKIN)
