"""Rules of propagation on chains whose relevances are worked out by hand, and their sums on deeper ones."""

import numpy as np
import pytest
import torch
from torch import nn

from affect_core.emotion import Output
from affect_core.errors import ExplainError, Unavailable, UnknownName
from affect_core.explain.lrp_rules import LRP_RULES, BoxRule, Place
from affect_core.explain.network import explain_network
from affect_core.explain.relevance import propagate, relevances

SIZE = 12
CONSERVING = sorted(name for name in LRP_RULES if LRP_RULES.build(name).conserves)
BOX = ((-1.0, -1.5, -2.0), (1.0, 1.5, 2.0))


class Linear(nn.Module):
    """Two classes, each a weighted sum of all pixels, without bias."""

    def __init__(self):
        super().__init__()
        self.flatten, self.classifier = nn.Flatten(), nn.Linear(3 * SIZE * SIZE, 2, bias=False)

    def forward(self, batch):
        return Output(self.classifier(self.flatten(batch)))


class Chain(nn.Module):
    """Two blocks of convolutions and two linear layers."""

    def __init__(self, bias):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(3, 6, 3, padding=1, bias=bias), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(6, 8, 3, padding=1, bias=bias), nn.ReLU(), nn.AdaptiveAvgPool2d(2),
            nn.Flatten(), nn.Linear(32, 16, bias=bias), nn.ReLU(), nn.Dropout(0.5),
        )  # fmt: skip
        self.classifier = nn.Linear(16, 3, bias=bias)

    def forward(self, batch):
        return Output(self.classifier(self.layers(batch)))


def chain(bias=False, seed=0):
    torch.manual_seed(seed)
    return explain_network(Chain(bias).eval())


def pixels(count=4, seed=1):
    random = np.random.default_rng(seed)
    low, high = (np.array(bound)[:, None, None] for bound in BOX)
    return torch.from_numpy(random.uniform(low, high, (count, 3, SIZE, SIZE)).astype(np.float32))


def logits_of(explained, inputs, targets):
    with torch.no_grad():
        return explained.logits(inputs).gather(1, targets[:, None])[:, 0]


@pytest.mark.parametrize("rule", ["zero", "epsilon", "composite"])
def test_item_4_on_a_linear_model_relevance_is_weight_times_pixel(rule):
    torch.manual_seed(0)
    network = Linear()
    inputs, targets = pixels(3), torch.tensor([0, 1, 1])
    found = relevances(explain_network(network), inputs, targets, rule)
    expected = network.classifier.weight.detach().view(2, 3, SIZE, SIZE)[targets] * inputs
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("rule", CONSERVING)
def test_item_3_without_biases_the_pixels_sum_to_the_logit(rule):
    explained, inputs, targets = chain(), pixels(), torch.tensor([0, 1, 2, 0])
    found = relevances(explained, inputs, targets, rule, box=BOX, tolerance=1e-3)
    logits = logits_of(explained, inputs, targets)
    error = (found.flatten(1).sum(1) - logits).abs() / logits.abs()
    assert error.max() < 0.01
    assert found.shape == inputs.shape


@pytest.mark.parametrize("rule", CONSERVING)
def test_item_3_every_layer_holds_the_same_sum(rule, monkeypatch):
    explained, inputs = chain(), pixels()
    seen = []
    builder = LRP_RULES.build(rule)

    def remember(place):
        seen.append(builder.rule(place))
        return seen[-1]

    spied = type(builder)(remember, builder.conserves)
    monkeypatch.setattr(LRP_RULES, "_builders", {**LRP_RULES._builders, "spied": lambda: spied})
    relevances(explained, inputs, torch.tensor([0, 1, 2, 0]), "spied", box=BOX)
    assert len(seen) == 4  # two convolutions, two linear layers
    for layer in seen:  # as shares of the logit, which captum multiplies in at the end
        for relevance in (
            layer.relevance_output[torch.device("cpu")],
            layer.relevance_input[torch.device("cpu")],
        ):
            np.testing.assert_allclose(relevance.flatten(1).sum(1), 1.0, rtol=0.01)


