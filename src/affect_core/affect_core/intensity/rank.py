"""From relevances to a rank; P1, section III-D. Ten bins, three overlapping groups of five."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from affect_core.errors import InputError
from affect_core.intensity.base import RankConfig
from affect_core.registry import Registry
from affect_core.types import Floats, IntensityRank

BINS: Final = 10
GROUPS: Final = (slice(0, 5), slice(3, 8), slice(5, 10))
"""G1 = I1..I5, G2 = I4..I8, G3 = I6..I10, of which each stands for a rank."""

RANKS: Final = (IntensityRank.MINIMAL, IntensityRank.AVERAGE, IntensityRank.STRONG)
_EDGES: Final = np.arange(BINS + 1) / BINS
Counts = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Ranked:
    """A rank and what it was read from.

    Attributes:
        rank: UNKNOWN where all relevances are the same, and nothing can be read.
        counts: (10,), pixels of all channels in each bin; all 0 where the rank is unknown.
        sums: of the counts in each group, C1 to C3.
    """

    rank: IntensityRank
    counts: Counts
    sums: tuple[int, int, int]

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        return {"rank": self.rank.name.lower(), "counts": self.counts.tolist(), "sums": list(self.sums)}


def rank(relevances: NDArray[Any], config: RankConfig | None = None) -> Ranked:
    """The rank of one picture.

    Args:
        relevances: (3, H, W), signed, of every pixel and channel; any shape will do.

    Raises:
        InputError: there are none, or some are not finite.
    """
    config = config or RankConfig()
    values = np.asarray(relevances, np.float64).ravel()
    if not values.size or not np.isfinite(values).all():
        raise InputError(
            f"expected finite relevances, got {values.size} with {np.sum(~np.isfinite(values))} that are not; "
            "explain the picture again"
        )
    scores = NORMALISERS.get(config.normaliser)(values, config)
    if scores is None:
        return Ranked(IntensityRank.UNKNOWN, np.zeros(BINS, np.int64), (0, 0, 0))
    counts = histogram(scores, config.strict_halfopen)
    return Ranked(RULES.get(config.rule)(scores, counts), counts, group_sums(counts))


def histogram(scores: Floats, strict_halfopen: bool = False) -> Counts:
    """Scores in each I_j = [(j - 1) / 10, j / 10): (10,).

    Args:
        scores: 0..1.
        strict_halfopen: a score of exactly 1 is in no bin, as in P1's tables; else it is in the last one.
    """
    places = np.searchsorted(_EDGES, scores, side="right") - 1
    if not strict_halfopen:
        places = np.minimum(places, BINS - 1)
    return np.bincount(places, minlength=BINS + 1)[:BINS].astype(np.int64)


def group_sums(counts: Counts) -> tuple[int, int, int]:
    """C1, C2, C3: what P1's Tables 3 and 4 print as "Mean"."""
    first, second, third = (int(counts[group].sum()) for group in GROUPS)
    return first, second, third


def rank_of_counts(counts: Counts) -> IntensityRank:
    """The group with the largest sum; of equal ones the lower rank."""
    return RANKS[int(np.argmax(group_sums(counts)))]


# --- normalisation ---------------------------------------------------------------------------------------------

NORMALISERS: Registry[Floats | None] = Registry("normaliser of relevances")
"""Name -> function ``(values (N,), config) -> scores (N,)`` in 0..1, or None where all values are the same."""


@NORMALISERS.register("minmax")
def minmax(values: Floats, config: RankConfig) -> Floats | None:
    """(R - min R) / (max R - min R) over all pixels and channels, which is what P1's totals show."""
    return _stretched(values, values.min(), values.max())


@NORMALISERS.register("clipped")
def clipped(values: Floats, config: RankConfig) -> Floats | None:
    """The same after the ends are clipped, so that no rank hangs on one pixel; ours."""
    low, high = np.percentile(values, (config.clip_percent, 100.0 - config.clip_percent))
    return _stretched(values.clip(low, high), low, high)


@NORMALISERS.register("positive")
def positive(values: Floats, config: RankConfig) -> Floats | None:
    """Positive relevances alone, over the largest: what P1's text says, and its tables contradict. Says minimal."""
    kept = values.clip(min=0.0)
    return _stretched(kept, 0.0, kept.max())


def _stretched(values: Floats, low: float, high: float) -> Floats | None:
    span = high - low
    return (values - low) / span if span > 0.0 else None


# --- rules -----------------------------------------------------------------------------------------------------

RULES: Registry[IntensityRank] = Registry("rule of ranks")
"""Name -> function ``(scores (N,), counts (10,)) -> rank``."""


@RULES.register("count")
def _count(scores: Floats, counts: Counts) -> IntensityRank:
    """As tabulated: 46 of the 48 values in Tables 3 and 4 are the sums of the counts, the others are misprints."""
    return rank_of_counts(counts)


@RULES.register("mean")
def _mean(scores: Floats, counts: Counts) -> IntensityRank:
    """As written: the largest mean of the scores in a group. Of the third group it always is; for demonstration."""
    means = [_mean_between(scores, _EDGES[group.start], _EDGES[group.stop]) for group in GROUPS]
    return RANKS[int(np.nanargmax(means))]


def _mean_between(scores: Floats, low: float, high: float) -> float:
    inside = scores[(scores >= low) & ((scores < high) | (high == 1.0))]
    return float(inside.mean()) if inside.size else float("nan")


def positive_share(relevances: NDArray[Any]) -> float:
    """Positive relevance in the sum of all absolute ones, 0..1; NaN where all are 0. A robust measure of ours."""
    values = np.asarray(relevances, np.float64)
    total = float(np.abs(values).sum())
    return float(values.clip(min=0.0).sum()) / total if total > 0.0 else float("nan")


def balance(relevances: NDArray[Any]) -> float:
    """z0 = -min R / (max R - min R), 0..1, the score of a relevance of 0, which decides nearly every rank; NaN where
    all relevances are the same."""
    values = np.asarray(relevances, np.float64)
    low, high = float(values.min()), float(values.max())
    return -low / (high - low) if high > low else float("nan")
