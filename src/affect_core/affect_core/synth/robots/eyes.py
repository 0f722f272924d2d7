"""Kinds of eyes. An eye is a stack of thin patches in a niche of the skin; none of them is a ball that turns.

A robot without lids squints: its eye is cut off above and below where the lids' edges would be.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import sin
from typing import Final

import numpy as np

from affect_core.avatar import mesh
from affect_core.avatar.part import Colour, Part, as_colour
from affect_core.avatar.shape import SIDES, Array
from affect_core.avatar.truth import Segment
from affect_core.synth.robots.base import EYES, Parts, Pose, Robot, head_part, lamp_part
from affect_core.synth.robots.lid_lines import eye_power, outline, slit
from affect_core.synth.robots.solids import joined, sheet

_COLUMNS, _ROWS = 19, 7
_LAYER: Final = 0.0005
"""Between one patch and the next, metres."""

_LENGTH_OF_GAZE: Final = 0.85
"""How far a pupil goes for a turn of the gaze: radius of the ball that is not there, in half widths of the eye."""

DOMES: Final = {"dome": 0.42, "almond": 0.34, "bead": 0.55}
"""Depth of the kinds that bulge, as a share of the half width; the others are flat."""


@dataclass(frozen=True)
class Socket:
    """One eye's place and its surface."""

    robot: Robot
    side: str
    pose: Pose

    @property
    def middle(self) -> tuple[float, float]:
        """x and z."""
        return SIDES[self.side] * self.robot.size.eye_x, self.robot.size.eye_z

    @property
    def gaze(self) -> tuple[float, float]:
        """Where the pupil is from the middle, x and z, metres."""
        length = _LENGTH_OF_GAZE * self.robot.size.eye_radius
        return length * sin(self.pose["eye_yaw"]), length * sin(self.pose["eye_pitch"])

    def patch(self, wide: float, high: float, at: tuple[float, float], layer: int, power: float) -> mesh.Mesh:
        """A superellipse about the place ``at`` from the eye's middle, cut by the eye's outline and by a squint."""
        size = self.robot.size
        x = np.clip(at[0] + np.linspace(-wide, wide, _COLUMNS), -size.eye_radius, size.eye_radius)
        reach = high * outline((x - at[0]) / wide, power)
        whole = size.eye_half_height * outline(x / size.eye_radius, eye_power(self.robot))
        top, bottom = np.minimum(at[1] + reach, whole), np.maximum(at[1] - reach, -whole)
        if self.robot.kinds["lid"] == "squint":
            high_edge, low_edge = slit(self.robot, self.pose, self.side, x)
            top, bottom = np.minimum(top, high_edge), np.maximum(bottom, low_edge)
        top, bottom = np.maximum(top, bottom), bottom
        share = np.linspace(1, 0, _ROWS)[:, None]
        z = bottom + share * (top - bottom)
        x = np.broadcast_to(x, z.shape)
        y = eye_y(self.robot, x, z) - layer * _LAYER
        return sheet(np.stack([x + self.middle[0], y, z + self.middle[1]], -1))


def eye_y(robot: Robot, x: Array, z: Array, swell: float = 1.0) -> Array:
    """y of the eye's front at (x, z) from its middle; ``swell`` makes it larger, as a lid over it is."""
    size = robot.size
    depth = DOMES.get(robot.kinds["eye"], 0.06) * size.eye_radius
    away = (x / (swell * size.eye_radius)) ** 2 + (z / (swell * size.eye_half_height)) ** 2
    result: Array = robot.surface.eye_plane_y - depth * np.sqrt(np.clip(1.06 - away, 0, None)) - 0.0006
    return result


def _both(build: Callable[[Socket], Parts], robot: Robot, pose: Pose) -> Parts:
    return [part for side in SIDES for part in build(Socket(robot, side, pose))]


def _round(socket: Socket, share: float, layer: int, at: tuple[float, float] | None = None) -> mesh.Mesh:
    """A disc of ``share`` of the eye's smaller half size where it looks."""
    radius = share * min(socket.robot.size.eye_radius, socket.robot.size.eye_half_height)
    return socket.patch(radius, radius, socket.gaze if at is None else at, layer, 2.0)


def _white(socket: Socket, colour: Colour, gloss: float = 0.4) -> Parts:
    size = socket.robot.size
    whole = socket.patch(size.eye_radius, size.eye_half_height, (0.0, 0.0), 0, eye_power(socket.robot))
    return [head_part(f"white_{socket.side}", whole, colour, gloss, Segment.EYE)]


def _iris(socket: Socket) -> Parts:
    size, paint = socket.robot.size, socket.robot.paint
    pupil = size.iris_share * size.pupil_share
    return [
        head_part(f"iris_{socket.side}", _round(socket, size.iris_share, 1), paint.iris, 0.4, Segment.EYE),
        head_part(f"pupil_{socket.side}", _round(socket, pupil, 2), paint.pupil, 0.6, Segment.EYE),
    ]


@EYES.register("dome")
def dome(robot: Robot, pose: Pose) -> Parts:
    """A white bulge with iris and pupil on it."""
    return _both(lambda socket: [*_white(socket, robot.paint.ball), *_iris(socket)], robot, pose)


