"""Frames, lists and faces that come in pieces."""

from itertools import permutations

import numpy as np
import pytest

from affect_core.faces.crop import CropSpec
from affect_core.faces.gather import Gatherer
from affect_core.types import Detection, Frame

SPEC = CropSpec(size_px=32)


def frame(stamp_ns):
    return Frame(np.full((60, 80, 3), stamp_ns, np.uint8), stamp_ns, "eye")


def face(x=40.0):
    points = np.array([[x - 8, 24], [x + 8, 24], [x, 32], [x - 6, 40], [x + 6, 40]], float)
    return Detection(np.array([x - 15, 10, x + 15, 50]), points, 0.9)


@pytest.fixture
def gatherer():
    return Gatherer(SPEC, depth=3)


@pytest.mark.parametrize("order", permutations(range(4)))
def test_a_frame_is_given_when_its_last_piece_comes(order):
    gatherer = Gatherer(SPEC)
    pieces = [
        lambda: gatherer.add_frame(frame(5)),
        lambda: gatherer.add_list(5, ["a", "b"]),
        lambda: gatherer.add_face(5, "b", face(30)),
        lambda: gatherer.add_face(5, "a", face(50)),
    ]
    *early, last = [pieces[i]() for i in order]
    assert early == [None, None, None]
    assert (last.stamp_ns, last.frame_id, last.image_size_wh, last.dropped) == (5, "eye", (80, 60), 0)
    assert [(one.face_id, one.detection.box_xyxy[0]) for one in last.faces] == [("a", 35.0), ("b", 15.0)]
    assert {one.crop.image_rgb.shape for one in last.faces} == {(32, 32, 3)}
    assert last.faces[0].crop.image_rgb[16, 16].tolist() == [5, 5, 5]  # cut out of its own frame


def test_nobody_is_an_answer_too(gatherer):
    assert gatherer.add_list(1, []) is None
    assert gatherer.add_frame(frame(1)).faces == ()


def test_older_frames_are_given_up_and_counted(gatherer):
    gatherer.add_frame(frame(1))
    gatherer.add_list(1, ["a"])  # whose landmarks never come
    gatherer.add_face(2, "a", face())  # of a frame that never came: nothing is dropped
    gatherer.add_frame(frame(3))
    given = gatherer.add_list(3, [])
    assert (given.stamp_ns, given.dropped) == (3, 1)
    assert gatherer.add_face(1, "a", face()) is None  # late
    gatherer.add_frame(frame(4))
    assert gatherer.add_list(4, []).dropped == 0


def test_only_so_many_are_waited_for(gatherer):
    for stamp_ns in (1, 2, 3, 4):
        assert gatherer.add_frame(frame(stamp_ns)) is None
    assert gatherer.add_list(1, []) is None  # given up for the fourth
    given = gatherer.add_list(4, [])
    assert (given.stamp_ns, given.dropped) == (4, 3)


def test_a_list_that_changes_counts(gatherer):
    gatherer.add_frame(frame(1))
    assert gatherer.add_list(1, ["a"]) is None
    assert gatherer.add_list(1, []).faces == ()
