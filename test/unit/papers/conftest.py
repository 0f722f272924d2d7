"""The real sets as they are unpacked, each with the same faces: enough of them that a study can be made of it."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from skimage.data import astronaut

from affect_core.data.label_maps import load_label_maps
from affect_core.types import ImageRGB

PEOPLE = 12
AFFECT = {
    "neutral": (0.0, 0.0), "happy": (0.8, 0.3), "sad": (-0.6, -0.4), "surprise": (0.2, 0.8),
    "fear": (-0.4, 0.7), "disgust": (-0.7, 0.3), "anger": (-0.5, 0.8), "contempt": (-0.6, 0.1),
}  # fmt: skip
POINTS = [(100 + i, 50 + i / 2) for i in range(68)]


def _picture(number: int, height_px: int = 224, width_px: int = 224) -> ImageRGB:
    """The astronaut in a light of the number's own, so that no two pictures are the same."""
    part = cv2.resize(astronaut()[0:224, 110:334], (width_px, height_px))
    light = np.random.default_rng(number).uniform(0.6, 1.0, 3)
    return np.asarray(part * light, np.uint8)


def _write(path: Path, image: ImageRGB) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), np.ascontiguousarray(image[:, :, ::-1]))


def _faces(classes: int, people: int = PEOPLE) -> Iterator[tuple[int, int, int]]:
    """Running number, person, class."""
    for number in range(people * classes):
        yield number, number // classes, number % classes


def _affectnet_csv(root: Path) -> None:
    header = "subDirectory_filePath,face_x,face_y,face_width,face_height,facial_landmarks,expression,valence,arousal"
    rows: dict[str, list[str]] = {"training": [header], "validation": [header]}
    points = ";".join(f"{x};{y}" for x, y in POINTS)
    for number, person, label in _faces(len(AFFECT)):
        valence, arousal = list(AFFECT.values())[label]
        name = f"{person}/{number:03d}.jpg"
        _write(root / "Manually_Annotated_Images" / name, _picture(number))
        part = "validation" if person == 0 else "training"
        rows[part].append(f"{name},60,30,110,150,{points},{label},{valence},{arousal}")
    (root / "Manually_Annotated_file_lists").mkdir()
    for part, lines in rows.items():
        (root / "Manually_Annotated_file_lists" / f"{part}.csv").write_text("\n".join(lines) + "\n")


def _affectnet_npy(root: Path) -> None:
    flat = np.array(POINTS, float).ravel()
    for number, person, label in _faces(len(AFFECT)):
        valence, arousal = list(AFFECT.values())[label]
        part = root / ("val_set" if person == 0 else "train_set")
        _write(part / "images" / f"{number}.jpg", _picture(number))
        (part / "annotations").mkdir(exist_ok=True)
        values = {"exp": str(label), "val": str(valence), "aro": str(arousal)}
        for kind, text in values.items():
            np.save(part / "annotations" / f"{number}_{kind}.npy", np.array(text))
        np.save(part / "annotations" / f"{number}_lnd.npy", flat)


def _ck_plus(root: Path) -> None:
    text = "\n".join(f"   {x}.0000000e+00   {y:.7e}" for x, y in POINTS)
    for number, person, label in _faces(7, people=8):
        place, stem = f"S{person + 10:03d}/{label + 1:03d}", f"S{person + 10:03d}_{label + 1:03d}"
        for frame in range(1, 6):
            name = f"{stem}_{frame:08d}"
            _write(root / "cohn-kanade-images" / place / f"{name}.png", _picture(5 * number + frame))
            (root / "Landmarks" / place).mkdir(parents=True, exist_ok=True)
            (root / "Landmarks" / place / f"{name}_landmarks.txt").write_text(text)
        (root / "Emotion" / place).mkdir(parents=True)
        (root / "Emotion" / place / f"{stem}_00000005_emotion.txt").write_text(
            f"   {label + 1}.0000000e+00\n"
        )


def _ck_plus_48(root: Path) -> None:
    names = ("anger", "contempt", "disgust", "fear", "happy", "sadness", "surprise")
    for number, person, label in _faces(len(names)):
        stem = f"S{person + 10:03d}_{label + 1:03d}"
        _write(root / "CK+48" / names[label] / f"{stem}_00000011.png", _picture(number, 48, 48))


def _jaffe(root: Path) -> None:
    people = ("KA", "KL", "KM", "KR", "MK", "NA", "NM", "TM", "UY", "YM", "AA", "BB")
    letters = ("AN", "DI", "FE", "HA", "NE", "SA", "SU")
    for number, person, label in _faces(len(letters)):
        name = f"{people[person]}.{letters[label]}1.{number}.tiff"
        _write(root / "jaffe" / name, _picture(number, 256, 256))


def _kdef(root: Path) -> None:
    letters = ("AF", "AN", "DI", "HA", "NE", "SA", "SU")
    for number, person, label in _faces(len(letters)):
        who = f"{'FM'[person % 2]}{person // 2 + 1:02d}"
        _write(root / "KDEF" / f"A{who}" / f"A{who}{letters[label]}S.JPG", _picture(number, 281, 281))


def _emotic_csv(root: Path) -> None:
    columns = "Index,Folder,Filename,Image Size,BBox,Categorical_Labels,Continuous_Labels,Gender,Age"
    first = ("Annoyance", "Disapproval", "Doubt/Confusion", "Disconnection", "Disquietment")
    others = [name for name in load_label_maps()["emotic_to_complex"].entries if name not in first]
    (root / "emotic_pre").mkdir()
    rows: dict[str, list[list[object]]] = {"train": [], "val": [], "test": []}
    for number, person, label in _faces(len(first)):
        _write(root / "emotic" / "mscoco" / "images" / f"{number}.jpg", _picture(number))
        # Every one of the 26 is in the training part, as in the release.
        classes = [first[label], *(others[(3 * number + i) % len(others)] for i in range(3))]
        affect = [3 + label, 7 - label, 4 + person % 3]
        part = {0: "val", 1: "test"}.get(person, "train")
        box = [4, 2, 220, 222]
        about = [number, "mscoco/images", f"{number}.jpg", [224, 224], box, classes, affect]
        rows[part].append([*about, "Female" if person % 2 else "Male", "Adult"])
    for part, lines in rows.items():
        with (root / "emotic_pre" / f"{part}.csv").open("w", newline="") as stream:
            csv.writer(stream).writerows([columns.split(","), *lines])


TREES: dict[str, Callable[[Path], None]] = {
    "affectnet_csv": _affectnet_csv,
    "affectnet_npy": _affectnet_npy,
    "ck_plus": _ck_plus,
    "ck_plus_48": _ck_plus_48,
    "emotic_csv": _emotic_csv,
    "jaffe": _jaffe,
    "kdef": _kdef,
}


@pytest.fixture(scope="session")
def papers_tree(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Kind of a real set -> the folder it was unpacked into; every one is written once."""
    made: dict[str, Path] = {}

    def tree(kind: str) -> Path:
        if kind not in made:
            made[kind] = tmp_path_factory.mktemp(kind)
            TREES[kind](made[kind])
        return made[kind]

    return tree
