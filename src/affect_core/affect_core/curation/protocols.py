"""Two ways to test classifiers on a reduced set, on the same faces and folds.

``paper`` filters all latent vectors, test faces included, by their labels, and cross-validates on what is left: the
test has become easier. ``honest`` computes class means, sigma and threshold in the training part of each fold,
filters that part only, and tests on every face of the fold.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import nan
from typing import Any, Final

import numpy as np

from affect_core.curation.base import REMOVERS, Floats, Indices, Mask, Removal
from affect_core.curation.classifiers import CLASSIFIERS
from affect_core.curation.config import ClassifierConfig, RemoverConfig
from affect_core.curation.metrics import area_under_curve, measure
from affect_core.errors import InputError
from affect_core.registry import Registry

NOT_TESTED: Final = -1


@dataclass(frozen=True, eq=False)
class Points:
    """Latent vectors with what is known of them.

    Attributes:
        latents: float (N, d).
        labels: (N,), 0 to C - 1.
        folds: (N,), the fold that each is tested in.
        subjects: (N,), who is shown; a number of its own for each where nobody knows.
        classes: names.
    """

    latents: Floats
    labels: Indices
    folds: Indices
    subjects: Indices
    classes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class Cell:
    """One way to reduce the set, and one classifier."""

    protocol: str
    remover: str
    share: float
    classifier: str

    @property
    def key(self) -> str:
        """File name of its result."""
        return f"{self.protocol}-{self.remover}-{self.share:g}-{self.classifier}"


@dataclass(frozen=True, eq=False)
class Measured:
    """What came of a cell.

    Attributes:
        predicted: (N,) classes; `NOT_TESTED` where a face was removed from the test.
        scores: (N, C), see `metrics.measure`.
        trained_on: faces that each fold was trained on, (folds,).
        thresholds: of the removal in each fold, (folds,); NaN when nothing is removed.
        lost: (C,), share of each class that was removed, mean over folds.
        auc: mean over folds, weighed by their faces; classifiers of two folds need not score on one scale.
    """

    predicted: Indices
    scores: Floats
    trained_on: Indices
    thresholds: Floats
    lost: Floats
    auc: float

    @property
    def tested(self) -> Mask:
        """Which faces were tested."""
        return np.asarray(self.predicted != NOT_TESTED)

    def metrics(self, labels: Indices) -> dict[str, float]:
        """`metrics.measure` over all folds together: every face is tested once, so the formulas hold for the result."""
        chosen = self.tested
        found = measure(labels[chosen], self.predicted[chosen], self.scores[chosen])
        return {**found, "auc": self.auc}


Reduce = Callable[[Floats, Indices, int], Removal]
"""(points, labels, fold) -> what is removed of them."""

PROTOCOLS: Registry[Measured] = Registry("protocol")
"""Name -> (points, reduce, make classifier) -> `Measured`."""


def run_cell(
    cell: Cell, points: Points, removers: RemoverConfig, classifiers: ClassifierConfig, seed: int
) -> Measured:
    """Reduce, train and test in every fold; the same seed gives the same result."""

    def reduce(latents: Floats, labels: Indices, fold: int) -> Removal:
        return REMOVERS.build(cell.remover, removers, seed + fold).remove(latents, labels, cell.share)

    def make() -> Any:
        return CLASSIFIERS.build(cell.classifier, classifiers, seed)

    return PROTOCOLS.build(cell.protocol, points, reduce, make)


@PROTOCOLS.register("paper")
def _paper(points: Points, reduce: Reduce, make: Callable[[], Any]) -> Measured:
    removal = reduce(points.latents, points.labels, 0)
    folds = _fold_numbers(points)
    parts = [(removal.kept & (points.folds != f), removal.kept & (points.folds == f)) for f in folds]
    return _run(points, parts, [removal] * len(folds), make)


@PROTOCOLS.register("honest")
def _honest(points: Points, reduce: Reduce, make: Callable[[], Any]) -> Measured:
    parts, removals = [], []
    for fold in _fold_numbers(points):
        train = np.flatnonzero(points.folds != fold)
        removal = reduce(points.latents[train], points.labels[train], fold)
        kept = np.zeros(len(points), bool)
        kept[train[removal.kept]] = True
        parts.append((kept, points.folds == fold))
        removals.append(removal)
    return _run(points, parts, removals, make)


def assign_folds(labels: Indices, subjects: Indices, folds: int, group: bool, seed: int) -> Indices:
    """The fold in which each face is tested, (N,): every class in its proportion, all faces of a subject together.

    Raises:
        InputError: a class has fewer faces, or subjects, than folds.
    """
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    together = group and len(np.unique(subjects)) < len(subjects)
    units = subjects if together else np.arange(len(labels))
    rarest = min(len(np.unique(units[labels == c])) for c in np.unique(labels))
    if rarest < folds:
        what = "subjects" if together else "faces"
        raise InputError(
            f"expected at least {folds} {what} of every class for {folds} folds, got {rarest}; use fewer"
        )
    splitter: Any = StratifiedGroupKFold if together else StratifiedKFold
    assigned = np.full(len(labels), -1, np.int64)
    split = splitter(folds, shuffle=True, random_state=seed).split(
        labels, labels, units if together else None
    )
    for fold, (_, test) in enumerate(split):
        assigned[test] = fold
    return assigned


def _run(
    points: Points, parts: list[tuple[Mask, Mask]], removals: list[Removal], make: Callable[[], Any]
) -> Measured:
    classes = len(points.classes)
    predicted = np.full(len(points), NOT_TESTED, np.int64)
    scores = np.zeros((len(points), classes))
    areas: list[tuple[float, int]] = []
    for train, test in parts:
        if not test.any():
            continue
        model = make().fit(points.latents[train], points.labels[train])
        predicted[test] = model.predict(points.latents[test])
        scores[test] = _scores(model, points.latents[test], classes)
        areas.append((area_under_curve(points.labels[test], scores[test]), int(test.sum())))
    return Measured(
        predicted,
        scores,
        np.array([int(train.sum()) for train, _ in parts]),
        np.array([removal.threshold for removal in removals]),
        np.mean([[removal.lost.get(c, 0.0) for c in range(classes)] for removal in removals], axis=0),
        _weighed(areas),
    )


def _scores(model: Any, latents: Floats, classes: int) -> Floats:
    """(N, C); a class that training had no faces of gets the lowest of all."""
    ask = model.predict_proba if hasattr(model, "predict_proba") else model.decision_function
    given = np.asarray(ask(latents), np.float64)
    if given.ndim == 1:  # two classes, one column
        given = np.stack([-given, given], axis=1)
    scores = np.full((len(latents), classes), given.min())
    scores[:, model.classes_] = given
    return scores


def _weighed(areas: list[tuple[float, int]]) -> float:
    known = [(area, count) for area, count in areas if not np.isnan(area)]
    if not known:
        return nan
    values, weights = zip(*known, strict=True)
    return float(np.average(values, weights=weights))


def _fold_numbers(points: Points) -> list[int]:
    return [int(fold) for fold in np.unique(points.folds)]