@pytest.mark.parametrize("rule", [name for name in CONSERVING if name != "zero"])
def test_item_3_with_biases_pixels_and_biases_sum_to_the_logit(rule):
    explained, inputs, targets = chain(bias=True), pixels(), torch.tensor([0, 1, 2, 0])
    found = propagate(explained, inputs, targets, rule, box=BOX, tolerance=1e-3)
    pixel_sums = found.relevances.flatten(1).sum(1)
    np.testing.assert_allclose(pixel_sums + found.kept, found.logits, rtol=0.01, atol=1e-4)
    np.testing.assert_allclose(found.logits, logits_of(explained, inputs, targets))
    assert found.kept.abs().min() > 0.0


def test_item_3_what_a_bias_keeps_by_hand():
    # One linear layer: z = a w + b = 2 * 3 + 4 = 10; the logit 10 is shared 6 to the pixel and 4 to the bias.
    class One(nn.Module):
        def __init__(self):
            super().__init__()
            self.flatten, self.classifier = nn.Flatten(), nn.Linear(3, 2)
            self.classifier.weight.data = torch.tensor([[3.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
            self.classifier.bias.data = torch.tensor([4.0, 1.0])

        def forward(self, batch):
            return Output(self.classifier(self.flatten(batch)))

    batch = torch.tensor([2.0, 1.0, 1.0]).view(1, 3, 1, 1)
    found = propagate(explain_network(One()), batch, torch.tensor([0]), "epsilon")
    np.testing.assert_allclose(found.relevances.flatten(), [6.0, 0.0, 0.0], rtol=1e-5)
    assert found.kept.item() == pytest.approx(4.0, rel=1e-5)


def test_item_3_biases_get_no_share():
    explained, inputs, targets = chain(bias=True), pixels(), torch.tensor([0, 1, 2, 0])
    found = relevances(explained, inputs, targets, "zero", tolerance=1e-3)
    np.testing.assert_allclose(found.flatten(1).sum(1), logits_of(explained, inputs, targets), rtol=0.01)


def test_item_3_a_sum_that_is_not_the_logit_is_an_error(monkeypatch):
    lossy = LRP_RULES.build("epsilon_std")
    monkeypatch.setattr(
        LRP_RULES, "_builders", {**LRP_RULES._builders, "lossy": lambda: type(lossy)(lossy.rule, True)}
    )
    explained, inputs = chain(), 100.0 * pixels()
    with pytest.raises(ExplainError, match="expected attributions that sum"):
        relevances(explained, inputs, torch.zeros(4, dtype=torch.long), "lossy", tolerance=0.01)


def test_epsilon_of_the_outputs_spread_absorbs_relevance():
    explained, inputs, targets = chain(), pixels(), torch.tensor([0, 1, 2, 0])
    found = relevances(explained, inputs, targets, "epsilon_std")
    logits = logits_of(explained, inputs, targets)
    assert (found.flatten(1).sum(1).abs() < 0.9 * logits.abs()).all()


def test_item_4_relevance_lies_on_the_patch_that_decides():
    """A planted signal: the class is whether the patch is bright; a convolutional network learns it."""
    torch.manual_seed(0)
    random = np.random.default_rng(0)
    labels = torch.from_numpy(random.integers(0, 2, 64))
    batch = torch.from_numpy(random.normal(0, 0.1, (64, 3, SIZE, SIZE)).astype(np.float32))
    batch[:, :, 2:6, 7:11] += 2.0 * labels.view(-1, 1, 1, 1).float() - 1.0
    network = Chain(bias=True)
    optimiser = torch.optim.Adam(network.parameters(), 5e-3)
    for _ in range(60):
        loss = nn.functional.cross_entropy(network(batch).logits, labels)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    explained = explain_network(network)
    with torch.no_grad():
        assert (explained.logits(batch).argmax(1) == labels).all()
    shown = batch[labels == 1][:8]
    found = relevances(explained, shown, torch.ones(8, dtype=torch.long), "composite", tolerance=0.01)
    inside = found[:, :, 2:6, 7:11].abs().sum() / found.abs().sum()
    assert inside / (1 - inside) > 4 * (16 / 128)  # four times as dense as outside, 16 of 144 pixels


def test_alpha1_beta0_and_box_give_no_relevance_against_a_positive_logit():
    explained, inputs = chain(), pixels(16)
    with torch.no_grad():
        logits, targets = explained.logits(inputs).max(1)
    inputs, targets = inputs[logits > 0], targets[logits > 0]
    assert len(inputs) > 8
    assert relevances(explained, inputs, targets, "alpha1_beta0", box=BOX).min() >= -1e-7


def test_box_by_hand():
    # One pixel and channel, two outputs of a 1 x 1 convolution: x = 0.5, w = (2, -1), l = -1, h = 1.
    # Terms x w - l w+ - h w-: 0.5 * 2 + 2 = 3 and -0.5 + 1 = 0.5; each is a whole, so R comes through: 4 and 6.
    layer = nn.Conv2d(1, 2, 1, bias=False)
    layer.weight.data = torch.tensor([2.0, -1.0]).view(2, 1, 1, 1)
    rule = BoxRule(((-1.0,), (1.0,)))
    rule._convolution, rule._pixels = layer, torch.full((1, 1, 1, 1), 0.5)
    assert rule._shared(torch.tensor([4.0, 6.0]).view(1, 2, 1, 1)).item() == pytest.approx(10.0)
    # Two channels and one output: terms 0.5 * 2 + 1 * 2 = 3 and -0.25 + 1 = 0.75 of 3.75; R = 5 is shared 4 to 1.
    layer = nn.Conv2d(2, 1, 1, bias=False)
    layer.weight.data = torch.tensor([2.0, -1.0]).view(1, 2, 1, 1)
    rule = BoxRule(((-1.0, -1.0), (1.0, 1.0)))
    rule._convolution, rule._pixels = layer, torch.tensor([0.5, 0.25]).view(1, 2, 1, 1)
    found = rule._shared(torch.full((1, 1, 1, 1), 5.0))
    np.testing.assert_allclose(found.flatten(), [4.0, 1.0], rtol=1e-6)


def test_composite_by_place():
    rule = LRP_RULES.build("composite").rule
    assert isinstance(rule(Place(True, False, 0, BOX)), BoxRule)
    gammas = [rule(Place(False, False, block))._gamma for block in range(5)]
    assert gammas == [0.25, 0.25, 0.0, 0.0, 0.0]
    assert rule(Place(False, True, 6))._gamma == 0.0


@pytest.mark.parametrize("rule", LRP_RULES.names())
def test_nothing_is_left_behind(rule):
    explained = chain(bias=True)
    before = {name: value.clone() for name, value in explained.network.state_dict().items()}
    relevances(explained, pixels(), torch.zeros(4, dtype=torch.long), rule, box=BOX)
    assert all(torch.equal(before[name], value) for name, value in explained.network.state_dict().items())
    for part in explained.split.modules():
        assert not {"rule", "activations"} & set(vars(part))
        assert not part._forward_hooks


def test_unknown_rules_and_unfit_networks_are_refused():
    with pytest.raises(UnknownName, match="composite"):
        relevances(chain(), pixels(), torch.zeros(4, dtype=torch.long), "delta")

    class Residual(Chain):
        def forward(self, batch):
            return Output(self.classifier(self.layers(batch + batch.flip(3))))

    with pytest.raises(Unavailable, match="no sound rule"):
        relevances(explain_network(Residual(False)), pixels(), torch.zeros(4, dtype=torch.long), "zero")
