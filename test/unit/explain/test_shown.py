"""Which map is drawn over a face."""

import numpy as np
import pytest

from affect_core.explain.shown import Shown, ShownConfig
from affect_core.types import AttributionMap, Emotion

MS = 1_000_000
HERE = np.array([[1.0, 0, 20], [0, 1.0, 10]])


def a_map(method="grad_cam", label="boredom", face_id="f00001"):
    return AttributionMap(face_id, label, method, np.ones((4, 4), np.float32), np.eye(2, 3))


def emotion(label="boredom", face_id="f00001"):
    shares = np.array([0.9, 0.1] if label == "neutral" else [0.1, 0.9], np.float32)
    return Emotion(face_id, ("neutral", "boredom"), np.log(shares), shares)


@pytest.fixture
def shown():
    return Shown(ShownConfig(map_age_s=1.0))


def methods(shown, at_ms, *emotions, **places):
    places = places or {"f00001": HERE}
    return [item.method for item in shown.over(at_ms * MS, emotions or (emotion(),), places)]


def test_the_map_moves_along_with_its_face(shown):
    shown.add(0, [a_map()])
    (item,) = shown.over(30 * MS, [emotion()], {"f00001": HERE})
    np.testing.assert_array_equal(item.crop_to_image, HERE)


def test_a_map_with_a_sign_goes_before_one_without(shown):
    shown.add(0, [a_map("grad_cam")])
    shown.add(900 * MS, [a_map("amal_attention")])
    assert methods(shown, 900) == ["grad_cam"]
    assert methods(shown, 1001) == ["amal_attention"]  # grad_cam is too old


def test_a_map_of_another_label_is_not_shown(shown):
    shown.add(0, [a_map("grad_cam", "boredom"), a_map("amal_attention", "boredom")])
    assert methods(shown, 10, emotion("neutral")) == ["amal_attention"]  # the same for every label
    assert methods(shown, 20, emotion("boredom")) == ["grad_cam"]


def test_stale_and_gone(shown):
    shown.add(0, [a_map()])
    assert methods(shown, 1000) == ["grad_cam"]
    assert methods(shown, 500, f00002=HERE) == []
    assert methods(shown, 1001) == []


def test_the_newest_in_whatever_order_they_come(shown):
    shown.add(60 * MS, [a_map("lime")])
    shown.add(30 * MS, [a_map("grad_cam")])
    shown.add(90 * MS, [a_map("lime", "neutral")])
    shown.add(40 * MS, [a_map("lime", "boredom")])  # late: the one of 90 ms stays
    assert methods(shown, 60, emotion("neutral")) == []  # of a frame to come
    assert methods(shown, 90, emotion("neutral")) == ["lime"]
    assert methods(shown, 90, emotion("boredom")) == ["grad_cam"]


def test_a_recording_that_begins_anew(shown):
    shown.add(9000 * MS, [a_map()])
    shown.add(10 * MS, [a_map()])
    assert methods(shown, 20) == ["grad_cam"]


def test_every_face_has_its_own(shown):
    shown.add(0, [a_map(), a_map("lime", face_id="f00002")])
    both = emotion(), emotion(face_id="f00002")
    assert methods(shown, 0, *both, f00001=HERE, f00002=HERE) == ["grad_cam", "lime"]
