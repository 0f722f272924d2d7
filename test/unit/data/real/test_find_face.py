import numpy as np
import pytest

from affect_core.data.real import RealSetConfig, Reason
from affect_core.data.real.find_face import FaceFinder, Found, clip, rivals
from affect_core.faces.base import DETECTORS
from affect_core.types import Detection

IMAGE = np.zeros((100, 200, 3), np.uint8)
PERSON = (50.0, 10.0, 90.0, 90.0)


@pytest.fixture
def detector(monkeypatch):
    """A detector that knows where the faces of `IMAGE` are, and remembers the sizes of what it was shown."""
    shown = []

    class Known:
        faces = ((60.0, 12.0, 80.0, 32.0),)

        def detect(self, image_rgb):
            shown.append(image_rgb.shape[:2])
            return [Detection(np.array(face), np.full((5, 2), face[0]), 1.0) for face in self.faces]

    known = Known()
    monkeypatch.setitem(DETECTORS._builders, "known", lambda config: known)
    known.shown = shown
    return known


def _config(**settings):
    return RealSetConfig(detector="known", surround=0.0, **settings)


def test_upper_part_of_a_person_first(detector):
    # The part starts at (50, 10), so that this face lies at (60, 12) to (80, 32) of the picture.
    detector.faces = ((10.0, 2.0, 30.0, 22.0),)
    face = FaceFinder(_config(upper_share=0.6), "person").find(IMAGE, PERSON)
    assert detector.shown == [(48, 40)]  # 0.6 of 80 rows
    assert face.box_xyxy == (60.0, 12.0, 80.0, 32.0)
    assert face.landmarks_xy[0] == (60.0, 20.0)
    assert face.distance == 0.0  # centre (70, 22): the middle, and 0.15 x 80 below the upper edge


def test_then_all_of_the_person(detector):
    detector.faces = ()
    assert FaceFinder(_config(upper_share=0.5), "person").find(IMAGE, PERSON) is Reason.NO_FACE
    assert detector.shown == [(40, 40), (80, 40)]


def test_a_face_whose_centre_is_outside_the_box_is_not_theirs(detector):
    detector.faces = ((30.0, 2.0, 52.0, 22.0),)  # centre x: 50 + 41 = 91
    assert FaceFinder(_config(), "person").find(IMAGE, PERSON) is Reason.NO_FACE


def test_of_several_the_one_where_a_head_is_expected(detector):
    low, high = (10.0, 30.0, 30.0, 50.0), (12.0, 4.0, 30.0, 22.0)
    detector.faces = (low, high)
    face = FaceFinder(_config(upper_share=1.0), "person").find(IMAGE, PERSON)
    assert face.box_xyxy == (62.0, 14.0, 80.0, 32.0)


def test_surround_is_cut_at_the_edge_of_the_picture(detector):
    detector.faces = ()
    FaceFinder(RealSetConfig(detector="known", surround=0.5), "face").find(IMAGE, (0.0, 0.0, 40.0, 40.0))
    assert detector.shown == [(60, 60)]


def test_no_box_is_the_whole_picture(detector):
    detector.faces = ()
    FaceFinder(_config(), "face").find(IMAGE, None)
    assert detector.shown == [(100, 200)]


@pytest.mark.parametrize("box", [(200, 0, 210, 10), (-10, 0, 0, 10), (20, 20, 20, 30), (30, 30, 20, 20)])
def test_a_box_without_pixels(detector, box):
    assert FaceFinder(_config(), "person").find(IMAGE, tuple(map(float, box))) is Reason.BOX_OUTSIDE
    assert detector.shown == []


def test_clip():
    assert clip((-5.5, 2.2, 10.1, 300.0), 20, 100) == (0, 2, 11, 100)


def test_a_face_belongs_to_the_nearest_person():
    near = Found((0.0, 0.0, 10.0, 10.0), (), 0.1)
    far = Found((1.0, 0.0, 11.0, 10.0), (), 0.3)
    other = Found((50.0, 0.0, 60.0, 10.0), (), 0.9)
    assert rivals([far, near, other]) == {0}
    assert rivals([near, other]) == set()
