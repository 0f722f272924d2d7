import numpy as np
import pytest
import torch
from torch import nn

from affect_core.emotion import Output
from affect_core.explain import EXPLAINERS, ExplainConfig, build_explainer
from affect_core.explain.faithfulness import agreement, curves, randomised, rank_correlation, sanity
from affect_core.explain.network import explain_network


def two_pixels(batch):
    """Probability of class 0: 0.9 if the first pixel of red is there, else 0.5 if the second is, else 0.1."""
    first, second = batch[:, 0, 0, 0] > 0, batch[:, 0, 0, 1] > 0
    share = np.where(first, 0.9, np.where(second, 0.5, 0.1))
    return np.log(np.stack([share, 1.0 - share], axis=1)).astype(np.float32)


def test_curves_by_hand():
    picture = np.ones((3, 1, 2), np.float32)
    right = curves(two_pixels, picture, np.array([[2.0, 1.0]], np.float32), 0, steps=2)
    assert right.share.tolist() == [0.0, 0.5, 1.0]
    assert right.deletion.tolist() == pytest.approx([0.9, 0.5, 0.1])  # the first pixel goes first
    assert right.insertion.tolist() == pytest.approx([0.1, 0.9, 0.9])
    assert right.deletion_area == pytest.approx(0.5)
    assert right.insertion_area == pytest.approx(0.7)
    wrong = curves(two_pixels, picture, np.array([[1.0, 2.0]], np.float32), 0, steps=2)
    assert wrong.deletion.tolist() == pytest.approx([0.9, 0.9, 0.1])
    assert wrong.insertion.tolist() == pytest.approx([0.1, 0.5, 0.9])


def test_rank_correlation():
    one = np.array([[1.0, 2.0], [3.0, 4.0]], np.float32)
    assert rank_correlation(one, np.exp(one)) == pytest.approx(1.0)
    assert rank_correlation(one, -one) == pytest.approx(-1.0)
    # Ranks 1 2 3 4 and 2 1 4 3: 1 - 6 * 4 / (4 * 15) = 0.6.
    assert rank_correlation(one, np.array([[2.0, 1.0], [4.0, 3.0]], np.float32)) == pytest.approx(0.6)
    assert np.isnan(rank_correlation(one, np.zeros((2, 2), np.float32)))


def test_agreement_is_of_each_two():
    one = np.array([[[1.0, 2.0], [3.0, 4.0]]], np.float32)
    found = agreement({"a": one, "b": -one, "c": one**2})
    assert found == pytest.approx({("a", "b"): -1.0, ("a", "c"): 1.0, ("b", "c"): -1.0})


SIZE, MARK = 32, slice(18, 28)
"""Pictures whose class is the colour of a square in the lower right corner, a tenth of the picture."""
ELSEWHERE = slice(4, 14)
"""Squares in the other corners are more or less blue, which says nothing."""


class Small(nn.Module):
    """Two convolutions and a linear layer that knows places."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 8, 3, stride=2, padding=1), nn.ReLU()
        )
        self.flatten = nn.Flatten()
        self.classifier = nn.Linear(8 * (SIZE // 2) ** 2, 2)

    @property
    def features_layer(self):
        return self.features

    def forward(self, batch):
        return Output(self.classifier(self.flatten(self.features(batch))))


def pictures(count, seed):
    generator = torch.Generator().manual_seed(seed)
    images = torch.randn((count, 3, SIZE, SIZE), generator=generator) * 0.3
    labels = torch.arange(count) % 2
    colours = torch.tensor([[2.0, -2.0, 0.0], [-2.0, 2.0, 0.0]]).view(2, 3, 1, 1)
    for image, label in zip(images, labels, strict=True):
        image[:, MARK, MARK] += colours[label]
        for place in ((ELSEWHERE, ELSEWHERE), (ELSEWHERE, MARK), (MARK, ELSEWHERE)):
            image[2, *place] += 4.0 * torch.randint(2, (), generator=generator) - 2.0
    return images, labels


@pytest.fixture(scope="module")
def planted():
    """A network trained on such pictures."""
    torch.manual_seed(0)
    network, (images, labels) = Small(), pictures(64, 1)
    optimiser = torch.optim.Adam(network.parameters(), 0.01, weight_decay=0.03)
    for _ in range(150):
        optimiser.zero_grad()
        nn.functional.cross_entropy(network(images).logits, labels).backward()
        optimiser.step()
    test, expected = pictures(20, 2)
    assert (network(test).logits.argmax(dim=1) == expected).all()
    return explain_network(network)


METHODS = sorted(set(EXPLAINERS) - {"amal_attention"})


def mark_share(explained, method):
    """Of the positive mass of the maps of pictures of class 0."""
    images, _ = pictures(8, 3)
    config = ExplainConfig(method=method, samples=100, segments=16, tolerance=0.05)
    maps = build_explainer(explained, config).attribute(images[::2], 0).clip(min=0.0)
    return float(maps[:, MARK, MARK].sum() / maps.sum()) if maps.any() else float("nan")


@pytest.mark.parametrize("method", METHODS)
def test_planted_evidence_is_found(planted, method):
    assert mark_share(planted, method) > 0.5  # by chance 0.1


@pytest.mark.parametrize("method", METHODS)
def test_a_network_that_learned_nothing_shows_none(planted, method):
    shares = [mark_share(randomised(planted, seed), method) for seed in range(5)]
    assert np.nanmean(shares) < 0.5  # NaN: nothing speaks for the class < mark_share(planted, method)


def test_gradients_of_a_random_network_are_others(planted):
    images, _ = pictures(8, 3)
    found = sanity(planted, ExplainConfig(method="gradient_shap"), images[::2], 0)
    assert not found.survives
    assert found.correlation < 0.5


def test_a_method_that_ignores_the_network_is_flagged(planted, monkeypatch):
    class Edges:
        """Draws the outline of what is there, as a bad explainer would."""

        def attribute(self, inputs, target):
            return inputs.diff(dim=3, append=inputs[..., -1:]).abs().sum(dim=1).numpy()

    monkeypatch.setitem(EXPLAINERS._builders, "edges", lambda explained, config: Edges())
    images, _ = pictures(4, 3)
    found = sanity(planted, ExplainConfig(method="edges"), images, 0)
    assert found.survives
    assert found.correlation == pytest.approx(1.0)
