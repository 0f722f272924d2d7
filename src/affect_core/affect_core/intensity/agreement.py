"""How well ranks agree with the truth: P1's tables for each emotion and rank, and measures of order with intervals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isnan, nan
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from affect_core.errors import InputError
from affect_core.intensity.rank import RANKS
from affect_core.types import Floats, IntensityRank

Ranks = NDArray[np.int64]
"""(N,), values of `IntensityRank`."""

_TAILS: Final = (2.5, 97.5)
_LEAST_DRAWS: Final = 0.5


@dataclass(frozen=True)
class Scores:
    """Of one rank of one emotion, one against the rest; NaN = not defined, shown as n/a.

    Attributes:
        count: pictures whose true rank this is; with none, recall and F1 are not defined.
        predicted: pictures that got it; with none, precision is not defined.
    """

    count: int
    predicted: int
    accuracy: float = nan
    precision: float = nan
    recall: float = nan
    f1: float = nan


@dataclass(frozen=True, eq=False)
class Agreement:
    """Of the ranks of one emotion, or of all.

    Attributes:
        matrix: (3, 3), rows = truth, both in the order of `RANKS`.
        scores: of each rank.
    """

    matrix: NDArray[np.int64]
    scores: tuple[Scores, ...]

    @property
    def accuracy(self) -> float:
        """Share with the right rank; NaN without pictures."""
        total = int(self.matrix.sum())
        return float(np.trace(self.matrix)) / total if total else nan

    def macro(self, name: str) -> float:
        """Mean of a score over the ranks for which it is defined; NaN if there is none."""
        known = [value for part in self.scores if not isnan(value := getattr(part, name))]
        return float(np.mean(known)) if known else nan

    def plain(self) -> dict[str, Any]:
        """For JSON; NaN = n/a."""
        by_rank = {rank.name.lower(): vars(part) for rank, part in zip(RANKS, self.scores, strict=True)}
        macro = {name: self.macro(name) for name in ("precision", "recall", "f1")}
        return {
            "matrix": self.matrix.tolist(), "accuracy": self.accuracy, "macro": macro, "ranks": by_rank,
        }  # fmt: skip


def agreement(truth: Ranks, predicted: Ranks) -> Agreement:
    """P1's confusion matrix and scores.

    Raises:
        InputError: other lengths, or a rank that is unknown: leave these pictures out before, and count them.
    """
    if len(truth) != len(predicted):
        raise InputError(f"expected as many truths as ranks, got {len(truth)} and {len(predicted)}")
    for values in (truth, predicted):
        if len(values) and not 1 <= values.min() <= values.max() <= len(RANKS):
            raise InputError(f"expected ranks 1 to {len(RANKS)}, got {np.unique(values).tolist()}")
    size = len(RANKS)
    places = (np.asarray(truth, np.int64) - 1) * size + np.asarray(predicted, np.int64) - 1
    found = np.bincount(places, minlength=size * size).reshape(size, size)
    return Agreement(found, tuple(_scores(found, place) for place in range(size)))


def by_emotion(
    truth: Ranks, predicted: Ranks, emotions: NDArray[np.int64], count: int
) -> tuple[Agreement, ...]:
    """`agreement` for each of ``count`` emotions; ``emotions``: (N,), of each picture."""
    return tuple(agreement(truth[emotions == place], predicted[emotions == place]) for place in range(count))


def ranks_of(intensities: Floats, minimal_below: float, strong_from: float) -> Ranks:
    """Intensities 0..1 to ranks; UNKNOWN where the intensity is NaN."""
    found = 1 + (intensities >= minimal_below).astype(np.int64) + (intensities >= strong_from)
    return np.where(np.isnan(intensities), int(IntensityRank.UNKNOWN), found)


@dataclass(frozen=True)
class Interval:
    """A measure with the bootstrap's 95 % interval over pictures; NaN = not defined.

    Attributes:
        share: of the draws in which the measure was defined; below one half there is no interval.
    """

    value: float
    low: float = nan
    high: float = nan
    share: float = 1.0


def bootstrap(
    measure: Callable[[Floats, Floats], float],
    first: Sequence[float] | NDArray[Any],
    second: Sequence[float] | NDArray[Any],
    draws: int,
    seed: int = 0,
) -> Interval:
    """A measure of two columns (N,), and of as many pairs drawn with replacement."""
    a, b = np.asarray(first, np.float64), np.asarray(second, np.float64)
    if len(a) < 2:
        return Interval(nan, share=0.0)
    random = np.random.default_rng([20_260, seed])
    drawn = [measure(a[chosen], b[chosen]) for chosen in random.integers(len(a), size=(draws, len(a)))]
    known = [value for value in drawn if not isnan(value)]
    share = len(known) / draws
    if share < _LEAST_DRAWS:
        return Interval(measure(a, b), share=share)
    low, high = np.percentile(known, _TAILS)
    return Interval(measure(a, b), float(low), float(high), share)


def spearman(first: Floats, second: Floats) -> float:
    """Rank correlation, ties averaged; NaN where one side is constant."""
    if np.ptp(first) == 0.0 or np.ptp(second) == 0.0:
        return nan
    from scipy.stats import spearmanr

    return float(spearmanr(first, second).statistic)


def quadratic_kappa(first: Floats, second: Floats) -> float:
    """Cohen's kappa with quadratic weights of two columns of ranks; NaN where both hold one and the same rank only.

    As scikit-learn's cohen_kappa_score, which takes a hundred times as long: a bootstrap asks thousands of times.
    """
    if np.ptp(np.concatenate([first, second])) == 0.0:
        return nan
    weights = (np.arange(3)[:, None] - np.arange(3)[None, :]) ** 2.0
    table = np.zeros((3, 3))
    np.add.at(table, (first.astype(np.int64) - 1, second.astype(np.int64) - 1), 1.0)
    chance = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    return float(1.0 - (weights * table).sum() / (weights * chance).sum())


def _scores(found: NDArray[np.int64], place: int) -> Scores:
    count, predicted, total = int(found[place].sum()), int(found[:, place].sum()), int(found.sum())
    hits = int(found[place, place])
    if not count:  # an empty class has no score, neither 0 nor 1
        return Scores(count, predicted)
    return Scores(
        count,
        predicted,
        accuracy=(total - count - predicted + 2 * hits) / total,
        precision=hits / predicted if predicted else nan,
        recall=hits / count,
        f1=2.0 * hits / (count + predicted),
    )
