"""What every way to remove faces has in common: scores in, the exact number of faces out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, nan

import numpy as np
from numpy.typing import NDArray

from affect_core.curation.config import RemoverConfig
from affect_core.errors import InputError
from affect_core.registry import Registry

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
Mask = NDArray[np.bool_]

_ROUNDING = 1e-9
"""0.29 * 100 is 28.999999999999996 in binary."""


@dataclass(frozen=True, eq=False)
class Removal:
    """What was taken out of a labelled set.

    Attributes:
        kept: bool (N,).
        scores: float (N,), the higher the surer to stay.
        threshold: lowest score that stays by its score, beta_t of the paper; NaN when nothing is removed.
        lost: class index -> share of its faces that is removed.
        spared: classes of which more would have gone, had they not been down to their last faces.
    """

    kept: Mask
    scores: Floats
    threshold: float
    lost: dict[int, float]
    spared: tuple[int, ...] = ()

    @property
    def removed(self) -> Indices:
        """Indices, lowest score first."""
        gone = np.flatnonzero(~self.kept)
        return np.asarray(gone[np.argsort(self.scores[gone], kind="stable")], np.int64)

    def warnings(self, names: Sequence[str], config: RemoverConfig) -> list[str]:
        """Sentences about classes that lost more than ``warn_share``, and about those that were spared."""
        many = [
            f"{names[c]} loses {share:.0%} of its faces, more than {config.warn_share:.0%}: consider --per-class."
            for c, share in self.lost.items()
            if share > config.warn_share
        ]
        few = [f"{names[c]} was spared: its last {config.keep_at_least} faces stay." for c in self.spared]
        return many + few


class Remover(ABC):
    """Removes the faces that it is least sure of."""

    def __init__(self, config: RemoverConfig, seed: int = 0) -> None:
        self.config, self.seed = config, seed

    @abstractmethod
    def scores(self, points: Floats, labels: Indices) -> Floats:
        """How sure each point (N, d) with its label (N,) is to belong where it is, (N,); the lowest go first."""

    def remove(self, points: Floats, labels: Indices, share: float) -> Removal:
        """Remove floor(share * N) points; see `remove_lowest`."""
        check_points(points, labels)
        return remove_lowest(self.scores(points, labels), labels, share, self.config)


REMOVERS: Registry[Remover] = Registry("remover")
"""Name -> (config, seed) -> `Remover`."""


def remove_lowest(scores: Floats, labels: Indices, share: float, config: RemoverConfig) -> Removal:
    """Remove exactly floor(share * N) of the lowest scores; among equals the first come first.

    Sets are nested: what goes at 5 % goes at 10 %. A class keeps at least ``keep_at_least``; others go in its place.

    Args:
        scores: (N,), finite or -inf.
        labels: (N,).
        share: 0 to 1; of all, or with ``per_class`` of every class, floor(share * n_j) of it.

    Raises:
        InputError: a score is NaN, or so many cannot go without emptying a class.
    """
    if np.isnan(scores).any():
        raise InputError(f"expected scores of {len(scores)} faces, {int(np.isnan(scores).sum())} are NaN")
    order = np.argsort(scores, kind="stable")
    classes, counts = np.unique(labels, return_counts=True)
    kept = np.ones(len(scores), bool)
    spared: tuple[int, ...] = ()
    if config.per_class:
        for name, count in zip(classes, counts, strict=True):
            own = order[labels[order] == name]
            wanted = how_many(share, int(count))
            kept[own[: min(wanted, max(0, int(count) - config.keep_at_least))]] = False
    else:
        gone, spared = _walk(order, labels, how_many(share, len(scores)), config.keep_at_least)
        kept[gone] = False
    lost = {int(c): float(np.mean(~kept[labels == c])) for c in classes}
    return Removal(kept, scores, _threshold(scores, kept, order), lost, spared)


def how_many(share: float, total: int) -> int:
    """floor(share * total), not fooled by binary fractions."""
    if not 0.0 <= share < 1.0:
        raise InputError(f"expected a share to remove of at least 0 and below 1, got {share}")
    return floor(share * total + _ROUNDING)


def check_points(points: Floats, labels: Indices) -> None:
    """Raise InputError unless there are finite points (N, d), as many labels, and two classes."""
    if points.ndim != 2 or len(points) != len(labels) or not np.isfinite(points).all():
        raise InputError(
            f"expected finite points (N, d) and as many labels, got {points.shape}, {len(labels)} labels and "
            f"{int(np.sum(~np.isfinite(points)))} values that are not finite; encode the faces anew"
        )
    if len(np.unique(labels)) < 2:
        raise InputError(f"expected at least two classes, got {len(np.unique(labels))}; there is no overlap")


def _walk(
    order: Indices, labels: Indices, wanted: int, keep_at_least: int
) -> tuple[list[int], tuple[int, ...]]:
    """The first ``wanted`` of an order that leave every class its last members; and the classes that were passed over."""
    left = {int(c): int(n) for c, n in zip(*np.unique(labels, return_counts=True), strict=True)}
    gone: list[int] = []
    spared: set[int] = set()
    for place in order:
        if len(gone) == wanted:
            break
        own = int(labels[place])
        if left[own] <= keep_at_least:
            spared.add(own)
            continue
        left[own] -= 1
        gone.append(int(place))
    if len(gone) < wanted:
        raise InputError(
            f"expected to remove {wanted} of {len(labels)} faces and leave {keep_at_least} of each class, only "
            f"{len(gone)} can go; remove a smaller share, or merge small classes"
        )
    return gone, tuple(sorted(spared))


def _threshold(scores: Floats, kept: Mask, order: Indices) -> float:
    """The score behind the last one that went."""
    gone = np.flatnonzero(~kept[order])
    if not gone.size:
        return nan
    after = order[gone[-1] + 1 :]
    return float(scores[after[0]]) if after.size else float(np.max(scores[kept]))
