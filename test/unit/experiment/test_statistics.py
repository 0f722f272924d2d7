"""Scores and intervals, worked out by hand."""

import numpy as np
import pytest

from affect_core.errors import InputError
from affect_core.experiment.statistics import (
    METRICS,
    difference,
    interval,
    overall,
    sums_by_group,
)

# Truth 0 0 0 1 1 2, read as 0 0 1 1 0 1: class 2 is never read.
TRUTH = np.array([0, 0, 0, 1, 1, 2])
READ = [0, 0, 1, 1, 0, 1]


def certain(read, classes=3, confidence=1.0):
    """Probabilities with ``confidence`` on the class that is read."""
    rest = (1.0 - confidence) / (classes - 1)
    return np.array([[confidence if c == r else rest for c in range(classes)] for r in read])


def one_group_each(truth, read, **options):
    return sums_by_group(certain(read, **options), np.asarray(truth), np.arange(len(truth)))


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("accuracy", 3 / 6),
        ("precision", (2 / 3 + 1 / 3 + 0) / 3),
        ("recall", (2 / 3 + 1 / 2 + 0) / 3),
        ("macro_f1", (2 * 2 / 6 + 2 * 1 / 5 + 0) / 3),
        ("ece", 0.5),  # always certain, half of it right
    ],
)
def test_scores_by_hand(metric, expected):
    assert overall(one_group_each(TRUTH, READ), metric) == pytest.approx(expected)


@pytest.mark.parametrize("metric", ["accuracy", "precision", "recall", "macro_f1"])
def test_scores_agree_with_scikit_learn(metric):
    from sklearn import metrics

    rng = np.random.default_rng(0)
    truth, read = rng.integers(0, 4, 200), rng.integers(0, 4, 200)
    average = {"average": "macro", "zero_division": 0}
    expected = {
        "accuracy": metrics.accuracy_score(truth, read),
        "precision": metrics.precision_score(truth, read, **average),
        "recall": metrics.recall_score(truth, read, **average),
        "macro_f1": metrics.f1_score(truth, read, **average),
    }
    assert overall(one_group_each(truth, read, classes=4), metric) == pytest.approx(expected[metric])


def test_a_class_without_pictures_does_not_count():
    sums = one_group_each([0, 0, 1], [0, 2, 1])  # nobody shows class 2, one picture is read as it
    assert overall(sums, "recall") == pytest.approx((1 / 2 + 1) / 2)
    assert overall(sums, "precision") == pytest.approx((1 + 1) / 2)


def test_calibration_error_by_hand():
    """Four pictures at 0.6, three right: |0.6 - 0.75|; two at 0.9, one right: |0.9 - 0.5|."""
    low = certain([0, 0, 0, 1], classes=2, confidence=0.6)
    high = certain([1, 0], classes=2, confidence=0.9)
    truth = np.array([0, 0, 0, 0, 1, 1])
    sums = sums_by_group(np.vstack([low, high]), truth, np.arange(6))
    assert overall(sums, "ece") == pytest.approx(4 / 6 * 0.15 + 2 / 6 * 0.4)


def test_grouping_changes_no_score():
    probabilities = certain(READ)
    together = sums_by_group(probabilities, TRUTH, np.array([0, 0, 1, 1, 2, 2]))
    assert together.confusion.shape == (3, 3, 3)
    for metric in METRICS:
        assert overall(together, metric) == pytest.approx(overall(one_group_each(TRUTH, READ), metric))


def test_interval_of_one_perfect_run_has_no_width():
    found = interval([one_group_each(TRUTH, TRUTH)], "accuracy")
    assert (found.mean, found.lo, found.hi) == (1.0, 1.0, 1.0)


def test_interval_over_pictures_is_that_of_the_binomial():
    """50 of 100 right: the interval is about 0.5 +- 1.96 * 0.05."""
    truth = np.zeros(100, int)
    read = [0, 1] * 50
    found = interval([one_group_each(truth, read, classes=2)], "accuracy")
    assert found.mean == 0.5
    assert found.lo == pytest.approx(0.402, abs=0.012)
    assert found.hi == pytest.approx(0.598, abs=0.012)


def test_interval_over_groups_is_wider_than_over_pictures():
    """Ten heads with ten pictures each, of which either all or none are right: ten independent things, not 100."""
    truth, groups = np.zeros(100, int), np.repeat(np.arange(10), 10)
    read = np.repeat([0, 1] * 5, 10)
    by_head = interval([sums_by_group(certain(read, classes=2), truth, groups)], "accuracy")
    by_picture = interval([one_group_each(truth, read, classes=2)], "accuracy")
    assert by_head.mean == by_picture.mean == 0.5
    assert by_head.lo == pytest.approx(0.2, abs=0.05)
    assert by_head.hi - by_head.lo > 2.5 * (by_picture.hi - by_picture.lo)


def test_interval_covers_the_range_of_the_seeds():
    """Three runs without picture noise at 0, 0.5 and 1: 1 in 27 draws takes the best one three times."""
    truth = np.array([0, 1])
    runs = [one_group_each(truth, read, classes=2) for read in ([1, 0], [0, 0], [0, 1])]
    one_group = [type(r)(r.confusion.sum(0, keepdims=True), r.bins.sum(0, keepdims=True)) for r in runs]
    found = interval(one_group, "accuracy")
    assert found.mean == pytest.approx(0.5)
    assert (found.lo, found.hi) == (0.0, 1.0)


def test_interval_is_the_same_every_time():
    runs = [one_group_each(TRUTH, READ), one_group_each(TRUTH, TRUTH)]
    assert interval(runs, "macro_f1") == interval(runs, "macro_f1")


def test_difference_is_paired_by_pictures():
    """Two models that fail on the same pictures, but for one: the difference varies less than either score."""
    truth = np.zeros(100, int)
    theirs = [0] * 50 + [1] * 50
    ours = [0] * 51 + [1] * 49
    found = difference(
        [one_group_each(truth, ours, classes=2)], [one_group_each(truth, theirs, classes=2)], "accuracy"
    )
    assert found.mean == pytest.approx(0.01)
    assert found.lo >= 0.0
    assert found.hi <= 0.04


def test_difference_of_the_same_runs_pairs_the_seeds():
    """In each run the one test is 0.5 below the other, whatever the run's level."""
    truth = np.array([0, 1])
    better = [one_group_each(truth, read, classes=2) for read in ([0, 1], [0, 0])]  # 1, 0.5
    worse = [one_group_each(truth, read, classes=2) for read in ([0, 0], [1, 0])]  # 0.5, 0
    flat = [
        [type(r)(r.confusion.sum(0, keepdims=True), r.bins.sum(0, keepdims=True)) for r in side]
        for side in (better, worse)
    ]
    paired = difference(*flat, "accuracy", same_runs=True)
    assert (paired.mean, paired.lo, paired.hi) == (0.5, 0.5, 0.5)
    independent = difference(*flat, "accuracy")
    assert independent.lo == 0.0
    assert independent.hi == 1.0


def test_what_cannot_be_scored_is_refused():
    with pytest.raises(InputError, match="at least one seed"):
        interval([], "accuracy")
    with pytest.raises(InputError, match="same groups"):
        interval([one_group_each([0], [0]), one_group_each([0, 1], [0, 1])], "accuracy")
    with pytest.raises(InputError, match="as many truths"):
        sums_by_group(certain([0, 1]), np.array([0]), np.array([0]))
