"""What else a head has: the skull, ears or what sits in their place, what is on top, the neck. All built once.

None is an open frame, a mask in one, or an ear plate.
"""

from __future__ import annotations

import numpy as np

from affect_core.avatar import mesh
from affect_core.avatar.mesh import Mesh
from affect_core.avatar.part import Part
from affect_core.avatar.shape import SIDES
from affect_core.avatar.skeleton import Bone
from affect_core.avatar.truth import Segment
from affect_core.synth.robots.base import EARS, NECKS, TOPS, Parts, Robot, head_part, lamp_part
from affect_core.synth.robots.solids import faces_where, joined, lying, rolled, sheet

_BACK_Y = 0.012


def skull(robot: Robot) -> Parts:
    """The closed skin, and behind a line the shell, which has another colour on some robots."""
    size, paint = robot.size, robot.paint
    skin = robot.surface.skull()
    middles = skin.vertices[skin.faces].mean(axis=1)
    x, y, z = middles.T
    border = -0.45 * size.half_depth if "two_tone" in robot.extras else _BACK_Y
    behind = y > border
    segments = np.full(len(skin.faces), Segment.SKIN, np.uint8)
    if robot.kinds["nose"] == "ridge":
        near = (np.abs(x) < 1.2 * size.nose_half_width) & (z > size.nose_z - 0.012) & (z < size.eye_z)
        segments[near & (y < 0)] = Segment.NOSE
    segments[y > _BACK_Y] = Segment.NAPE
    return [
        Part("skull", faces_where(skin, keep), colour, size.gloss, Bone.HEAD, Segment.SKIN, segments[keep])
        for keep, colour in ((~behind, paint.skin), (behind, paint.shell))
    ]


def _side_part(robot: Robot, side: str, shape: Mesh) -> Part:
    return head_part(f"ear_{side}", shape, robot.paint.trim, 0.2, Segment.EAR)


def _ears(robot: Robot, shape: Mesh, z: float = 0.0, out: float = 0.0) -> Parts:
    """One shape at both sides of the head, at its widest."""
    x = float(robot.surface.ring(np.array(z / robot.size.half_height))[0]) + out
    return [_side_part(robot, side, shape.moved(sign * x, 0.012, z)) for side, sign in SIDES.items()]


@EARS.register("none")
def no_ears(robot: Robot) -> Parts:
    """Nothing."""
    return []


@EARS.register("shell")
def shell(robot: Robot) -> Parts:
    """A human's, roughly, in the skin's colour."""
    k = robot.size.ear_size
    parts = _ears(robot, mesh.ellipsoid((0.008, 0.016 * k, 0.024 * k)))
    return [head_part(part.name, part.mesh, robot.paint.skin, 0.1, Segment.EAR) for part in parts]


@EARS.register("phones")
def phones(robot: Robot) -> Parts:
    """Round pads."""
    k = robot.size.ear_size
    return _ears(robot, mesh.rounded_box(0.010, 0.026 * k, 0.026 * k, 2.6, 28))


@EARS.register("horns")
def horns(robot: Robot) -> Parts:
    """Cones that stand up and out."""
    k = robot.size.ear_size
    cone = _cone(0.011 * k, 0.042 * k)
    x = 0.72 * robot.size.half_width
    z = 0.62 * robot.size.half_height
    return [
        _side_part(robot, side, rolled(cone, -sign * 0.6).moved(sign * x, 0.0, z))
        for side, sign in SIDES.items()
    ]


@EARS.register("rods")
def rods(robot: Robot) -> Parts:
    """Thin rods with balls, from the sides upwards."""
    k = robot.size.ear_size
    rod = joined(
        [
            mesh.cylinder(0.0022, 0.0, 0.055 * k, 10),
            mesh.ellipsoid((0.007,) * 3, 14, 10).moved(0, 0, 0.055 * k),
        ]
    )
    return _ears(robot, rod, z=0.02, out=0.002)


@EARS.register("rings")
def rings(robot: Robot) -> Parts:
    """Standing rings, as a round animal's ears."""
    k = robot.size.ear_size
    x, z = 0.80 * robot.size.half_width, 0.66 * robot.size.half_height
    ring = mesh.ring(0.017 * k, 0.017 * k, 0.006)
    return [_side_part(robot, side, ring.moved(sign * x, 0.005, z)) for side, sign in SIDES.items()]


@TOPS.register("none")
def bald(robot: Robot) -> Parts:
    """Nothing."""
    return []


