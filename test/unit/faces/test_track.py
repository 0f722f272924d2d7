import re

import numpy as np

from affect_core.faces import Tracker, iou_matrix, new_run

MS = 1_000_000


def ids(tracker, detections, stamp_ms):
    return [face_id for face_id, _ in tracker.update(detections, stamp_ms * MS)]


def test_iou_by_hand():
    first = np.array([[0.0, 0, 10, 10], [0, 0, 0, 0]])
    second = np.array([[5.0, 0, 15, 10], [0, 0, 10, 10], [20, 20, 30, 30]])
    expected = [[50 / 150, 1.0, 0.0], [0.0, 0.0, 0.0]]
    np.testing.assert_allclose(iou_matrix(first, second), expected)


def test_a_moving_face_keeps_its_id(face_at):
    tracker = Tracker()
    assert [ids(tracker, [face_at(10 * k)], 33 * k) for k in range(5)] == [["f00001"]] * 5


def test_ids_survive_a_dropout_up_to_the_timeout(face_at):
    tracker = Tracker(timeout_s=0.5)
    assert ids(tracker, [face_at(0)], 0) == ["f00001"]
    assert ids(tracker, [], 250) == []
    assert ids(tracker, [face_at(5)], 500) == ["f00001"]
    assert ids(tracker, [face_at(5)], 1001) == ["f00002"]


def test_two_faces_keep_their_ids_when_their_order_swaps(face_at):
    tracker = Tracker()
    assert ids(tracker, [face_at(0), face_at(300)], 0) == ["f00001", "f00002"]
    assert ids(tracker, [face_at(305), face_at(4)], 33) == ["f00002", "f00001"]


def test_the_assignment_is_the_best_overall(face_at):
    # Old faces at 0 and 60, new ones at 40 and 100. The new face at 40 overlaps both old ones, the one at 60 more;
    # taking that greedily (80 / 120) would leave the face at 100 without its only match (60 / 140).
    tracker = Tracker(iou=0.2)
    assert ids(tracker, [face_at(0), face_at(60)], 0) == ["f00001", "f00002"]
    assert ids(tracker, [face_at(40), face_at(100)], 33) == ["f00001", "f00002"]


def test_a_face_elsewhere_is_new_and_ids_are_never_reused(face_at):
    tracker = Tracker()
    assert ids(tracker, [face_at(0)], 0) == ["f00001"]
    assert ids(tracker, [face_at(0), face_at(500)], 33) == ["f00001", "f00002"]
    assert ids(tracker, [face_at(1000)], 2000) == ["f00003"]


def test_little_overlap_is_another_face(face_at):
    tracker = Tracker(iou=0.3)
    ids(tracker, [face_at(0)], 0)
    assert ids(tracker, [face_at(55)], 33) == ["f00002"]  # 45 / 155 = 0.29
    assert ids(tracker, [face_at(100)], 66) == ["f00002"]  # 55 / 145 = 0.38


def test_a_recording_that_starts_again_gives_new_ids(face_at):
    tracker = Tracker()
    assert ids(tracker, [face_at(0)], 1000) == ["f00001"]
    assert ids(tracker, [face_at(0)], 0) == ["f00002"]


def test_two_trackers_of_one_session_share_no_id(face_at):
    runs = [new_run() for _ in range(50)]
    assert len(set(runs)) == 50
    [[first], [second]] = [ids(Tracker(run=run), [face_at(0)], 0) for run in runs[:2]]
    assert first == f"f00001_{runs[0]}" != second
    # A part of the name of a topic: letters, digits and single underscores, a letter first (REP-155).
    assert all(re.fullmatch(r"f[0-9]{5}_[0-9a-f]{6}", one) for one in (first, second))
