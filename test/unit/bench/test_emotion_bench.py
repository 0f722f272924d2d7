from itertools import groupby

import numpy as np

from affect_core.bench import emotion
from affect_core.bench.emotion import in_turns, measure


class Runtime:
    def __init__(self, name, order):
        self.name, self._order = name, order

    def forward(self, batch):
        self._order.append(self.name)


def test_both_take_turns():
    order = []
    ours, other = in_turns(Runtime("ours", order), Runtime("other", order), np.zeros(1), 7)
    turns = [(name, len(list(passes))) for name, passes in groupby(order[10:])]
    assert turns == [("ours", 6), ("other", 6), ("ours", 3), ("other", 3)]  # one of each does not count
    assert len(ours.wall_ms) == len(other.wall_ms) == len(ours.cpu_ms) == 7


def test_the_line(monkeypatch, tmp_path):
    monkeypatch.setenv("AFFECT_HRI_CACHE", str(tmp_path))
    line = measure(runtime="onnxruntime", rounds=3)
    assert (line.name, line.n, line.unit) == ("amal_ratio", 3, "ms")
    assert line.ratio == line.other / line.ours
    assert line.more["runtime"] == "onnxruntime-fp32"
    assert line.more["times_ours"]["min_ms"] <= line.more["times_ours"]["median_ms"]


def test_defaults_are_the_product_s():
    assert emotion.measure.__defaults__[:2] == ("amal_resnet34", "auto")
