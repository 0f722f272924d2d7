"""The head after the real OhBot: an open frame with ear plates, ball eyes, half-sphere lids, a strip for a nose, two
tubes for lips. What the real one lacks stands apart: brows are bars that float before the face in a colour of their
own, a thin mask in the frame lets face detectors see a face, and lower lids come up only when a pose asks for them.

Sizes are shares of the base's width, measured in the maker's own rendering.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import radians
from typing import Final

import numpy as np

from affect_core.avatar.looks.base import LOOKS, Coat, Look, Studio, nowhere
from affect_core.avatar.looks.ohbot_body import (
    NOSE_HALF_WIDTH,
    OhbotShape,
    Paint,
    arc_y,
    body_parts,
    nose_ends,
)
from affect_core.avatar.part import Colour, Part, as_colour
from affect_core.avatar.shape import SIDES, Array, bump
from affect_core.avatar.strands import ACROSS, ALONG_BROW, LIP_POINTS, MOUTH_ROWS, Strand, chin_fold, furrow
from affect_core.avatar.truth import Segment
from affect_core.heads.rig import JOINTS, Joint, Pose

PAINTS: Final[dict[str, Paint]] = {
    "blue": Paint(body=(0.10, 0.15, 0.52), brow=(0.95, 0.42, 0.05)),
    "red": Paint(body=(0.70, 0.12, 0.12), brow=(0.15, 0.35, 0.75)),
    "white": Paint(body=(0.86, 0.86, 0.85), brow=(0.12, 0.18, 0.50)),
    "black": Paint(body=(0.06, 0.06, 0.07), brow=(0.95, 0.42, 0.05)),
}
"""By the colour of the body. Bright brows and a warm mask are what the face detector needs to be sure."""

_MIDDLE_GAIN: Final = 1.2
"""How far the lips' middles go for the same travel of a human's mouth corners."""

_LIDS: Final = {"upper_lid": (radians(7), 1.45), "lower_lid": (radians(-32), 2.0)}
"""Added to a lid at rest, and the factor on its way: the upper lids cover more of the ball than a human's at rest."""

_CHIN_LIFT: Final = 0.004
_ROD_POINTS: Final = 3
_BROW_GAP: Final = 0.018
_MOUTH_BACK: Final = 0.002


@dataclass(frozen=True)
class OhbotLook(Look):
    """The head after the real one."""

    paint: Paint = PAINTS["blue"]
    shape: OhbotShape = field(default_factory=OhbotShape)
    studio: Studio = field(default_factory=Studio)

    @property
    def mouth_colour(self) -> Colour:
        """See `Look.mouth_colour`."""
        return self.paint.hollow

    def adapted(self, pose: Pose) -> Pose:
        """See `Look.adapted`: the lids are larger, and the lower ones, which the real head lacks, rest out of sight."""
        lids = {
            f"{kind}_{side}": _lid(JOINTS[f"{kind}_{side}"], pose[f"{kind}_{side}"], *_LIDS[kind])
            for kind in _LIDS
            for side in SIDES
        }
        return {**pose, **lids}

    def strands(self, pose: Mapping[str, float]) -> dict[str, Strand]:
        """See `Look.strands`."""
        upper, lower = _lips(pose, self.shape)
        lines = {"upper_lip": upper, "lower_lip": lower}
        for side in SIDES:
            lines[f"brow_{side}"] = _bar(pose, self.shape, side)
            lines[f"furrow_{side}"] = furrow(pose, side)
        lines["chin_fold"] = chin_fold(pose)
        return {
            **lines,
            "rod_upper": _rod(upper, self.shape, 1.0),
            "rod_lower": _rod(lower, self.shape, -1.0),
        }

    def coat(self, strand: str) -> Coat:
        """See `Look.coat`."""
        paint = self.paint
        kinds = {
            "upper": Coat(paint.lip, 0.25, Segment.LIP),
            "lower": Coat(paint.lip, 0.25, Segment.LIP),
            "brow": Coat(paint.brow, 0.1, Segment.BROW),
            "rod": Coat(paint.brass, 0.5, Segment.SKIN),
        }
        return kinds.get(strand.partition("_")[0], Coat(paint.fold, 0.0, Segment.SKIN))

    def nose_points(self) -> Array:
        """See `Look.nose_points`: down the strip, then along its lower edge."""
        top, tip = nose_ends(self.shape)
        ridge = np.linspace(top, tip, 4)
        under = np.array(
            [(x, tip[1], tip[2] - 0.002) for x in np.linspace(-NOSE_HALF_WIDTH, NOSE_HALF_WIDTH, 5)]
        )
        return np.concatenate([ridge, under])

    def jaw_points(self) -> Array:
        """See `Look.jaw_points`: it has no jaw."""
        return nowhere(17)

    def mouth(self, lip_lines: Array) -> Array:
        """See `Look.mouth`: a dark sheet just behind the lips."""
        share = np.linspace(0, 1, MOUTH_ROWS)[:, None, None]
        sheet: Array = lip_lines[0] * (1 - share) + lip_lines[1] * share
        sheet[1:-1, :, 1] += _MOUTH_BACK
        return sheet

    def rigid_parts(self) -> list[Part]:
        """See `Look.rigid_parts`."""
        return body_parts(self.shape, self.paint)


