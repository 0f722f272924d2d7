import numpy as np
import pytest

from affect_core.bench.explain import _top, gradient_shap_line, lime_line


@pytest.mark.long
def test_the_line_of_lime(monkeypatch, tmp_path):
    monkeypatch.setenv("AFFECT_HRI_CACHE", str(tmp_path))
    line = lime_line(rounds=1)
    assert (line.name, line.n, line.unit) == ("lime_ratio", 1, "ms")
    assert line.ratio == line.other / line.ours
    assert line.more["samples"] == 200
    assert line.more["rank_correlation"] > 0.9


def test_the_line_of_gradient_shap():
    line = gradient_shap_line(rounds=1)
    assert (line.name, line.n, line.unit) == ("gradientshap_ratio", 1, "ms")
    assert line.ratio == line.other / line.ours
    assert line.more["rank_correlation"] > 0.9  # bf16 where the processor gains by it, else the same


def test_the_top_superpixels_are_told_by_their_place():
    one = np.repeat(np.arange(8.0), 2).reshape(4, 4)
    assert _top(one) == {(1, 2), (2, 0), (2, 2), (3, 0), (3, 2)}
    assert _top(one) == _top(-2.0 * one)
    assert _top(one) != _top(one[::-1])
