"""CK+, JAFFE and KDEF: what each name and file says, and what is left out."""

import numpy as np
import pytest

from affect_core.data.cut import cut
from affect_core.data.pictures import read_picture
from affect_core.data.real import REAL_SETS, RealSetConfig, Reason, import_set
from affect_core.errors import ConfigError, InputError
from affect_core.faces.crop import CropSpec
from affect_core.labels import BASIC_8
from affect_core.papers import Request, pictures
from affect_core.synth.humans.base import HumanSetConfig


@pytest.fixture(scope="module")
def jaffe(jaffe_tree, tmp_path_factory):
    return import_set("jaffe", jaffe_tree, tmp_path_factory.mktemp("imported_jaffe"))


@pytest.fixture(scope="module")
def kdef(kdef_tree, tmp_path_factory):
    return import_set("kdef", kdef_tree, tmp_path_factory.mktemp("imported_kdef"))


@pytest.fixture(scope="module")
def ck_plus(ck_plus_tree, tmp_path_factory):
    return import_set("ck_plus", ck_plus_tree, tmp_path_factory.mktemp("imported_ck_plus"))


@pytest.fixture(scope="module")
def ck_plus_48(ck_plus_48_tree, tmp_path_factory):
    return import_set("ck_plus_48", ck_plus_48_tree, tmp_path_factory.mktemp("imported_ck_plus_48"))


def _by_source(imported):
    return {record.attributes["source"]: record for record in imported.manifest.records}


def _reasons(imported):
    return {item.source: item.reason for item in imported.left_out}


def test_jaffe_names_say_person_and_expression(jaffe):
    records = _by_source(jaffe)
    assert {name: (record.label, record.subject) for name, record in records.items()} == {
        "KA.AN1.39.tiff": ("anger", "KA"),
        "KA.NE3.28.tiff": ("neutral", "KA"),
        "YM.SU2.65.tiff": ("surprise", "YM"),
    }
    assert {record.attributes["gender"] for record in records.values()} == {"female"}
    assert records["KA.NE3.28.tiff"].attributes["take"] == 3
    assert jaffe.manifest.labels == BASIC_8


def test_jaffe_landmarks_come_from_the_detector(jaffe):
    # The astronaut's eyes lie at (204, 101) and (247, 104); the tree shows 130..290 x 30..190 as 256 pixels.
    right_eye, left_eye = _by_source(jaffe)["KA.AN1.39.tiff"].landmarks_xy[:2]
    assert right_eye == pytest.approx(((204 - 130) * 1.6, (101 - 30) * 1.6), abs=9)
    assert left_eye == pytest.approx(((247 - 130) * 1.6, (104 - 30) * 1.6), abs=9)


def test_jaffe_wrong_names_are_left_out_and_counted(jaffe):
    assert _reasons(jaffe) == {"KM.XX1.1.tiff": Reason.UNKNOWN_CLASS, "README.tiff": Reason.BAD_ROW}
    assert jaffe.damaged


def test_kdef_names_say_session_gender_person_expression_and_angle(kdef):
    records = _by_source(kdef)
    assert {
        name: (r.label, r.subject, r.attributes["gender"], r.attributes["angle"], r.attributes["session"])
        for name, r in records.items()
    } == {
        "AF01ANS.JPG": ("anger", "F01", "female", "straight", "A"),
        "AF01HAHL.JPG": ("happy", "F01", "female", "half left profile", "A"),
        "BF01AFS.JPG": ("fear", "F01", "female", "straight", "B"),
        "AM35SUS.JPG": ("surprise", "M35", "male", "straight", "A"),
        "AM35NEFR.JPG": ("neutral", "M35", "male", "full right profile", "A"),
    }


def test_kdef_name_without_an_angle_is_left_out(kdef):
    assert _reasons(kdef) == {"AF31V.JPG": Reason.BAD_ROW}