@EYES.register("almond")
def almond(robot: Robot, pose: Pose) -> Parts:
    """A pointed white bulge with iris, pupil and a glint."""

    def build(socket: Socket) -> Parts:
        x, z = socket.gaze
        glint = _round(socket, 0.12, 3, (x - 0.003, z + 0.003))
        shine = head_part(f"glint_{socket.side}", glint, (1.0, 1.0, 1.0), 0.0, Segment.EYE)
        return [*_white(socket, robot.paint.ball), *_iris(socket), shine]

    return _both(build, robot, pose)


@EYES.register("bead")
def bead(robot: Robot, pose: Pose) -> Parts:
    """A dark bead with a bright spot where it looks."""

    def build(socket: Socket) -> Parts:
        spot = lamp_part(f"spot_{socket.side}", _round(socket, 0.26, 2), robot.paint.lamp, Segment.EYE)
        rim = head_part(f"rim_{socket.side}", _round(socket, 0.5, 1), robot.paint.iris, 0.3, Segment.EYE)
        return [*_white(socket, robot.paint.pupil, 0.8), rim, spot]

    return _both(build, robot, pose)


@EYES.register("disc")
def disc(robot: Robot, pose: Pose) -> Parts:
    """A flat painted disc with a wide pupil."""

    def build(socket: Socket) -> Parts:
        pupil = _round(socket, robot.size.iris_share, 1)
        return [
            *_white(socket, robot.paint.ball, 0.1),
            head_part(f"pupil_{socket.side}", pupil, robot.paint.pupil, 0.2, Segment.EYE),
        ]

    return _both(build, robot, pose)


@EYES.register("screen")
def screen(robot: Robot, pose: Pose) -> Parts:
    """A dark glass with a shining oval on it."""

    def build(socket: Socket) -> Parts:
        size = robot.size
        x, z = socket.gaze
        oval = socket.patch(0.72 * size.eye_radius, 0.86 * size.eye_half_height, (0.4 * x, 0.4 * z), 1, 2.4)
        hole = _round(socket, 0.6 * size.iris_share, 2)
        return [
            _bezel(socket, robot.paint.pupil),
            lamp_part(f"oval_{socket.side}", oval, robot.paint.lamp, Segment.EYE),
            head_part(f"hole_{socket.side}", hole, robot.paint.pupil, 0.0, Segment.EYE),
        ]

    return _both(build, robot, pose)


@EYES.register("led_ring")
def led_ring(robot: Robot, pose: Pose) -> Parts:
    """A shining ring in a dark glass."""

    def build(socket: Socket) -> Parts:
        x, z = socket.gaze
        at = (0.6 * x, 0.6 * z)
        return [
            _bezel(socket, as_colour(0.5 * np.array(robot.paint.pupil))),
            lamp_part(f"ring_{socket.side}", _round(socket, 0.80, 1, at), robot.paint.lamp, Segment.EYE),
            head_part(
                f"well_{socket.side}", _round(socket, 0.52, 2, at), robot.paint.pupil, 0.3, Segment.EYE
            ),
            lamp_part(f"core_{socket.side}", _round(socket, 0.14, 3), robot.paint.lamp, Segment.EYE),
        ]

    return _both(build, robot, pose)


@EYES.register("camera")
def camera(robot: Robot, pose: Pose) -> Parts:
    """A lens in a short barrel."""

    def build(socket: Socket) -> Parts:
        glass = head_part(f"glass_{socket.side}", _round(socket, 0.5, 2), robot.paint.iris, 0.8, Segment.EYE)
        core = head_part(f"core_{socket.side}", _round(socket, 0.3, 3), robot.paint.pupil, 0.8, Segment.EYE)
        return [_barrel(socket), *_white(socket, robot.paint.ball, 0.3), glass, core]

    return _both(build, robot, pose)


def _bezel(socket: Socket, colour: Colour) -> Part:
    """The glass behind a screen; a squint leaves it as it is."""
    size = socket.robot.size
    wide, high = size.lid_ratio * size.eye_radius, size.lid_ratio * size.eye_half_height
    x = np.linspace(-wide, wide, _COLUMNS)
    z = np.linspace(1, -1, 3)[:, None] * high * outline(x / wide, 4.0)
    y = np.full_like(z, socket.robot.surface.eye_plane_y - 0.0006)
    points = np.stack([np.broadcast_to(x, z.shape) + socket.middle[0], y, z + socket.middle[1]], -1)
    return head_part(f"bezel_{socket.side}", sheet(points), colour, 0.5, Segment.EYE)


def _barrel(socket: Socket) -> Part:
    """Rings, one before the other."""
    size, y = socket.robot.size, socket.robot.surface.eye_plane_y
    rings = [
        mesh.ring(size.lid_ratio * size.eye_radius, size.lid_ratio * size.eye_half_height, 0.0024).moved(
            socket.middle[0], y - ahead, socket.middle[1]
        )
        for ahead in (0.0, 0.003)
    ]
    return head_part(f"barrel_{socket.side}", joined(rings), socket.robot.paint.trim, 0.4, Segment.SKIN)
