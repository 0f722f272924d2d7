"""Smoothing over time, worked out by hand."""

import math

import numpy as np
import pytest
from scipy.stats import erlang

from affect_core.errors import InputError, UnknownName
from affect_core.smoothing import SMOOTHERS, Temporal, TemporalConfig, learn_durations
from affect_core.smoothing.temporal import _transition

S = 1_000_000_000


def run(config, frames, face_id="f"):
    """frames: (seconds, shares) pairs."""
    temporal = Temporal(config)
    return [temporal.smooth(face_id, np.array(shares), round(at_s * S)) for at_s, shares in frames]


@pytest.mark.parametrize("name", SMOOTHERS.names())
def test_every_smoother_gives_probabilities_and_begins_with_the_frame(name):
    random = np.random.default_rng(1)
    frames = [(0.04 * i, random.dirichlet([0.3] * 6)) for i in range(50)]
    found = run(TemporalConfig(smoothing=name), frames)
    np.testing.assert_allclose(found[0], frames[0][1])
    assert all(one.min() >= 0 for one in found)
    np.testing.assert_allclose([one.sum() for one in found], 1.0)


@pytest.mark.parametrize("name", [name for name in SMOOTHERS.names() if name != "none"])
def test_a_single_odd_frame_does_not_change_the_label_and_a_lasting_change_does(name):
    calm, odd = (0.9, 0.1), (0.2, 0.8)
    frames = [(i / 30, odd if i == 40 or i >= 60 else calm) for i in range(120)]
    labels = [int(one.argmax()) for one in run(TemporalConfig(smoothing=name), frames)]
    assert labels[30:60] == [0] * 30
    assert labels[-1] == 1
    assert 61 < labels.index(1) < 90  # later than the change, by less than a second


def test_an_average_halves_every_half_life():
    config = TemporalConfig(smoothing="ema", ema_s=1.0, forget_s=5.0)
    second, third = run(
        config, [(0.0, (1.0, 0.0)), (math.log(2), (0.0, 1.0)), (3 * math.log(2), (0.0, 1.0))]
    )[1:]
    np.testing.assert_allclose(second, (0.5, 0.5))
    np.testing.assert_allclose(third, (0.125, 0.875), atol=1e-6)


def test_a_filter_of_two_classes_by_hand():
    config = TemporalConfig(smoothing="hmm", duration_s=2.0, duration_shape=1, evidence_s=0.5)
    found = run(config, [(0.0, (0.7, 0.3)), (0.1, (0.4, 0.6))])[1]
    stay = 0.5 * (1.0 + math.exp(-2.0 * 0.1 / 2.0))
    predicted = np.array([0.7 * stay + 0.3 * (1 - stay), 0.3 * stay + 0.7 * (1 - stay)])
    expected = predicted * np.array([0.4, 0.6]) ** 0.2
    np.testing.assert_allclose(found, expected / expected.sum(), atol=1e-9)


@pytest.mark.parametrize("shape", [1, 3, 8])
def test_stays_are_erlang_distributed(shape):
    """Of very many classes none comes back: who is in the first class has stayed."""
    passed = _transition(60, shape, 2.0, 1.5)
    still = passed[0, :shape].sum()  # row: first stage of the first class
    assert still == pytest.approx(erlang.sf(1.5, shape, scale=2.0 / shape), abs=0.01)
    np.testing.assert_allclose(passed.sum(axis=1), 1.0)


def test_the_frame_rate_hardly_matters():
    config = TemporalConfig(smoothing="hmm")
    ends = []
    for rate in (10, 40):
        frames = [(i / rate, (0.7, 0.2, 0.1) if i < rate else (0.3, 0.5, 0.2)) for i in range(2 * rate + 1)]
        ends.append(run(config, frames)[-1])
    np.testing.assert_allclose(*ends, atol=0.04)


def test_hysteresis_is_odds_for_the_label_in_force():
    frames = [(0.0, (0.6, 0.4)), (0.1, (0.45, 0.55)), (0.2, (0.35, 0.65))]
    second, third = run(TemporalConfig(hysteresis=1.5), frames)[1:]
    np.testing.assert_allclose(second, np.array([0.675, 0.55]) / 1.225)  # 0.55 : 0.45 is less than 1.5 : 1
    np.testing.assert_allclose(third, np.array([0.525, 0.65]) / 1.175)


def test_faces_are_followed_one_by_one():
    temporal = Temporal(TemporalConfig(smoothing="ema"))
    for i in range(10):
        temporal.smooth("a", np.array([1.0, 0.0]), i * S // 10)
        other = temporal.smooth("b", np.array([0.0, 1.0]), i * S // 10)
    np.testing.assert_allclose(other, (0.0, 1.0))


@pytest.mark.parametrize("stamp_s", [1.6, -0.1])
def test_a_face_that_was_gone_and_a_clock_that_jumped_back_begin_anew(stamp_s):
    config = TemporalConfig(smoothing="ema", ema_s=10.0, forget_s=1.5)
    np.testing.assert_allclose(run(config, [(0.0, (1.0, 0.0)), (stamp_s, (0.0, 1.0))])[1], (0.0, 1.0))
    kept = run(config, [(0.0, (1.0, 0.0)), (1.4, (0.0, 1.0))])[1]
    assert kept[0] > 0.8


def test_an_unknown_smoother():
    with pytest.raises(UnknownName, match="ema"):
        Temporal(TemporalConfig(smoothing="magic"))


def test_durations_are_learnt_by_their_mean_and_spread():
    learnt = learn_durations([2.0, 4.0], TemporalConfig(smoothing="hmm"))
    assert (learnt.duration_s, learnt.duration_shape, learnt.smoothing) == (3.0, 9, "hmm")  # 3 * 3 / 1
    assert learn_durations([2.0, 2.0], TemporalConfig()).duration_shape == 20
    assert learn_durations([0.1, 0.1, 10.0], TemporalConfig()).duration_shape == 1
    with pytest.raises(InputError, match="two durations"):
        learn_durations([1.0], TemporalConfig())