@TOPS.register("cap")
def cap(robot: Robot) -> Parts:
    """Close hair, or a bathing cap."""
    size = robot.size
    radii = (1.05 * size.half_width, size.half_depth - 0.004, 0.82 * size.half_height)
    hair = mesh.ellipsoid(radii, 44, 28).moved(0, 0.022, 0.030)
    return [head_part("cap", hair, robot.paint.trim, 0.1, Segment.HAIR)]


@TOPS.register("comb")
def comb(robot: Robot) -> Parts:
    """A crest from front to back."""
    size = robot.size
    k = 0.35 + 0.2 * size.ear_size
    lobes = [
        mesh.ellipsoid((0.007, 0.020, 0.024 * k), 14, 10).moved(
            0, size.half_depth * float(np.sin(turn)), size.half_height * float(np.cos(turn))
        )
        for turn in np.linspace(-0.5, 0.9, 6)
    ]
    return [head_part("comb", joined(lobes), robot.paint.trim, 0.1, Segment.HAIR)]


@TOPS.register("tuft")
def tuft(robot: Robot) -> Parts:
    """A few thick locks on the crown."""
    cone = _cone(0.010, 0.036 * robot.size.ear_size)
    locks = [
        rolled(cone, lean).moved(0.018 * k, 0.004 * k * k, 0.95 * robot.size.half_height)
        for k, lean in zip((-1.5, -0.5, 0.5, 1.5), (0.5, 0.15, -0.2, -0.55), strict=True)
    ]
    return [head_part("tuft", joined(locks), robot.paint.trim, 0.05, Segment.HAIR)]


@TOPS.register("aerial")
def aerial(robot: Robot) -> Parts:
    """A rod with a lamp."""
    top = 0.97 * robot.size.half_height
    rod = mesh.cylinder(0.0022, top, top + 0.045, 10)
    lamp = mesh.ellipsoid((0.006,) * 3, 14, 10).moved(0, 0, top + 0.047)
    return [
        head_part("aerial", rod, robot.paint.trim, 0.3, Segment.HAIR),
        lamp_part("aerial_lamp", lamp, robot.paint.lamp, Segment.HAIR),
    ]


@TOPS.register("band")
def band(robot: Robot) -> Parts:
    """A ring about the forehead."""
    size = robot.size
    z = min(size.brow_z + 0.030, 0.80 * size.half_height)
    half_width, half_depth = (float(part) for part in robot.surface.ring(np.array(z / size.half_height)))
    ring = lying(mesh.ring(half_width + 0.0015, half_depth + 0.0015, 0.0055, 64)).moved(0, 0, z)
    return [head_part("band", ring, robot.paint.trim, 0.3, Segment.HAIR)]


@NECKS.register("none")
def floating(robot: Robot) -> Parts:
    """The head stands on nothing that is seen."""
    return []


@NECKS.register("bust")
def bust(robot: Robot) -> Parts:
    """A neck on round shoulders."""
    torso = mesh.ellipsoid((0.15, 0.08, 0.14), 36, 24).moved(0, 0.05, -0.32)
    return [
        _still(torso, robot, Bone.WORLD),
        _still(mesh.cylinder(0.036, -0.25, -0.06).moved(0, 0.02, 0), robot, Bone.NECK),
    ]


@NECKS.register("pole")
def pole(robot: Robot) -> Parts:
    """A thin pole."""
    return [_still(mesh.cylinder(0.016, -0.40, -0.06).moved(0, 0.02, 0), robot, Bone.NECK)]


@NECKS.register("bellows")
def bellows(robot: Robot) -> Parts:
    """A stack of rings."""
    rings = [
        mesh.ellipsoid((0.040, 0.036, 0.010), 24, 10).moved(0, 0.02, z) for z in np.linspace(-0.24, -0.09, 9)
    ]
    return [_still(joined(rings), robot, Bone.NECK)]


def _still(shape: Mesh, robot: Robot, bone: Bone) -> Part:
    return Part("neck", shape, robot.paint.body, 0.2, bone, Segment.BODY)


def _cone(radius: float, height: float) -> Mesh:
    """Upright, its point up."""
    turn = np.linspace(0, 2 * np.pi, 17)[::-1]
    along = np.linspace(1, 0, 5)[:, None]
    points = np.stack(
        [
            radius * (1 - along) * np.cos(turn),
            radius * (1 - along) * np.sin(turn),
            np.broadcast_to(height * along, (5, 17)),
        ],
        -1,
    )
    return sheet(points)
