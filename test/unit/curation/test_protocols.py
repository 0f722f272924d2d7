"""Both protocols: who is trained on, who is tested, and what may not be looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from affect_core.curation import CLASSIFIERS, PROTOCOLS
from affect_core.curation.base import REMOVERS
from affect_core.curation.classifiers import STAND_IN, has_xgboost, shown
from affect_core.curation.config import ClassifierConfig, RemoverConfig
from affect_core.curation.metrics import ceiling
from affect_core.curation.protocols import Cell, Measured, Points, assign_folds, run_cell
from affect_core.errors import InputError

REMOVER = RemoverConfig()
CLASSIFIER = ClassifierConfig(trees=5, mlp_epochs=60, boosting_rounds=4)
Make = Callable[..., Points]


def run(
    points: Points, protocol: str, remover: str = "aforet", share: float = 0.1, name: str = "NB"
) -> Measured:
    return run_cell(Cell(protocol, remover, share, name), points, REMOVER, CLASSIFIER, 0)


def test_item_7_the_honest_test_is_whole(curation_gaussians: Make) -> None:
    points = curation_gaussians()
    found = run(points, "honest")
    assert found.tested.all() and len(found.predicted) == 420
    # 336 train faces in each of 5 folds, 33 of them go
    assert found.trained_on.tolist() == [303] * 5
    assert len(set(found.thresholds)) == 5


def test_item_7_the_paper_filters_the_test_too(curation_gaussians: Make) -> None:
    points = curation_gaussians()
    found = run(points, "paper")
    removal = REMOVERS.build("aforet", REMOVER, 0).remove(points.latents, points.labels, 0.1)
    assert np.array_equal(found.tested, removal.kept) and found.tested.sum() == 378
    assert found.thresholds == pytest.approx([removal.threshold] * 5)
    for fold in range(5):
        assert found.trained_on[fold] == np.sum(removal.kept & (points.folds != fold))


def test_item_7_thresholds_and_predictions_do_not_know_the_test_labels(curation_gaussians: Make) -> None:
    points = curation_gaussians()
    before = run(points, "honest")
    labels = points.labels.copy()
    first = points.folds == 0
    labels[first] = np.random.default_rng(0).permutation(labels[first])
    after = run(replace(points, labels=labels), "honest")
    assert after.thresholds[0] == before.thresholds[0]
    assert np.array_equal(after.predicted[first], before.predicted[first])
    leaky = [run(replace(points, labels=given), "paper").thresholds[0] for given in (points.labels, labels)]
    assert leaky[0] != leaky[1]


def test_nothing_removed_is_the_same_in_both(curation_gaussians: Make) -> None:
    points = curation_gaussians()
    paper, honest = (run(points, protocol, "none", 0.0) for protocol in PROTOCOLS.names()[::-1])
    assert np.array_equal(paper.predicted, honest.predicted) and np.isnan(paper.thresholds).all()


def test_seven_gaussians_gain_in_the_paper_and_not_in_truth(curation_gaussians: Make) -> None:
    """The selection tracks acc / (1 - q); the honest accuracy stays, as a simulation of the procedure has it."""
    points = curation_gaussians(each=150, spread=0.28, folds=10)
    truth = points.labels
    base = run(points, "paper", "none", 0.0).metrics(truth)["accuracy"]
    assert 0.3 < base < 0.6
    for share in (0.05, 0.15):
        paper = run(points, "paper", share=share).metrics(truth)["accuracy"]
        honest = run(points, "honest", share=share).metrics(truth)["accuracy"]
        assert paper > base + 0.3 * (ceiling(base, share) - base)
        assert paper < ceiling(base, share) + 0.03
        assert honest == pytest.approx(base, abs=0.03)


def test_random_removal_gains_nothing_in_either(curation_gaussians: Make) -> None:
    points = curation_gaussians(each=150, spread=0.28)
    base = run(points, "paper", "none", 0.0).metrics(points.labels)["accuracy"]
    for protocol in PROTOCOLS:
        found = run(points, protocol, "random", 0.15).metrics(points.labels)["accuracy"]
        assert found == pytest.approx(base, abs=0.04)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("name", ["LR", "NB", "RF", "KNN", "MLP", "SVM", "XGB"])
def test_every_classifier_tells_apart_what_is_apart(name: str, curation_gaussians: Make) -> None:
    points = curation_gaussians(classes=3, each=30, dimensions=4, spread=6.0, folds=3)
    found = run(points, "honest", "none", 0.0, name)
    figures = found.metrics(points.labels)
    assert figures["accuracy"] > 0.9 and figures["auc"] > 0.95
    assert found.scores.shape == (90, 3)
    assert np.array_equal(run(points, "honest", "none", 0.0, name).predicted, found.predicted)


def test_the_registry_holds_the_seven_and_names_the_stand_in() -> None:
    assert set(CLASSIFIERS) == {"LR", "NB", "RF", "KNN", "MLP", "SVM", "XGB"}
    assert shown("LR") == "LR"
    assert shown("XGB") == ("XGB" if has_xgboost() else STAND_IN)


@pytest.mark.parametrize("name", ["LR", "SVM"])
def test_two_classes(name: str, curation_gaussians: Make) -> None:
    points = curation_gaussians(classes=2, each=20, dimensions=3, spread=4.0, folds=2)
    assert run(points, "paper", name=name).metrics(points.labels)["auc"] > 0.9


def test_folds_hold_every_class_and_keep_subjects_together() -> None:
    labels = np.arange(60) % 3
    alone = assign_folds(labels, np.arange(60), 5, True, 0)
    counts = [[int(np.sum((alone == f) & (labels == c))) for c in range(3)] for f in range(5)]
    assert counts == [[4, 4, 4]] * 5
    subjects = np.arange(60) // 6
    together = assign_folds(labels, subjects, 5, True, 0)
    assert all(len(set(together[subjects == s])) == 1 for s in range(10))
    apart = assign_folds(labels, subjects, 5, False, 0)
    assert any(len(set(apart[subjects == s])) > 1 for s in range(10))


def test_folds_that_a_class_cannot_fill() -> None:
    with pytest.raises(InputError, match="3 folds, got 2"):
        assign_folds(np.array([0, 0, 0, 1, 1]), np.arange(5), 3, True, 0)
    with pytest.raises(InputError, match="subjects of every class"):
        assign_folds(np.tile([0, 1], 4), np.repeat([0, 1], 4), 3, True, 0)
