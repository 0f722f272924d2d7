"""EMOTIC (Kosti et al. 2017 and 2019): people in context, in two published layouts.

``emotic_mat``: ``Annotations.mat`` of the release, structs ``train``, ``val`` and ``test`` with filename, folder and
person: body_bbox, in train annotations_categories.categories and annotations_continuous, in val and test (several
annotators) combined_categories and combined_continuous. ``emotic_csv``: ``train.csv``, ``val.csv`` and ``test.csv``
with the columns `COLUMNS`, as the widely used conversion of that file writes them: lists as Python writes them.
Pictures lie under ``emotic/<folder>/<filename>``.

The set has 26 categories, several for one person, and valence, arousal and dominance of 1 to 10.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from math import isnan, nan
from pathlib import Path
from typing import Any, Final

import numpy as np

from affect_core.data.real.base import REAL_SETS, Box, LeftOut, RealSet, Reason, Sample
from affect_core.data.real.files import first_folder, rows_of
from affect_core.errors import InputError

SPLITS: Final = ("train", "val", "test")
DIMENSIONS: Final = ("valence", "arousal", "dominance")
COLUMNS: Final = ("Folder", "Filename", "BBox", "Categorical_Labels", "Continuous_Labels")
"""Those that are read; Index, Image Size, Gender and Age stand beside them."""

AFFECT_NOTE: Final = "valence, arousal or dominance missing or out of range"

_LOWEST: Final = 1.0
_HIGHEST: Final = 10.0
_CSV_FOLDERS: Final = ("emotic_pre", ".")
_MAT_FOLDERS: Final = ("Annotations", ".")
_MAT_FILE: Final = "Annotations.mat"
_IMAGE_FOLDERS: Final = ("emotic", "../emotic", ".")
_MAPS: Final = {"complex-6": "emotic_to_complex"}
_LICENCE: Final = "EMOTIC terms of use: non-commercial research, by application; no redistribution"


@REAL_SETS.register("emotic_csv")
def emotic_csv(folder: Path) -> RealSet:
    """The converted lists; see `affect_core.data.real.base.Reader`."""
    names = tuple(f"{split}.csv" for split in SPLITS)
    lists = first_folder(folder, _CSV_FOLDERS, names)
    images = first_folder(folder, _IMAGE_FOLDERS)
    rows = [
        (name, *row) for name in names if (lists / name).is_file() for row in rows_of(lists / name, COLUMNS)
    ]
    entries = (
        _from_row(f"{name}:{line}", row, images, name.removesuffix(".csv")) for name, line, row in rows
    )
    return RealSet(entries, len(rows), _MAPS, "person", "EMOTIC", _LICENCE)


@REAL_SETS.register("emotic_mat")
def emotic_mat(folder: Path) -> RealSet:
    """The release's own file; see `affect_core.data.real.base.Reader`."""
    path = first_folder(folder, _MAT_FOLDERS, (_MAT_FILE,)) / _MAT_FILE
    images = first_folder(folder, _IMAGE_FOLDERS)
    content = _load(path)
    people = [
        (split, number, index, scene, person)
        for split in SPLITS
        for number, scene in enumerate(_as_list(content.get(split)), 1)
        for index, person in enumerate(_as_list(scene.get("person")), 1)
    ]
    if not people:
        raise InputError(f"{path}: expected the structs {', '.join(SPLITS)} with people in them, found none")
    entries = (_from_struct(*place, images) for place in people)
    return RealSet(entries, len(people), _MAPS, "person", "EMOTIC", _LICENCE)


def scaled(value: float) -> float:
    """1..10 -> -1..1, so that 5.5 is 0; NaN for anything else."""
    if not _LOWEST <= value <= _HIGHEST:
        return nan
    return 2.0 * (value - _LOWEST) / (_HIGHEST - _LOWEST) - 1.0


def unscaled(value: float) -> float:
    """-1..1 -> 1..10: the inverse of `scaled`."""
    return (value + 1.0) * (_HIGHEST - _LOWEST) / 2.0 + _LOWEST


