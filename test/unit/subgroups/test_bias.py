"""The bias report: column sums, gaps of the classes, and what it costs to be trained on the other group."""

from dataclasses import replace

import numpy as np
import pytest

from affect_core.errors import InputError
from affect_core.subgroups.bias import BiasConfig, difference_of_means, measure
from affect_core.subgroups.rounds import FIRST, MATCHED, MIXED, SECOND, Readings

CONFIG = BiasConfig(draws=400)


def readings(rates, people=60, seed=0):
    """Two classes, both groups; ``rates[training, group]`` = share of each class that is read rightly."""
    rng = np.random.default_rng(seed)
    truth = np.tile(np.repeat([0, 1], people), 2)
    groups = np.repeat([0, 1], 2 * people)
    predicted = {}
    for training in (MIXED, FIRST, SECOND, MATCHED):
        rate = np.array([rates[training, group][label] for label, group in zip(truth, groups, strict=True)])
        predicted[training] = np.where(rng.random(len(truth)) < rate, truth, 1 - truth)
    count = len(truth)
    return Readings(
        np.arange(count), np.zeros(count, int), truth, groups, np.arange(count), predicted, ("a", "b")
    )


def fair(rate=0.8):
    return {
        (training, group): (rate, rate) for training in (MIXED, FIRST, SECOND, MATCHED) for group in (0, 1)
    }


def test_column_sums_gaps_and_transfer_by_hand():
    """Rates of 0 and 1, so that every number is certain."""
    rates = {
        (MIXED, 0): (1, 1),
        (MIXED, 1): (1, 0),
        (FIRST, 0): (1, 1),
        (FIRST, 1): (0, 1),
        (SECOND, 0): (1, 0),
        (SECOND, 1): (1, 1),
        (MATCHED, 0): (1, 0),
        (MATCHED, 1): (1, 0),
    }
    found = measure(readings(rates), CONFIG)
    assert found.accuracy[FIRST, FIRST].value == 100.0 and found.accuracy[FIRST, SECOND].value == 50.0
    # Class b of the second group is read as a by the mixed training: a 200, b 0.
    assert [e.value for e in found.read[MIXED, SECOND]] == [200.0, 0.0]
    assert [e.value for e in found.read[FIRST, SECOND]] == [0.0, 200.0]
    assert [e.value for e in found.gaps] == [0.0, 100.0] and found.gap.value == 50.0
    # First group: own training 100, the other's 50. Second: 100 and 50. Mean of 50 and 50.
    assert found.transfer.value == 50.0
    # FE-MA 50, MA-FE 50.
    assert found.crossed.value == 0.0
    # Mixed: a 100, b 50, mean 75. Half of it: a 100, b 0, mean 50.
    assert found.doubled.value == 25.0
    assert set(found.found) == {"transfer", "gap"} and found.verdict_level == pytest.approx(0.975)


def test_a_bias_is_found_and_its_interval_holds_it():
    rates = {**fair(), (FIRST, 1): (0.4, 0.4), (SECOND, 0): (0.4, 0.4)}
    found = measure(readings(rates), CONFIG)
    assert found.transfer.low < 40.0 < found.transfer.high and found.transfer.low > 20.0
    assert "transfer" in found.found


def test_no_bias_is_found_where_there_is_none():
    """Over many controls the verdict is wrong no more often than its level says: 5 % for both numbers."""
    few = BiasConfig(draws=200)
    wrong = sum(bool(measure(readings(fair(), people=40, seed=seed), few).found) for seed in range(40))
    assert wrong <= 6  # 2 are expected; more than 6 of 40 happen in less than 1 of 100 cases


def test_a_training_that_is_better_by_chance_cancels_out():
    rates = {**fair(), (FIRST, 0): (0.9, 0.9), (FIRST, 1): (0.9, 0.9)}
    found = measure(readings(rates, people=2000), CONFIG)
    assert abs(found.transfer.value) < 2.0
    assert found.accuracy[FIRST, MIXED].value - found.accuracy[SECOND, MIXED].value > 7.0


def test_people_are_drawn_not_pictures():
    """Ten pictures of everybody that are all right or all wrong tell no more than one: wider intervals."""
    one = readings(fair(0.5), people=400)
    alike = {name: one.truth ^ (one.truth ^ p)[one.subjects // 10 * 10] for name, p in one.predicted.items()}
    apart = measure(Readings(**{**vars(one), "predicted": alike}), CONFIG).accuracy[MIXED, MIXED]
    together = measure(
        Readings(**{**vars(one), "predicted": alike, "subjects": one.subjects // 10}), CONFIG
    ).accuracy[MIXED, MIXED]
    assert apart.value == together.value
    assert together.high - together.low > 2.0 * (apart.high - apart.low)


def test_a_class_without_pictures_is_not_a_number():
    made = readings(fair())
    keep = ~((made.truth == 1) & (made.groups == 1))
    cut = {name: getattr(made, name)[keep] for name in ("faces", "rounds", "truth", "groups", "subjects")}
    few = Readings(**cut, predicted={k: v[keep] for k, v in made.predicted.items()}, label_names=("a", "b"))
    found = measure(few, CONFIG)
    assert np.isnan(found.gaps[1].value) and not np.isnan(found.gaps[0].value) and not found.gaps[1].clear


def test_difference_of_means_by_hand():
    found = difference_of_means(np.array([1.0, 3.0]), np.array([0.0, 0.0, 3.0]), CONFIG)
    assert found.value == pytest.approx(1.0) and found.low < 1.0 < found.high
    rng = np.random.default_rng(0)
    found = difference_of_means(rng.normal(5, 1, 100), rng.normal(4, 1, 100), CONFIG)
    # Standard error sqrt(1/100 + 1/100) = 0.14: 95 % within 0.28 of the middle.
    assert found.high - found.low == pytest.approx(4 * 0.14, rel=0.25) and found.clear


def test_a_group_that_nobody_was_tested_of_is_told():
    both = readings(fair(), people=3)
    first = both.groups == 0
    alone = replace(
        both,
        **{name: getattr(both, name)[first] for name in ("faces", "rounds", "truth", "groups", "subjects")},
        predicted={name: values[first] for name, values in both.predicted.items()},
    )
    with pytest.raises(InputError, match="none of the second group"):
        measure(alone, CONFIG)
