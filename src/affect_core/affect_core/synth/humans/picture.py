"""One finished picture: a person's looks painted onto the head, rendered, and taken by an imperfect camera."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from affect_core.avatar.camera import PIXEL_MIDDLE
from affect_core.synth.backdrops import draw_backdrop
from affect_core.synth.humans.accessories import Canvas, add_accessories
from affect_core.synth.humans.appearance import attributes, draw_appearance
from affect_core.synth.humans.base import HumanSetConfig
from affect_core.synth.humans.dressing import dress_up
from affect_core.synth.humans.head import HumanHead
from affect_core.synth.humans.light import Light, draw_light
from affect_core.synth.humans.recipes import Recipes
from affect_core.synth.humans.render import Shot, WithLandmarks, project_landmarks, render
from affect_core.synth.humans.sampler import Draw
from affect_core.types import Floats, ImageRGB

F32 = NDArray[np.float32]

_KNEE: Final = np.float32(0.65)
_GAMMA: Final = (0.85, 1.12)
_BLUR_SHARE: Final = 0.3
_BLUR_PX: Final = (0.4, 1.4)
_NOISE: Final = (0.0, 0.025)
_GAZE_UNITS_DEG: Final = (30.0, 35.0)
"""Gaze up or down, and aside, that moves the lids by all of their blendshapes."""


@dataclass(frozen=True, eq=False)
class Picture(WithLandmarks):
    """A picture and its truth.

    Attributes:
        image_rgb: uint8 (S, S, 3).
        segments: uint8 (S, S), `affect_core.avatar.truth.Segment`.
        background: kind of the backdrop.
        attributes: of the person's looks.
    """

    image_rgb: ImageRGB
    segments: NDArray[np.uint8]
    background: str
    attributes: Mapping[str, str | float]


def take_picture(
    head: HumanHead, recipes: Recipes, config: HumanSetConfig, what: Draw, rng: np.random.Generator
) -> Picture:
    """Draw looks, light and backdrop with ``rng``, and render ``what`` with them."""
    appearance = draw_appearance(rng)
    light = draw_light(rng, what.lighting)
    backdrop, kind = draw_backdrop(config.size_px, rng)
    weights = recipes.weights(what.amounts)
    shot = _shot(recipes, config, what, light)
    drawn = render(head, shot, dress_up(head, appearance, weights, rng), backdrop * np.float32(light.level))
    canvas = Canvas(drawn.image, drawn.segments, drawn.landmarks68_xy + PIXEL_MIDDLE, light.level)
    worn = add_accessories(canvas, rng, config.glasses_share, config.occluder_share)
    return Picture(
        image_rgb=expose(drawn.image, rng),
        segments=drawn.segments,
        landmarks68_xy=drawn.landmarks68_xy,
        background=kind,
        attributes={**attributes(appearance), **worn},
    )


def landmarks_of(head: HumanHead, recipes: Recipes, config: HumanSetConfig, what: Draw) -> Floats:
    """(68, 2): the landmarks of a picture of ``what``, pixels, without drawing it; the light does not matter."""
    light = draw_light(np.random.default_rng(0), what.lighting)
    return project_landmarks(head, _shot(recipes, config, what, light))


def _shot(recipes: Recipes, config: HumanSetConfig, what: Draw, light: Light) -> Shot:
    return Shot(
        identity=what.identity,
        light=light,
        weights={**recipes.weights(what.amounts), **lids_of_gaze(*what.gaze_deg)},
        gaze_deg=what.gaze_deg,
        head_deg=what.head_deg,
        size_px=config.size_px,
        distance_cm=what.distance_cm,
        crop_px=what.crop_px,
        offset=what.offset,
    )


def lids_of_gaze(yaw_deg: float, pitch_deg: float) -> dict[str, float]:
    """The lids go with the eyes: blendshape -> weight."""
    vertical, aside = _GAZE_UNITS_DEG
    look = "eyeLookUp" if pitch_deg > 0 else "eyeLookDown"
    weights = {f"{look}_{side}": min(1.0, abs(pitch_deg) / vertical) for side in "RL"}
    outward, inward = ("L", "R") if yaw_deg > 0 else ("R", "L")
    share = min(1.0, abs(yaw_deg) / aside)
    return {**weights, f"eyeLookOut_{outward}": share, f"eyeLookIn_{inward}": share}


def expose(image: F32, rng: np.random.Generator) -> ImageRGB:
    """What a camera makes of the light: tone curve, a little blur, noise."""
    seen = rolled_off(image) ** np.float32(rng.uniform(*_GAMMA))
    blurred, width = rng.random() < _BLUR_SHARE, float(rng.uniform(*_BLUR_PX))
    if blurred:
        seen = np.asarray(cv2.GaussianBlur(seen, (0, 0), width), np.float32)
    noise = rng.standard_normal(seen.shape, np.float32) * np.float32(rng.uniform(*_NOISE))
    return np.asarray(np.clip(seen + noise, 0.0, 1.0) * 255.0 + 0.5, np.uint8)


def rolled_off(image: F32) -> F32:
    """As it is up to a knee; above it ever less, below 1: a bright cheek keeps its form."""
    over = np.maximum(image - _KNEE, np.float32(0.0)) / (1 - _KNEE)
    seen = np.minimum(image, _KNEE) + (1 - _KNEE) * (1 - np.exp(-over))
    return np.asarray(np.clip(seen, 0.0, 1.0), np.float32)
