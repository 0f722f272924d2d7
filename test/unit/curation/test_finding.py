"""Whether removal finds what is known to be ambiguous or wrong."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from affect_core.curation.config import ClassifierConfig, RemoverConfig
from affect_core.curation.finding import SHARES, area, cure, find_blends, find_planted, plant, ways
from affect_core.curation.protocols import Points
from affect_core.curation.results import compare_cured
from affect_core.errors import InputError

CONFIG = RemoverConfig()


def test_planted_labels_are_wrong_and_as_many_as_asked() -> None:
    labels = np.arange(300) % 7
    wrong = plant(labels, 0.05, [0, 1])
    assert np.sum(wrong != labels) == 15 and wrong.min() >= 0 and wrong.max() <= 6
    assert np.array_equal(plant(labels, 0.05, [0, 1]), wrong)
    assert not np.array_equal(plant(labels, 0.05, [0, 2]), wrong)
    assert np.array_equal(plant(labels, 0.0, [0]), labels)
    with pytest.raises(InputError, match="two classes"):
        plant(np.zeros(5, np.int64), 0.2, [0])


def test_area_by_hand() -> None:
    """Sought 1 and 3 of scores 1 2 3 4: of the pairs (1,2) (1,4) (3,2) (3,4) three have the sought one lower."""
    assert area(np.array([1.0, 2.0, 3.0, 4.0]), np.array([True, False, True, False])) == 0.75
    assert np.isnan(area(np.arange(3.0), np.zeros(3, bool)))


def test_blends_between_two_clouds_are_found() -> None:
    """Points half way between two means keep the first one's label; a third class has none and is not counted."""
    random = np.random.default_rng(0)
    labels = np.repeat([0, 1, 2], 100)
    means = np.array([[0.0, 0.0], [8.0, 0.0], [0.0, 30.0]])
    points = means[labels] + random.normal(size=(300, 2))
    blended = np.zeros(300, bool)
    blended[:20] = True
    points[:20, 0] += 3.5
    found = {way.way: way for way in find_blends(points, labels, blended, CONFIG, 0.1, 50, 0)}
    best = found["aforet (beta)"]
    assert best.auc > 0.97 and best.auc_low <= best.auc <= best.auc_high
    # 10 of the 100 faces of class 0 go, all of them blends: half of the 20
    assert (best.precision, best.recall) == (1.0, 0.5)
    assert best.curve[0] == 0.0 and best.curve[SHARES.index(0.1)] == 0.5 and best.curve[-1] == 1.0
    assert 0.3 < found["random"].auc < 0.7 and found["random"].auc_low < 0.5 < found["random"].auc_high


def test_wrong_labels_in_clouds_apart_are_all_found(curation_gaussians: Callable[..., Points]) -> None:
    points = curation_gaussians(classes=4, each=50, spread=3.0)
    found = {way.way: way for way in find_planted(points.latents, points.labels, CONFIG, 0.05, 0.05, 3, 0)}
    for way in ("aforet (beta)", "aforet (margin)", "osm", "nbu"):
        assert (found[way].auc, found[way].precision, found[way].recall) == (1.0, 1.0, 1.0)
    assert found["aforet (entropy)"].auc < 0.9  # it does not look at the label


def test_every_way_is_asked_once() -> None:
    names = ["aforet (beta)", "aforet (margin)", "aforet (entropy)", "nbu", "nu_svm", "osm", "random"]
    assert list(ways(CONFIG)) == names


def test_removal_cures_training_on_wrong_labels(curation_gaussians: Callable[..., Points]) -> None:
    """Half of the labels wrong make the nearest neighbour wrong; without the half it is right again."""
    points = curation_gaussians(classes=3, each=60, dimensions=6, spread=4.0, folds=3)
    cured = cure(points, CONFIG, ClassifierConfig(), ("KNN",), planted=0.4, share=0.4, seed=0)
    assert set(cured) == {"clean", "none", "aforet", "nbu", "nu_svm", "osm", "random"}
    accuracy = {way: np.mean(by["KNN"] == points.labels) for way, by in cured.items()}
    assert accuracy["clean"] == 1.0 and accuracy["none"] < 0.9
    assert accuracy["aforet"] > accuracy["random"] + 0.05
    compared = compare_cured(points, cured)
    told, gain = compared["aforet"]
    assert told.mean == pytest.approx(accuracy["aforet"])
    assert gain.mean == pytest.approx(accuracy["aforet"] - accuracy["none"]) and gain.lo > 0.0
    assert compared["none"][1].mean == 0.0
