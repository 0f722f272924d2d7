"""From outputs to what the report says."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from affect_core.circumplex import figures, tables
from affect_core.circumplex.results import (
    Result,
    constant,
    gain,
    mean_rows,
    medians,
    near_chance,
    row,
    shift,
    verdict,
)
from affect_core.emotion.base import Output
from affect_core.experiment.statistics import Interval
from affect_core.training.circumplex.train import Job

PNG = b"\x89PNG"


def result(samples, mode, seed, right, error=None):
    """A network that reads the first ``right`` pictures rightly, and is ``error`` beside every place."""
    read = np.where(np.arange(len(samples)) < right, samples.labels, (samples.labels + 1) % 3)
    estimates = None if error is None else samples.affect + np.float32(error)
    output = Output(np.eye(3, dtype=np.float32)[read] * 5, None, estimates)
    return Result(Job("efficientnet_v2_s", mode, "toy", seed), Path("nowhere"), {samples.name: output})


@pytest.fixture
def toy(circumplex_toy):
    return circumplex_toy(12, noise=0.1)


def test_item_9_the_verdict_is_what_was_measured(toy):
    combined = [result(toy, "combined", seed, 12, 0.2) for seed in range(3)]
    discrete = [result(toy, "discrete", seed, 6 + seed) for seed in range(3)]
    va = [result(toy, "va", seed, 9, 0.1) for seed in range(3)]
    means = mean_rows([row(r, toy) for r in (*discrete, *combined, *va)])
    change = gain(combined, discrete, toy)
    assert change.mean == pytest.approx(1.0 - np.mean([row(r, toy)["f1"] for r in discrete]))
    assert change.mean > 0.0 and change.lo > 0.0
    first, second = verdict(change, means, "efficientnet_v2_s")
    assert "combined beat discrete" in first and "over 3 seeds" in first and "holds 0" not in first
    assert second.startswith("efficientnet_v2_s: va has the lowest RMSE")
    assert "combined 0.200, va 0.100" in second


def test_item_9_the_verdict_says_so_when_combined_did_not_beat_discrete(toy):
    combined = [result(toy, "combined", seed, 6, 0.1) for seed in range(3)]
    discrete = [result(toy, "discrete", seed, 12) for seed in range(3)]
    va = [result(toy, "va", seed, 9, 0.3) for seed in range(3)]
    means = mean_rows([row(r, toy) for r in (*discrete, *combined, *va)])
    first, second = verdict(gain(combined, discrete, toy), means, "efficientnet_v2_s")
    assert "did not beat" in first and "combined has the lowest RMSE" in second
    unclear, _ = verdict(Interval(0.01, -0.1, 0.2), means, "efficientnet_v2_s")
    assert "this says little" in unclear


def test_item_8_a_row_has_every_score(toy):
    made = row(result(toy, "combined", 0, 12, 0.1), toy)
    assert (made["precision"], made["recall"], made["f1"], made["accuracy"]) == (1.0, 1.0, 1.0, 1.0)
    for name in ("valence", "arousal", "pooled", "mean"):
        errors = made["estimates"][name]
        assert errors["rmse"] ** 2 == pytest.approx(errors["mse"]) == pytest.approx(0.01, rel=1e-4)
        assert errors["mae"] == pytest.approx(0.1, rel=1e-4) and 0.0 < errors["ccc"] < 1.0
    assert row(result(toy, "discrete", 0, 12), toy)["estimates"] == {}


def test_item_10_only_shared_dimensions_are_compared(toy):
    both = np.concatenate([toy.affect, np.zeros((12, 1), np.float32)], axis=1)
    three = replace(toy, affect=both, dimensions=("valence", "arousal", "dominance"))
    made = row(result(toy, "va", 0, 12, 0.1), toy)
    crossed = Result(
        Job("b", "va", "toy", 0), Path(), {"toy": Output(np.eye(3)[toy.labels], None, toy.affect)}
    )
    assert set(row(crossed, three)["estimates"]) == {"valence", "arousal", "pooled", "mean"}
    assert set(made["estimates"]) == set(row(crossed, three)["estimates"])


def test_item_11_medians_and_shift_by_hand(circumplex_toy):
    toy = circumplex_toy(12, noise=0.0)
    assert medians(toy)["glad"] == {"n": 4, "valence": pytest.approx(0.7), "arousal": pytest.approx(0.3)}
    moved = replace(toy, affect=(toy.affect * 0.5).astype(np.float32))
    found = shift(toy, moved)["valence"]
    assert found["train_mean"] == pytest.approx(0.1 / 3, rel=1e-3)
    assert found["train_negative"] == found["test_negative"] == pytest.approx(1 / 3)
    # Thirds at -0.6, 0, 0.7 against -0.3, 0, 0.35: between them the functions are one third apart.
    assert found["distance"] == pytest.approx(1 / 3)


def test_who_always_says_the_mean(circumplex_toy):
    toy = circumplex_toy(12, noise=0.0)
    found = constant(toy, toy)["valence"]
    # A third each at 0, 0.7 and -0.6: the mean is 1/30, the variance (0.49 + 0.36) / 3 - 1/900.
    assert found["mse"] == pytest.approx(0.85 / 3 - 1 / 900, rel=1e-4)
    assert found["ccc"] == pytest.approx(0.0, abs=1e-6)


def test_a_comparison_near_chance_says_so():
    means = [
        {"backbone": "b", "mode": mode, "accuracy": value} for mode, value in (("discrete", 0.2), ("va", 0.9))
    ]
    assert "accuracy is 0.200, near chance (0.125)" in near_chance(means, "b", 8)
    assert near_chance(means, "b", 20) == ""  # four times the chance


def test_item_11_neutral_synthetic_faces_lie_near_the_origin():
    from affect_core.data.affect_map import affect
    from affect_core.heads.expressions import load_expressions

    def place(name):
        units = load_expressions().get(name).action_units
        return affect({unit: (sides["right"], sides["left"]) for unit, sides in units.items()})

    assert np.hypot(*place("neutral")) < 0.05
    assert place("happy")[0] > 0.5 and place("sad")[0] < -0.3


def test_item_11_every_picture_can_be_drawn(toy, circumplex_toy):
    one = result(toy, "va", 0, 9, 0.2)
    shares = {"valence": np.linspace(0, 1, 21), "arousal": np.linspace(0, 1, 21)}
    drawn = [
        figures.circumplex_png(toy),
        figures.by_class_png(toy),
        figures.shift_png(toy, circumplex_toy(9, 4)),
        figures.confusion_png(np.array([[3.0, 1.0], [0.0, 0.0]]), ("a", "b")),
        figures.error_cdf_png({"va": shares}),
        figures.estimates_png(toy, one.tests["toy"].regression),
        figures.learning_png({"va": [0.1, 0.2]}),
        figures.labels_png({"Peace": 0.2, "Pain": 0.1}),
    ]
    assert all(png.startswith(PNG) and len(png) > 2000 for png in drawn)


def test_item_2_the_weights_stand_beside_the_papers_where_the_classes_are_affectnets():
    names = ("neutral", "happy", "sad", "surprise", "fear", "disgust", "anger")
    rows = tables.weights(names, [1] * 7, [1 / 7] * 7).rows
    assert rows[0] == ["neutral", 1, "0.142857", "0.022600"]
    assert tables.weights(("a", "b"), [1, 1], [0.5, 0.5]).rows[0][-1] is None


def test_the_papers_own_table_is_whole():
    assert len(tables.PUBLISHED) == 12
    for *_, mae, rmse, ccc in tables.PUBLISHED:
        assert (mae is None) == (rmse is None) == (ccc is None)
