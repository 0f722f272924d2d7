"""From a manifest to crops: THE crop function over every picture, the results kept on disk."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import ceil, nan
from pathlib import Path
from typing import Any, Final

import numpy as np
import yaml
from numpy.typing import NDArray
from PIL import Image
from tqdm import tqdm

from affect_core.config import load_yaml
from affect_core.data.crop_set import CropSet, load_crop_set, save_part
from affect_core.data.manifest import Manifest, Record, to_lines
from affect_core.data.masks import segments_from_landmarks, warp_segments
from affect_core.emotion.base import REGRESSION
from affect_core.errors import AffectError, ConfigError, InputError
from affect_core.faces.crop import CropSpec, align, image_to_crop_points
from affect_core.images import check_extent
from affect_core.types import Crop, Floats, ImageRGB

SETTINGS_FILE: Final = "cut.yaml"
SKIPPED_FILE: Final = "skipped.json"
FORMAT: Final = 1
"""Version of what is cut out of a picture; another one makes other crops."""

_PER_PART: Final = 1000
_LISTED: Final = 1000  # skipped records that are named one by one
_WORDS: Final = ("lighting", "background", "subject", "image")
_Face = tuple[
    str, tuple[float, ...] | None
]  # one picture may show several people, each in a box of their own
_log = logging.getLogger(__name__)


class Skipped(AffectError):
    """A record that cannot be used; ``reason`` is what it is counted under."""

    def __init__(self, reason: str, detail: str = "") -> None:
        self.reason, self.detail = reason, detail
        super().__init__(f"{reason}: {detail}" if detail else reason)


@dataclass(frozen=True)
class _Cut:
    """One record's crop and truth."""

    image_rgb: ImageRGB
    segments: NDArray[np.uint8]
    label: int
    soft_label: NDArray[np.float32]
    record: Record


def cut(
    manifest: Manifest,
    crop: CropSpec,
    label_names: tuple[str, ...],
    folder: Path,
    landmark_jitter: float = 0.0,
    seed: int = 0,
) -> CropSet:
    """Cut all faces of a set out.

    Records that cannot be used are left out, counted in the log, and listed in `SKIPPED_FILE`.

    Args:
        manifest: the set; its landmarks are in pixels, whole numbers at the pixels' centres.
        crop: how faces are cut out.
        label_names: classes, in the order of the labels; records of other classes are left out.
        folder: where the crops are kept, for the next time. What lies there from other settings, or from
            another state of the manifest, is replaced.
        landmark_jitter: noise on the landmarks as a detector has it, standard deviation as a share of their
            largest extent.
        seed: of that noise.

    Raises:
        ConfigError: the folder holds something else.
        InputError: not one record can be used; says why.
    """
    settings = {
        "format": FORMAT,
        "records": _fingerprint(manifest),
        "crop": vars(crop),
        "label_names": list(label_names),
        "landmark_jitter": landmark_jitter,
        "seed": seed if landmark_jitter else 0,
    }
    cutter = _Cutter(manifest, crop, label_names, landmark_jitter, seed)
    if not _holds(folder, settings):
        _make(cutter, folder, settings)
    made = load_crop_set(folder)
    for name, count in made.counts().items():
        if not count:
            _log.warning("%s: no pictures of %s", manifest.folder, name)
    return made


