"""Sizes, colours and rigid parts of the OhBot look.

The head's frame is that of `avatar.shape`; the base stands 0.187 m below the eyes, as the real one's.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import atan2, hypot
from typing import Final

import numpy as np

from affect_core.avatar import mesh
from affect_core.avatar.looks.base import skin_segments
from affect_core.avatar.part import Colour, Part, scaled
from affect_core.avatar.shape import SIDES, Array, HeadShape
from affect_core.avatar.skeleton import Bone
from affect_core.avatar.truth import Segment

NOSE_TOP_Z: Final = 0.0240
NOSE_TIP_Z: Final = -0.0190
NOSE_HALF_WIDTH: Final = 0.0058
_NOSE_HALF_DEPTH: Final = 0.0030

_TABLE_Z: Final = -0.169
_BASE_WIDTH: Final = 0.215
_EAR_X: Final = 0.0735
_EYE_RINGS_DEG: Final = (0.0, 13.0, 29.0, 180.0)
_LIP_ARC: Final = 0.020
_MASK_AROUND, _MASK_RINGS = 112, 88
_MASK_BACK_Y: Final = -0.022
_MASK_TOP_Z: Final = 0.079
"""The mask ends here: behind and above it the frame is open."""


@dataclass(frozen=True)
class Paint:
    """Colours of the parts, red, green, blue in 0..1. The lids have a darker shade of the body's."""

    body: Colour
    brow: Colour
    mask: Colour = (0.88, 0.72, 0.60)
    lip: Colour = (0.54, 0.54, 0.55)
    nose: Colour = (0.92, 0.92, 0.90)
    ball: Colour = (0.95, 0.95, 0.94)
    iris: Colour = (0.22, 0.55, 0.20)
    dark: Colour = (0.03, 0.03, 0.03)
    hollow: Colour = (0.05, 0.04, 0.05)
    servo: Colour = (0.06, 0.06, 0.07)
    brass: Colour = (0.72, 0.55, 0.22)

    @property
    def lid(self) -> Colour:
        """The body's colour, a little darker: on a white robot lids and balls must not look alike."""
        return scaled(self.body, 0.70)

    @property
    def fold(self) -> Colour:
        """The mask in its own shade."""
        return scaled(self.mask, 0.6)


@dataclass(frozen=True)
class OhbotShape(HeadShape):
    """The mask as a surface, and where the parts are; metres."""

    half_width: float = 0.067
    half_depth: float = 0.080
    half_height: float = 0.100
    jaw_taper: float = 0.20
    eye_x: float = 0.0282
    eye_y: float = -0.0660
    eye_z: float = 0.018
    eye_radius: float = 0.0135
    lid_radius: float = 0.0158
    brow_x: float = 0.0120
    brow_z: float = 0.0440
    brow_length: float = 0.0340
    brow_radius: float = 0.0036
    mouth_z: float = -0.048
    mouth_half_width: float = 0.0300
    lip_radius: float = 0.0042

    @property
    def brow_clearance(self) -> float:
        """See `HeadShape.brow_clearance`; the bars float."""
        return 0.030

    @property
    def mouth_clearance(self) -> float:
        """See `HeadShape.mouth_clearance`; the tubes stand out in an arc."""
        return 0.032

    @property
    def mouth_reach(self) -> float:
        """See `HeadShape.mouth_reach`."""
        return 0.030


def arc_y(x: Array, z: Array, shape: OhbotShape) -> Array:
    """y of the lips' middle lines: a forward arc between their ends, which touch the mask."""
    share = np.clip(np.abs(x) / shape.mouth_half_width, 0, 1.25)
    end = float(shape.front_y(np.array(shape.mouth_half_width), np.array(shape.mouth_z)))
    arc = end - 0.002 - _LIP_ARC * (1 - share**2)
    return np.minimum(arc, shape.front_y(x, z) - shape.lip_radius)


def body_parts(shape: OhbotShape, paint: Paint) -> list[Part]:
    """All rigid parts."""
    parts = [*_base(paint), *_frame(paint), *_mask(shape, paint), _nose(shape, paint)]
    for side in SIDES:
        parts += _eye(shape, paint, side)
    return parts


