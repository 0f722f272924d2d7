import math

import pytest
import torch

from affect_core.emotion import Output
from affect_core.training.losses import (
    LossConfig,
    Truth,
    alignment_loss,
    inverse_frequencies,
    losses,
    mean_variation,
    pool_mask,
    regression_loss,
)

ATTENTION = torch.tensor([[[0.5, 0.25], [0.5, 1.0]]])
LOGITS = torch.tensor([[math.log(3.0), 0.0]])  # probabilities 3/4 and 1/4


def test_alignment_by_hand():
    # -log of 0.5, 0.75 (mask 0), 0.5 (mask 0), and about 1: the mean of four.
    mask = torch.tensor([[[1.0, 0.0], [0.0, 1.0]]])
    expected = -(math.log(0.5) + math.log(0.75) + math.log(0.5)) / 4
    assert alignment_loss(ATTENTION, mask).item() == pytest.approx(expected, abs=1e-4)


def test_alignment_stays_finite_where_the_attention_is_certain_and_wrong():
    assert alignment_loss(torch.ones(1, 2, 2), torch.zeros(1, 2, 2)).item() == pytest.approx(
        -math.log(1e-5), rel=0.01
    )


def test_variation_by_hand():
    # Down: |0.5 - 0.5| and |1 - 0.25|, mean 0.375. Across: |0.25 - 0.5| and |1 - 0.5|, mean 0.375.
    assert mean_variation(ATTENTION).item() == pytest.approx(0.75)
    assert mean_variation(torch.cat([ATTENTION, torch.ones(1, 2, 2)])).item() == pytest.approx(0.375)


def test_masks_are_pooled_to_the_map():
    mask = torch.zeros(1, 4, 4)
    mask[0, :2, :3] = 1.0
    assert pool_mask(mask, ATTENTION).tolist() == [[[1.0, 0.5], [0.0, 0.0]]]


def test_total_by_hand():
    mask = torch.zeros(1, 4, 4)
    mask[:, :2, :2] = 1.0
    config = LossConfig(align=0.2, sparsity=0.1, variation=0.01, regression=0.5)
    output = Output(LOGITS, ATTENTION.clamp(max=0.75), torch.tensor([[0.5, 0.0, 1.0]]))
    known = torch.tensor([[0.1, math.nan, 0.8]])
    terms = losses(output, Truth(torch.tensor([[0.0, 1.0]]), mask, known), config)
    alignment = -(math.log(0.5) + math.log(0.75) + math.log(0.5) + math.log(0.25)) / 4
    assert terms.cross_entropy.item() == pytest.approx(math.log(4.0), rel=1e-5)
    assert terms.alignment.item() == pytest.approx(alignment, rel=1e-5)
    assert terms.sparsity.item() == pytest.approx(0.5)  # (0.5 + 0.25 + 0.5 + 0.75) / 4
    assert terms.variation.item() == pytest.approx((0.0 + 0.5) / 2 + (0.25 + 0.25) / 2)
    assert terms.regression.item() == pytest.approx((0.4**2 + 0.2**2) / 2, rel=1e-5)
    expected = math.log(4.0) + 0.2 * alignment + 0.1 * 0.5 + 0.01 * 0.5 + 0.5 * 0.1
    assert terms.total.item() == pytest.approx(expected, rel=1e-5)


def test_soft_labels_smoothing_and_class_weights_by_hand():
    truth = Truth(torch.tensor([[0.5, 0.5]]), torch.zeros(1, 4, 4))
    first, second = -math.log(0.75), -math.log(0.25)
    assert losses(Output(LOGITS), truth, LossConfig()).cross_entropy.item() == pytest.approx(
        (first + second) / 2, rel=1e-5
    )
    # Smoothing by 0.2 turns (1, 0) into (0.9, 0.1); the weights are 2 and 0.5.
    truth = Truth(torch.tensor([[1.0, 0.0]]), torch.zeros(1, 4, 4))
    weighted = losses(Output(LOGITS), truth, LossConfig(label_smoothing=0.2), torch.tensor([2.0, 0.5]))
    assert weighted.cross_entropy.item() == pytest.approx(0.9 * 2 * first + 0.1 * 0.5 * second, rel=1e-5)


def test_rare_classes_weigh_more():
    # Three of one class, one of the other: 4 / (2 * 3) and 4 / (2 * 1).
    targets = torch.tensor([[1.0, 0.0]] * 3 + [[0.0, 1.0]])
    assert inverse_frequencies(targets).tolist() == pytest.approx([2 / 3, 2.0])


def test_without_attention_it_is_the_cross_entropy():
    truth = Truth(torch.tensor([[1.0, 0.0]]), torch.zeros(1, 4, 4), torch.zeros(1, 3))
    terms = losses(Output(LOGITS), truth, LossConfig())
    assert terms.total.item() == pytest.approx(math.log(4 / 3), rel=1e-5)
    assert (terms.alignment.item(), terms.regression.item()) == (0.0, 0.0)


def test_a_regression_without_any_truth_costs_nothing():
    estimated = torch.full((2, 3), 0.5, requires_grad=True)
    loss = regression_loss(estimated, torch.full((2, 3), math.nan))
    loss.backward()
    assert loss.item() == 0.0
    assert (estimated.grad == 0).all()


def test_the_alignment_draws_the_attention_to_the_face():
    logits = torch.zeros(1, 2, 2, requires_grad=True)
    mask = torch.tensor([[[1.0, 0.0], [0.0, 1.0]]])
    alignment_loss(logits.sigmoid(), mask).backward()
    assert (-logits.grad > 0).tolist() == [[[True, False], [False, True]]]
