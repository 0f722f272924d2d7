"""Many explanations in few numbers, worked out by hand."""

from pathlib import Path

import numpy as np
import pytest

from affect_core.explain.comparison import agreements, comparison, mean_maps, mean_of, means
from affect_core.explain.faithfulness import Sanity
from affect_core.explain.study import Explanation
from affect_core.types import Crop, Detection, Face

SIZE = 4
AFFINE = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])


def explanation(label, maps, level=0, metrics=None, failed=None):
    detection = Detection(np.array([0.0, 0.0, 4.0, 4.0]), np.zeros((5, 2)), 1.0)
    face = Face("", detection, Crop(np.full((SIZE, SIZE, 3), level, np.uint8), AFFINE))
    heatmaps = {method: np.asarray(values, np.float32) for method, values in maps.items()}
    return Explanation(
        "picture", "model", "", {}, label, {label: 1.0}, face, heatmaps, metrics or {}, failed or {}, Path()
    )


def test_means_leave_out_what_is_not_known():
    faces = [
        explanation("joy", {}, metrics={"a": {"face_share": 0.2, "seconds": 1.0}, "b": {"face_share": 0.7}}),
        explanation("joy", {}, metrics={"a": {"face_share": 0.6, "seconds": 1.0}}),
        explanation("joy", {}, metrics={"a": {"face_share": np.nan, "seconds": 1.0}}),
    ]
    found = means(faces)
    assert (found["a"]["face_share"].mean, found["a"]["face_share"].n) == (pytest.approx(0.4), 2)
    assert (found["a"]["face_share"].lo, found["a"]["face_share"].hi) == (
        pytest.approx(0.2),
        pytest.approx(0.6),
    )
    assert (found["a"]["seconds"].lo, found["a"]["seconds"].mean, found["a"]["seconds"].n) == (1.0, 1.0, 3)
    assert (found["b"]["face_share"].mean, found["b"]["face_share"].n) == (0.7, 1)
    assert mean_of(np.array([np.nan])) is None


def test_the_interval_covers_as_often_as_it_says():
    random = np.random.default_rng(0)
    found = [mean_of(random.normal(0.0, 1.0, 50)) for _ in range(100)]
    assert 88 <= sum(one.lo <= 0.0 <= one.hi for one in found) <= 99


def test_mean_maps_weigh_every_face_alike():
    one, other = np.zeros((SIZE, SIZE)), np.zeros((SIZE, SIZE))
    one[0, 0], other[0, 0], other[3, 3] = 50.0, 1.0, -1.0
    made = [
        explanation("joy", {"a": one}, level=100),
        explanation("joy", {"a": other}, level=51),
        explanation("fear", {"a": np.zeros((SIZE, SIZE))}, level=9),
    ]
    found = mean_maps(made)
    assert list(found) == [("fear", "a"), ("joy", "a")]
    joy = found["joy", "a"]
    assert (joy.n, joy.crop_rgb[0, 0, 0]) == (2, 76)  # 75.5
    assert (joy.heatmap[0, 0], joy.heatmap[3, 3]) == (0.75, -0.25)  # (1 + 1/2) / 2, (0 - 1/2) / 2
    assert not found["fear", "a"].heatmap.any()


def test_methods_are_compared_on_faces_that_have_all_maps():
    rising = np.arange(16.0).reshape(4, 4)
    both = explanation("joy", {"a": rising, "b": -rising})
    one = explanation("joy", {"a": rising}, failed={"b": "no sum"})
    assert agreements([both, one, both]) == {("a", "b"): pytest.approx(-1.0)}
    assert agreements([one]) == {}


def test_the_numbers_of_a_model():
    made = [explanation("joy", {"a": np.ones((4, 4))}, metrics={"a": {"face_share": 0.5}})] * 2
    found = comparison(made, {"a": Sanity(0.7, survives=True), "b": "the sum is wrong"})
    assert (found["faces"], found["labels"]) == (2, {"joy": 2})
    assert found["methods"]["a"]["face_share"] == {"mean": 0.5, "lo": 0.5, "hi": 0.5, "n": 2}
    assert found["sanity"] == {
        "a": {"rank_correlation": 0.7, "survives": True},
        "b": {"why_not": "the sum is wrong"},
    }
