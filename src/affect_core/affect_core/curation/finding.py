"""Does removal find what is known to be ambiguous or wrong? The useful number on synthetic faces.

Blends are rendered between two expressions and so truly ambiguous; wrong labels are planted. Each way to remove ranks
the faces; the area under the curve says how well the rank tells the sought ones, 0.5 by chance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import nan

import numpy as np

from affect_core.curation.aforet import MEASURES
from affect_core.curation.base import REMOVERS, Floats, Indices, Mask, how_many
from affect_core.curation.classifiers import CLASSIFIERS
from affect_core.curation.config import ClassifierConfig, RemoverConfig
from affect_core.curation.protocols import Points
from affect_core.errors import InputError


@dataclass(frozen=True)
class Found:
    """How well one way to remove finds the sought faces; means over the repeats.

    Attributes:
        way: name, such as ``aforet (beta)``.
        auc, auc_low, auc_high: area under the curve with its 95 % interval.
        precision: share of the removed that was sought.
        recall: share of the sought that was removed.
        curve: recall at each share removed of `SHARES`.
    """

    way: str
    auc: float
    auc_low: float
    auc_high: float
    precision: float
    recall: float
    curve: tuple[float, ...]


SHARES = tuple(float(share) for share in np.round(np.linspace(0.0, 0.95, 20), 2))
"""Removed shares that recall is told at."""


def ways(removers: RemoverConfig) -> dict[str, tuple[str, RemoverConfig]]:
    """Name -> remover and its settings: AFORET by each of its scores that ranks otherwise, and all others."""
    scores = [name for name in MEASURES if name != "ambiguity"]  # ranks as beta does
    found = {f"aforet ({score})": ("aforet", replace(removers, score=score)) for score in scores}
    return found | {name: (name, removers) for name in REMOVERS if name not in ("aforet", "none")}


def find_blends(
    points: Floats,
    labels: Indices,
    blended: Mask,
    removers: RemoverConfig,
    share: float,
    draws: int,
    seed: int,
) -> list[Found]:
    """How well each way finds blends, among the faces of classes that have any.

    The interval is over faces (bootstrap); random removal is drawn once, so its interval holds 0.5.
    """
    judged = np.isin(labels, np.unique(labels[blended]))
    found = []
    for way, (name, settings) in ways(removers).items():
        scores = REMOVERS.build(name, settings, seed).scores(points, labels)[judged]
        sought = blended[judged]
        low, high = _interval(scores, sought, draws, seed)
        found.append(_found(way, [(scores, sought)], share, (low, high)))
    return found


def find_planted(
    points: Floats,
    labels: Indices,
    removers: RemoverConfig,
    planted: float,
    share: float,
    repeats: int,
    seed: int,
) -> list[Found]:
    """How well each way finds labels that were made wrong; intervals over the repeats (2.5th to 97.5th percentile)."""
    found = []
    trials = [plant(labels, planted, [seed, repeat]) for repeat in range(repeats)]
    for way, (name, settings) in ways(removers).items():
        ranked = [
            (REMOVERS.build(name, settings, seed + repeat).scores(points, wrong), wrong != labels)
            for repeat, wrong in enumerate(trials)
        ]
        areas = [area(scores, sought) for scores, sought in ranked]
        low, high = np.percentile(areas, (2.5, 97.5))
        found.append(_found(way, ranked, share, (float(low), float(high))))
    return found


def plant(labels: Indices, share: float, seed: Sequence[int]) -> Indices:
    """Labels of which floor(share * N), drawn, are another class, drawn evenly; InputError without a second class."""
    classes = int(labels.max()) + 1
    if classes < 2:
        raise InputError("expected at least two classes, got one; no label can be wrong")
    random = np.random.default_rng(seed)
    wrong = labels.copy()
    chosen = random.permutation(len(labels))[: how_many(share, len(labels))]
    wrong[chosen] = (labels[chosen] + random.integers(1, classes, len(chosen))) % classes
    return wrong


def cure(
    points: Points,
    removers: RemoverConfig,
    classifiers: ClassifierConfig,
    names: Sequence[str],
    planted: float,
    share: float,
    seed: int,
) -> dict[str, dict[str, Indices]]:
    """Classifiers trained on wrong labels, with and without removal, tested on all faces with their true labels.

    Returns:
        Remover -> classifier -> predictions (N,) of the folds together. ``none`` is without removal, and ``clean``
        without wrong labels either.
    """
    wrong = plant(points.labels, planted, [seed, 1])
    ways_of = {"clean": ("none", points.labels), **{name: (name, wrong) for name in ("none", *_real())}}
    done: dict[str, dict[str, Indices]] = {}
    for way, (remover, labels) in ways_of.items():
        done[way] = {name: np.empty(len(points), np.int64) for name in names}
        for fold in np.unique(points.folds):
            train, test = np.flatnonzero(points.folds != fold), points.folds == fold
            removal = REMOVERS.build(remover, removers, seed + int(fold)).remove(
                points.latents[train], labels[train], share
            )
            kept = train[removal.kept]
            for name in names:
                model = CLASSIFIERS.build(name, classifiers, seed).fit(points.latents[kept], labels[kept])
                done[way][name][test] = model.predict(points.latents[test])
    return done


def area(scores: Floats, sought: Mask) -> float:
    """Area under the curve of removing low scores first; NaN unless some are sought and some are not."""
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(sought, -scores)) if 0 < sought.sum() < len(sought) else nan


def _real() -> list[str]:
    return [name for name in REMOVERS if name != "none"]


def _interval(scores: Floats, sought: Mask, draws: int, seed: int) -> tuple[float, float]:
    """Percentiles of the area over faces drawn with replacement."""
    random = np.random.default_rng([seed, draws])
    areas = []
    for _ in range(draws):
        chosen = random.integers(len(scores), size=len(scores))
        areas.append(area(scores[chosen], sought[chosen]))
    low, high = np.nanpercentile(areas, (2.5, 97.5))
    return float(low), float(high)


def _found(
    way: str, ranked: Sequence[tuple[Floats, Mask]], share: float, interval: tuple[float, float]
) -> Found:
    precision, recall = np.mean([_hit(scores, sought, share) for scores, sought in ranked], axis=0)
    curve = [float(np.mean([_hit(s, sought, q)[1] for s, sought in ranked])) for q in SHARES]
    mean = float(np.mean([area(scores, sought) for scores, sought in ranked]))
    return Found(way, mean, *interval, float(precision), float(recall), tuple(curve))


def _hit(scores: Floats, sought: Mask, share: float) -> tuple[float, float]:
    """Precision and recall of the lowest floor(share * N)."""
    count = how_many(share, len(scores))
    hits = float(sought[np.argsort(scores, kind="stable")[:count]].sum())
    return hits / count if count else nan, hits / sought.sum() if sought.any() else nan
