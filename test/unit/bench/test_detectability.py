from math import degrees

import numpy as np
import pytest

from affect_core.bench.detectability import (
    Cell,
    DetectabilityConfig,
    cells,
    draw_pose,
    find,
    measure,
    summarise,
)
from affect_core.heads.expressions import load_expressions
from affect_core.types import Detection


class Sees:
    """A detector that always sees the same boxes."""

    def __init__(self, *boxes_and_scores):
        self._seen = [Detection(np.array(b, float), np.zeros((5, 2)), s) for b, s in boxes_and_scores]

    def detect(self, image_rgb):
        return self._seen


def test_only_looks_with_colours_have_a_cell_for_each():
    config = DetectabilityConfig(colours=("blue", "red"))
    assert cells(config) == [
        Cell("face", "", "even"),
        Cell("face", "", "dim"),
        Cell("ohbot", "blue", "even"),
        Cell("ohbot", "blue", "dim"),
        Cell("ohbot", "red", "even"),
        Cell("ohbot", "red", "dim"),
    ]


def test_poses_follow_their_index_and_stay_within_the_turn():
    config, table = DetectabilityConfig(), load_expressions()
    poses = [draw_pose(config, table, index) for index in range(200)]
    assert poses[3] == draw_pose(config, table, 3)
    turns = np.array([[degrees(pose["head_yaw"]), degrees(pose["head_pitch"])] for pose in poses])
    assert np.abs(turns).max() <= 20
    assert np.ptp(turns, axis=0).min() > 35


def test_a_detection_must_overlap_the_head():
    truth = np.array([0.0, 0, 10, 10])
    # half of the box: intersection 50 of a union of 100
    assert find(Sees(((0, 0, 10, 5), 0.9)), None, truth, 0.5) == 0.9
    assert find(Sees(((0, 0, 10, 5), 0.9)), None, truth, 0.51) is None
    assert find(Sees(((0, 0, 10, 9), 0.7), ((0, 0, 10, 10), 0.8)), None, truth, 0.5) == 0.8
    assert find(Sees(), None, truth, 0.5) is None


def test_summary_by_hand():
    result = summarise(Cell("face", "", "dim"), 4, [0.8, 0.9, 1.0])
    assert (result.found, result.share, result.score) == (3, 0.75, 0.9)
    # Wilson: (3/4 + 3.8416/8 - 1.96 sqrt(3/64 + 3.8416/64)) / (1 + 3.8416/4)
    assert result.low == pytest.approx(0.3006, abs=1e-4)
    assert np.isnan(summarise(Cell("face", "", "dim"), 2, []).score)


def test_the_head_is_found_in_every_cell():
    """A few pictures per cell; `affect-hri head detectability` shows thousands."""
    config = DetectabilityConfig(images=3)
    counted = dict.fromkeys(cells(config), 0)
    for cell, images, scores in measure(config):
        assert images == 3
        assert all(0.7 <= score <= 1 for score in scores)
        counted[cell] += len(scores)
    assert sum(counted.values()) >= 3 * len(counted) - 1