def _from_row(source: str, row: Mapping[str, str], images: Path, split: str) -> Sample | LeftOut:
    try:
        box = _parsed(row["BBox"])
        classes = _parsed(row["Categorical_Labels"])
        continuous = _parsed(row["Continuous_Labels"])
        attributes = _about(row.get("Gender"), row.get("Age"))
        return _sample(
            source, images, (row["Folder"], row["Filename"]), box, classes, continuous, split, attributes
        )
    except (ValueError, SyntaxError, TypeError) as error:
        return LeftOut(source, Reason.BAD_ROW, str(error))


def _from_struct(
    split: str, number: int, index: int, scene: Mapping[str, Any], person: Mapping[str, Any], images: Path
) -> Sample | LeftOut:
    source = f"{split}:{number}, person {index}"
    try:
        place = (str(scene["folder"]), str(scene["filename"]))
        box = np.ravel(person["body_bbox"]).tolist()
        continuous = [float(_continuous(person).get(name, nan)) for name in DIMENSIONS]
        attributes = _about(person.get("gender"), person.get("age"))
        return _sample(source, images, place, box, _categories(person), continuous, split, attributes)
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        return LeftOut(source, Reason.BAD_ROW, f"{type(error).__name__}: {error}")


def _sample(
    source: str,
    images: Path,
    place: tuple[str, str],
    box: Sequence[Any],
    classes: Sequence[Any],
    continuous: Sequence[Any],
    split: str,
    attributes: Mapping[str, str | float],
) -> Sample:
    """The common end of both layouts; raises ValueError or TypeError for what is not a person's annotation."""
    folder, filename = place
    affect = [scaled(float(value)) for value in continuous] or [nan] * len(DIMENSIONS)
    valence, arousal, dominance = affect
    return Sample(
        source=source,
        image=images / folder / filename,
        classes=tuple(str(name) for name in classes),
        box_xyxy=_box(box),
        valence=valence,
        arousal=arousal,
        dominance=dominance,
        split=split,
        subject=f"{folder}/{filename}",  # everybody in one picture stays together
        notes=(AFFECT_NOTE,) if any(isnan(value) for value in affect) else (),
        attributes=attributes,
    )


def _about(gender: object, age: object) -> dict[str, str | float]:
    """As the annotators judged the person."""
    return {name: str(value) for name, value in (("gender", gender), ("age", age)) if isinstance(value, str)}


def _box(values: Sequence[Any]) -> Box:
    x1, y1, x2, y2 = (float(value) for value in values)
    return x1, y1, x2, y2


def _parsed(text: str) -> list[Any]:
    """A list as Python writes it; NaN is read as such."""
    value = ast.literal_eval(text.replace("nan", "None"))
    if not isinstance(value, list):
        raise TypeError(f"expected a list, got {text!r}")
    return [nan if item is None else item for item in value]


def _categories(person: Mapping[str, Any]) -> list[Any]:
    """Those on which the annotators agreed; the one annotator's in train."""
    if "combined_categories" in person:
        return _as_list(person["combined_categories"])
    return _as_list(person["annotations_categories"]["categories"])


def _continuous(person: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = person.get("combined_continuous", person["annotations_continuous"])
    return found


def _as_list(value: Any) -> list[Any]:
    """MATLAB does not tell one thing from an array of one."""
    if value is None:
        return []
    if isinstance(value, str | dict):
        return [value]
    return list(np.ravel(np.asarray(value, object)))


def _load(path: Path) -> Mapping[str, Any]:
    from scipy.io import loadmat  # type: ignore[import-untyped] # scipy ships no types

    try:
        content: Mapping[str, Any] = loadmat(path, simplify_cells=True)
    except (OSError, ValueError, TypeError, NotImplementedError) as error:
        raise InputError(
            f"expected a MATLAB file up to version 7.2 at {path}: {error}; download it again"
        ) from error
    return content
