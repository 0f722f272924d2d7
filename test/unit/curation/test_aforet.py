"""AFORET: equations 6 to 8, what goes, and that nothing else does."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from affect_core.curation.aforet import (
    Aforet,
    affinities,
    ambiguity,
    beta,
    class_means,
    entropy,
    log_confidences,
    margin,
    nearest_other,
    sigma_of,
    squared_distances,
)
from affect_core.curation.base import how_many, remove_lowest
from affect_core.curation.config import RemoverConfig
from affect_core.curation.toy import line, overlap, plane, surface
from affect_core.errors import InputError

CONFIG = RemoverConfig()
MEANS = np.array([[0.0], [4.0]])


def drawn(count: int = 300, classes: int = 3) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(1)
    labels = np.arange(count) % classes
    return random.normal(size=(count, 4)) + labels[:, None], labels


def test_item_3_golden_values_of_equations_6_to_8() -> None:
    points, labels = np.array([[-1.0], [1.0], [3.0], [5.0]]), np.array([0, 0, 1, 1])
    assert class_means(points, labels, 2).tolist() == [[0.0], [4.0]]
    asked, own = np.array([[1.0], [2.0], [3.0]]), np.zeros(3, int)
    squared = squared_distances(asked, MEANS)
    assert squared.tolist() == [[1.0, 9.0], [4.0, 4.0], [9.0, 1.0]]
    assert affinities(squared, 1.0)[0] == pytest.approx([np.exp(-0.5), np.exp(-4.5)])
    found = log_confidences(squared, 1.0)
    # e^-0.5 / (e^-0.5 + e^-4.5) = 1 / (1 + e^-4) = 0.98201, in the middle 1/2, at 3 the mirror image
    assert beta(found, own) == pytest.approx([0.98201, 0.5, 0.01799], abs=1e-5)
    assert np.exp(found).sum(axis=1) == pytest.approx([1.0, 1.0, 1.0])


def test_item_4_logarithms_match_the_direct_form_and_stay_finite() -> None:
    points, labels = drawn()
    squared = squared_distances(points, class_means(points, labels, 3))
    direct = affinities(squared, 2.0) / affinities(squared, 2.0).sum(axis=1, keepdims=True)
    assert np.exp(log_confidences(squared, 2.0)) == pytest.approx(direct, rel=1e-12)
    far = np.array([[1e6, 1e6 + 10.0]])
    assert affinities(far, 1.0).sum() == 0.0  # the direct form is 0 / 0
    assert log_confidences(far, 1.0)[0] == pytest.approx(
        [-np.log1p(np.exp(-5.0)), -5.0 - np.log1p(np.exp(-5.0))]
    )


def test_scores_by_hand() -> None:
    """Confidences 0.5, 0.3, 0.2 and 0.1, 0.2, 0.7 of faces of class 0."""
    found, labels = np.log([[0.5, 0.3, 0.2], [0.1, 0.2, 0.7]]), np.array([0, 0])
    assert margin(found, labels) == pytest.approx([0.2, -0.6])
    assert ambiguity(found, labels) == pytest.approx([0.5, 0.9])
    assert nearest_other(found, labels).tolist() == [1, 2]
    # -(0.5 ln 0.5 + 0.3 ln 0.3 + 0.2 ln 0.2) / ln 3 = 1.02965 / 1.09861
    assert entropy(found, labels)[0] == pytest.approx(0.93723, abs=1e-5)


def test_the_margin_of_two_classes_is_two_beta_minus_one() -> None:
    found = log_confidences(squared_distances(np.linspace(-2, 6, 9)[:, None], MEANS), 1.3)
    own = np.zeros(9, int)
    assert margin(found, own) == pytest.approx(2.0 * beta(found, own) - 1.0)


def test_beta_and_ambiguity_remove_the_same_and_margin_looks_at_the_best_other() -> None:
    points, labels = drawn()
    kept = {
        score: Aforet(replace(CONFIG, score=score)).remove(points, labels, 0.1).kept
        for score in ("beta", "ambiguity", "margin", "entropy")
    }
    assert np.array_equal(kept["beta"], kept["ambiguity"])
    assert not np.array_equal(kept["beta"], kept["entropy"])


def test_median_sigma() -> None:
    """Squared distances 0, 4, 4, 0, 16, 36, 36, 16 have the median (4 + 16) / 2 = 10."""
    assert sigma_of(np.array([[0.0, 4.0], [4.0, 0.0], [16.0, 36.0], [36.0, 16.0]])) == pytest.approx(
        np.sqrt(10.0)
    )
    with pytest.raises(InputError, match="different places"):
        sigma_of(np.zeros((3, 2)))


@pytest.mark.parametrize("per_class", [False, True])
def test_item_5_exact_counts_nested_sets_lowest_first(per_class: bool) -> None:
    points, labels = drawn(301)
    remover = Aforet(replace(CONFIG, per_class=per_class))
    scores, before = remover.scores(points, labels), set[int]()
    for share, wanted in ((0.05, 15), (0.10, 30), (0.15, 45)):  # 15.05, 30.1, 45.15 rounded down
        removal = remover.remove(points, labels, share)
        gone = set(removal.removed.tolist())
        if per_class:  # classes of 101, 100, 100 lose 5, 10, 15 each
            assert len(gone) == 3 * wanted // 3
        else:
            assert len(gone) == wanted and max(scores[list(gone)]) <= min(scores[removal.kept])
            assert removal.threshold == pytest.approx(min(scores[removal.kept]))
            assert np.array_equal(removal.kept, scores >= removal.threshold)
        assert before < gone
        before = gone


def test_item_5_no_share_removes_nothing_and_names_of_classes_do_not_matter() -> None:
    points, labels = drawn()
    nothing = Aforet(CONFIG).remove(points, labels, 0.0)
    assert nothing.kept.all() and np.isnan(nothing.threshold)
    renamed = np.array([2, 0, 1])[labels]
    kept = [Aforet(CONFIG).remove(points, names, 0.15).kept for names in (labels, renamed)]
    assert np.array_equal(*kept)


def test_item_5_ties_are_stable() -> None:
    """Scores 1 0 0 0 1: of the three equal lowest the first goes first."""
    scores, labels = np.array([1.0, 0.0, 0.0, 0.0, 1.0]), np.array([0, 0, 0, 1, 1])
    removal = remove_lowest(scores, labels, 0.2, replace(CONFIG, keep_at_least=1))
    assert removal.removed.tolist() == [1]


def test_shares_are_not_fooled_by_binary_fractions() -> None:
    assert 0.29 * 100 < 29.0
    assert [how_many(0.29, 100), how_many(0.1, 9), how_many(0.15, 20)] == [29, 0, 3]
    for share in (-0.1, 1.0):
        with pytest.raises(InputError, match="share to remove"):
            how_many(share, 10)


def test_item_6_two_gaussians_come_apart() -> None:
    shown = plane(CONFIG, seed=3)
    assert list(shown.shares) == sorted(shown.shares) and shown.shares[0] == 0.0
    assert all(later < earlier for earlier, later in zip(shown.overlaps, shown.overlaps[1:], strict=False))
    gone, between = ~shown.removal.kept, shown.means.mean(axis=0)[0]
    side = np.where(shown.labels == 0, -1.0, 1.0) * (shown.points[:, 0] - between)  # + on the own side
    assert side[gone].max() < np.median(side[~gone])
    assert abs(shown.points[gone, 0] - between).mean() < abs(shown.points[~gone, 0] - between).mean()


def test_item_6_half_the_confidence_is_the_nearest_own_mean() -> None:
    shown = plane(CONFIG, seed=3)
    squared = squared_distances(shown.points, shown.means)
    found = beta(log_confidences(squared, shown.sigma), shown.labels)
    assert np.array_equal(found >= 0.5, squared.argmin(axis=1) == shown.labels)


def test_overlap_by_hand() -> None:
    """Points 0 1 | 10 11 on a line, the nearest neighbour of each: its twin; with labels crossed always foreign."""
    points = np.array([[0.0], [1.0], [10.0], [11.0]])
    assert overlap(points, np.array([0, 0, 1, 1]), k=1) == 0.0
    assert overlap(points, np.array([0, 1, 0, 1]), k=1) == 1.0


def test_demonstrations_on_the_line_and_in_the_plane() -> None:
    shown = line((0.0, 4.0), 1.0, 2.0)
    assert shown.posteriors.sum(axis=1) == pytest.approx(np.ones(len(shown.x)))
    assert shown.beta.sum(axis=1) == pytest.approx(np.ones(len(shown.x)))
    middle = np.abs(shown.x - 2.0).argmin()
    assert shown.beta[middle, 0] == pytest.approx(0.5, abs=0.05)
    flat = plane(CONFIG, seed=0)
    x, y, found = surface(flat, 60)
    for place in range(2):  # the affinity is the highest at the own mean
        row, column = np.unravel_index(found[place].argmax(), found[place].shape)
        assert [x[column], y[row]] == pytest.approx(flat.means[place], abs=0.15)
    assert found.min() >= 0.0 and found.max() <= 1.0


@pytest.mark.parametrize(
    ("points", "labels", "said"),
    [
        (np.zeros((3, 2)), np.array([0, 1]), "as many labels"),
        (np.array([[np.nan], [1.0]]), np.array([0, 1]), "1 values that are not finite"),
        (np.ones((3, 2)), np.array([0, 0, 0]), "two classes"),
    ],
)
def test_points_that_cannot_be_used(points: np.ndarray, labels: np.ndarray, said: str) -> None:
    with pytest.raises(InputError, match=said):
        Aforet(CONFIG).remove(points, labels, 0.1)


def test_a_class_without_points() -> None:
    with pytest.raises(InputError, match=r"none of \[1\]"):
        class_means(np.ones((2, 1)), np.array([0, 2]), 3)