def _base(paint: Paint) -> list[Part]:
    """An oval dome, split by a pedestal that holds the servo of the neck."""
    dome = mesh.ellipsoid((_BASE_WIDTH / 2, 0.075, 0.045), 48, 24)
    dome = dome.where(dome.vertices[:, 2] > -1e-9).moved(0, 0.02, _TABLE_Z)
    boxes = {
        "pedestal": (mesh.rounded_box(0.030, 0.034, 0.034, 8).moved(0, 0.02, -0.135), paint.body),
        "yaw_servo": (mesh.plate(0.020, 0.004, 0.016).moved(0, -0.014, -0.135), paint.servo),
    }
    still = [Part(name, box, colour, 0.2, Bone.WORLD, Segment.BODY) for name, (box, colour) in boxes.items()]
    neck = mesh.plate(0.014, 0.020, 0.020).moved(0, 0.015, -0.102)
    return [
        Part("dome", dome, paint.body, 0.3, Bone.WORLD, Segment.BODY),
        *still,
        Part("neck", neck, paint.servo, 0.2, Bone.NECK, Segment.BODY),
    ]


def _frame(paint: Paint) -> list[Part]:
    """Two tall plates where ears would be, bars between them, a servo outside one of them."""
    body = [("chin_box", mesh.rounded_box(0.022, 0.024, 0.010, 8).moved(0, 0.006, -0.080))]
    for side, sign in SIDES.items():
        plate = mesh.rounded_box(0.0042, 0.036, 0.0620, 4.0).moved(sign * _EAR_X, -0.020, 0.000)
        body.append((f"ear_{side}", plate))
    for name, z in (("upper", 0.030), ("lower", -0.040)):
        body.append((f"bar_{name}", mesh.plate(_EAR_X, 0.004, 0.0045).moved(0, -0.018, z)))
    servo = mesh.plate(0.008, 0.014, 0.012).moved(_EAR_X + 0.009, -0.010, 0.012)
    return [
        *(Part(name, shape, paint.body, 0.25, Bone.HEAD, Segment.EAR) for name, shape in body),
        Part("ear_servo", servo, paint.servo, 0.2, Bone.HEAD, Segment.EAR),
    ]


def _mask(shape: OhbotShape, paint: Paint) -> list[Part]:
    """The front of a skull, cut off behind and above, and a rim of the frame along its upper edge."""
    surface = mesh.skull(shape, _MASK_AROUND, _MASK_RINGS)
    grid = surface.vertices[:-2].reshape(_MASK_RINGS, _MASK_AROUND, 3)
    columns = grid[_MASK_RINGS // 2, :, 1] < _MASK_BACK_Y
    rows = grid[:, 0, 2] < _MASK_TOP_Z
    keep = np.append(np.outer(rows, columns).ravel(), [True, False])  # the lower pole closes the chin
    front = surface.where(keep)
    rim = mesh.band(grid[rows][-1][columns], 0.0030)
    return [
        Part("mask", front, paint.mask, 0.12, Bone.HEAD, Segment.SKIN, skin_segments(front, shape)),
        Part("rim", rim, paint.body, 0.25, Bone.HEAD, Segment.EAR),
    ]


def nose_ends(shape: OhbotShape) -> tuple[Array, Array]:
    """(3,) each: where the strip of the nose begins between the eyes, and its tip; on its front, head frame."""
    z = np.array((NOSE_TOP_Z, NOSE_TIP_Z))
    y = shape.front_y(np.zeros(2), z) - _NOSE_HALF_DEPTH
    top, tip = np.stack([np.zeros(2), y, z], 1)
    return top, tip


def _nose(shape: OhbotShape, paint: Paint) -> Part:
    """A strip that slopes forward from between the eyes."""
    top, tip = nose_ends(shape)
    _, forward, down = tip - top
    strip = mesh.rounded_box(NOSE_HALF_WIDTH, _NOSE_HALF_DEPTH, hypot(forward, down) / 2, 6)
    middle = (top + tip) / 2 + (0, _NOSE_HALF_DEPTH, 0)
    return Part(
        "nose", strip.tipped(atan2(forward, -down)).moved(*middle), paint.nose, 0.15, Bone.HEAD, Segment.NOSE
    )


def _eye(shape: OhbotShape, paint: Paint, side: str) -> list[Part]:
    """A white ball; the lids are half-spheres in the body's colour."""
    ball, upper, lower = (Bone[f"{kind}_{side.upper()}"] for kind in ("EYE", "UPPER_LID", "LOWER_LID"))
    colours = {"pupil": paint.dark, "iris": paint.iris, "ball": paint.ball}
    rings = zip(colours, _EYE_RINGS_DEG, _EYE_RINGS_DEG[1:], strict=False)
    zones = {name: mesh.zone(shape.eye_radius, start, stop) for name, start, stop in rings}
    return [
        *(
            Part(f"{name}_{side}", zone, colours[name], 0.5, ball, Segment.EYE)
            for name, zone in zones.items()
        ),
        Part(f"upper_{side}", mesh.lid(shape.lid_radius, True), paint.lid, 0.25, upper, Segment.LID),
        Part(f"lower_{side}", mesh.lid(shape.lid_radius, False), paint.lid, 0.25, lower, Segment.LID),
    ]
