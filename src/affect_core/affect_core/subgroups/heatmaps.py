"""Merged heatmaps: the mean of many masks in the face space, how far two of them are apart, and their tree."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, leaves_list, linkage
from scipy.spatial.distance import squareform

from affect_core.errors import InputError
from affect_core.types import Floats

DISTANCES: Final = ("correlation", "root")
"""1 - NCC as P3 has it, and sqrt(2 (1 - NCC)), which is Euclidean: that of the standardised maps."""

GAIN: Final = 3.0
"""P3 shows differences three times as strong as they are."""


class Mean:
    """Mean of masks, one after the other; their order does not matter."""

    def __init__(self) -> None:
        self._sum: Floats | None = None
        self.count = 0

    def add(self, mask: NDArray[np.bool_]) -> None:
        """One mask (H, W), 0 or 1."""
        self._sum = mask.astype(np.float64) if self._sum is None else self._sum + mask
        self.count += 1

    def value(self) -> Floats:
        """(H, W), 0..1; raises InputError when there is nothing to average."""
        if self._sum is None:
            raise InputError("expected at least one mask to average, got none; explain more pictures")
        return self._sum / self.count


def merged(masks: Iterable[NDArray[np.bool_]]) -> Floats:
    """The heatmap (H, W) of some masks, 0..1; P3, section II.C."""
    mean = Mean()
    for mask in masks:
        mean.add(mask)
    return mean.value()


def distance(first: Floats, second: Floats) -> float:
    """1 - the normalised correlation of two maps, 0..2; P3, section II.C. NaN where a map is constant."""
    centred = [np.asarray(one, np.float64) - np.mean(one) for one in (first, second)]
    lengths = [float(np.linalg.norm(one)) for one in centred]
    if min(lengths) <= 1e-12 * max(1.0, float(np.abs(first).max()), float(np.abs(second).max())):
        return float("nan")
    correlation = float(np.vdot(centred[0], centred[1])) / (lengths[0] * lengths[1])
    return 1.0 - min(1.0, max(-1.0, correlation))


def distances(maps: Sequence[Floats]) -> Floats:
    """(K, K): symmetric, 0 on the diagonal."""
    made = np.zeros((len(maps), len(maps)))
    for row in range(len(maps)):
        for column in range(row):
            made[row, column] = made[column, row] = distance(maps[row], maps[column])
    return made


@dataclass(frozen=True, eq=False)
class Tree:
    """Ward's clustering of maps.

    Attributes:
        names: of the maps, such as ``FE-MA happy``.
        between: (K, K), distances of the maps.
        links: (K - 1, 4), scipy's linkage matrix.
        left_out: maps that are constant and have no distance to any other.
    """

    names: tuple[str, ...]
    between: Floats
    links: Floats
    left_out: tuple[str, ...] = ()

    def clusters(self, count: int) -> NDArray[np.int64]:
        """(K,): the tree cut into ``count`` clusters, numbered from 1."""
        return np.asarray(fcluster(self.links, count, "maxclust"), np.int64)

    @property
    def order(self) -> tuple[str, ...]:
        """The names as they stand below the dendrogram."""
        return tuple(self.names[index] for index in leaves_list(self.links))


def grow(maps: Mapping[str, Floats], kind: str = DISTANCES[0]) -> Tree:
    """Ward's tree of some heatmaps, P3, figure 3.

    Ward's method is made for Euclidean distances, and 1 - NCC is half the square of one; P3 uses it as it is.
    ``kind`` "root" is the Euclidean distance.

    Raises:
        InputError: fewer than two maps have a shape.
    """
    usable = {name: one for name, one in maps.items() if float(np.ptp(one)) > 0.0}
    if len(usable) < 2:
        raise InputError(f"expected two heatmaps or more that are not constant, got {len(usable)}")
    between = distances(list(usable.values()))
    if kind == DISTANCES[1]:
        between = np.sqrt(2.0 * between)
    links = linkage(squareform(between, checks=False), method="ward")
    return Tree(tuple(usable), between, links, tuple(name for name in maps if name not in usable))


def same_tree(first: Tree, second: Tree) -> bool:
    """Whether two trees of the same maps join them in the same way, whatever the heights."""
    return _joined(first) == _joined(second)


def _joined(tree: Tree) -> set[frozenset[str]]:
    """What is together below every branch."""
    below = [frozenset([name]) for name in tree.names]
    for left, right, *_ in tree.links:
        below.append(below[int(left)] | below[int(right)])
    return set(below)


@dataclass(frozen=True, eq=False)
class Difference:
    """Two heatmaps f and m compared; P3, table XI. Without the gain that pictures are shown with.

    Attributes:
        absolute: |f - m|.
        first: max(f - m, 0).
        second: max(m - f, 0).
    """

    absolute: Floats
    first: Floats
    second: Floats


def difference(first: Floats, second: Floats) -> Difference:
    """See `Difference`."""
    change = np.asarray(first, np.float64) - second
    return Difference(np.abs(change), np.maximum(change, 0.0), np.maximum(-change, 0.0))
