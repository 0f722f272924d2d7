"""What is to be explained: the faces in pictures, in sets of pictures, and in recorded sessions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from affect_core.data.manifest import SET_FILE, Manifest, Record, load_manifest
from affect_core.data.pictures import read_mask, read_picture
from affect_core.errors import InputError
from affect_core.names import distinct
from affect_core.types import Detection, Floats, Frame, ImageRGB

BAG_FILES: Final = ("metadata.yaml", "*.mcap", "*.db3")
BAG_SUFFIXES: Final = (".mcap", ".db3")


@dataclass(frozen=True, eq=False)
class Shown:
    """A picture with what is known about the face in it.

    Attributes:
        image_rgb: uint8 (H, W, 3).
        detection: the face, where the set says where it is; None = it has to be found.
        segments: uint8 (H, W), `affect_core.avatar.truth.Segment` of every pixel; None = unknown.
    """

    image_rgb: ImageRGB
    detection: Detection | None = None
    segments: NDArray[np.uint8] | None = None


@dataclass(frozen=True)
class Subject:
    """A face that is to be explained.

    Attributes:
        name: of its folder; no two of a study have the same.
        source: where it comes from, for messages.
        read: reads the picture; raises InputError if it cannot be. Can be sent to another process.
        truth: its class, if that is known.
        facts: anything else that is known, such as the lighting.
    """

    name: str
    source: str
    read: Callable[[], Shown]
    truth: str = ""
    facts: dict[str, str] = field(default_factory=dict)


def find_subjects(paths: Iterable[Path], limit: int) -> list[Subject]:
    """All faces of pictures, folders of pictures, sets of pictures (`affect_core.data.manifest`) and bags.

    Args:
        paths: of any of these.
        limit: of a set, the first so many of each class and light; of a bag, so many frames, evenly spread. Of
            pictures all are taken.

    Raises:
        InputError: a set or bag that cannot be read.
    """
    found = [subject for path in paths for subject in _SOURCES[_kind(path)](path, limit)]
    names = distinct(subject.name for subject in found)
    return [replace(subject, name=name) for subject, name in zip(found, names, strict=True)]


def evenly(total: int, wanted: int) -> list[int]:
    """Indices of ``wanted`` of ``total`` things, each in the middle of an equal part; all of them if there are fewer."""
    parts = min(wanted, total)
    return [(2 * part + 1) * total // (2 * parts) for part in range(parts)]


def _kind(path: Path) -> str:
    if path.is_file():
        return "bag" if path.suffix in BAG_SUFFIXES else "picture"
    if (path / SET_FILE).is_file():
        return "set"
    return "bag" if any(next(path.glob(name), None) for name in BAG_FILES) else "folder"


def _picture(path: Path, _limit: int) -> Iterator[Subject]:
    yield Subject(path.stem, str(path), partial(_read_file, path))


def _read_file(path: Path) -> Shown:
    return Shown(read_picture(path))


def _folder(path: Path, limit: int) -> Iterator[Subject]:
    for file in sorted(path.iterdir()):
        if file.is_file():
            yield from _picture(file, limit)


def _set(path: Path, limit: int) -> Iterator[Subject]:
    manifest = load_manifest(path)
    taken: dict[tuple[str, str], int] = {}
    for record in manifest.records:
        group = (record.label, record.lighting)
        taken[group] = taken.get(group, 0) + 1
        if taken[group] <= limit:
            name = Path(record.image).with_suffix("").as_posix().removeprefix("images/").replace("/", "_")
            facts = {"set": manifest.name, "lighting": record.lighting}
            read = partial(_read_record, manifest, record)
            yield Subject(name.strip("_"), str(manifest.image_path(record)), read, record.label, facts)


def _read_record(manifest: Manifest, record: Record) -> Shown:
    image = read_picture(manifest.image_path(record))
    mask = manifest.mask_path(record)
    segments = read_mask(mask) if mask else None
    if segments is not None and segments.shape != image.shape[:2]:
        raise InputError(f"expected a mask of {image.shape[:2]} at {mask}, got {segments.shape}; restore it")
    return Shown(image, _detection(record), segments)


def _detection(record: Record) -> Detection | None:
    if record.landmarks_xy is None:
        return None
    points = np.array(record.landmarks_xy, np.float64)
    box = np.array(record.box_xyxy, np.float64) if record.box_xyxy else _around(points)
    return Detection(box, points, 1.0)


def _around(points: Floats) -> Floats:
    """The box that has the landmarks' extent as its middle half."""
    low, high = points.min(axis=0), points.max(axis=0)
    return np.concatenate([low - (high - low) / 2, high + (high - low) / 2])


def _bag(path: Path, limit: int) -> Iterator[Subject]:
    from affect_core.evaluation.bags import SessionBag
    from affect_core.evaluation.scoring import truth_at

    with SessionBag(path) as bag:
        chosen = set(evenly(bag.frame_count(), limit))
        events = bag.events()
        for index, frame in enumerate(bag.frames()):
            if index in chosen:
                truth = truth_at(events, frame.stamp_ns)
                name = f"{path.stem}_{index:05d}"
                yield Subject(name, f"{path} at {frame.stamp_ns} ns", partial(_whole, frame), truth)


def _whole(frame: Frame) -> Shown:
    return Shown(frame.image_rgb)


_SOURCES: Final[dict[str, Callable[[Path, int], Iterable[Any]]]] = {
    "picture": _picture,
    "folder": _folder,
    "set": _set,
    "bag": _bag,
}
