"""Scores with intervals, over seeds and over test pictures.

Every score here is a function of sums over pictures: the weighted confusion counts, and for the calibration error
the sums per bin of confidence. The bootstrap therefore resamples sums, not pictures.

**Interval**: two-level bootstrap. Each draw takes as many seeds as there are, with replacement, and as many groups of
test pictures as there are, with replacement; the same groups for all seeds of the draw, since all seeds were measured
on the same pictures. A group is a subject or a robot head; where a test shows a single head, every picture is its own
group, and the interval says nothing about other heads. The score of a draw is the mean over its seeds; the interval
runs from the 2.5th to the 97.5th percentile. With three seeds the spread between seeds is known poorly: 1 in 9 draws
takes the same seed three times, so the interval mostly covers the range of the seeds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from affect_core.errors import InputError

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

DRAWS: Final = 2000
BINS: Final = 15
"""Of confidence, of equal width; Guo et al. 2017, On Calibration of Modern Neural Networks."""
_SEED: Final = 20_260
_TAILS: Final = (2.5, 97.5)


@dataclass(frozen=True)
class Interval:
    """Mean over seeds, and the bootstrap's 95 % interval."""

    mean: float
    lo: float
    hi: float


@dataclass(frozen=True)
class Sums:
    """What scores are made of, per group of pictures.

    Attributes:
        confusion: (..., C, C), rows = truth.
        bins: (..., BINS, 3): count, sum of confidences, sum of hits.
    """

    confusion: Floats
    bins: Floats


def sums_by_group(probabilities: Floats, truth: Indices, groups: Indices) -> Sums:
    """Sums (G, ...) of one seed.

    Args:
        probabilities: (N, C), rows sum to 1.
        truth: (N,), 0 to C - 1.
        groups: (N,), 0 to G - 1, each at least once.
    """
    count, classes = probabilities.shape
    if not count or len(truth) != count or len(groups) != count:
        raise InputError(f"expected as many truths and groups as probabilities, got {len(truth)} of {count}")
    predicted, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1)
    size = int(groups.max()) + 1
    confusion = np.zeros((size, classes, classes))
    np.add.at(confusion, (groups, truth, predicted), 1.0)
    place = np.clip(np.ceil(confidence * BINS).astype(int) - 1, 0, BINS - 1)  # bins (k/15, (k+1)/15]
    bins = np.zeros((size, BINS, 3))
    values = np.stack([np.ones(count), confidence, predicted == truth], axis=1)
    np.add.at(bins, (groups, place), values)
    return Sums(confusion, bins)


# --- scores: sums -> number, along all leading axes -----------------------------------------------------------


def accuracy(sums: Sums) -> Floats:
    """Share of pictures whose class was read."""
    hits = np.trace(sums.confusion, axis1=-2, axis2=-1)
    return np.asarray(hits / sums.confusion.sum(axis=(-2, -1)))


def precision(sums: Sums) -> Floats:
    """Macro precision over the classes that occur; of a class that was never read it is 0."""
    return _macro(sums.confusion, _hits(sums.confusion), sums.confusion.sum(axis=-2))


def recall(sums: Sums) -> Floats:
    """Macro recall over the classes that occur."""
    return _macro(sums.confusion, _hits(sums.confusion), sums.confusion.sum(axis=-1))


def macro_f1(sums: Sums) -> Floats:
    """Mean F1 of the classes that occur."""
    both = sums.confusion.sum(axis=-1) + sums.confusion.sum(axis=-2)
    return _macro(sums.confusion, 2.0 * _hits(sums.confusion), both)


def ece(sums: Sums) -> Floats:
    """Expected calibration error: mean distance of confidence and accuracy, weighted by the bins' counts."""
    distance = np.abs(sums.bins[..., 1] - sums.bins[..., 2]).sum(axis=-1)
    return np.asarray(distance / sums.bins[..., 0].sum(axis=-1))


METRICS: Final[Mapping[str, Callable[[Sums], Floats]]] = {
    "accuracy": accuracy,
    "precision": precision,
    "recall": recall,
    "macro_f1": macro_f1,
    "ece": ece,
}


