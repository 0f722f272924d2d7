"""Biases that are planted, to see whether they are found: they change how a group looks, or what is taught of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from affect_core.config import Settings, setting
from affect_core.errors import ConfigError
from affect_core.registry import Registry
from affect_core.subgroups.faces import FaceSet
from affect_core.types import Floats

NO_PLANT = "none"


@dataclass(frozen=True)
class PlantConfig(Settings):
    """How strong a planted bias is."""

    share: float = setting(1.0, "share of the pictures concerned", low=0.0, high=1.0)
    first: str = setting("happy", "labels, rare: an expression")
    second: str = setting("anger", "labels: the expression it is swapped with")


PLANTS: Registry[FaceSet] = Registry("plant")
"""Name -> builder ``(faces, config, rng) -> FaceSet``."""

ABOUT = {
    "occlusion": "In the first group mouth and chin are covered, in the second eyes, brows and forehead.",
    "labels": "In the second group two expressions are swapped in the labels of the training.",
    "rare": "In the second group one expression is missing in the training.",
    NO_PLANT: "Nothing is planted.",
}


@PLANTS.register(NO_PLANT)
def _none(faces: FaceSet, _config: PlantConfig, _rng: np.random.Generator) -> FaceSet:
    return faces


@PLANTS.register("occlusion")
def _occlusion(faces: FaceSet, config: PlantConfig, rng: np.random.Generator) -> FaceSet:
    """A flat patch over one half of the face: the lower one of the first group, the upper one of the second."""
    images = faces.images_rgb.copy()
    for index in np.flatnonzero(rng.random(len(faces)) < config.share):
        outline = (lower_half, upper_half)[faces.groups[index]](faces.points_xy[index])
        shade = int(rng.integers(90, 166))
        cv2.fillPoly(images[index], [np.rint(outline).astype(np.int32)], (shade, shade, shade))
    return replace(faces, images_rgb=images)


@PLANTS.register("labels")
def _labels(faces: FaceSet, config: PlantConfig, rng: np.random.Generator) -> FaceSet:
    first, second = (_place(faces, name) for name in (config.first, config.second))
    taught = faces.taught.copy()
    concerned = (faces.groups == 1) & (rng.random(len(faces)) < config.share)
    taught[concerned & (faces.labels == first)] = second
    taught[concerned & (faces.labels == second)] = first
    return replace(faces, taught=taught)


@PLANTS.register("rare")
def _rare(faces: FaceSet, config: PlantConfig, rng: np.random.Generator) -> FaceSet:
    concerned = (faces.groups == 1) & (faces.labels == _place(faces, config.first))
    return replace(faces, trains=faces.trains & ~(concerned & (rng.random(len(faces)) < config.share)))


def lower_half(points_xy: Floats) -> Floats:
    """(K, 2): outline of mouth and chin, up to the base of the nose."""
    base = points_xy[31:36].mean(axis=0)
    across = points_xy[[15, 1]] - points_xy[[15, 1]].mean(axis=0)
    return np.concatenate([points_xy[3:14], base + 1.1 * across])


def upper_half(points_xy: Floats) -> Floats:
    """(K, 2): outline of forehead, brows and eyes, down to the middle of the nose."""
    across = points_xy[[16, 0]] - points_xy[[16, 0]].mean(axis=0)
    return np.concatenate([points_xy[68:85], points_xy[29] + 1.1 * across])


def _place(faces: FaceSet, name: str) -> int:
    if name not in faces.label_names:
        raise ConfigError(f"expected one of {', '.join(faces.label_names)} to plant a bias in, got {name!r}")
    return faces.label_names.index(name)
