"""What is about the robot in one picture: light, camera, backdrop, what covers the face, and the camera's faults."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from affect_core.avatar import mesh
from affect_core.avatar.lights import Singles
from affect_core.avatar.part import Part, as_colour
from affect_core.avatar.shape import SIDES, Array
from affect_core.avatar.truth import Segment
from affect_core.synth.robots.base import Robot, head_part
from affect_core.synth.robots.eyes import eye_y
from affect_core.synth.robots.solids import joined
from affect_core.synth.robots.studio import View
from affect_core.types import ImageRGB

_EVEN, _DIM = (0.75, 1.4), (0.25, 0.70)
"""Sum of all light."""

SHOWROOM: Final = np.array(
    [[0.32, -0.81, 0.49], [0.6] * 3, [-0.5, -0.8, 0.33], [0.15] * 3, [0.42] * 3], np.float32
)
"""Rows of an even light, for contact sheets."""

_GLASSES_SHARE: Final = 0.10
_BLUR_SHARE: Final = 0.25


@dataclass(frozen=True, eq=False)
class Light:
    """``rows`` (5, 3) as `raster.shade` wants them, and how bright a wall is in it."""

    name: str
    rows: Singles
    level: float


def draw_light(dim_share: float, rng: np.random.Generator) -> Light:
    """A key light from a random side, warm or cold, with a weak fill and light from everywhere."""
    name = "dim" if rng.random() < dim_share else "even"
    total = rng.uniform(*(_DIM if name == "dim" else _EVEN))
    key_share, warmth = rng.uniform(0.3, 0.85), rng.uniform(-1, 1)
    tint = np.array((1 + 0.10 * warmth, 1.0, 1 - 0.12 * warmth))
    around = total * (1 - key_share) * 0.8 * (1 + rng.normal(0, 0.02, 3))
    rows = [
        _unit(np.array((rng.uniform(-1.5, 1.5), -rng.uniform(0.6, 1.6), rng.uniform(-0.2, 1.5)))),
        total * key_share * tint,
        _unit(np.array((rng.uniform(-1.3, 1.3), -1.5, rng.uniform(-0.3, 0.8)))),
        total * rng.uniform(0, 0.25) * np.ones(3),
        around,
    ]
    level = float(np.mean(around) + 0.6 * total * key_share)
    return Light(name, np.array(rows, np.float32), level)


def draw_view(size_px: int, rng: np.random.Generator) -> View:
    """A camera before the face; the tight crop is half the picture wide, or a little more."""
    return View(
        size_px=size_px,
        distance_m=float(rng.uniform(0.7, 1.6)),
        tight_px=size_px * float(rng.uniform(0.505, 0.60)),
        shift_px=(float(rng.normal(0, 0.012 * size_px)), float(rng.normal(0, 0.012 * size_px))),
        offset_m=(float(rng.uniform(-0.06, 0.06)), float(rng.uniform(-0.05, 0.05))),
    )


def draw_cover(robot: Robot, share: float, rng: np.random.Generator) -> tuple[str, list[Part]]:
    """What covers some of the face, and its name; mostly nothing."""
    chance = rng.random()
    if chance < share:
        name = ("bar", "blob", "plate")[int(rng.integers(3))]
        return name, [_occluder(name, robot, rng)]
    if chance < share + _GLASSES_SHARE:
        return "glasses", [_glasses(robot, rng)]
    return "none", []


def expose(picture: NDArray[np.float32], rng: np.random.Generator) -> ImageRGB:
    """Through a camera: some pictures out of focus, all with noise."""
    if rng.random() < _BLUR_SHARE:
        picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), float(rng.uniform(0.4, 1.1))), np.float32)
    grain = rng.standard_normal(picture.shape[:2], dtype=np.float32)[..., None] * np.float32(
        rng.uniform(0, 3.5)
    )
    return np.clip(np.rint(picture + grain), 0, 255).astype(np.uint8)


def _occluder(name: str, robot: Robot, rng: np.random.Generator) -> Part:
    """Before one eye, the mouth or a cheek."""
    size = robot.size
    places = (
        (size.eye_x, size.eye_z),
        (-size.eye_x, size.eye_z),
        (0.0, size.mouth_z),
        (0.04, -0.03),
        (-0.04, -0.03),
    )
    x, z = np.array(places[int(rng.integers(len(places)))]) + rng.normal(0, 0.006, 2)
    y = float(robot.surface.front_y(np.array(0.0), np.array(size.nose_z))) - 0.02
    shapes = {
        "bar": lambda: mesh.plate(0.12, 0.003, float(rng.uniform(0.005, 0.010))),
        "blob": lambda: mesh.ellipsoid(
            (float(rng.uniform(0.014, 0.026)), 0.01, float(rng.uniform(0.014, 0.026)))
        ),
        "plate": lambda: mesh.plate(
            float(rng.uniform(0.014, 0.030)), 0.003, float(rng.uniform(0.014, 0.030))
        ),
    }
    colour = as_colour(rng.random(3) * rng.uniform(0.2, 1.0))
    return head_part(name, shapes[name]().moved(float(x), y, float(z)), colour, 0.1, Segment.OCCLUDER)


def _glasses(robot: Robot, rng: np.random.Generator) -> Part:
    """Rims without lenses, a bridge and the arms."""
    size = robot.size
    wide = min(size.lid_ratio * size.eye_radius + 0.0045, size.eye_x - 0.003)
    high = size.lid_ratio * size.eye_half_height + 0.004
    y = float(eye_y(robot, np.zeros(1), np.zeros(1))[0]) - 0.007
    thick = float(rng.uniform(0.0010, 0.0022))
    parts = [mesh.plate(size.eye_x - wide, thick, thick).moved(0, y, size.eye_z + 0.004)]
    reach = size.half_width + 0.004
    for sign in SIDES.values():
        parts.append(mesh.ring(wide, high, thick, 40).moved(sign * size.eye_x, y, size.eye_z))
        outer = size.eye_x + wide
        parts.append(
            mesh.plate((reach - outer) / 2, thick, thick).moved(
                sign * (outer + reach) / 2, y, size.eye_z + 0.004
            )
        )
        parts.append(mesh.plate(thick, -y / 2, thick).moved(sign * reach, y / 2, size.eye_z + 0.004))
    colour = as_colour(rng.random(3) * rng.uniform(0.05, 0.6))
    return head_part("glasses", joined(parts), colour, 0.3, Segment.OCCLUDER)


def _unit(vector: Array) -> Array:
    result: Array = vector / np.linalg.norm(vector)
    return result
