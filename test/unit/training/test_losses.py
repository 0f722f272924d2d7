import math

import pytest
import torch

from affect_core.emotion import Output
from affect_core.training.losses import LossConfig, alignment_loss, losses, pool_mask, total_variation

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


def test_total_variation_by_hand():
    # Down: |0.5 - 0.5| + |1 - 0.25| = 0.75. Across: |0.25 - 0.5| + |1 - 0.5| = 0.75.
    assert total_variation(ATTENTION).item() == pytest.approx(1.5)
    assert total_variation(torch.cat([ATTENTION, torch.ones(1, 2, 2)])).item() == pytest.approx(0.75)


def test_masks_are_pooled_to_the_map():
    mask = torch.zeros(1, 4, 4)
    mask[0, :2, :3] = 1.0
    assert pool_mask(mask, ATTENTION).tolist() == [[[1.0, 0.5], [0.0, 0.0]]]


def test_total_by_hand():
    mask = torch.zeros(1, 4, 4)
    mask[:, :2, :2] = 1.0
    config = LossConfig(align=0.2, sparsity=0.1, variation=0.01)
    terms = losses(Output(LOGITS, ATTENTION.clamp(max=0.75)), torch.tensor([1]), mask, config)
    alignment = -(math.log(0.5) + math.log(0.75) + math.log(0.5) + math.log(0.25)) / 4
    assert terms.cross_entropy.item() == pytest.approx(math.log(4.0), rel=1e-5)
    assert terms.alignment.item() == pytest.approx(alignment, rel=1e-5)
    assert terms.sparsity.item() == pytest.approx(2.0)
    assert terms.variation.item() == pytest.approx(0.5 + 0.5)
    expected = math.log(4.0) + 0.2 * alignment + 0.1 * 2.0 + 0.01 * 1.0
    assert terms.total.item() == pytest.approx(expected, rel=1e-5)


def test_without_attention_it_is_the_cross_entropy():
    terms = losses(Output(LOGITS), torch.tensor([0]), torch.zeros(1, 4, 4), LossConfig())
    assert terms.total.item() == pytest.approx(math.log(4 / 3), rel=1e-5)
    assert terms.alignment.item() == 0.0


def test_the_alignment_draws_the_attention_to_the_face():
    logits = torch.zeros(1, 2, 2, requires_grad=True)
    mask = torch.tensor([[[1.0, 0.0], [0.0, 1.0]]])
    alignment_loss(logits.sigmoid(), mask).backward()
    assert (-logits.grad > 0).tolist() == [[[True, False], [False, True]]]
