"""The one format of training data: a folder with a manifest and parts, each part an npz of aligned crops."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from affect_core.config import from_mapping, load_yaml
from affect_core.errors import ConfigError, InputError
from affect_core.faces.crop import CropSpec

MANIFEST_FILE = "manifest.yaml"
_INFO = "info_"


@dataclass(frozen=True, eq=False)
class CropSet:
    """Aligned crops with their truth.

    Attributes:
        images_rgb: uint8 (N, S, S, 3).
        labels: int64 (N,), indices into ``label_names``.
        face_masks: uint8 (N, S, S), share of the pixel inside the face region, 0..255.
        label_names: classes.
        crop: how the images were cut out.
        info: further columns (N,), such as intensity or lighting.
    """

    images_rgb: NDArray[np.uint8]
    labels: NDArray[np.int64]
    face_masks: NDArray[np.uint8]
    label_names: tuple[str, ...]
    crop: CropSpec
    info: Mapping[str, NDArray[Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        count, size = len(self.labels), self.crop.size_px
        shapes = (self.images_rgb.shape, self.face_masks.shape)
        if shapes != ((count, size, size, 3), (count, size, size)):
            raise InputError(
                f"expected {count} crops and masks of {size} px, got {shapes[0]} and {shapes[1]}"
            )
        if count and not 0 <= self.labels.min() <= self.labels.max() < len(self.label_names):
            raise InputError(
                f"expected labels 0 to {len(self.label_names) - 1}, got {np.unique(self.labels)}"
            )

    def __len__(self) -> int:
        return len(self.labels)

    def counts(self) -> dict[str, int]:
        """Crops per class."""
        return {name: int(np.sum(self.labels == i)) for i, name in enumerate(self.label_names)}


def save_part(crops: CropSet, folder: Path, index: int) -> Path:
    """Write one part and the manifest of its folder; a part is whole or not there."""
    folder.mkdir(parents=True, exist_ok=True)
    manifest = {"label_names": list(crops.label_names), "crop": vars(crops.crop)}
    (folder / MANIFEST_FILE).write_text(yaml.safe_dump(manifest, sort_keys=False))
    path = part_path(folder, index)
    unfinished = path.with_suffix(".unfinished.npz")
    columns: dict[str, Any] = {_INFO + name: column for name, column in crops.info.items()}
    arrays: dict[str, Any] = {
        "images_rgb": crops.images_rgb,
        "labels": crops.labels,
        "face_masks": crops.face_masks,
    }
    np.savez_compressed(unfinished, **arrays, **columns)
    return unfinished.rename(path)


def part_path(folder: Path, index: int) -> Path:
    """File of one part."""
    return folder / f"part_{index:04d}.npz"


def load_crop_set(folder: Path) -> CropSet:
    """All parts of a folder as one set.

    Raises:
        ConfigError: no manifest, or a manifest that cannot be used.
        InputError: no parts, or parts that do not fit the manifest.
    """
    manifest = load_yaml(folder / MANIFEST_FILE)
    if set(manifest) < {"label_names", "crop"}:
        raise ConfigError(
            f"{folder / MANIFEST_FILE}: expected label_names and crop, got {', '.join(manifest)}"
        )
    paths = sorted(folder.glob("part_[0-9][0-9][0-9][0-9].npz"))
    if not paths:
        raise InputError(
            f"expected parts (part_0000.npz, ...) in {folder}, found none; generate the set first"
        )
    parts = [_read(path) for path in paths]
    joined = {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}
    return CropSet(
        images_rgb=joined["images_rgb"],
        labels=joined["labels"],
        face_masks=joined["face_masks"],
        label_names=tuple(manifest["label_names"]),
        crop=from_mapping(CropSpec, manifest["crop"], str(folder / MANIFEST_FILE)),
        info={key.removeprefix(_INFO): column for key, column in joined.items() if key.startswith(_INFO)},
    )


def _read(path: Path) -> dict[str, NDArray[Any]]:
    with np.load(path) as content:
        return dict(content)
