"""Crops of the virtual head, labelled by the expression it was told to show.

Every head shape is another seed. Heads show settled expressions with their cyclic motion, late onsets, and
neutral faces, with jitter in every joint, turned a little, in even and dim light. Crops are cut with the
product's own detector and crop function.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from math import ceil
from pathlib import Path

import numpy as np
from tqdm import tqdm

from affect_core.avatar import Avatar, AvatarConfig, Rendering, Scene
from affect_core.avatar.camera import PIXEL_MIDDLE
from affect_core.config import Settings, setting
from affect_core.data.crop_set import CropSet, load_crop_set, part_path, save_part
from affect_core.data.masks import warp_segments
from affect_core.faces import Detector, FaceConfig, align, build_detector, detect_known
from affect_core.faces.crop import CropSpec
from affect_core.files import claim
from affect_core.heads.expressions import ExpressionTable, load_expressions
from affect_core.heads.motion import NS_PER_S, Motion
from affect_core.heads.rig import JOINTS, Pose, clamp
from affect_core.labels import COMPLEX_6
from affect_core.processes import spread
from affect_core.types import Floats, ImageRGB

SETTINGS_FILE = "avatar.yaml"
_HEADS_PER_PART = 20
_NEUTRAL = "neutral"


@dataclass(frozen=True)
class AvatarSetConfig(Settings):
    """What is rendered. Ranges are uniform and symmetric unless said otherwise."""

    images: int = setting(4800, "number of crops, the same for every class", low=1)
    seed: int = setting(1000, "seed of the first head; each further head adds 1", low=0)
    vary: bool = setting(True, "every head has another shape and colours; false = the default head")
    images_per_head: int = setting(12, "images per head", low=1)
    intensity_low: float = setting(0.5, "weakest expression, 0..1", low=0.0, high=1.0)
    intensity_high: float = setting(1.0, "strongest expression, 0..1", low=0.0, high=1.0)
    onset_share: float = setting(0.3, "share of images taken during an onset", low=0.0, high=1.0)
    onset_from: float = setting(
        0.6, "earliest moment of the onset that counts as shown, 0..1", low=0.0, high=1.0
    )
    turn_deg: float = setting(6.0, "turn of the head in yaw and pitch, half of it in roll, degrees", low=0.0)
    joint_noise: float = setting(
        0.02, "jitter of every joint, standard deviation as a share of its range", low=0.0
    )
    lightings: tuple[str, ...] = setting(("even", "dim"), "lightings, used in turn")
    workers: int = setting(1, "processes that render; does not change the pictures", low=1)


@dataclass(frozen=True)
class Sample:
    """One picture to take, and its truth."""

    label: str
    intensity: float
    pose: Pose
    scene: Scene


def generate(config: AvatarSetConfig, crop: CropSpec, label_names: tuple[str, ...], folder: Path) -> CropSet:
    """Render the set into ``folder``, part by part; parts that are there are kept, so it can be interrupted.

    Args:
        config: what is rendered.
        crop: how faces are cut out.
        label_names: expressions, in the order of the labels.
        folder: where the parts go.

    Raises:
        ConfigError: the folder holds a set with other settings.
    """
    settings = {"config": vars(replace(config, workers=1)), "crop": vars(crop), "labels": label_names}
    claim(folder / SETTINGS_FILE, {"avatar": settings})
    heads = ceil(config.images / config.images_per_head)
    parts = range(ceil(heads / _HEADS_PER_PART))
    missing = [part for part in parts if not part_path(folder, part).exists()]
    make = partial(_make_part, config, crop, label_names, folder)
    for _ in tqdm(spread(make, missing, config.workers), f"render {folder.name}", len(missing), unit="part"):
        pass
    return load_crop_set(folder)


def sample(
    config: AvatarSetConfig, table: ExpressionTable, label: str, lighting: str, random: np.random.Generator
) -> Sample:
    """Draw one picture of ``label``."""
    intensity = float(random.uniform(config.intensity_low, config.intensity_high))
    side = str(random.choice(["left", "right"]))
    pose = _moment(config, table, label, intensity, side, random)
    turn = random.uniform(-config.turn_deg, config.turn_deg, 3) * (1.0, 1.0, 0.5)
    scene = Scene(
        lighting=lighting, yaw_deg=float(turn[0]), pitch_deg=float(turn[1]), roll_deg=float(turn[2])
    )
    return Sample(label, intensity, _jitter(pose, config.joint_noise, random), scene)


def _make_part(
    config: AvatarSetConfig, crop: CropSpec, label_names: tuple[str, ...], folder: Path, part: int
) -> None:
    heads = ceil(config.images / config.images_per_head)
    first = part * _HEADS_PER_PART
    studio = _Studio(config, crop, label_names)
    save_part(studio.shoot(range(first, min(first + _HEADS_PER_PART, heads))), folder, part)


class _Studio:
    """Renders, finds the face, cuts it out."""

    def __init__(self, config: AvatarSetConfig, crop: CropSpec, label_names: tuple[str, ...]) -> None:
        self._config, self._crop, self._labels = config, crop, label_names
        self._table = load_expressions()
        self._detector = build_detector(FaceConfig(detector="mtcnn"))

    def shoot(self, heads: range) -> CropSet:
        """All pictures of some heads."""
        shots = [shot for head in heads for shot in self._shots(head)]
        samples, crops, segments, found = (list(column) for column in zip(*shots, strict=True))
        return CropSet(
            images_rgb=np.stack(crops),
            labels=np.array([self._labels.index(item.label) for item in samples], np.int64),
            segments=np.stack(segments),
            label_names=self._labels,
            crop=self._crop,
            regression=np.array([[np.nan, np.nan, item.intensity] for item in samples], np.float32),
            info={
                "intensity": np.array([item.intensity for item in samples]),
                "lighting": np.array([item.scene.lighting for item in samples], "U16"),
                "landmarks": np.array(["detected" if f else "true" for f in found], "U8"),
            },
        )

    def _shots(self, head: int) -> Iterator[tuple[Sample, ImageRGB, ImageRGB, bool]]:
        config = self._config
        avatar = Avatar(AvatarConfig(vary=config.vary, seed=config.seed + head))
        first = head * config.images_per_head
        for index in range(first, min(first + config.images_per_head, config.images)):
            random = np.random.default_rng([config.seed, index])
            label = self._labels[index % len(self._labels)]
            lighting = config.lightings[index // len(self._labels) % len(config.lightings)]
            item = sample(config, self._table, label, lighting, random)
            rendering = avatar.render(item.pose, item.scene)
            landmarks, found = _landmarks(self._detector, rendering, random)
            crop = align(rendering.image_rgb, landmarks, self._crop)
            segments = warp_segments(rendering.segments, crop)
            yield item, crop.image_rgb, segments, found


def _moment(
    config: AvatarSetConfig,
    table: ExpressionTable,
    label: str,
    intensity: float,
    side: str,
    random: np.random.Generator,
) -> Pose:
    """The pose at a random moment of the hold, or late in the onset, coming from some other expression."""
    motion = Motion(table)
    # The complex ones, whatever else the table holds: the pictures of a seed must not change with it.
    before = str(random.choice([name for name in COMPLEX_6 if name != label]))
    if label == _NEUTRAL or random.random() < 0.5:
        motion.command(before, 1.0, side, start_ns=0)
    start_ns = 5 * NS_PER_S
    motion.command(label, intensity, side, start_ns=start_ns)
    onset_s = table.get(label).onset_s
    if random.random() < config.onset_share:
        moment_s = onset_s * random.uniform(config.onset_from, 1.0)
    else:
        moment_s = onset_s + random.uniform(0.0, 4.0)
    return motion.pose(start_ns + round(moment_s * NS_PER_S))


def _jitter(pose: Pose, noise: float, random: np.random.Generator) -> Pose:
    moved = {
        name: value + float(random.normal(0.0, noise)) * (JOINTS[name].high - JOINTS[name].low)
        for name, value in pose.items()
    }
    return clamp(moved)[0]


def _landmarks(detector: Detector, rendering: Rendering, random: np.random.Generator) -> tuple[Floats, bool]:
    """The detector's landmarks and True; where it misses the face, the true ones with jitter and False."""
    if found := detect_known(detector, rendering.image_rgb, rendering.box_xyxy):
        return found.landmarks_xy, True
    width = rendering.box_xyxy[2] - rendering.box_xyxy[0]
    jitter = random.normal(0.0, 0.02 * width, (5, 2))
    return np.asarray(rendering.landmarks_xy - PIXEL_MIDDLE + jitter), False
