"""What AFORET is compared with, and the guards that all share."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from affect_core.curation import REMOVERS
from affect_core.curation.base import remove_lowest
from affect_core.curation.config import RemoverConfig
from affect_core.errors import InputError, UnknownName

CONFIG = RemoverConfig()
TWO = ["happy", "sad"]


def blobs(counts: tuple[int, ...] = (120, 60, 30)) -> tuple[np.ndarray, np.ndarray]:
    labels = np.repeat(np.arange(len(counts)), counts)
    return np.random.default_rng(2).normal(size=(len(labels), 3)) + labels[:, None], labels


def test_the_registry_holds_every_method_and_both_controls() -> None:
    assert REMOVERS.names() == ("aforet", "nbu", "none", "nu_svm", "osm", "random")
    with pytest.raises(UnknownName, match="known: aforet"):
        REMOVERS.build("smote", CONFIG)


@pytest.mark.parametrize("name", [name for name in REMOVERS if name != "none"])
@pytest.mark.parametrize("share", [0.05, 0.10, 0.15])
def test_item_9_all_remove_as_many_as_aforet(name: str, share: float) -> None:
    points, labels = blobs()
    removal = REMOVERS.build(name, CONFIG, 3).remove(points, labels, share)
    assert len(removal.removed) == int(share * 210 + 1e-9)
    smaller = REMOVERS.build(name, CONFIG, 3).remove(points, labels, share / 2)
    assert set(smaller.removed) <= set(removal.removed)


def test_the_control_without_removal_keeps_all() -> None:
    points, labels = blobs()
    removal = REMOVERS.build("none", CONFIG).remove(points, labels, 0.15)
    assert removal.kept.all() and removal.lost == {0: 0.0, 1: 0.0, 2: 0.0}


def test_osm_takes_those_among_foreign_neighbours() -> None:
    """On a line 0 0 0 [1] 0 0 0 ... 1 1 1: the lone 1 has only foreign neighbours, everybody else fewer."""
    points = np.array([0.0, 1.0, 2.0, 2.5, 3.0, 4.0, 5.0, 20.0, 21.0, 22.0, 23.0])[:, None]
    labels = np.array([0, 0, 0, 1, 0, 0, 0, 1, 1, 1, 1])
    osm = REMOVERS.build("osm", replace(CONFIG, osm_neighbours=3))
    assert osm.scores(points, labels).argmin() == 3
    assert osm.remove(points, labels, 0.1).removed.tolist() == [3]


def test_nbu_takes_large_classes_first_among_equals() -> None:
    """Two pairs of foreign neighbours far from each other, all with one foreign neighbour: class 0 is the larger."""
    points = np.array([0.0, 0.1, 50.0, 50.1, 100.0, 100.1, 100.2])[:, None]
    labels = np.array([1, 0, 0, 1, 0, 0, 0])
    nbu = REMOVERS.build("nbu", replace(CONFIG, nbu_neighbours=1, keep_at_least=1))
    scores = nbu.scores(points, labels)
    assert set(np.argsort(scores)[:2]) == {1, 2} and set(np.argsort(scores)[2:4]) == {0, 3}


def test_nu_svm_takes_outliers_of_the_own_class() -> None:
    points, labels = blobs((50, 50))
    points[7] += 30.0
    assert 7 in REMOVERS.build("nu_svm", CONFIG).remove(points, labels, 0.02).removed


def test_nu_svm_of_points_at_one_place() -> None:
    """Every decision value of such a class is the same: no score is NaN."""
    points, labels = np.array([[0.0]] * 6 + [[1.0], [2.0], [3.0], [4.0]]), np.array([0] * 6 + [1] * 4)
    assert np.isfinite(REMOVERS.build("nu_svm", CONFIG).scores(points, labels)).all()


def test_random_depends_on_the_seed_alone() -> None:
    points, labels = blobs()
    first, again, other = (
        REMOVERS.build("random", CONFIG, s).remove(points, labels, 0.1).kept for s in (1, 1, 2)
    )
    assert np.array_equal(first, again) and not np.array_equal(first, other)


def test_item_10_no_class_is_emptied() -> None:
    """The whole of class 1 scores lowest; three of ten go: it keeps two, and the lowest of class 0 goes instead."""
    scores, labels = np.array([5.0, 6, 7, 8, 9, 4, 0, 1, 2, 10]), np.array([0, 0, 0, 0, 0, 0, 1, 1, 1, 0])
    removal = remove_lowest(scores, labels, 0.3, CONFIG)
    assert removal.removed.tolist() == [6, 5, 0] and np.sum(labels[removal.kept] == 1) == 2
    assert removal.spared == (1,)
    assert any("sad was spared" in said for said in removal.warnings(TWO, CONFIG))


def test_item_10_a_class_that_loses_more_than_half_is_told_and_losses_are_reported() -> None:
    """Class 1 has scores 0 1 2 9: three of ten are removed, all of them its own: 3 of 4."""
    scores, labels = np.array([0.0, 1, 2, 9, 10, 11, 12, 13, 14, 15]), np.array([1] * 4 + [0] * 6)
    removal = remove_lowest(scores, labels, 0.3, replace(CONFIG, keep_at_least=1))
    assert removal.lost == {0: 0.0, 1: 0.75}
    told = removal.warnings(TWO, CONFIG)
    assert len(told) == 1 and told[0].startswith("sad loses 75% of its faces, more than 50%")
    even = remove_lowest(scores, labels, 0.3, replace(CONFIG, keep_at_least=1, per_class=True))
    assert even.lost == {0: pytest.approx(1 / 6), 1: 0.25} and not even.warnings(TWO, CONFIG)


def test_more_than_classes_can_give() -> None:
    with pytest.raises(InputError, match="only 2 can go"):
        remove_lowest(np.arange(6.0), np.array([0, 0, 0, 1, 1, 1]), 0.5, CONFIG)


def test_scores_that_are_not_numbers() -> None:
    with pytest.raises(InputError, match="1 are NaN"):
        remove_lowest(np.array([0.0, np.nan]), np.array([0, 1]), 0.1, CONFIG)