def test_ck_plus_takes_the_last_three_as_the_class_and_the_first_as_neutral(ck_plus):
    records = _by_source(ck_plus)
    assert {name: (r.label, r.attributes["phase"]) for name, r in records.items() if r.subject == "S005"} == {
        "S005_001_00000001.png": ("neutral", "onset"),
        "S005_001_00000004.png": ("anger", "peak"),
        "S005_001_00000005.png": ("anger", "peak"),
        "S005_001_00000006.png": ("anger", "peak"),
    }
    assert {r.label for r in records.values() if r.subject == "S010"} == {"neutral", "contempt"}
    assert records["S005_001_00000006.png"].attributes["frame"] == 6


def test_ck_plus_landmarks_of_the_set_or_of_the_detector(ck_plus):
    records = _by_source(ck_plus)
    # Point i lies at (100 + i, 50 + i / 2): means of 36..41 and 42..47, then 30, 48, 54.
    expected = ((138.5, 69.25), (144.5, 72.25), (130.0, 65.0), (148.0, 74.0), (154.0, 77.0))
    assert records["S005_001_00000006.png"].landmarks_xy == expected
    assert records["S010_004_00000005.png"].landmarks_xy[0] == pytest.approx((204, 101), abs=6)
    assert ck_plus.notes["landmarks not usable"] == 1


def test_ck_plus_sequences_that_cannot_be_used(ck_plus):
    assert _reasons(ck_plus) == {
        "S010/002": Reason.NO_EMOTION,
        "S011/001": Reason.MISSING,
        "S012/001": Reason.UNKNOWN_CLASS,
        "S013/001": Reason.BAD_ROW,
    }


def test_ck_plus_48_is_its_own_crop(ck_plus_48, tmp_path):
    records = _by_source(ck_plus_48)
    assert {name: (r.label, r.subject) for name, r in records.items()} == {
        "anger/S010_004_00000017.png": ("anger", "S010"),
        "contempt/S138_008_00000009.png": ("contempt", "S138"),
        "sadness/S014_002_00000014.png": ("sad", "S014"),
    }
    assert _reasons(ck_plus_48) == {"thumbnail.png": Reason.BAD_ROW}
    crops = cut(ck_plus_48.manifest, CropSpec(48, 0.0), BASIC_8, tmp_path / "crops")
    picture = read_picture(ck_plus_48.manifest.image_path(ck_plus_48.manifest.records[0]))
    assert np.array_equal(crops.images_rgb[0], picture)
    assert ck_plus_48.notes["landmarks of the crop function: the picture is a crop"] == 3


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [("jaffe", "KA.AN1.39"), ("kdef", "AF01ANS"), ("ck_plus", "Emotion"), ("ck_plus_48", r"CK\+48")],
)
def test_another_layout_is_refused_with_what_was_looked_for(kind, wanted, tmp_path):
    (tmp_path / "notes.tiff").write_bytes(b"")
    (tmp_path / "notes.jpg").write_bytes(b"")
    with pytest.raises(InputError, match=wanted):
        REAL_SETS.build(kind, tmp_path)


def test_posed_sets_have_no_complex_emotions(jaffe_tree, tmp_path):
    with pytest.raises(ConfigError, match="basic-8"):
        import_set("jaffe", jaffe_tree, tmp_path, RealSetConfig(labels="complex-6"))


@pytest.mark.parametrize(
    ("tree", "kind", "count"),
    [
        ("jaffe_tree", "jaffe", 3),
        ("kdef_tree", "kdef", 5),
        ("ck_plus_tree", "ck_plus", 8),
        ("ck_plus_48_tree", "ck_plus_48", 3),
    ],
)
def test_a_study_opens_each_set_by_itself(tree, kind, count, request, tmp_path):
    source = request.getfixturevalue(tree)
    found = pictures(Request(output=tmp_path, source=source), HumanSetConfig(labels="basic-8"))
    assert found.about.startswith(f"{kind} from {source.name}: {count} faces")
    assert found.warnings == ()