def _lid(joint: Joint, value: float, shift: float, gain: float) -> float:
    return joint.rest + shift + gain * (value - joint.rest)


@LOOKS.register("ohbot")
def build(colour: str, seed: int | None = None) -> OhbotLook:
    """The head after the real one, in a colour of `PAINTS`."""
    look = OhbotLook(PAINTS[colour])
    return look if seed is None else _varied(look, seed)


def _varied(look: OhbotLook, seed: int) -> OhbotLook:
    """The same kit elsewhere: another wall, light and camera place, and paint from another batch."""
    rng = np.random.default_rng(seed)
    batch = {
        name: as_colour(
            np.array(getattr(look.paint, name)) * rng.uniform(0.85, 1.15) + rng.uniform(-0.03, 0.03, 3)
        )
        for name in ("body", "mask", "brow")
    }
    studio = Studio(
        wall=as_colour(rng.uniform(0.25, 0.85) + rng.uniform(-0.08, 0.08, 3)),
        light_turn_deg=(float(rng.uniform(-35, 35)), float(rng.uniform(-12, 18))),
        light_gain=float(rng.uniform(0.85, 1.15)),
        camera_m=(
            float(rng.uniform(-0.06, 0.06)),
            float(rng.uniform(-0.15, 0.35)),
            float(rng.uniform(-0.05, 0.05)),
        ),
    )
    return replace(look, paint=replace(look.paint, **batch), studio=studio)


def _lips(pose: Mapping[str, float], shape: OhbotShape) -> tuple[Strand, Strand]:
    """Two tubes in a forward arc. Servos push their middles; what a pose wants beyond that moves the ends.

    A smile lowers both middles, as on the real head. Only the difference between the mouth's corners, which the
    real head cannot show, moves the ends; a dimple is a knob there.
    """
    middle = 1 - ACROSS**2
    raises = {side: pose[f"corner_raise_{side}"] for side in SIDES}
    mean = sum(raises.values()) / 2
    ends = np.where(ACROSS > 0, raises["left"] - mean, raises["right"] - mean) * np.abs(ACROSS) ** 1.5
    stretch = np.where(ACROSS > 0, pose["corner_stretch_left"], pose["corner_stretch_right"])
    x = (shape.mouth_half_width + stretch) * ACROSS
    press, radius = pose["lip_press"], shape.lip_radius * (1 - 0.5 * pose["lip_press"])
    line = shape.mouth_z + ends + middle * (_CHIN_LIFT * pose["chin_raise"] - _MIDDLE_GAIN * mean)
    gap = 0.9 * radius * (1 - 0.2 * press)
    upper_z = line + gap + middle * pose["upper_lip_open"]
    lower_z = line - gap - middle * pose["lower_lip_open"]
    knobs = np.where(ACROSS > 0, pose["dimple_left"], pose["dimple_right"]) * bump(
        np.abs(ACROSS), x, 1.0, 0.0, 0.1, 1.0
    )
    radii = radius * (1 + 0.9 * knobs)
    return tuple(
        Strand(x, z, shape.front_y(x, z) - arc_y(x, z, shape), radii, 1.0) for z in (upper_z, lower_z)
    )  # type: ignore[return-value]  # two


def _bar(pose: Mapping[str, float], shape: OhbotShape, side: str) -> Strand:
    """A straight brow that floats before the mask."""
    x = shape.brow_x - pose[f"brow_in_{side}"] + shape.brow_length * ALONG_BROW
    tilt = np.tan(pose[f"brow_angle_{side}"]) * (x - shape.brow_x - shape.brow_length / 2)
    z = shape.brow_z + tilt + pose[f"brow_raise_{side}"]
    ends_x = np.array((shape.brow_x, shape.brow_x + shape.brow_length))
    ends_y = shape.front_y(ends_x, np.full(2, shape.brow_z)) - _BROW_GAP
    y = ends_y[0] + (ends_y[1] - ends_y[0]) * ALONG_BROW
    return Strand(SIDES[side] * x, z, shape.front_y(x, z) - y, np.full_like(x, shape.brow_radius), 0.5)


def _rod(lip: Strand, shape: OhbotShape, sign: float) -> Strand:
    """The push-rod from the middle of a lip back to the mask, up for the upper lip and down for the lower."""
    share = np.linspace(0, 1, _ROD_POINTS)
    middle = LIP_POINTS // 2
    z = lip.z[middle] + sign * 0.014 * share
    x = np.full_like(share, 0.0)
    front = shape.front_y(x, z)
    start = shape.front_y(x[:1], lip.z[middle : middle + 1])[0] - lip.lift[middle]
    return Strand(x, z, (front - start) * (1 - share), np.full_like(share, 0.0011), 1.0)
