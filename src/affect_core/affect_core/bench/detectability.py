"""How often the face detector finds the virtual head, per look, colour and light."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from math import radians, sqrt
from typing import Final

import numpy as np

from affect_core.avatar import COLOURS, Avatar, AvatarConfig, Scene
from affect_core.config import Settings, setting
from affect_core.faces import Detector, FaceConfig, build_detector, iou_matrix
from affect_core.heads.expressions import ExpressionTable, load_expressions
from affect_core.heads.rig import Pose
from affect_core.processes import spread
from affect_core.types import Floats, ImageRGB

_BATCH: Final = 25


@dataclass(frozen=True)
class DetectabilityConfig(Settings):
    """What is shown to the detector, which runs with its default thresholds."""

    images: int = setting(1000, "images per cell", low=1)
    seed: int = setting(0, "seed of poses and expressions; the same for every cell", low=0)
    turn_deg: float = setting(
        20.0, "yaw and pitch of the head, uniform up to this, degrees", low=0.0, high=60.0
    )
    iou: float = setting(
        0.3, "a detection counts from this overlap with the true box, 0..1", low=0.0, high=1.0
    )
    looks: tuple[str, ...] = setting(("face", "ohbot"), "looks")
    colours: tuple[str, ...] = setting(COLOURS, "colours of looks that have some")
    lightings: tuple[str, ...] = setting(("even", "dim"), "lightings")
    background: str = setting("plain", "background")
    workers: int = setting(1, "processes; does not change the numbers", low=1)


@dataclass(frozen=True)
class Cell:
    """One look in one colour under one light; colour is empty where a look has none."""

    look: str
    colour: str
    lighting: str


@dataclass(frozen=True)
class CellResult:
    """How often the head of a cell was found, and the median score of the hits (NaN without any)."""

    cell: Cell
    found: int
    images: int
    score: float

    @property
    def share(self) -> float:
        """0..1."""
        return self.found / self.images

    @property
    def low(self) -> float:
        """Lower end of the share's 95 % interval (Wilson, J. Am. Stat. Assoc. 22, 1927)."""
        z, n, p = 1.96, self.images, self.share
        return (p + z * z / (2 * n) - z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))) / (1 + z * z / n)


def cells(config: DetectabilityConfig) -> list[Cell]:
    """Every cell, in the order of the settings."""
    return [
        Cell(look, colour, lighting)
        for look in config.looks
        for colour in (config.colours if look == "ohbot" else ("",))
        for lighting in config.lightings
    ]


def measure(config: DetectabilityConfig) -> Iterator[tuple[Cell, int, list[float]]]:
    """Batches as they get done: the cell, the number of images, the scores of those where the head was found."""
    batches = [
        (cell, range(start, min(start + _BATCH, config.images)))
        for cell in cells(config)
        for start in range(0, config.images, _BATCH)
    ]
    for (cell, indices), found in spread(partial(_scores, config), batches, config.workers):
        yield cell, len(indices), found


def summarise(cell: Cell, images: int, scores: Sequence[float]) -> CellResult:
    """A cell's row from all its batches."""
    return CellResult(cell, len(scores), images, float(np.median(scores)) if scores else float("nan"))


def draw_pose(config: DetectabilityConfig, table: ExpressionTable, index: int) -> Pose:
    """Image ``index``: any expression at any intensity, the head turned at random instead of as it would turn it."""
    rng = np.random.default_rng([config.seed, index])
    name = str(rng.choice(table.names()))
    pose = table.pose(name, float(rng.uniform(0, 1)), str(rng.choice(["left", "right"])))
    yaw, pitch = rng.uniform(-config.turn_deg, config.turn_deg, 2)
    return {**pose, "head_yaw": radians(yaw), "head_pitch": radians(pitch)}


def find(detector: Detector, image: ImageRGB, box: Floats, iou: float) -> float | None:
    """Score of the best detection that overlaps the true box by at least ``iou``; None if there is none."""
    scores = [
        detection.score
        for detection in detector.detect(image)
        if iou_matrix(detection.box_xyxy[None], box[None])[0, 0] >= iou
    ]
    return max(scores, default=None)


def _scores(config: DetectabilityConfig, batch: tuple[Cell, range]) -> list[float]:
    cell, indices = batch
    table, detector = _tools()
    avatar = _avatar(cell.look, cell.colour or COLOURS[0])
    scores = []
    for index in indices:
        scene = Scene(lighting=cell.lighting, background=config.background, background_seed=index // _BATCH)
        rendering = avatar.render(draw_pose(config, table, index), scene)
        score = find(detector, rendering.image_rgb, rendering.box_xyxy, config.iou)
        if score is not None:
            scores.append(score)
    return scores


@cache
def _tools() -> tuple[ExpressionTable, Detector]:
    return load_expressions(), build_detector(FaceConfig(detector="mtcnn"))


@cache
def _avatar(look: str, colour: str) -> Avatar:
    return Avatar(AvatarConfig(look=look, colour=colour))
