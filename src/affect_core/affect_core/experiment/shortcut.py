"""The shortcut experiment's pictures: the same people, before backgrounds that tell their class, or do not.

The people are an existing set; nothing is rendered anew. A new backdrop is laid over the wall segment of each picture's
mask: the wall is widened by about a pixel and its edge softened (Gaussian, 0.8 px), so that no seam of the old
background is left around hair and shoulders.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from affect_core.avatar.truth import Segment
from affect_core.config import Settings, setting
from affect_core.data.manifest import Manifest, Record, load_manifest, save_manifest, to_lines
from affect_core.errors import ConfigError, InputError
from affect_core.experiment.plan import digest
from affect_core.labels import COMPLEX_5
from affect_core.synth.backdrops import SHORTCUT_FAMILIES, draw_family
from affect_core.synth.parts import JPEG_QUALITY, make_in_parts
from affect_core.synth.sheets import save_image
from affect_core.types import ImageRGB

FORMAT: Final = 1
ASSIGNMENTS: Final = ("correlated", "shuffled", "plain")
FAMILY_NAMES: Final = tuple(family.name for family in SHORTCUT_FAMILIES)
"""Family k belongs to class k of `COMPLEX_5`."""

_GREY: Final = 0.5
_SOFT_PX: Final = 0.8


@dataclass(frozen=True)
class ShortcutSetConfig(Settings):
    """Which people, before which backgrounds."""

    people: str = setting("", "set of pictures with masks, labelled with the five complex emotions")
    assignment: str = setting(
        "correlated",
        "correlated: the family of the picture's class with probability agreement, else one of the others; "
        "shuffled: any family; plain: grey",
        choices=ASSIGNMENTS,
    )
    agreement: float = setting(0.85, "probability that the background tells the class", low=0.0, high=1.0)
    seed: int = setting(0, "of the backgrounds", low=0)


def generate(config: ShortcutSetConfig, people: Path, folder: Path, workers: int) -> Manifest:
    """Put the people of a set before other backgrounds.

    Args:
        config: what is wanted.
        people: folder of the set that the people come from.
        folder: of the set that is made; pictures that are there stay.
        workers: processes.

    Raises:
        ConfigError: the people are not labelled with the five complex emotions.
        InputError: a picture has no mask.
    """
    source = load_manifest(people)
    if source.labels != COMPLEX_5:
        raise ConfigError(
            f"{people}: expected pictures of {', '.join(COMPLEX_5)}, got {', '.join(source.labels)}"
        )
    settings = {"format": FORMAT, **asdict(config), "records": digest(to_lines(source.records))}
    made = make_in_parts(partial(_make, config, source, folder), folder, len(source), settings, workers)
    manifest = Manifest(
        folder=folder,
        name=folder.name,
        labels=COMPLEX_5,
        records=made.records,
        description=f"{source.description} Backgrounds: {config.assignment}.",
        licence=source.licence,
        synthetic=source.synthetic,
        stand_in=source.stand_in,
        settings=settings,
    )
    save_manifest(manifest)
    return manifest


def family_of(config: ShortcutSetConfig, label: int, rng: Generator) -> int | None:
    """The family behind a picture of class ``label``; None = plain grey."""
    if config.assignment == "plain":
        return None
    count = len(SHORTCUT_FAMILIES)
    if config.assignment == "shuffled":
        return int(rng.integers(count))
    if rng.random() < config.agreement:
        return label
    return int((label + rng.integers(1, count)) % count)


def wall_share(segments: NDArray[np.uint8]) -> NDArray[np.float32]:
    """How much of each pixel the backdrop gets: (H, W), 0..1."""
    wall = (segments == Segment.WALL).astype(np.uint8)
    wide = cv2.dilate(wall, np.ones((3, 3), np.uint8))
    soft = cv2.GaussianBlur(wide.astype(np.float32), (0, 0), _SOFT_PX)
    return np.maximum(soft, wall.astype(np.float32))


def composite(image_rgb: ImageRGB, segments: NDArray[np.uint8], backdrop: NDArray[np.float32]) -> ImageRGB:
    """The picture with another backdrop, float (H, W, 3) in 0..1, behind the head."""
    share = wall_share(segments)[..., None]
    mixed = image_rgb.astype(np.float32) * (1.0 - share) + backdrop * 255.0 * share
    return np.asarray(np.rint(mixed), np.uint8)


def _make(config: ShortcutSetConfig, source: Manifest, folder: Path, indices: Sequence[int]) -> list[Record]:
    return [_one(config, source, folder, index) for index in indices]


def _one(config: ShortcutSetConfig, source: Manifest, folder: Path, index: int) -> Record:
    record = source.records[index]
    rng = np.random.default_rng([FORMAT, config.seed, index])
    family = family_of(config, COMPLEX_5.index(record.label), rng)
    image, segments, mask = _read(source, record)
    backdrop = (
        np.full(image.shape, _GREY, np.float32) if family is None else draw_family(family, len(image), rng)
    )
    names = f"images/{index:06d}.jpg", f"masks/{index:06d}.png"
    save_image(folder / names[0], composite(image, segments, backdrop), JPEG_QUALITY)
    (folder / names[1]).parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(mask, folder / names[1])
    shown = "plain" if family is None else FAMILY_NAMES[family]
    return replace(record, image=names[0], mask=names[1], background=shown)


def _read(source: Manifest, record: Record) -> tuple[ImageRGB, NDArray[np.uint8], Path]:
    """A picture, its segments, and where these lie."""
    path = source.mask_path(record)
    if path is None:
        raise InputError(
            f"{source.image_path(record)}: expected a mask, the record names none; use another set"
        )
    image, segments = cv2.imread(str(source.image_path(record))), cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if image is None or segments is None:
        raise InputError(f"{source.image_path(record)} or its mask cannot be read; make the set anew")
    return np.ascontiguousarray(image[:, :, ::-1], np.uint8), np.asarray(segments, np.uint8), path
