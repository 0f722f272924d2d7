"""LIME: the superpixels that speak most for a class."""

import numpy as np
import pytest

from affect_core.errors import UnknownName
from affect_core.subgroups.masks import LimeConfig, flattened, lime_mask, segment, strongest

SIZE = 32
CONFIG = LimeConfig(samples=200, segmentation="slic", segments=16, batch=50)


@pytest.fixture(scope="module")
def picture():
    """Blocks of 8 px, every one with a light and a dark half, so that hiding one changes its pixels."""
    rng = np.random.default_rng(0)
    blocks = np.kron(rng.random((3, 4, 4)), np.ones((8, 8))) * 0.5
    blocks[:, :, ::2] += 0.3
    return blocks.astype(np.float32)


def blocks():
    return np.kron(np.arange(16).reshape(4, 4), np.ones((8, 8), int))


def looks_at(rows, columns, reference):
    """A classifier that compares one patch with that of a reference picture: class 1 when it is all there."""

    def probabilities(images):
        patch = np.abs(images - reference)[:, :, rows, columns].mean(axis=(1, 2, 3))
        share = np.exp(-20.0 * patch)
        return np.stack([1.0 - share, share], axis=1).astype(np.float32)

    return probabilities


def test_the_only_patch_that_counts_is_in_the_mask(picture):
    patch = slice(8, 16), slice(16, 24)  # block 6: row 1, column 2
    made = lime_mask(picture, 1, looks_at(*patch, picture), CONFIG, blocks())
    assert made.chosen[0] == 6 and made.pixels[patch].all()
    assert len(made.chosen) <= 5 and made.weights[6] > 3.0 * np.delete(np.abs(made.weights), 6).max()


def test_found_by_its_own_superpixels_too(picture):
    patch = slice(8, 16), slice(16, 24)
    made = lime_mask(picture, 1, looks_at(*patch, picture), CONFIG)
    assert made.pixels[patch].mean() > 0.8 and len(made.chosen) <= 5


def test_what_speaks_against_the_class_is_never_chosen(picture):
    patch = slice(8, 16), slice(16, 24)
    made = lime_mask(picture, 0, looks_at(*patch, picture), CONFIG, blocks())
    assert made.weights[6] < 0.0 and 6 not in made.chosen and not made.pixels[patch].any()


def test_the_same_seed_gives_the_same_mask(picture):
    look = looks_at(slice(0, 20), slice(0, 20), picture)
    weights = [
        lime_mask(picture, 1, look, LimeConfig(**{**vars(CONFIG), "seed": seed}), blocks()).weights
        for seed in (3, 3, 4)
    ]
    np.testing.assert_array_equal(weights[0], weights[1])
    assert not np.array_equal(weights[0], weights[2])


def test_the_weights_are_those_of_a_weighted_ridge_regression(picture):
    """The same samples, weights and regression by hand."""
    import torch
    from sklearn.linear_model import Ridge

    shown = []
    flat = flattened(picture, blocks())

    def look(images):
        # Which blocks are there is read from the pictures themselves.
        there = [
            [np.array_equal(i[:, b], picture[:, b]) for b in map(blocks().__eq__, range(16))] for i in images
        ]
        shown.extend(there)
        share = np.array(there) @ np.linspace(-0.03, 0.03, 16) + 0.5
        return np.stack([1.0 - share, share], axis=1).astype(np.float32)

    assert not np.array_equal(flat[:, :8, :8], picture[:, :8, :8])
    made = lime_mask(picture, 1, look, CONFIG, blocks())
    rows = np.array(shown, float)
    assert rows.shape == (200, 16)
    cosine = np.sqrt(rows.mean(axis=1))
    weights = np.sqrt(np.exp(-((1.0 - cosine) ** 2) / 0.25**2))
    target = rows @ np.linspace(-0.03, 0.03, 16) + 0.5
    oracle = Ridge(alpha=1.0).fit(rows, target, sample_weight=weights)
    np.testing.assert_allclose(made.weights, oracle.coef_, atol=1e-5)
    assert torch.get_num_threads() >= 1


def test_strongest_by_hand():
    segments = np.array([[0, 1, 2], [3, 4, 5]])
    made = strongest(segments, np.array([0.5, -1.0, 0.7, 0.0, 0.2, 0.5]), 3)
    assert made.chosen == (2, 0, 5)
    assert made.pixels.tolist() == [[True, False, True], [False, False, True]]
    # Nothing speaks for the class: the mask is empty.
    assert not strongest(segments, np.array([0.0, -1.0, 0.0, 0.0, -2.0, 0.0]), 5).pixels.any()


def test_hidden_superpixels_get_their_mean_colour():
    image = np.array([[[0.0, 1.0], [0.5, 0.5]]] * 3, np.float32)
    made = flattened(image, np.array([[0, 0], [1, 1]]))
    np.testing.assert_allclose(made[0], [[0.5, 0.5], [0.5, 0.5]])


@pytest.mark.parametrize("name", ["slic", "quickshift"])
def test_superpixels_are_numbered_without_gaps(picture, name):
    parts = segment(picture, LimeConfig(segmentation=name, max_distance=10.0))
    assert parts.shape == (SIZE, SIZE) and np.unique(parts).tolist() == list(range(parts.max() + 1))
    assert parts.max() >= 3


def test_an_unknown_segmentation_lists_the_known(picture):
    with pytest.raises(UnknownName, match="quickshift, slic"):
        segment(picture, LimeConfig(segmentation="grid"))
