"""Kinds of noses; none is a strip. All are built once: no servo moves a nose."""

from __future__ import annotations

import numpy as np

from affect_core.avatar import mesh
from affect_core.avatar.part import Part, scaled
from affect_core.avatar.shape import SIDES, Array
from affect_core.avatar.truth import Segment
from affect_core.synth.robots.base import NOSES, Parts, Robot, head_part
from affect_core.synth.robots.solids import lying, sheet


def nose_tip(robot: Robot) -> Array:
    """(3,) the foremost point."""
    size = robot.size
    ahead = (
        0.0 if robot.kinds["nose"] in ("ridge", "none") else _REACH[robot.kinds["nose"]] * size.nose_height
    )
    y = float(robot.surface.front_y(np.array(0.0), np.array(size.nose_z))) - ahead
    return np.array((0.0, y, size.nose_z))


_REACH = {"ball": 0.75, "cone": 1.2, "wedge": 0.9, "button": 0.4}
"""How far a nose stands out, as a share of `Measures.nose_height`."""


def _skin_y(robot: Robot, z: float) -> float:
    return float(robot.surface.front_y(np.array(0.0), np.array(z)))


def _part(robot: Robot, shape: mesh.Mesh) -> Part:
    return head_part("nose", shape, robot.paint.nose, robot.size.gloss, Segment.NOSE)


@NOSES.register("ridge")
def ridge(robot: Robot) -> Parts:
    """Skin, see `Surface`; the nostrils are holes in it."""
    return nostrils(robot, 0.6 * robot.size.nose_half_width, robot.size.nose_z - 0.0065)


@NOSES.register("none")
def none(robot: Robot) -> Parts:
    """Two holes in the flat skin."""
    return nostrils(robot, 0.0045, robot.size.nose_z)


@NOSES.register("ball")
def ball(robot: Robot) -> Parts:
    """A ball, half sunk."""
    size = robot.size
    half = _REACH["ball"] * size.nose_height
    shape = mesh.ellipsoid((size.nose_half_width, half, size.nose_half_width))
    return [_part(robot, shape.moved(0, _skin_y(robot, size.nose_z), size.nose_z))]


@NOSES.register("button")
def button(robot: Robot) -> Parts:
    """A small wide knob with nostrils, as an animal's."""
    size = robot.size
    half = _REACH["button"] * size.nose_height
    shape = mesh.ellipsoid((1.1 * size.nose_half_width, half, 0.7 * size.nose_half_width))
    return [_part(robot, shape.moved(0, _skin_y(robot, size.nose_z), size.nose_z))]


@NOSES.register("cone")
def cone(robot: Robot) -> Parts:
    """A cone that points ahead."""
    size = robot.size
    turn, along = np.linspace(0, 2 * np.pi, 25), np.linspace(0, 1, 6)
    radius = size.nose_half_width * np.sqrt(1 - 0.94 * along)
    points = np.stack(
        [
            np.outer(np.cos(turn), radius),
            np.outer(np.sin(turn), radius),
            np.tile(_REACH["cone"] * size.nose_height * along, (25, 1)),
        ],
        -1,
    )
    shape = lying(sheet(points[:, ::-1].transpose(1, 0, 2)))
    return [_part(robot, shape.moved(0, _skin_y(robot, size.nose_z), size.nose_z))]


@NOSES.register("wedge")
def wedge(robot: Robot) -> Parts:
    """Two flat sides and one below, meeting in an edge that slopes forward."""
    size = robot.size
    high, half, reach = size.eye_z, size.nose_half_width, _REACH["wedge"] * size.nose_height
    tip, top = nose_tip(robot), np.array((0.0, _skin_y(robot, high) - 0.001, high))
    back = 0.006
    right, left = (np.array((sign * half, tip[1] + reach + back, size.nose_z - 0.004)) for sign in (-1, 1))
    high_right, high_left = (top + np.array((sign * 0.4 * half, back, 0)) for sign in (-1, 1))
    parts = [
        sheet(np.array([[high_right, top], [right, tip]])),
        sheet(np.array([[top, high_left], [tip, left]])),
        sheet(np.array([[tip, tip], [right, left]])),
    ]
    return [_part(robot, part) for part in parts]


def nostrils(robot: Robot, x: float, z: float) -> Parts:
    """Two dark holes."""
    parts = []
    for side, sign in SIDES.items():
        y = float(robot.surface.front_y(np.array(sign * x), np.array(z))) + 0.0012
        hole = mesh.ellipsoid((0.0027, 0.004, 0.0019), 12, 8).moved(sign * x, y, z)
        parts.append(head_part(f"nostril_{side}", hole, scaled(robot.paint.mouth, 0.8), 0.0, Segment.NOSE))
    return parts
