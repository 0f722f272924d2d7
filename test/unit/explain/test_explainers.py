"""Every method on networks whose explanation is known."""

import numpy as np
import pytest
import torch
from torch import nn

from affect_core.emotion import ARCHITECTURES, Output
from affect_core.errors import ExplainError, Unavailable, UnknownName
from affect_core.explain import EXPLAINERS, ExplainConfig, build_explainer
from affect_core.explain.network import explain_network

SIZE = 16


def quadrants(first, second, third, fourth):
    """(S, S): upper left, upper right, lower left, lower right."""
    half = torch.ones(SIZE // 2, SIZE // 2)
    upper = torch.cat([first * half, second * half], dim=1)
    return torch.cat([upper, torch.cat([third * half, fourth * half], dim=1)])


RED = quadrants(1.0, 2.0, 3.0, 4.0)
"""The picture's red channel; green and blue are 0."""
WEIGHTS = quadrants(0.02, -0.01, 0.01, 0.005)
"""Of the first class; the second has none."""


def picture():
    return torch.stack([RED, torch.zeros_like(RED), torch.zeros_like(RED)])[None]


class Chain(nn.Module):
    """logit 0 = sum of `WEIGHTS` times the positive part of red."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 1, 1, bias=False)
        self.relu = nn.ReLU(inplace=True)
        self.flatten = nn.Flatten()
        self.classifier = nn.Linear(SIZE * SIZE, 2, bias=False)
        with torch.no_grad():
            self.conv.weight.copy_(torch.tensor([1.0, 0.0, 0.0]).view(1, 3, 1, 1))
            self.classifier.weight.zero_()
            self.classifier.weight[0] = WEIGHTS.flatten()

    @property
    def features_layer(self):
        return self.conv

    def forward(self, batch):
        return Output(self.classifier(self.flatten(self.relu(self.conv(batch)))))


class Attentive(Chain):
    """The same with an attention of 2 x 2 cells."""

    def __init__(self):
        super().__init__()
        self.attend = nn.Identity()

    def forward(self, batch):
        cells = self.attend(torch.tensor([[0.0, 0.2], [0.4, 1.0]])).expand(len(batch), 2, 2)
        return super().forward(batch)._replace(attention=cells)


class Pair(nn.Module):
    """logit 0 = sum of red times sum of green; logit 1 = sum of red / (1 + sum of green)."""

    def forward(self, batch):
        red, green = batch[:, 0].sum(dim=(1, 2)), batch[:, 1].sum(dim=(1, 2))
        return Output(torch.stack([red * green, red / (1.0 + green)], dim=1))


class TwiceUsed(nn.Module):
    """logit 0 = relu(relu(red sum - 1) - 2 + red sum), with one ReLU module and sums in place, as in ResNets."""

    def __init__(self):
        super().__init__()
        self.relu = nn.ReLU(inplace=True)

    def forward(self, batch):
        red = batch[:, :1].sum(dim=(2, 3))
        hidden = self.relu(red - 1.0)
        hidden -= 2.0
        hidden += red
        return Output(self.relu(hidden))


CONFIG = {"baselines": 1, "segments": 4, "samples": 64, "window": 1 / 16, "stride": 1 / 16}
SHARE = WEIGHTS * RED
"""What each pixel adds to the logit."""
MEAN = float(WEIGHTS.mean())  # 0.00625
BY_HAND = {
    "saliency": WEIGHTS.abs(),
    "input_x_gradient": SHARE,
    "integrated_gradients": SHARE,
    "gradient_shap": SHARE,
    "deep_lift": SHARE,
    "deep_lift_shap": SHARE,
    "lrp": SHARE,
    "occlusion": SHARE,
    "kernel_shap": SHARE,
    "grad_cam": MEAN * RED,
    "guided_backprop": WEIGHTS.clamp(min=0.0),
    "guided_grad_cam": WEIGHTS.clamp(min=0.0) * MEAN * RED,
}


def explain(network, method, inputs, target=0, **changes):
    config = ExplainConfig(method=method, **{**CONFIG, **changes})
    return build_explainer(explain_network(network), config).attribute(inputs, target)


@pytest.mark.parametrize("method", BY_HAND)
def test_a_chain_of_layers(method):
    found = explain(Chain(), method, torch.cat([picture(), 2.0 * picture()]))
    assert found.shape == (2, 16, 16)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found[0], BY_HAND[method].numpy(), atol=1e-4)


def test_lime_finds_the_weights_of_superpixels_up_to_its_penalty():
    found = explain(Chain(), "lime", picture(), samples=200)[0]
    np.testing.assert_allclose(found, SHARE.numpy(), atol=2e-3)


def test_the_attention_is_spread_over_the_picture():
    found = explain(Attentive(), "amal_attention", picture())[0]
    corners = [found[0, 0], found[0, -1], found[-1, 0], found[-1, -1]]
    assert corners == pytest.approx([0.0, 0.2, 0.4, 1.0])


def test_every_method_is_here():
    assert set(BY_HAND) | {"lime", "amal_attention"} == set(EXPLAINERS)


@pytest.mark.parametrize("method", ["integrated_gradients", "deep_lift", "kernel_shap", "occlusion"])
def test_a_target_without_evidence_has_an_empty_map(method):
    assert np.abs(explain(Chain(), method, picture(), target=1)).max() < 1e-6


class TestDeepLift:
    def test_a_product_is_shared_evenly(self):
        """Red sums to 3 and green to 5: of 15 each pixel gets its value times half of the other sum."""
        inputs = torch.zeros(1, 3, 2, 2)
        inputs[0, 0], inputs[0, 1] = (
            torch.tensor([[1.0, 2.0], [0.0, 0.0]]),
            torch.tensor([[0.0, 0.0], [1.0, 4.0]]),
        )
        found = explain(Pair(), "deep_lift", inputs)[0]
        np.testing.assert_allclose(found, [[2.5, 5.0], [1.5, 6.0]], rtol=1e-6)

    def test_a_quotient(self):
        """3 / (1 + 5) = 0.5. Red: r (1/6 + 1) / 2; green: g (-1 / (6 * 1)) (3 + 0) / 2. Together 1.75 - 1.25."""
        inputs = torch.zeros(1, 3, 2, 2)
        inputs[0, 0], inputs[0, 1] = (
            torch.tensor([[1.0, 2.0], [0.0, 0.0]]),
            torch.tensor([[0.0, 0.0], [1.0, 4.0]]),
        )
        found = explain(Pair(), "deep_lift", inputs, target=1)[0]
        np.testing.assert_allclose(found, [[7 / 12, 14 / 12], [-0.25, -1.0]], rtol=1e-5)

    def test_a_relu_that_is_used_twice(self):
        """Red sums to 4: relu(relu(3) - 2 + 4) = 5, the baseline relu(0 - 2) = 0: each unit of red gets 5 / 4."""
        inputs = torch.zeros(1, 3, 2, 2)
        inputs[0, 0] = torch.tensor([[1.0, 3.0], [0.0, 0.0]])
        found = explain(TwiceUsed(), "deep_lift", inputs)[0]
        np.testing.assert_allclose(found, [[1.25, 3.75], [0.0, 0.0]], rtol=1e-5)

    def test_overlapping_pools_lose_nothing(self):
        """Red 0 5 1 3 (baseline 0), windows of 3 with step 1: maxima 5 and 5, both from the second pixel: 10."""

        class Pooled(nn.Module):
            def __init__(self):
                super().__init__()
                self.pool = nn.MaxPool2d((1, 3), stride=1)

            def forward(self, batch):
                return Output(self.pool(batch[:, :1]).sum(dim=(2, 3)))

        inputs = torch.zeros(1, 3, 1, 4)
        inputs[0, 0, 0] = torch.tensor([0.0, 5.0, 1.0, 3.0])
        np.testing.assert_allclose(explain(Pooled(), "deep_lift", inputs)[0], [[0.0, 10.0, 0.0, 0.0]])
        # Where the baseline's maximum is the larger one: -1 -2 -3 -4 gives -1 and -2, shared by where 0 was found.
        inputs[0, 0, 0] = torch.tensor([-1.0, -2.0, -3.0, -4.0])
        assert explain(Pooled(), "deep_lift", inputs)[0].sum() == pytest.approx(-3.0)

    @pytest.mark.parametrize("name", ["amal", "resnet50"])
    def test_real_networks_keep_the_sum(self, name):
        """To a tenth of a percent, against baselines of several colours."""
        torch.manual_seed(0)
        network = ARCHITECTURES.build(name, 6, 64)
        with torch.no_grad():
            network.classifier.weight *= 20.0
        inputs = torch.randn(1, 3, 64, 64)
        assert np.isfinite(explain(network, "deep_lift_shap", inputs, baselines=3, tolerance=0.001)).all()

    def test_what_it_has_no_rule_for_is_an_error_and_no_map(self):
        class Squared(Pair):
            def forward(self, batch):
                return super().forward(batch)._replace(logits=super().forward(batch).logits ** 2)

        with pytest.raises(ExplainError, match="deep_lift: expected attributions that sum"):
            explain(Squared(), "deep_lift", torch.ones(1, 3, 2, 2))


class TestSplitNetworks:
    @pytest.mark.parametrize("name", list(ARCHITECTURES))
    def test_logits_stay_the_same(self, name):
        torch.manual_seed(0)
        network = ARCHITECTURES.build(name, 6, 64)
        explained = explain_network(network)
        inputs = torch.randn(2, 3, 64, 64)
        assert explained.split is not None, explained.why_not
        torch.testing.assert_close(explained.split(inputs), explained.logits(inputs), rtol=1e-5, atol=1e-5)

    def test_parameters_are_shared(self):
        explained = explain_network(Chain())
        assert explained.split.network.conv.weight is explained.network.conv.weight

    def test_a_network_that_cannot_be_traced(self):
        class Branching(Chain):
            def forward(self, batch):
                return super().forward(batch if batch.sum() > 0 else -batch)

        explained = explain_network(Branching())
        assert explained.split is None
        with pytest.raises(Unavailable, match="cannot trace"):
            build_explainer(explained, ExplainConfig(method="deep_lift"))


class TestRefusals:
    def test_lrp_of_a_residual_network(self):
        with pytest.raises(Unavailable, match=r"lrp: .* no sound rule; it works for plain chains"):
            explain(ARCHITECTURES.build("resnet50", 6, 64), "lrp", torch.zeros(1, 3, 64, 64))

    def test_guided_methods_without_a_relu(self):
        network = ARCHITECTURES.build("effnet_transformer", 6, 64)
        with pytest.raises(Unavailable, match="has no ReLU"):
            explain(network, "guided_backprop", torch.zeros(1, 3, 64, 64))

    def test_attention_of_a_network_without(self):
        with pytest.raises(Unavailable, match="no attention of its own"):
            explain(Chain(), "amal_attention", picture())

    def test_an_unknown_method(self):
        with pytest.raises(UnknownName, match="grad_cam"):
            explain(Chain(), "tea_leaves", picture())


def hooks(network):
    kinds = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    return sum(len(getattr(part, kind)) for part in network.modules() for kind in kinds)


@pytest.mark.parametrize("method", sorted(set(EXPLAINERS) - {"amal_attention"}))
def test_nothing_is_left_behind_also_after_an_exception(method):
    """Hooks are gone and weights are what they were: captum's LRP changes them for a while."""
    network = Chain()
    network.classifier.bias = nn.Parameter(torch.tensor([0.5, -0.5]))
    explained = explain_network(network)
    explainer = build_explainer(explained, ExplainConfig(method=method, **CONFIG))
    before = {name: values.clone() for name, values in network.state_dict().items()}
    explainer.attribute(picture(), 0)
    with pytest.raises((RuntimeError, IndexError)):
        explainer.attribute(torch.zeros(1, 3, 8, 8), 0)
    assert hooks(explained.network) == hooks(explained.split) == hooks(explained.logits) == 0
    for name, values in network.state_dict().items():
        assert torch.equal(values, before[name]), name


@pytest.mark.parametrize("method", sorted(set(EXPLAINERS) - {"amal_attention"}))
def test_the_same_seed_gives_the_same_map_and_leaves_chance_alone(method):
    network = Chain()
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    first = explain(network, method, picture(), baselines=3)
    second = explain(network, method, picture(), baselines=3)
    np.testing.assert_array_equal(first, second)
    assert torch.equal(torch.rand(3), expected)


def test_perturbation_methods_ask_the_given_runtime():
    asked = []

    def predict(batch):
        asked.append(len(batch))
        return np.stack([batch[:, 0].sum(axis=(1, 2)), np.zeros(len(batch))], axis=1).astype(np.float32)

    explained = explain_network(Chain(), predict=predict)
    config = ExplainConfig(method="occlusion", **{**CONFIG, "window": 0.5, "stride": 0.5, "batch": 2})
    found = build_explainer(explained, config).attribute(picture(), 0)[0]
    np.testing.assert_allclose(found, quadrants(64.0, 128.0, 192.0, 256.0).numpy(), rtol=1e-6)
    assert max(asked) == 2
