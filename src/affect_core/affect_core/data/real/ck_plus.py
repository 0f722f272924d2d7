"""CK+, the extended Cohn-Kanade set (Lucey et al. 2010), in two published layouts.

``ck_plus``: the release. Sequences from neutral to the peak, ``cohn-kanade-images/S005/001/S005_001_00000001.png``; one
class for a sequence in ``Emotion/S005/001/S005_001_00000011_emotion.txt``, for 327 of 593 sequences; 68 landmarks for
each picture in ``Landmarks/S005/001/S005_001_00000001_landmarks.txt``, if unpacked. Of a sequence with a class the last
`PEAK_FRAMES` are taken, which makes the 981 pictures that papers count, and the first one as neutral.

``ck_plus_48``: those 981 peaks as others cut them out, 48 x 48 pixels and grey: ``CK+48/<class>/S010_004_00000017.png``.
They show the face and nothing else, so its landmarks are taken to lie where the crop function wants them.

The set does not say who is a woman or a man.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

from affect_core.data.manifest import Point
from affect_core.data.real.base import REAL_SETS, LeftOut, RealSet, Reason, Sample
from affect_core.data.real.files import first_folder
from affect_core.data.real.landmarks68 import five_of_68
from affect_core.data.real.posed import nothing_named, pictures_below
from affect_core.errors import InputError
from affect_core.faces.crop import CropSpec, template_px

CLASSES: Final = ("neutral", "anger", "contempt", "disgust", "fear", "happy", "sadness", "surprise")
"""By the number in the file."""

PEAK_FRAMES: Final = 3
"""Last pictures of a sequence that carry its class."""

LANDMARKS_NOTE: Final = "landmarks not usable"
CROP_NOTE: Final = "landmarks of the crop function: the picture is a crop"

_IMAGES: Final = ("cohn-kanade-images", "extended-cohn-kanade-images/cohn-kanade-images", ".")
_EMOTIONS: Final = ("Emotion", "Emotion_labels/Emotion", "Emotion_labels")
_LANDMARKS: Final = ("Landmarks", "Landmarks/Landmarks")
_CROPS: Final = ("CK+48", ".")
_CROP_PX: Final = 48
_SEQUENCE: Final = re.compile(r"S\d{3}/\d{3}")
_FRAME: Final = re.compile(r"(S\d{3})_(\d{3})_(\d{8})")
_MAPS: Final = {"basic-8": "ck_plus_to_basic"}
_LICENCE: Final = "CK+ user agreement: non-commercial research, by application; no redistribution"


@REAL_SETS.register("ck_plus")
def ck_plus(folder: Path) -> RealSet:
    """The release; see `affect_core.data.real.base.Reader`."""
    emotions = first_folder(folder, _EMOTIONS)
    images = first_folder(folder, _IMAGES)
    places = sorted(
        place
        for path in images.glob("S*/*")
        if path.is_dir() and _SEQUENCE.fullmatch(place := path.relative_to(images).as_posix())
    )
    if not places:
        raise nothing_named(images, "S005/001/S005_001_00000001.png")
    landmarks = next((folder / name for name in _LANDMARKS if any((folder / name).glob("S*"))), None)
    found = [entry for place in places for entry in _sequence(images, emotions, landmarks, place)]
    return RealSet(iter(found), len(found), _MAPS, "face", "CK+", _LICENCE)


@REAL_SETS.register("ck_plus_48")
def ck_plus_48(folder: Path) -> RealSet:
    """The crops; see `affect_core.data.real.base.Reader`."""
    wanted = "CK+48/anger/S010_004_00000017.png"
    root = next((folder / name for name in _CROPS if (folder / name / "contempt").is_dir()), None)
    if root is None:
        raise nothing_named(folder, wanted)
    paths = [
        path
        for sub in sorted(root.iterdir())
        if sub.is_dir() and sub.name in CLASSES
        for path in pictures_below(sub, (".png",))
    ]
    if not paths:
        raise nothing_named(root, wanted)
    return RealSet((_crop(path) for path in paths), len(paths), _MAPS, "face", "CK+ (48 px)", _LICENCE)


def _sequence(images: Path, emotions: Path, landmarks: Path | None, place: str) -> Iterator[Sample | LeftOut]:
    """The pictures of one sequence that are used; or, once, why there are none."""
    files = sorted((emotions / place).glob("*_emotion.txt"))
    if not files:
        yield LeftOut(place, Reason.NO_EMOTION, "no emotion file")
        return
    frames = [path for path in sorted((images / place).glob("*.png")) if _FRAME.fullmatch(path.stem)]
    if len(frames) <= PEAK_FRAMES:
        yield LeftOut(
            place, Reason.MISSING, f"expected more than {PEAK_FRAMES} pictures, found {len(frames)}"
        )
        return
    try:
        number = _number(files[0])
    except InputError as error:
        yield LeftOut(place, Reason.BAD_ROW, str(error))
        return
    if not 0 <= number < len(CLASSES):
        yield LeftOut(place, Reason.UNKNOWN_CLASS, f"expected 0 to {len(CLASSES) - 1}, got {number}")
        return
    yield _frame(frames[0], CLASSES[0], "onset", landmarks, place)
    for path in frames[-PEAK_FRAMES:]:
        yield _frame(path, CLASSES[number], "peak", landmarks, place)


def _number(path: Path) -> int:
    """The class, which the release writes as ``   3.0000000e+00``."""
    try:
        value = float(path.read_text())
        if value != int(value):
            raise ValueError(f"{value:g} is not whole")
    except (OSError, ValueError, OverflowError) as error:
        raise InputError(
            f"expected one whole number in {path.name}: {error}; unpack the set again"
        ) from error
    return int(value)


def _frame(path: Path, name: str, phase: str, landmarks: Path | None, place: str) -> Sample:
    file = None if landmarks is None else landmarks / place / f"{path.stem}_landmarks.txt"
    points = None if file is None or not file.is_file() else _points(file)
    broken = file is not None and file.is_file() and points is None
    person, sequence, number = path.stem.split("_")
    return Sample(
        source=path.name,
        image=path,
        classes=(name,),
        landmarks_xy=points,
        subject=person,
        notes=(LANDMARKS_NOTE,) if broken else (),
        attributes={"phase": phase, "sequence": sequence, "frame": float(number)},
    )


def _points(path: Path) -> tuple[Point, ...] | None:
    try:
        return five_of_68(np.array(path.read_text().split(), np.float64))
    except ValueError:
        return None


def _crop(path: Path) -> Sample | LeftOut:
    parts = _FRAME.fullmatch(path.stem)
    if parts is None:
        return LeftOut(path.name, Reason.BAD_ROW, "expected a name like S010_004_00000017.png")
    points = tuple((float(x), float(y)) for x, y in template_px(CropSpec(_CROP_PX, 0.0)))
    return Sample(
        source=f"{path.parent.name}/{path.name}",
        image=path,
        classes=(path.parent.name,),
        landmarks_xy=points,
        subject=parts[1],
        notes=(CROP_NOTE,),
        attributes={"phase": "peak", "sequence": parts[2], "frame": float(parts[3])},
    )
