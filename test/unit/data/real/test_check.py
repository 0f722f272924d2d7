import numpy as np
import pytest

from affect_core.data.check import Fault, check_set
from affect_core.data.manifest import Manifest, Record
from affect_core.data.sheet import set_sheet

POINTS = ((204.0, 100.0), (247.0, 104.0), (225.0, 129.0), (203.0, 140.0), (246.0, 142.0))


@pytest.fixture
def check(write_pictures, tmp_path):
    """Fault -> where, of a set with these records; its classes are happy and sad."""
    write_pictures(tmp_path)

    def run(*records):
        checked = check_set(Manifest(tmp_path, "set", ("happy", "sad"), records))
        return {finding.fault: finding.where for finding in checked.findings}

    return run


def _good(image="face.jpg", label="happy", **values):
    return Record(image=image, label=label, **{"landmarks_xy": POINTS, **values})


SAD = Record(image="two.jpg", label="sad", landmarks_xy=POINTS)


def test_a_whole_set_has_no_faults(check):
    assert check(_good(), SAD) == {}


@pytest.mark.parametrize(
    ("record", "fault"),
    [
        (_good("gone.jpg"), Fault.MISSING),
        (_good("cut_off.jpg"), Fault.CORRUPT),
        (_good(landmarks_xy=None), Fault.NO_LANDMARKS),
        (_good(landmarks_xy=((5.0, 5.0),) * 5), Fault.BAD_LANDMARKS),
        (_good(landmarks_xy=tuple((x + 600, y) for x, y in POINTS)), Fault.BAD_LANDMARKS),
        (_good(mask="gone.png"), Fault.MASK),
        (_good(mask="blank.jpg"), Fault.MASK),  # 300 x 200 for a picture of 512 x 512
    ],
)
def test_a_fault_of_one_record(check, record, fault):
    assert check(record, _good("two.jpg"), SAD).get(fault) == record.image


def test_unknown_labels(check):
    assert check(_good(label="glad"), _good(), SAD)[Fault.NO_LABEL] == "face.jpg"
    soft = {"sad": 0.5, "glad": 0.5}
    assert check(_good(soft_label=soft), SAD)[Fault.NO_LABEL] == "face.jpg"


def test_empty_class(check):
    assert check(_good()) == {Fault.EMPTY_CLASS: "sad"}


def test_listed_twice(check):
    assert check(_good(), _good(), SAD) == {Fault.TWICE: "face.jpg"}


def test_two_people_in_a_picture_are_not_twice_the_same(check):
    boxes = (0.0, 0.0, 9.0, 9.0), (20.0, 0.0, 29.0, 9.0)
    assert check(*[_good(box_xyxy=box) for box in boxes], SAD) == {}


@pytest.mark.parametrize(("label", "fault"), [("happy", Fault.SAME_PICTURE), ("sad", Fault.CONTRADICTION)])
def test_the_same_picture_under_two_names(check, tmp_path, label, fault):
    (tmp_path / "copy.jpg").write_bytes((tmp_path / "face.jpg").read_bytes())
    assert check(_good(), _good("copy.jpg", label), SAD) == {fault: "copy.jpg"}


def test_counts(write_pictures, tmp_path):
    write_pictures(tmp_path)
    manifest = Manifest(tmp_path, "set", ("happy", "sad"), (_good(), _good("gone.jpg"), SAD))
    checked = check_set(manifest)
    assert checked.counts == {"happy": 2, "sad": 1}
    assert (checked.total, checked.readable) == (3, 2)


def test_sheet_shows_faces_and_leaves_the_rest_grey(write_pictures, tmp_path):
    write_pictures(tmp_path)
    manifest = Manifest(tmp_path, "set", ("happy", "sad"), (_good(), _good("gone.jpg"), SAD))
    sheet = set_sheet(manifest, columns=2)
    tiles = sheet[18:, 90:].reshape(2, 112, 2, 112, 3)
    assert tiles[0, :, 0].std() > 30
    assert np.all(tiles[0, :, 1] == 90)
    np.testing.assert_allclose(
        tiles[0, :, 0], tiles[1, :, 0], atol=25
    )  # the same face, saved as another JPEG
