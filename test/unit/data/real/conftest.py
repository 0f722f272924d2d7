"""Tiny trees in exactly the layouts of the published sets. Faces: scikit-image's photograph of an astronaut."""

import csv
from pathlib import Path

import cv2
import numpy as np
import pytest
from scipy.io import savemat
from skimage.data import astronaut

CSV_HEADER = (
    "subDirectory_filePath,face_x,face_y,face_width,face_height,facial_landmarks,expression,valence,arousal"
)
EMOTIC_HEADER = (
    "Index",
    "Folder",
    "Filename",
    "Image Size",
    "BBox",
    "Categorical_Labels",
    "Continuous_Labels",
    "Gender",
    "Age",
)
LANDMARKS = ";".join(f"{100 + i};{50 + i / 2}" for i in range(68))


def _write_picture(path, image_rgb):
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), np.ascontiguousarray(image_rgb[:, :, ::-1]))


@pytest.fixture(scope="session")
def write_pictures():
    """Write the pictures that all trees share into a folder: a face, two faces, none, half a file."""

    def write(folder: Path) -> Path:
        one = astronaut()
        _write_picture(folder / "face.jpg", one)
        _write_picture(folder / "two.jpg", np.hstack([one, one]))
        _write_picture(folder / "blank.jpg", np.full((200, 300, 3), 128, np.uint8))
        whole = (folder / "face.jpg").read_bytes()
        (folder / "cut_off.jpg").write_bytes(whole[: len(whole) // 2])
        return folder

    return write


def _affectnet_row(path, expression, valence="0.5", arousal="0.25", box=(180, 60, 90, 115), points=LANDMARKS):
    return ",".join([path, *map(str, box), points, str(expression), str(valence), str(arousal)])


@pytest.fixture(scope="session")
def affectnet_csv(tmp_path_factory, write_pictures):
    """File lists: training.csv with a header, validation.csv without one."""
    root = tmp_path_factory.mktemp("affectnet_csv")
    images = write_pictures(root / "Manually_Annotated_Images" / "689")
    for name in ("second", "third"):
        (images / f"{name}.jpg").write_bytes((images / "face.jpg").read_bytes())
    row = _affectnet_row
    training = [
        CSV_HEADER,
        row("689/face.jpg", 1),
        row("689/second.jpg", 7, valence=-2, arousal=-2),
        row("689/two.jpg", 9),
        row("689/two.jpg", 10, box=("NULL",) * 4),
        row("689/two.jpg", 11),
        row("689/gone.jpg", 3),
        row("689/cut_off.jpg", 4),
        row("689/third.jpg", 2, points=";".join(["1;2"] * 67), valence=1.5),
        row("689/blank.jpg", 5, points="1;2"),
        row("689/two.jpg", 6, box=(2000, 10, 50, 50)),
        row("689/face.jpg", 1),
        row("689/second.jpg", 6),
        row("689/two.jpg", "glad"),
        "689/two.jpg,1,2",
    ]
    lists = root / "Manually_Annotated_file_lists"
    lists.mkdir()
    (lists / "training.csv").write_text("\n".join(training) + "\n")
    (lists / "validation.csv").write_text(row("689/two.jpg", 0, box=(180, 60, 90, 115)) + "\n")
    return root


@pytest.fixture(scope="session")
def affectnet_npy(tmp_path_factory):
    """One file for each value; numbers are stored as text in the release, the landmarks flat."""
    root = tmp_path_factory.mktemp("affectnet_npy")
    flat = np.array([float(value) for value in LANDMARKS.split(";")])
    for name in ("train_set", "val_set"):
        (root / name / "annotations").mkdir(parents=True)

    def add(folder, stem, image=None, **values):
        if image is not None:
            _write_picture(root / folder / "images" / f"{stem}.jpg", image)
        for kind, value in values.items():
            np.save(root / folder / "annotations" / f"{stem}_{kind}.npy", value)

    part = astronaut()[0:224, 110:334]
    add("train_set", "2", part, exp=np.array("1"), val=np.array("0.5"), aro=np.array("0.25"), lnd=flat)
    add("train_set", "10", part, exp=np.array(7), val=np.array(-2.0), aro=np.array(-2.0))
    add("train_set", "11", part)  # without annotations
    add(
        "train_set", "12", exp=np.array("3"), val=np.array("0"), aro=np.array("0"), lnd=flat
    )  # without a picture
    add("train_set", "13", part, exp=np.array("4"), val=np.array("0"), aro=np.array("0"), lnd=flat + 1000)
    add("val_set", "1", part, exp=np.array("0"), val=np.array("0"), aro=np.array("0"), lnd=flat)
    return root


PEOPLE = [  # split, filename, box, categories, valence/arousal/dominance
    ("train", "face.jpg", (60, 20, 460, 512), ["Doubt/Confusion", "Engagement"], (1, 5.5, 10)),
    ("train", "two.jpg", (60, 20, 460, 512), ["Annoyance"], (3, 7, 5)),
    ("train", "two.jpg", (572, 20, 972, 512), ["Annoyance", "Disapproval"], (3, 7, 5)),
    ("train", "two.jpg", (572, -20, 1100, 512), ["Disapproval"], (4, 4, 4)),
    ("train", "two.jpg", (100, 0, 900, 512), ["Disapproval"], (4, 4, 4)),
    ("train", "face.jpg", (60, 200, 460, 512), ["Disconnection"], (5, 2, 5)),
    ("train", "blank.jpg", (10, 10, 200, 190), ["Disquietment"], (5, 5, 5)),
    ("train", "face.jpg", (600, 20, 900, 512), ["Disquietment"], (5, 5, 5)),
    ("train", "gone.jpg", (1, 1, 50, 50), ["Annoyance"], (5, 5, 5)),
    ("train", "cut_off.jpg", (60, 20, 460, 512), ["Annoyance"], (5, 5, 5)),
    ("train", "face.jpg", (61, 20, 460, 512), ["Bliss"], (5, 5, 5)),
    ("val", "again.jpg", (60, 20, 460, 512), ["Disquietment"], (float("nan"), 5, 12)),
    ("test", "again.jpg", (60, 20, 459, 512), ["Happiness", "Pleasure"], (8, 6, 7)),
]
FOLDER = "mscoco/images"


@pytest.fixture(scope="session")
def people():
    """What stands in both EMOTIC trees."""
    return PEOPLE


def _emotic_pictures(root, write_pictures):
    images = write_pictures(root / "emotic" / FOLDER)
    (images / "again.jpg").write_bytes((images / "face.jpg").read_bytes())


@pytest.fixture(scope="session")
def emotic_csv(tmp_path_factory, write_pictures):
    """The converted lists: Python's lists in the cells."""
    root = tmp_path_factory.mktemp("emotic_csv")
    _emotic_pictures(root, write_pictures)
    (root / "emotic_pre").mkdir()
    for split in ("train", "val", "test"):
        with (root / "emotic_pre" / f"{split}.csv").open("w", newline="") as stream:
            writer = csv.writer(stream, dialect="excel")
            writer.writerow(EMOTIC_HEADER)
            for index, (_, name, box, categories, continuous) in enumerate(
                p for p in PEOPLE if p[0] == split
            ):
                writer.writerow(
                    [
                        index,
                        FOLDER,
                        name,
                        [512, 512],
                        list(box),
                        categories,
                        list(continuous),
                        "Female",
                        "Adult",
                    ]
                )
    return root


def _struct(**fields):
    """A MATLAB struct, 1 x 1."""
    return _structs([fields])


def _structs(rows):
    """A MATLAB struct array, 1 x n."""
    names = list(rows[0])
    made = np.empty((1, len(rows)), dtype=[(name, object) for name in names])
    for place, row in enumerate(rows):
        made[0, place] = tuple(row[name] for name in names)
    return made


def _cells(texts):
    made = np.empty((1, len(texts)), object)
    made[0, :] = texts
    return made


def _person(split, box, categories, continuous):
    affect = _struct(**dict(zip(("valence", "arousal", "dominance"), map(float, continuous), strict=True)))
    about = {"gender": "Female", "age": "Adult"}
    bounds = np.array([box], float)
    one = _struct(categories=_cells(categories))
    if split == "train":
        return {"body_bbox": bounds, "annotations_categories": one, "annotations_continuous": affect, **about}
    return {
        "body_bbox": bounds,
        "annotations_categories": _structs([{"categories": _cells(["Peace"])}] * 3),
        "combined_categories": _cells(categories),
        "annotations_continuous": _structs([{"valence": 1.0, "arousal": 1.0, "dominance": 1.0}] * 3),
        "combined_continuous": affect,
        **about,
    }


@pytest.fixture(scope="session")
def emotic_mat(tmp_path_factory, write_pictures):
    """Annotations.mat: pictures in the order of `PEOPLE`, each with all its people."""
    root = tmp_path_factory.mktemp("emotic_mat")
    _emotic_pictures(root, write_pictures)
    content = {}
    for split in ("train", "val", "test"):
        names = dict.fromkeys(p[1] for p in PEOPLE if p[0] == split)
        scenes = [
            {
                "filename": name,
                "folder": FOLDER,
                "image_size": _struct(n_col=512.0, n_row=512.0),
                "original_database": _struct(name="mscoco", info=_struct(image_id=1.0)),
                "person": _structs([_person(*p[:1], *p[2:]) for p in PEOPLE if p[:2] == (split, name)]),
            }
            for name in names
        ]
        content[split] = _structs(scenes)
    (root / "Annotations").mkdir()
    savemat(root / "Annotations" / "Annotations.mat", content)
    return root
