"""AffectNet (Mollahosseini, Hasani and Mahoor 2017) in both published layouts.

``affectnet_csv``: the first release. ``Manually_Annotated_file_lists/{training,validation}.csv`` with the columns
`COLUMNS` (some copies of validation.csv have no header) and the pictures under ``Manually_Annotated_Images``.
``affectnet_npy``: the later one. ``{train_set,val_set}/images/<id>.jpg`` with
``annotations/<id>_{exp,val,aro,lnd}.npy``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import nan
from pathlib import Path
from typing import Final

import numpy as np

from affect_core.array_files import read_array
from affect_core.data.manifest import Point
from affect_core.data.real.base import REAL_SETS, Box, LeftOut, RealSet, Reason, Sample
from affect_core.data.real.files import first_folder, rows_of
from affect_core.data.real.landmarks68 import five_of_68
from affect_core.errors import InputError
from affect_core.labels import BASIC_8
from affect_core.types import Floats

CLASSES: Final = (*BASIC_8, "none", "uncertain", "no face")
"""By the number in the file: the eight classes stand in our order."""

COLUMNS: Final = (
    "subDirectory_filePath",
    "face_x",
    "face_y",
    "face_width",
    "face_height",
    "facial_landmarks",
    "expression",
    "valence",
    "arousal",
)
LISTS: Final = {"training.csv": "train", "validation.csv": "val"}
FOLDERS: Final = {"train_set": "train", "val_set": "val"}
UNKNOWN: Final = -2.0
"""Valence or arousal of a picture that has none."""

LANDMARKS_NOTE: Final = "landmarks not usable"
AFFECT_NOTE: Final = "valence or arousal out of range"

_LIST_FOLDERS: Final = ("Manually_Annotated_file_lists", ".")
_IMAGE_FOLDERS: Final = (
    "Manually_Annotated/Manually_Annotated_Images",
    "Manually_Annotated_Images",
    "Manually_Annotated",
    ".",
)
_MAPS: Final = {"basic-8": "", "complex-6": "affectnet_to_complex"}
_LICENCE: Final = "AffectNet licence agreement: non-commercial research, by application; no redistribution"


@REAL_SETS.register("affectnet_csv")
def affectnet_csv(folder: Path) -> RealSet:
    """The layout with file lists; see `affect_core.data.real.base.Reader`."""
    lists = first_folder(folder, _LIST_FOLDERS, tuple(LISTS))
    images = first_folder(folder, _IMAGE_FOLDERS)
    rows = [
        (name, *row) for name in LISTS if (lists / name).is_file() for row in rows_of(lists / name, COLUMNS)
    ]
    entries = (_from_row(f"{name}:{line}", row, images, LISTS[name]) for name, line, row in rows)
    return RealSet(entries, len(rows), _MAPS, "face", "AffectNet", _LICENCE)


@REAL_SETS.register("affectnet_npy")
def affectnet_npy(folder: Path) -> RealSet:
    """The layout with one file for each value; see `affect_core.data.real.base.Reader`."""
    roots = {folder / name: split for name, split in FOLDERS.items() if (folder / name).is_dir()} or {
        folder: ""
    }
    places = [(root, split, stem) for root, split in roots.items() for stem in _stems(root)]
    if not places:
        raise InputError(
            f"expected images/<id>.jpg and annotations/<id>_exp.npy in {folder} or its train_set and val_set, "
            "found none; give the folder that holds train_set"
        )
    entries = (_from_arrays(root, stem, split) for root, split, stem in places)
    return RealSet(entries, len(places), _MAPS, "face", "AffectNet", _LICENCE)


def _from_row(source: str, row: Mapping[str, str], images: Path, split: str) -> Sample | LeftOut:
    try:
        number = int(float(row["expression"]))
        points = _numbers(row["facial_landmarks"])
        affect = (float(row["valence"]), float(row["arousal"]))
    except (ValueError, TypeError) as error:
        return LeftOut(source, Reason.BAD_ROW, str(error))
    path = row["subDirectory_filePath"]
    return _sample(source, images / path, number, affect, points, _box(row), split, Path(path).stem)


def _from_arrays(root: Path, stem: str, split: str) -> Sample | LeftOut:
    source = f"{root.name}/{stem}"
    try:
        expression, valence, arousal = (_scalar(root, stem, kind) for kind in ("exp", "val", "aro"))
        number = int(expression)
        points = _landmarks(root / "annotations" / f"{stem}_lnd.npy")
    except (InputError, ValueError, OverflowError) as error:
        return LeftOut(source, Reason.BAD_ROW, str(error))
    image = root / "images" / f"{stem}.jpg"
    return _sample(source, image, number, (valence, arousal), points, None, split, source)


def _sample(
    source: str,
    image: Path,
    number: int,
    affect: tuple[float, float],
    points: Floats,
    box: Box | None,
    split: str,
    subject: str,
) -> Sample | LeftOut:
    """The common end of both layouts; ``points``: whatever stands where 68 landmarks should."""
    if not 0 <= number < len(CLASSES):
        return LeftOut(source, Reason.UNKNOWN_CLASS, f"expected 0 to {len(CLASSES) - 1}, got {number}")
    if number >= len(BASIC_8):
        return LeftOut(source, Reason.NO_EMOTION, CLASSES[number])
    landmarks: tuple[Point, ...] | None = five_of_68(points)
    known = [_known(value) for value in affect]
    notes = [LANDMARKS_NOTE] if landmarks is None else []
    notes += [AFFECT_NOTE] if any(value is None for value in known) else []
    valence, arousal = (nan if value is None else value for value in known)
    return Sample(
        source=source,
        image=image,
        classes=(CLASSES[number],),
        box_xyxy=box,
        landmarks_xy=landmarks,
        valence=valence,
        arousal=arousal,
        split=split,
        subject=subject,
        notes=tuple(notes),
    )


def _known(value: float) -> float | None:
    """The value, NaN where the set says that it has none, None where it makes no sense."""
    if value == UNKNOWN or np.isnan(value):
        return nan
    return value if -1.0 <= value <= 1.0 else None


def _box(row: Mapping[str, str]) -> Box | None:
    """x, y, width, height; pictures without a face have NULL there."""
    try:
        x, y, width, height = (float(row[f"face_{name}"]) for name in ("x", "y", "width", "height"))
    except (ValueError, TypeError):
        return None
    return (x, y, x + width, y + height) if width > 0 and height > 0 else None


def _numbers(text: str) -> Floats:
    """``x;y;x;y;...``; nothing when it is not that."""
    try:
        return np.array([float(part) for part in text.split(";")])
    except ValueError:
        return np.zeros(0)


def _stems(root: Path) -> Iterator[str]:
    """Ids of a folder in the order of their numbers: those that have a picture or an annotation."""
    pictures = {path.stem for path in (root / "images").glob("*.jpg")}
    labelled = {path.stem.removesuffix("_exp") for path in (root / "annotations").glob("*_exp.npy")}
    return iter(sorted(pictures | labelled, key=lambda stem: (len(stem), stem)))


def _scalar(root: Path, stem: str, kind: str) -> float:
    """A number that the release stores as a number or as text."""
    return float(read_array(root / "annotations" / f"{stem}_{kind}.npy").item())


def _landmarks(path: Path) -> Floats:
    if not path.is_file():
        return np.zeros(0)
    points = read_array(path)
    return np.asarray(points, np.float64).reshape(-1)
