from math import isnan, nan

import pytest

from affect_core.data.real import RealSetConfig, Reason, import_set
from affect_core.data.real.emotic import scaled
from affect_core.errors import ConfigError, InputError

KINDS = ("emotic_csv", "emotic_mat")


@pytest.fixture(scope="module", params=KINDS)
def imported(request, tmp_path_factory):
    source = request.getfixturevalue(request.param)
    return import_set(request.param, source, tmp_path_factory.mktemp("imported"))


def _found(imported):
    return {(r.image.rsplit("/", 1)[1], r.label): r for r in imported.manifest.records}


def test_who_stays(imported):
    assert set(_found(imported)) == {
        ("face.jpg", "confusion"),
        ("two.jpg", "frustration"),
        ("two.jpg", "disapproval"),
        ("again.jpg", "skepticism"),
    }


def test_who_does_not(imported, people):
    assert imported.reasons == {
        Reason.NO_FACE: 2,
        Reason.TAKEN: 1,
        Reason.SEVERAL: 1,
        Reason.BOX_OUTSIDE: 1,
        Reason.MISSING: 1,
        Reason.CORRUPT: 1,
        Reason.UNKNOWN_CLASS: 1,
        Reason.NOT_MAPPED: 1,
    }
    assert len(imported.manifest) + len(imported.left_out) == len(people)


def test_affect_is_scaled(imported):
    record = _found(imported)["face.jpg", "confusion"]
    assert (record.valence, record.arousal, record.dominance) == (-1.0, 0.0, 1.0)


def test_affect_missing_or_out_of_range(imported):
    record = _found(imported)["again.jpg", "skepticism"]
    assert isnan(record.valence)
    assert isnan(record.dominance)
    assert record.arousal == pytest.approx(-1 / 9)  # 5: 2 * 4 / 9 - 1
    assert imported.notes["valence, arousal or dominance missing or out of range"] == 1


def test_each_person_has_their_own_face(imported):
    left = _found(imported)["two.jpg", "frustration"].landmarks_xy[0]
    right = _found(imported)["two.jpg", "disapproval"].landmarks_xy[0]
    assert left == pytest.approx((204, 101), abs=8)
    assert right == pytest.approx((204 + 512, 101), abs=8)


def test_people_of_a_picture_stay_together(imported):
    found = _found(imported)
    subject = found["two.jpg", "frustration"].subject
    assert subject == found["two.jpg", "disapproval"].subject == "mscoco/images/two.jpg"
    assert found["again.jpg", "skepticism"].attributes["split"] == "val"


def test_gender_and_age_are_kept(imported):
    assert _found(imported)["face.jpg", "confusion"].attributes["age"] == "Adult"


@pytest.mark.parametrize("kind", KINDS)
def test_several_classes_share(kind, request, tmp_path):
    source = request.getfixturevalue(kind)
    made = import_set(kind, source, tmp_path / "set", RealSetConfig(several="share"))
    shared = [r for r in made.manifest.records if r.soft_label]
    assert [(r.label, r.soft_label) for r in shared] == [
        ("frustration", {"frustration": 0.5, "disapproval": 0.5})
    ]


def test_no_map_for_the_basic_emotions(emotic_csv, tmp_path):
    with pytest.raises(ConfigError, match="EMOTIC has a map for"):
        import_set("emotic_csv", emotic_csv, tmp_path / "set", RealSetConfig(labels="basic-8"))


def test_a_file_that_is_not_matlabs(tmp_path):
    (tmp_path / "Annotations.mat").write_bytes(b"nothing of the kind" * 20)
    with pytest.raises(InputError, match="MATLAB"):
        import_set("emotic_mat", tmp_path, tmp_path / "set")


def test_a_row_that_is_no_list(emotic_csv, tmp_path):
    (tmp_path / "emotic").symlink_to(emotic_csv / "emotic")
    (tmp_path / "train.csv").write_text(
        "Index,Folder,Filename,Image Size,BBox,Categorical_Labels,Continuous_Labels,Gender,Age\n"
        '0,mscoco/images,face.jpg,"[1, 1]",here,"[\'Annoyance\']","[5, 5, 5]",Male,Kid\n'
        '1,mscoco/images,face.jpg,"[1, 1]","[1, 2, 3]","[\'Annoyance\']","[5, 5, 5]",Male,Kid\n'
    )
    made = import_set("emotic_csv", tmp_path, tmp_path / "set")
    assert made.reasons == {Reason.BAD_ROW: 2}


@pytest.mark.parametrize(("value", "expected"), [(1, -1.0), (5.5, 0.0), (10, 1.0), (0, nan), (10.5, nan)])
def test_scale(value, expected):
    assert scaled(value) == pytest.approx(expected, nan_ok=True)


def test_all_categories_are_kept_beside_the_label(imported):
    record = next(r for r in imported.manifest.records if r.label == "confusion")
    assert record.categories == ("Doubt/Confusion", "Engagement")


@pytest.mark.parametrize("kind", ["emotic_csv", "emotic_mat"])
def test_people_as_their_boxes(kind, request, tmp_path, people):
    made = import_set(
        kind, request.getfixturevalue(kind), tmp_path / "people", RealSetConfig(region="person")
    )
    records = made.manifest.records
    assert len(made.manifest.labels) == 26 and {r.label for r in records} == {""}
    # Left out: a picture that is gone, one that is cut off, a box outside its picture, a class that EMOTIC does not
    # have. The overlapping people of one picture all stay.
    assert len(records) == len(people) - 4
    reasons = sorted(reason.name for reason in made.reasons)
    assert reasons == ["BOX_OUTSIDE", "CORRUPT", "MISSING", "UNKNOWN_CLASS"]
    assert all(r.landmarks_xy is None and r.categories for r in records)
    happy = next(r for r in records if "Pleasure" in r.categories)
    assert happy.box_xyxy == (60, 20, 459, 512) and happy.attributes["split"] == "test"
    outside = next(r for r in records if r.box_xyxy[:2] == (572, 0))
    assert outside.box_xyxy[2] <= 1100  # cut to the picture