class _Cutter:
    def __init__(
        self, manifest: Manifest, crop: CropSpec, label_names: tuple[str, ...], jitter: float, seed: int
    ) -> None:
        self._manifest, self._crop, self._labels = manifest, crop, label_names
        self._jitter, self._seed = jitter, seed
        self._skipped: list[tuple[Record, Skipped]] = []
        self._attributes = _attribute_kinds(manifest.records)

    def cut_all(self, folder: Path) -> None:
        """Write parts and the list of what was left out."""
        records = self._manifest.records
        parts = range(ceil(len(records) / _PER_PART))
        seen: set[_Face] = set()
        for part in tqdm(parts, f"cut {self._manifest.name}", unit="part"):
            first = part * _PER_PART
            made = [
                item
                for index, record in enumerate(records[first : first + _PER_PART], first)
                if (item := self._attempt(record, index, seen)) is not None
            ]
            if made:
                save_part(self._stack(made), folder, part)
        self._report(folder, len(records))

    def _attempt(self, record: Record, index: int, seen: set[_Face]) -> _Cut | None:
        try:
            face = (record.image, record.box_xyxy)
            if face in seen:
                raise Skipped("duplicate path")
            seen.add(face)
            return self._cut(record, index)
        except Skipped as error:
            self._skipped.append((record, error))
            return None

    def _cut(self, record: Record, index: int) -> _Cut:
        label, soft_label = self._truth(record)
        image = _picture(self._manifest.image_path(record), "RGB", "image")
        crop = self._align(image, record, index)
        return _Cut(crop.image_rgb, self._segments(record, image, crop), label, soft_label, record)

    def _truth(self, record: Record) -> tuple[int, NDArray[np.float32]]:
        shares = record.soft_label or {record.label: 1.0}
        unknown = sorted({record.label, *shares} - set(self._labels))
        if unknown:
            raise Skipped("unknown label", ", ".join(map(repr, unknown)))
        soft_label = np.array([shares.get(name, 0.0) for name in self._labels], np.float32)
        return self._labels.index(record.label), soft_label / soft_label.sum()

    def _align(self, image: ImageRGB, record: Record, index: int) -> Crop:
        if record.landmarks_xy is None:
            raise Skipped("missing landmarks")
        points = np.array(record.landmarks_xy, np.float64)
        if self._jitter:
            random = np.random.default_rng([FORMAT, self._seed, index])
            points += random.normal(0.0, self._jitter * np.ptp(points, axis=0).max(), points.shape)
        try:
            return align(image, points, self._crop)
        except InputError as error:
            raise Skipped("unusable landmarks", str(error)) from error

    def _segments(self, record: Record, image: ImageRGB, crop: Crop) -> NDArray[np.uint8]:
        path = self._manifest.mask_path(record)
        if path is None:
            points = image_to_crop_points(_points(record), crop.crop_to_image)
            return segments_from_landmarks(points, self._crop.size_px)
        mask = _picture(path, "L", "mask")
        if mask.shape != image.shape[:2]:
            raise Skipped("mask of another size", f"{mask.shape} for an image {image.shape[:2]}")
        return warp_segments(mask, crop)

    def _stack(self, made: list[_Cut]) -> CropSet:
        records = [item.record for item in made]
        return CropSet(
            images_rgb=np.stack([item.image_rgb for item in made]),
            labels=np.array([item.label for item in made], np.int64),
            segments=np.stack([item.segments for item in made]),
            label_names=self._labels,
            crop=self._crop,
            soft_labels=np.stack([item.soft_label for item in made]),
            regression=np.array([[getattr(r, name) for name in REGRESSION] for r in records], np.float32),
            info=self._info(records),
        )

    def _info(self, records: list[Record]) -> dict[str, NDArray[Any]]:
        columns: dict[str, list[Any]] = {name: [getattr(r, name) for r in records] for name in _WORDS}
        columns["set"] = [self._manifest.name] * len(records)
        columns["intensity"] = [r.intensity for r in records]
        for i, name in enumerate(("yaw_deg", "pitch_deg", "roll_deg")):
            columns[name] = [nan if r.head_deg is None else r.head_deg[i] for r in records]
        for name, kind in self._attributes.items():
            absent = "" if kind is str else nan
            columns[name] = [kind(r.attributes.get(name, absent)) for r in records]
        return {name: np.array(column) for name, column in columns.items()}

    def _report(self, folder: Path, total: int) -> None:
        counts = Counter(error.reason for _, error in self._skipped)
        listed = [
            {"image": record.image, "reason": error.reason, "detail": error.detail}
            for record, error in self._skipped[:_LISTED]
        ]
        content = {"records": total, "skipped": dict(counts), "first": listed}
        folder.mkdir(parents=True, exist_ok=True)
        (folder / SKIPPED_FILE).write_text(json.dumps(content, indent=1) + "\n")
        if not counts:
            return
        reasons = ", ".join(f"{count} {reason}" for reason, count in counts.most_common())
        example = f"first: {self._skipped[0][0].image}: {self._skipped[0][1]}"
        if len(self._skipped) == total:
            raise InputError(
                f"{self._manifest.folder}: expected usable pictures, all {total} records had to be left out: "
                f"{reasons}; {example}; restore or make the set anew"
            )
        _log.warning(
            "%s: left out %d of %d records: %s; %s; see %s beside the crops",
            *(self._manifest.folder, len(self._skipped), total, reasons, example, SKIPPED_FILE),
        )


def _holds(folder: Path, settings: Mapping[str, Any]) -> bool:
    """Whether the folder holds these very crops."""
    path = folder / SETTINGS_FILE
    if not path.is_file():
        return False
    if load_yaml(path) == settings:
        return True
    _log.warning("%s: the set or how it is cut out has changed; cutting it anew", folder)
    return False


def _make(cutter: _Cutter, folder: Path, settings: Mapping[str, Any]) -> None:
    """Cut beside the folder and rename, because another training may be doing the same."""
    unfinished = folder.with_name(f".{folder.name}.{os.getpid()}")
    shutil.rmtree(unfinished, ignore_errors=True)
    try:
        cutter.cut_all(unfinished)
        (unfinished / SETTINGS_FILE).write_text(yaml.safe_dump(dict(settings), sort_keys=False))
        if not _holds(folder, settings):
            _remove(folder)
            unfinished.rename(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _remove(folder: Path) -> None:
    """Delete crops, but nothing that somebody else put there."""
    if folder.is_dir() and any(folder.iterdir()) and not (folder / SETTINGS_FILE).is_file():
        raise ConfigError(f"{folder}: expected a folder of crops or an empty one; name another folder")
    shutil.rmtree(folder, ignore_errors=True)


def _fingerprint(manifest: Manifest) -> str:
    return hashlib.sha256(to_lines(manifest.records).encode()).hexdigest()


def _picture(path: Path, mode: str, what: str) -> NDArray[np.uint8]:
    try:
        with Image.open(path) as image:
            check_extent(*image.size)
            return np.asarray(image.convert(mode), np.uint8)
    except FileNotFoundError as error:
        raise Skipped(f"missing {what}", f"no file in {path.parent}; the set may have moved") from error
    except (
        OSError,
        SyntaxError,
        ValueError,
        Image.DecompressionBombError,
        InputError,
    ) as error:  # Pillow raises all of them but the last
        raise Skipped(f"corrupt {what}", str(error)) from error


def _points(record: Record) -> Floats:
    return np.array(record.landmarks_xy, np.float64)


def _attribute_kinds(records: Iterable[Record]) -> dict[str, type]:
    """Attribute -> float, or str when one of its values is a word; none that hides another column."""
    kinds: dict[str, type] = {}
    for record in records:
        for name, value in record.attributes.items():
            kinds[name] = str if isinstance(value, str) else kinds.get(name, float)
    taken = {*_WORDS, "set", "intensity", "yaw_deg", "pitch_deg", "roll_deg"}
    return {name: kind for name, kind in kinds.items() if name not in taken}
