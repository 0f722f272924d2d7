"""P2's losses against numbers worked out by hand."""

from math import exp, log

import numpy as np
import pytest
import torch

from affect_core.circumplex import losses
from affect_core.circumplex.modes import MODES, Truth, mode_of
from affect_core.circumplex.recipe import Recipe
from affect_core.circumplex.tables import WEIGHTS_7, WEIGHTS_8
from affect_core.emotion.base import Output
from affect_core.errors import InputError, UnknownName

COUNTS_7 = (74874, 134415, 25459, 14090, 6378, 3803, 24882)


def column(*values):
    return torch.tensor(values)[:, None]


def test_item_2_weights_reproduce_table_4():
    made = losses.inverse_frequency_weights(COUNTS_7)
    np.testing.assert_allclose(made, WEIGHTS_7, atol=1e-6)
    assert made.sum() == pytest.approx(1.0)
    eight = losses.inverse_frequency_weights((*COUNTS_7, 3750))
    np.testing.assert_allclose(eight, WEIGHTS_8, rtol=0.015)


def test_an_empty_class_is_named():
    with pytest.raises(InputError, match="found none of sad"):
        losses.inverse_frequency_weights([3, 0], ["happy", "sad"])
    with pytest.raises(InputError, match="found none of Pain"):
        losses.positive_weights([3, 0], 4, ["Peace", "Pain"])


def test_item_3_concordance():
    x = column(-1.0, 0.0, 1.0)
    assert losses.concordance(x, x).item() == pytest.approx(1.0)
    assert losses.concordance(-x, x).item() == pytest.approx(-1.0)
    # Shift by 1: variances 2/3 each, covariance 2/3: 2 * 2/3 / (2/3 + 2/3 + 1) = 4/7.
    assert losses.concordance(x + 1.0, x).item() == pytest.approx(4 / 7)


def test_item_3_concordance_is_differentiable_and_never_nan():
    guess = column(0.2, -0.1, 0.4).requires_grad_()
    losses.concordance_loss(guess, column(0.1, 0.0, 0.5)).backward()
    assert torch.isfinite(guess.grad).all() and guess.grad.abs().sum() > 0
    flat = column(0.3, 0.3).requires_grad_()
    loss = losses.concordance_loss(flat, column(0.3, 0.3))
    loss.backward()
    assert loss.item() == 1.0 and torch.isfinite(flat.grad).all()
    unknown = losses.concordance(column(0.1, 0.2), column(float("nan"), 0.2))
    assert unknown.item() == 0.0  # one known value has no spread


LOGITS = torch.tensor([[log(3.0), 0.0], [0.0, 0.0]])
LABELS = torch.tensor([0, 1])
GUESS = torch.tensor([[0.5, 0.0], [0.0, 1.0]])
AFFECT = torch.tensor([[0.0, 0.0], [0.0, 0.5]])
TRUTH = Truth(LABELS, torch.tensor([[1.0, 0.0], [0.0, 1.0]]), AFFECT)
# Shares of the right classes: 3/4 and 1/2. With weights 1 and 3: (ln(4/3) + 3 ln 2) / 4.
CROSS_ENTROPY = (log(4 / 3) + 3 * log(2)) / 4
# Errors 0.5, 0, 0, 0.5: (0.25 + 0.25) / 4.
SQUARED = 0.125


def loss(mode, output, recipe=None, weights=(1.0, 3.0)):
    return mode_of(mode).loss(output, TRUTH, torch.tensor(weights), recipe or Recipe()).item()


def test_weighted_cross_entropy_by_hand():
    assert loss("discrete", Output(LOGITS)) == pytest.approx(CROSS_ENTROPY)


def test_item_4_combined_loss():
    assert loss("combined", Output(LOGITS, None, GUESS)) == pytest.approx(CROSS_ENTROPY + 5 * SQUARED)
    assert loss("combined", Output(LOGITS, None, GUESS), Recipe(alpha=2.0)) == pytest.approx(
        CROSS_ENTROPY + 2 * SQUARED
    )


def test_item_4_va_loss():
    # Valence: truth is constant, covariance 0, CCC 0. Arousal: guess (0, 1), truth (0, 0.5): means 0.5 and 0.25,
    # variances 1/4 and 1/16, covariance 1/8, CCC = (1/4) / (1/4 + 1/16 + 1/16) = 2/3. Loss 1 - 1/3.
    assert loss("va", Output(LOGITS, None, GUESS)) == pytest.approx(2 / 3 + 3 * SQUARED)


def test_the_loss_for_several_labels():
    # Binary cross-entropy, present label weighted by w: picture 0: w0 ln(1 + 1/3), absent: ln 2; picture 1: ln 2,
    # present w1 ln 2. Weights 1 and 3, mean over four.
    expected = (log(1 + exp(-log(3.0))) + log(2) + log(2) + 3 * log(2)) / 4
    assert loss("multi", Output(LOGITS, None, GUESS)) == pytest.approx(expected + 5 * SQUARED)


def test_unknown_values_do_not_count():
    truth = torch.tensor([[float("nan"), 0.0], [0.0, float("nan")]])
    guess = torch.tensor([[9.0, 0.5], [0.5, 9.0]], requires_grad=True)
    error = losses.squared_error(guess, truth)
    error.backward()
    assert error.item() == 0.25
    assert guess.grad[0, 0] == guess.grad[1, 1] == 0.0
    assert losses.squared_error(guess, torch.full((2, 2), float("nan"))).item() == 0.0


def test_positive_weights_are_n_over_n_k():
    np.testing.assert_allclose(losses.positive_weights([10, 4], 20), [2.0, 5.0])


def test_the_modes():
    assert set(MODES.names()) == {"discrete", "combined", "va", "multi"}
    with pytest.raises(UnknownName, match="combined"):
        mode_of("both")
