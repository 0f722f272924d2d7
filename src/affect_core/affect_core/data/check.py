"""What is wrong with a set: its files, labels, landmarks and masks."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from PIL import Image
from tqdm import tqdm

from affect_core.data.manifest import Manifest, Record
from affect_core.data.pictures import read_picture
from affect_core.errors import InputError
from affect_core.faces.crop import CropSpec, fit_similarity, template_px
from affect_core.images import check_extent


class Fault(StrEnum):
    """What may be wrong. The text is what reports say."""

    MISSING = "picture missing"
    CORRUPT = "picture cannot be read"
    NO_LABEL = "unknown label"
    NO_LANDMARKS = "no landmarks"
    BAD_LANDMARKS = "landmarks not those of a face in the picture"
    MASK = "mask missing or of another size"
    TWICE = "listed twice"
    SAME_PICTURE = "same picture under another name"
    CONTRADICTION = "same picture with another label"
    EMPTY_CLASS = "class without pictures"


@dataclass(frozen=True)
class Finding:
    """One fault. ``where``: the record's picture, or the class."""

    fault: Fault
    where: str
    detail: str = ""


@dataclass(frozen=True)
class Checked:
    """What was found in a set.

    Attributes:
        total: number of records.
        counts: class -> number of records.
        findings: all faults, in the order of the records.
    """

    total: int
    counts: dict[str, int]
    findings: tuple[Finding, ...]

    @property
    def faults(self) -> dict[Fault, int]:
        """Fault -> how often, most first."""
        return dict(Counter(finding.fault for finding in self.findings).most_common())

    @property
    def readable(self) -> int:
        """Number of records whose picture can be read."""
        return self.total - self.faults.get(Fault.MISSING, 0) - self.faults.get(Fault.CORRUPT, 0)


def check_set(manifest: Manifest) -> Checked:
    """Open every picture and mask of a set. Shows its progress on stderr."""
    seen = _Seen()
    bar = tqdm(manifest.records, desc=f"check {manifest.folder.name}", unit="image")
    findings = [finding for record in bar for finding in _of_record(manifest, record, seen)]
    counts = Counter(record.label for record in manifest.records)
    by_class = {label: counts[label] for label in manifest.labels}
    findings += [Finding(Fault.EMPTY_CLASS, label) for label, count in by_class.items() if not count]
    return Checked(len(manifest.records), by_class, tuple(findings))


class _Seen:
    """The pictures so far, by name and by content."""

    def __init__(self) -> None:
        self._places: set[tuple[str, tuple[float, ...] | None]] = set()
        self._contents: dict[str, dict[str, str]] = defaultdict(dict)

    def twice(self, record: Record) -> bool:
        """One picture may show several people: their boxes tell them apart."""
        place = (record.image, record.box_xyxy)
        known = place in self._places
        self._places.add(place)
        return known

    def same_content(self, record: Record, data: bytes) -> tuple[str, str] | None:
        """Another name and its label under which this picture is known."""
        names = self._contents[hashlib.sha256(data).hexdigest()]
        others = [(name, label) for name, label in names.items() if name != record.image]
        names.setdefault(record.image, record.label)
        return others[0] if others else None


def _of_record(manifest: Manifest, record: Record, seen: _Seen) -> Iterator[Finding]:
    for fault, detail in (
        *_labels(manifest, record),
        *_names(record, seen),
        *_files(manifest, record, seen),
    ):
        yield Finding(fault, record.image, detail)


_Faults = Iterator[tuple[Fault, str]]


def _labels(manifest: Manifest, record: Record) -> _Faults:
    unknown = {record.label, *(record.soft_label or ())} - set(manifest.labels)
    if unknown:
        yield Fault.NO_LABEL, ", ".join(sorted(repr(name) for name in unknown))


def _names(record: Record, seen: _Seen) -> _Faults:
    if seen.twice(record):
        yield Fault.TWICE, record.label


def _files(manifest: Manifest, record: Record, seen: _Seen) -> _Faults:
    path = manifest.image_path(record)
    if not path.is_file():
        yield Fault.MISSING, str(path)
        return
    try:
        height, width = read_picture(path).shape[:2]
    except InputError as error:
        yield Fault.CORRUPT, str(error)
        return
    other = seen.same_content(record, path.read_bytes())
    if other is not None:
        same = other[1] == record.label
        yield Fault.SAME_PICTURE if same else Fault.CONTRADICTION, f"{other[0]} ({other[1]})"
    yield from _landmarks(record, (width, height))
    yield from _mask(manifest, record, (width, height))


def _landmarks(record: Record, size_wh: tuple[int, int]) -> _Faults:
    if record.landmarks_xy is None:
        yield Fault.NO_LANDMARKS, ""
        return
    points = np.asarray(record.landmarks_xy, np.float64)
    try:
        fit_similarity(points, template_px(CropSpec()))
    except InputError as error:
        yield Fault.BAD_LANDMARKS, str(error)
        return
    centre = points.mean(axis=0)
    if np.any(centre < 0.0) or np.any(centre >= size_wh):
        yield Fault.BAD_LANDMARKS, f"their centre is {centre.round(1).tolist()} in a picture of {size_wh}"


def _mask(manifest: Manifest, record: Record, size_wh: tuple[int, int]) -> _Faults:
    path = manifest.mask_path(record)
    if path is None:
        return
    try:
        with Image.open(path) as mask:
            check_extent(*mask.size)
            mask.load()
            found = mask.size
    except (OSError, SyntaxError, ValueError, InputError) as error:  # Pillow raises the first three
        yield Fault.MASK, str(error)
        return
    if found != size_wh:
        yield Fault.MASK, f"mask {found}, picture {size_wh}"
