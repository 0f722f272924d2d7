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


def _grey(size_px):
    """The astronaut's face, grey and square."""
    face = astronaut()[30:190, 130:290]
    return np.repeat(cv2.cvtColor(cv2.resize(face, (size_px, size_px)), cv2.COLOR_RGB2GRAY)[:, :, None], 3, 2)


@pytest.fixture(scope="session")
def jaffe_tree(tmp_path_factory):
    """Names as in the release, one of a class that it does not have, one that is no name, a Mac's leftover."""
    root = tmp_path_factory.mktemp("jaffe")
    names = ("KA.AN1.39", "KA.NE3.28", "YM.SU2.65", "KM.XX1.1", "README", "._KA.AN1.39")
    for name in names:
        _write_picture(root / "jaffe" / f"{name}.tiff", _grey(256))
    return root


@pytest.fixture(scope="session")
def kdef_tree(tmp_path_factory):
    """Two people, one of them in both sessions; a name without an angle, as the release has one."""
    root = tmp_path_factory.mktemp("kdef")
    picture = astronaut()[0:420, 60:370]
    for name in ("AF01ANS", "AF01HAHL", "BF01AFS", "AM35SUS", "AM35NEFR", "AF31V"):
        path = root / "KDEF" / name[:4] / f"{name}.JPG"
        path.parent.mkdir(parents=True, exist_ok=True)
        done, content = cv2.imencode(".jpg", np.ascontiguousarray(picture[:, :, ::-1]))
        assert done
        path.write_bytes(content.tobytes())
    return root


CK_LANDMARKS = "\n".join(f"   {100 + i}.0000000e+00   {50 + i / 2:.7e}" for i in range(68))


@pytest.fixture(scope="session")
def ck_plus_tree(tmp_path_factory):
    """Sequences: anger with landmarks; no class; contempt with broken landmarks and without the third picture; too
    short; class 9; words for a class."""
    root = tmp_path_factory.mktemp("ck_plus")
    frames = {"S005/001": 6, "S010/002": 5, "S010/004": 5, "S011/001": 3, "S012/001": 4, "S013/001": 4}
    classes = {
        "S005/001": "   1.0000000e+00\n",
        "S010/004": "   2.0000000e+00\n",
        "S011/001": "   3.0000000e+00\n",
        "S012/001": "   9.0000000e+00\n",
        "S013/001": "glad\n",
    }
    for place, count in frames.items():
        stem = place.replace("/", "_")
        for number in range(1, count + 1):
            _write_picture(root / "cohn-kanade-images" / place / f"{stem}_{number:08d}.png", astronaut())
        (root / "cohn-kanade-images" / place / ".DS_Store").write_bytes(b"\0")
        (root / "Emotion" / place).mkdir(parents=True)
        if place in classes:
            (root / "Emotion" / place / f"{stem}_{count:08d}_emotion.txt").write_text(classes[place])
    for place, numbers, text in (("S005/001", range(1, 7), CK_LANDMARKS), ("S010/004", (5,), "1 2 3")):
        (root / "Landmarks" / place).mkdir(parents=True)
        for number in numbers:
            name = f"{place.replace('/', '_')}_{number:08d}_landmarks.txt"
            (root / "Landmarks" / place / name).write_text(text)
    return root


@pytest.fixture(scope="session")
def ck_plus_48_tree(tmp_path_factory):
    """The crops, with a file that is none of them."""
    root = tmp_path_factory.mktemp("ck_plus_48")
    for place in ("anger/S010_004_00000017", "contempt/S138_008_00000009", "sadness/S014_002_00000014"):
        _write_picture(root / "CK+48" / f"{place}.png", _grey(48))
    _write_picture(root / "CK+48" / "contempt" / "thumbnail.png", _grey(48))
    return root
