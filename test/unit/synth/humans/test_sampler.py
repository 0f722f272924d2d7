from collections import Counter

import numpy as np
import pytest

from affect_core.errors import ConfigError
from affect_core.heads.expressions import load_expressions
from affect_core.labels import COMPLEX_6
from affect_core.synth.humans.base import HumanSetConfig
from affect_core.synth.humans.sampler import draw, streams

MODES = 50


@pytest.fixture(scope="module")
def table():
    return load_expressions()


def drawn(table, config, count=400):
    return [draw(config, table, MODES, index, streams(config, index)[0]) for index in range(count)]


def test_the_classes_take_turns(table):
    labels = [what.label for what in drawn(table, HumanSetConfig(), 12)]
    assert labels == [*COMPLEX_6, *COMPLEX_6]


def test_a_picture_depends_on_its_index_and_seed_only(table):
    config = HumanSetConfig(seed=4)
    alone = draw(config, table, MODES, 7, streams(config, 7)[0])
    among = drawn(table, config, 9)[7]
    assert alone.identity.tolist() == among.identity.tolist()
    assert alone.head_deg == among.head_deg
    other = draw(HumanSetConfig(seed=5), table, MODES, 7, streams(HumanSetConfig(seed=5), 7)[0])
    assert other.identity.tolist() != alone.identity.tolist()
    assert len({tuple(what.identity) for what in drawn(table, config, 30)}) == 30  # nobody is shown twice


def test_shares_and_ranges_are_kept(table):
    config = HumanSetConfig(intensity_low=0.4, intensity_high=0.8, dim_share=0.22)
    pictures = drawn(table, config)
    strengths = [what.intensity for what in pictures if what.label != "neutral"]
    assert 0.4 <= min(strengths) < 0.42
    assert 0.78 < max(strengths) <= 0.8
    assert {what.intensity for what in pictures if what.label == "neutral"} == {0.0}
    lights = Counter(what.lighting for what in pictures)
    assert 0.15 < lights["dim"] / len(pictures) < 0.30
    turns = np.array([what.head_deg for what in pictures])
    assert np.abs(turns).max() <= 25.0
    assert np.allclose(turns.std(axis=0), [11, 7, 6], atol=3.0)
    assert all(0.5 <= what.crop_px / 224 <= 0.563 for what in pictures)
    assert {what.soft_label for what in pictures} == {None}


def test_blends_have_soft_labels(table):
    pictures = drawn(table, HumanSetConfig(blend_share=0.3))
    blends = [what for what in pictures if what.soft_label is not None]
    assert 0.2 < len(blends) / len([what for what in pictures if what.label != "neutral"]) < 0.4
    for what in blends:
        assert sum(what.soft_label.values()) == pytest.approx(1.0)
        assert max(what.soft_label, key=what.soft_label.get) == what.label
        assert len(what.soft_label) == 2
        assert "neutral" not in what.soft_label


def test_boredom_looks_away(table):
    pictures = drawn(table, HumanSetConfig(intensity_low=1.0))
    aside = {
        label: np.mean([abs(what.gaze_deg[0]) for what in pictures if what.label == label])
        for label in COMPLEX_6
    }
    assert max(aside, key=aside.get) == "boredom"


def test_a_range_the_wrong_way_round_is_refused():
    with pytest.raises(ConfigError, match="intensity_low <= intensity_high"):
        HumanSetConfig(intensity_low=0.8, intensity_high=0.5)
    with pytest.raises(ConfigError, match="one of complex-6"):
        HumanSetConfig(labels="complex-7")
