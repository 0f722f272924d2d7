"""P2's metrics against numbers worked out by hand."""

from dataclasses import asdict
from math import isnan, nan, sqrt

import numpy as np
import pytest

from affect_core.circumplex.metrics import CDF_AT, classified, concordance, error_shares, estimated, listed
from affect_core.data.real.emotic import scaled, unscaled
from affect_core.errors import InputError


def test_item_7_emotics_scale():
    assert [scaled(value) for value in (1.0, 5.5, 10.0)] == [-1.0, 0.0, 1.0]
    assert [unscaled(value) for value in (-1.0, 0.0, 1.0)] == [1.0, 5.5, 10.0]
    assert all(unscaled(scaled(value)) == pytest.approx(value) for value in range(1, 11))


def test_item_7_scaling_divides_errors_and_leaves_the_concordance():
    random = np.random.default_rng(0)
    truth = random.integers(1, 11, 50).astype(float)
    guess = np.clip(truth + random.normal(0, 1, 50), 1, 10)
    ours = estimated(*(np.vectorize(scaled)(v)[:, None] for v in (truth, guess)), ("valence",))["valence"]
    theirs = estimated(truth[:, None], guess[:, None], ("valence",))["valence"]
    assert ours.rmse == pytest.approx(theirs.rmse * 2 / 9)
    assert ours.ccc == pytest.approx(theirs.ccc)


TRUTH = np.array([[0.0, 0.5], [0.5, nan], [1.0, -0.5]])
GUESS = np.array([[0.5, 0.5], [0.5, 9.0], [0.5, 0.0]])


def test_item_8_errors_by_hand():
    found = estimated(TRUTH, GUESS, ("valence", "arousal"))
    # Valence: errors 0.5, 0, -0.5. Arousal: 0, unknown, 0.5.
    assert (found["valence"].n, found["arousal"].n, found["pooled"].n) == (3, 2, 5)
    assert found["valence"].mse == pytest.approx(0.5 / 3)
    assert found["arousal"].mse == pytest.approx(0.125)
    assert found["pooled"].mse == pytest.approx(0.75 / 5)
    assert found["pooled"].mae == pytest.approx(1.5 / 5)
    # Valence: the guess is constant, so CCC 0. Arousal: truth (0.5, -0.5), guess (0.5, 0): variances 1/4 and 1/16,
    # covariance 1/8, means 0 and 1/4: (1/4) / (1/4 + 1/16 + 1/16) = 2/3.
    assert found["valence"].ccc == 0.0
    assert found["arousal"].ccc == pytest.approx(2 / 3)
    assert found["mean"].ccc == pytest.approx(1 / 3)
    for one in found.values():
        assert one.rmse == pytest.approx(sqrt(one.mse))


def test_item_8_pooled_is_one_series_and_not_the_mean():
    # Two dimensions, each constant and right: alone each has no concordance, together they are one right line.
    truth = np.array([[0.5, -0.5], [0.5, -0.5]])
    found = estimated(truth, truth, ("valence", "arousal"))
    assert (found["pooled"].ccc, found["mean"].ccc) == (1.0, 0.0)


def test_item_8_classes_by_hand():
    # a: 2 of 3 right, once read for b. b: 1 of 1. c does not occur.
    found = classified(np.array([0, 0, 0, 1]), np.array([0, 0, 1, 1]), ("a", "b", "c"))
    assert found.matrix.tolist() == [[2, 1, 0], [0, 1, 0], [0, 0, 0]]
    assert found.precision == pytest.approx((1.0 + 0.5) / 2)
    assert found.recall == pytest.approx((2 / 3 + 1.0) / 2)
    assert found.f1 == pytest.approx((0.8 + 2 / 3) / 2)  # 2*1*(2/3)/(5/3) = 0.8; 2*0.5*1/1.5 = 2/3
    assert found.accuracy == 0.75
    assert found.per_class["c"][0] == 0 and all(isnan(value) for value in found.per_class["c"][1:])


def test_concordance_of_series():
    x = np.array([-1.0, 0.0, 1.0])
    assert concordance(x, x) == 1.0 and concordance(x, -x) == -1.0
    assert concordance(x, x + 1.0) == pytest.approx(4 / 7)
    assert concordance(np.ones(3), np.ones(3)) == 0.0


def test_item_10_error_shares_rise_from_0_to_1():
    random = np.random.default_rng(1)
    truth, guess = random.uniform(-1, 1, 200), random.uniform(-1, 1, 200)
    shares = error_shares(truth, guess)
    assert (CDF_AT[0], CDF_AT[-1]) == (0.0, 1.0)
    assert (np.diff(shares) >= 0.0).all() and shares[0] >= 0.0 and shares[-1] <= 1.0
    # Errors 0.5, 0, 0.5, and one unknown.
    np.testing.assert_allclose(
        error_shares(np.array([0.0, 0.5, 1.0, nan]), np.full(4, 0.5), (0.0, 0.25, 0.5)), [1 / 3, 1 / 3, 1.0]
    )


def test_several_labels_by_hand():
    present = np.array([[1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0], [0.0, 0.0, 0.0, 0.0]])
    logits = np.array([[4.0, 1.0, 3.0, 2.0], [4.0, 3.0, 2.0, 1.0], [1.0, 2.0, 3.0, 4.0]])
    found = listed(present, logits, top=2)
    # First two of picture 0: labels 0 and 2: one of its two labels. Of picture 1: 0 and 1: none. Picture 2 has none.
    assert asdict(found) == {
        "n": 2,
        "label_recall": pytest.approx((0.5 + 0.0) / 2),
        "macro_recall": pytest.approx((1.0 + 0.0 + 0.0) / 3),
        "any_right": 0.5,
    }


def test_nothing_to_score():
    with pytest.raises(InputError, match="got none"):
        classified(np.array([], np.int64), np.array([], np.int64), ("a", "b"))
    with pytest.raises(InputError, match="got none"):
        listed(np.zeros((2, 3)), np.zeros((2, 3)))
    with pytest.raises(InputError, match="dimensions"):
        estimated(TRUTH, GUESS, ("valence",))
    assert isnan(estimated(np.full((2, 1), nan), np.zeros((2, 1)), ("valence",))["valence"].rmse)