def overall(sums: Sums, metric: str) -> float:
    """The score over all groups of one seed."""
    return float(METRICS[metric](Sums(sums.confusion.sum(axis=0), sums.bins.sum(axis=0))))


def interval(seeds: Sequence[Sums], metric: str, draws: int = DRAWS) -> Interval:
    """Mean over seeds with its interval; all seeds measured on the same groups.

    Raises:
        InputError: no seeds, or seeds with different groups.
    """
    return intervals(seeds, (metric,), draws)[metric]


def intervals(seeds: Sequence[Sums], metrics: Iterable[str], draws: int = DRAWS) -> dict[str, Interval]:
    """The same for several metrics, from the same draws."""
    drawn = _resampled(seeds, draws)
    found = {}
    for metric in metrics:
        means = _means(_scores(drawn, metric), seed=1)
        low, high = np.percentile(means, _TAILS)
        found[metric] = Interval(float(np.mean([overall(s, metric) for s in seeds])), float(low), float(high))
    return found


def difference(
    ours: Sequence[Sums], theirs: Sequence[Sums], metric: str, draws: int = DRAWS, same_runs: bool = False
) -> Interval:
    """Ours minus theirs, paired by test pictures: the same groups in every draw.

    Args:
        ours, theirs: seeds of either side.
        metric: a name in `METRICS`.
        draws: of the bootstrap.
        same_runs: seed k of ours is the same network as seed k of theirs; then they are drawn together.
    """
    if len(ours[0].confusion) != len(theirs[0].confusion):
        raise InputError("expected both models to be measured on the same groups of pictures")
    other = 1 if same_runs else 2
    spread = _means(_scores(_resampled(ours, draws), metric), seed=1)
    spread = spread - _means(_scores(_resampled(theirs, draws), metric), seed=other)
    low, high = np.percentile(spread, _TAILS)
    means = [np.mean([overall(s, metric) for s in side]) for side in (ours, theirs)]
    return Interval(float(means[0] - means[1]), float(low), float(high))


def _resampled(seeds: Sequence[Sums], draws: int) -> list[Sums]:
    """For every seed its sums over each draw of groups: (draws, ...)."""
    if not seeds:
        raise InputError("expected the results of at least one seed, got none")
    sizes = {len(s.confusion) for s in seeds}
    if len(sizes) > 1:
        raise InputError(f"expected seeds measured on the same groups, got {sorted(sizes)} groups")
    weights = _weights(sizes.pop(), draws)
    return [Sums(np.tensordot(weights, s.confusion, 1), np.tensordot(weights, s.bins, 1)) for s in seeds]


def _scores(drawn: Sequence[Sums], metric: str) -> Floats:
    """(draws, seeds)."""
    return np.stack([METRICS[metric](sums) for sums in drawn], axis=1)


@lru_cache(maxsize=8)
def _weights(groups: int, draws: int) -> Floats:
    """(draws, groups): how often each group was drawn. The same for everything measured on the same groups."""
    rng = np.random.default_rng([_SEED, groups])
    return rng.multinomial(groups, np.full(groups, 1.0 / groups), size=draws).astype(np.float64)


def _means(scores: Floats, seed: int) -> Floats:
    """(draws,): mean over seeds drawn with replacement."""
    draws, seeds = scores.shape
    chosen = np.random.default_rng([_SEED, seed]).integers(seeds, size=(draws, seeds))
    return np.asarray(np.take_along_axis(scores, chosen, axis=1).mean(axis=1))


def _hits(confusion: Floats) -> Floats:
    return np.diagonal(confusion, axis1=-2, axis2=-1)


def _macro(confusion: Floats, part: Floats, whole: Floats) -> Floats:
    """Mean of part / whole over the classes with a truth; 0 / 0 is 0."""
    occurs = confusion.sum(axis=-1) > 0
    shares = np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
    return np.asarray((shares * occurs).sum(axis=-1) / occurs.sum(axis=-1))
