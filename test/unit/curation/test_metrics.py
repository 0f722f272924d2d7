"""The seven figures of merit, worked out by hand."""

from __future__ import annotations

from math import isnan, sqrt

import numpy as np
import pytest

from affect_core.curation.metrics import MACRO_RECALL, METRICS, ceiling, confusion_of, measure

TRUTH = np.array([0, 0, 1, 1, 2, 2])
READ = np.array([0, 1, 1, 1, 2, 0])


def scores_of(read: np.ndarray, classes: int = 3) -> np.ndarray:
    return np.eye(classes)[read]


def test_by_hand() -> None:
    """Recalls 1/2, 1, 1/2. Of the 4 others of each class 1, 1 and 0 were taken for it: 3/4, 3/4, 1.

    MCC: 4 hits of 6; read (2, 3, 1) times true (2, 2, 2) is 12: (24 - 12) / sqrt((36 - 14) (36 - 12)).
    AUC of 0/1 scores is (recall + specificity) / 2: 5/8, 7/8, 3/4.
    """
    found = measure(TRUTH, READ, scores_of(READ))
    assert found["accuracy"] == pytest.approx(4 / 6)
    assert found["sensitivity"] == found[MACRO_RECALL] == pytest.approx(2 / 3)
    assert found["specificity"] == pytest.approx(2.5 / 3)
    assert found["balanced_accuracy"] == pytest.approx((2 / 3 + 2.5 / 3) / 2)
    assert found["g_mean"] == pytest.approx(sqrt(2 / 3 * 2.5 / 3))
    assert found["mcc"] == pytest.approx(12 / sqrt(22 * 24))
    assert found["auc"] == pytest.approx(0.75)
    assert set(METRICS) < set(found) and len(METRICS) == 7
    assert confusion_of(TRUTH, READ, 3).tolist() == [[1, 1, 0], [0, 2, 0], [1, 0, 1]]


def test_chance_of_seven_classes_is_not_what_the_paper_prints() -> None:
    """A guesser of seven even classes: sensitivity 1/7, specificity 6/7."""
    truth, read = (grid.ravel() for grid in np.meshgrid(np.arange(7), np.arange(7)))
    found = measure(truth, read, scores_of(read, 7))
    assert (found["sensitivity"], found["specificity"]) == (pytest.approx(1 / 7), pytest.approx(6 / 7))
    assert found["mcc"] == pytest.approx(0.0) and found["auc"] == pytest.approx(0.5)


def test_classes_without_faces_are_left_out() -> None:
    found = measure(TRUTH[:4], READ[:4], scores_of(READ[:4]))
    assert found["sensitivity"] == pytest.approx(0.75)  # 1/2 and 1; nobody is of the third


def test_nothing_to_measure_is_not_a_number() -> None:
    assert all(isnan(value) for value in measure(TRUTH[:0], READ[:0], np.empty((0, 3))).values())
    alone = measure(TRUTH[:2], READ[:2], scores_of(READ[:2]))  # one class: nothing to tell it from
    assert isnan(alone["auc"]) and isnan(alone["specificity"]) and alone["accuracy"] == 0.5


def test_ceiling_of_the_paper() -> None:
    """0.44 at 5 % and 10 %, 0.61 at 5 %: as in the analysis of the paper's tables."""
    assert [round(ceiling(0.44, q), 3) for q in (0.0, 0.05, 0.10)] == [0.44, 0.463, 0.489]
    assert round(ceiling(0.61, 0.05), 3) == 0.642 and ceiling(0.97, 0.1) == 1.0
