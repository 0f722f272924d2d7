"""What networks are trained on: aligned crops with their truth. On disk a folder of parts, each an npz."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import yaml
from numpy.typing import NDArray

from affect_core.array_files import ArrayFile
from affect_core.config import from_mapping, load_yaml
from affect_core.emotion.base import REGRESSION
from affect_core.errors import ConfigError, InputError
from affect_core.faces.crop import CropSpec
from affect_core.files import whole, write_whole
from affect_core.texts import values_of

MANIFEST_FILE: Final = "manifest.yaml"
NO_SEGMENT: Final = 255
"""Segment of a pixel of which nothing is known: neither face nor background."""

_INFO = "info_"
_ARRAYS = ("images_rgb", "labels", "segments", "soft_labels", "regression")


@dataclass(frozen=True, eq=False)
class CropSet:
    """Aligned crops with their truth.

    Attributes:
        images_rgb: uint8 (N, S, S, 3).
        labels: int64 (N,), indices into ``label_names``.
        segments: uint8 (N, S, S), `affect_core.avatar.Segment` of every pixel, or `NO_SEGMENT`.
        label_names: classes.
        crop: how the images were cut out.
        soft_labels: float32 (N, C), share of each class, rows sum to 1; by default all of it is the label's.
        regression: float32 (N, 3), the columns `REGRESSION`; valence and arousal -1..1, intensity 0..1; NaN (the
            default) = unknown.
        info: further columns (N,), such as subject or lighting.
        notes: sentences about where the pictures come from, for a model's card.
    """

    images_rgb: NDArray[np.uint8]
    labels: NDArray[np.int64]
    segments: NDArray[np.uint8]
    label_names: tuple[str, ...]
    crop: CropSpec
    soft_labels: NDArray[np.float32] = field(default_factory=lambda: np.empty((0, 0), np.float32))
    regression: NDArray[np.float32] = field(default_factory=lambda: np.empty((0, 0), np.float32))
    info: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        count, size, classes = len(self.labels), self.crop.size_px, len(self.label_names)
        if count and not 0 <= self.labels.min() <= self.labels.max() < classes:
            raise InputError(f"expected labels 0 to {classes - 1}, got {np.unique(self.labels)}")
        if not self.soft_labels.size:
            object.__setattr__(self, "soft_labels", np.eye(classes, dtype=np.float32)[self.labels])
        if not self.regression.size:
            object.__setattr__(self, "regression", np.full((count, len(REGRESSION)), np.nan, np.float32))
        expected = {
            "images_rgb": (count, size, size, 3),
            "segments": (count, size, size),
            "soft_labels": (count, classes),
            "regression": (count, len(REGRESSION)),
        }
        for name, shape in expected.items():
            if getattr(self, name).shape != shape:
                raise InputError(f"expected {name} {shape}, got {getattr(self, name).shape}")

    def __len__(self) -> int:
        return len(self.labels)

    def counts(self) -> dict[str, int]:
        """Crops per class."""
        return {name: int(np.sum(self.labels == i)) for i, name in enumerate(self.label_names)}

    def take(self, chosen: NDArray[np.int64]) -> CropSet:
        """The crops with these indices, in this order."""
        arrays: dict[str, Any] = {name: getattr(self, name)[chosen] for name in _ARRAYS}
        info = {name: column[chosen] for name, column in self.info.items()}
        return replace(self, info=info, **arrays)


def join(sets: Sequence[CropSet]) -> CropSet:
    """Several sets as one. Info columns that one of them lacks are left out.

    Raises:
        InputError: the sets have other classes or crops.
    """
    first = sets[0]
    if len(sets) == 1:
        return first
    for other in sets[1:]:
        if (other.label_names, other.crop) != (first.label_names, first.crop):
            raise InputError(
                f"expected sets of {first.crop} and {', '.join(first.label_names)}, "
                f"got {other.crop} and {', '.join(other.label_names)}; cut them out alike"
            )
    arrays: dict[str, Any] = {name: np.concatenate([getattr(s, name) for s in sets]) for name in _ARRAYS}
    shared = [name for name in first.info if all(name in s.info for s in sets)]
    info = {name: np.concatenate([s.info[name] for s in sets]) for name in shared}
    notes = tuple(dict.fromkeys(note for s in sets for note in s.notes))
    return replace(first, info=info, notes=notes, **arrays)


def stratified(crops: CropSet, limit: int, seed: int = 0) -> CropSet:
    """At most ``limit`` crops, drawn so that every class keeps its share; in the order of the set."""
    if limit >= len(crops):
        return crops
    order = spread(crops.labels, np.random.default_rng(seed))
    return crops.take(np.sort(order[:limit]))


def spread(strata: NDArray[np.int64], random: np.random.Generator) -> NDArray[np.int64]:
    """A random order (N,) in which every stretch holds the strata in their proportions."""
    place = np.empty(len(strata))
    for stratum in np.unique(strata):
        members = random.permutation(np.flatnonzero(strata == stratum))
        place[members] = (np.arange(len(members)) + random.random(len(members))) / len(members)
    return np.argsort(place, kind="stable")


def save_part(crops: CropSet, folder: Path, index: int) -> Path:
    """Write one part and the manifest of its folder; a part is whole or not there."""
    manifest = {"label_names": list(crops.label_names), "crop": vars(crops.crop)}
    write_whole(folder / MANIFEST_FILE, yaml.safe_dump(manifest, sort_keys=False))
    path = part_path(folder, index)
    columns: dict[str, Any] = {_INFO + name: column for name, column in crops.info.items()}
    arrays: dict[str, Any] = {name: getattr(crops, name) for name in _ARRAYS}
    with whole(path) as unfinished, unfinished.open("wb") as file:
        np.savez(file, **arrays, **columns)  # not compressed: a training waits for its sets
    return path


def part_path(folder: Path, index: int) -> Path:
    """File of one part."""
    return folder / f"part_{index:04d}.npz"


def load_crop_set(folder: Path) -> CropSet:
    """All parts of a folder as one set.

    Raises:
        ConfigError: no manifest, or a manifest that cannot be used.
        InputError: no parts, or parts that do not fit the manifest.
    """
    with values_of(folder):
        manifest = load_yaml(folder / MANIFEST_FILE)
        if set(manifest) < {"label_names", "crop"}:
            raise ConfigError(
                f"{folder / MANIFEST_FILE}: expected label_names and crop, got {', '.join(manifest)}"
            )
        joined = _read(sorted(folder.glob("part_[0-9][0-9][0-9][0-9].npz")), folder)
        arrays: dict[str, Any] = {name: joined[name] for name in _ARRAYS}
        return CropSet(
            label_names=tuple(manifest["label_names"]),
            crop=from_mapping(CropSpec, manifest["crop"], str(folder / MANIFEST_FILE)),
            info={key.removeprefix(_INFO): column for key, column in joined.items() if key.startswith(_INFO)},
            **arrays,
        )


def _read(paths: Sequence[Path], folder: Path) -> dict[str, NDArray[Any]]:
    """The columns of all parts, one after the other, so that never more than one of them is in memory twice."""
    if not paths:
        raise InputError(
            f"expected parts (part_0000.npz, ...) in {folder}, found none; generate the set first"
        )
    parts = [ArrayFile(path) for path in paths]
    missing = sorted(set(_ARRAYS) - set(parts[0]))
    if missing:
        raise InputError(
            f"{paths[0]}: expected the columns {', '.join(_ARRAYS)}, missing {', '.join(missing)}; the set "
            "was made by another version: delete it and make it anew"
        )
    try:
        return {name: _column(parts, name) for name in parts[0]}
    finally:
        for part in parts:
            part.close()


def _column(parts: Sequence[Any], name: str) -> NDArray[Any]:
    return np.concatenate([part[name] for part in parts])
