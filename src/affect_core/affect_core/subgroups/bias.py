"""What the groups' accuracies differ in, with intervals: the bootstrap over the tested people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from affect_core.config import Settings, setting
from affect_core.errors import InputError
from affect_core.subgroups.rounds import FIRST, MATCHED, MIXED, SECOND, TESTS, TRAININGS, Readings
from affect_core.types import Floats

GROUPS: Final = (FIRST, SECOND)
_SEED: Final = 20_233


@dataclass(frozen=True)
class BiasConfig(Settings):
    """How intervals are computed."""

    draws: int = setting(2000, "of the bootstrap over subjects", low=100)
    level: float = setting(0.95, "share of the draws that an interval holds", low=0.5, high=0.999)


@dataclass(frozen=True)
class Estimate:
    """A number with its interval. NaN = cannot be said."""

    value: float
    low: float
    high: float

    @property
    def clear(self) -> bool:
        """Whether the interval leaves 0 out."""
        return self.low > 0.0 or self.high < 0.0


@dataclass(frozen=True, eq=False)
class Bias:
    """Percent everywhere.

    Attributes:
        accuracy: (training, test) -> mean class-wise accuracy.
        read: (training, test) -> per class how often it is read, 100 = as often as it is shown.
        gaps: per class, accuracy of the mixed training on the first group minus that on the second.
        gap: the same, mean of the classes.
        transfer: what it costs to be trained on the other group: for each test group, accuracy of its own training
            minus that of the other's, mean of both. A training that is better by chance cancels out.
        crossed: first training on the second group minus second training on the first.
        doubled: what twice the training pictures bring: mixed minus matched, on the mixed test.
        verdict_level: of the intervals of ``transfer`` and ``gap`` in ``found``.
        found: which of ``transfer`` and ``gap`` leave 0 out at that level.
    """

    accuracy: dict[tuple[str, str], Estimate]
    read: dict[tuple[str, str], list[Estimate]]
    gaps: list[Estimate]
    gap: Estimate
    transfer: Estimate
    crossed: Estimate
    doubled: Estimate
    verdict_level: float
    found: tuple[str, ...]


def measure(readings: Readings, config: BiasConfig, seed: int = 0) -> Bias:
    """The bias report.

    People are drawn with replacement, those of either group apart. The interval says how far other people of the
    same kind might change a number, not how far another training might.

    Raises:
        InputError: nobody of one of the groups was tested.
    """
    draws = _Draws(readings, config, seed)
    own = draws.transfer()
    gap = draws.recall(MIXED, FIRST).mean(axis=1) - draws.recall(MIXED, SECOND).mean(axis=1)
    strict = 1.0 - (1.0 - config.level) / 2.0  # two are judged
    judged = {"transfer": draws.estimate(own, strict), "gap": draws.estimate(gap, strict)}
    return Bias(
        accuracy={
            (training, test): draws.estimate(draws.recall(training, test).mean(axis=1))
            for training in TRAININGS
            for test in TESTS
        },
        read={
            (training, test): [draws.estimate(column) for column in draws.read(training, test).T]
            for training in TRAININGS
            for test in TESTS
        },
        gaps=[
            draws.estimate(column) for column in (draws.recall(MIXED, FIRST) - draws.recall(MIXED, SECOND)).T
        ],
        gap=draws.estimate(gap),
        transfer=draws.estimate(own),
        crossed=draws.estimate(
            draws.recall(FIRST, SECOND).mean(axis=1) - draws.recall(SECOND, FIRST).mean(axis=1)
        ),
        doubled=draws.estimate(
            draws.recall(MIXED, MIXED).mean(axis=1) - draws.recall(MATCHED, MIXED).mean(axis=1)
        ),
        verdict_level=strict,
        found=tuple(name for name, value in judged.items() if value.clear),
    )


def difference_of_means(first: Floats, second: Floats, config: BiasConfig, seed: int = 0) -> Estimate:
    """Mean of (N,) minus mean of (M,), both drawn with replacement, apart from each other."""
    means = [
        _weights(len(values), config.draws, np.random.default_rng([_SEED, seed, side])) @ values / len(values)
        for side, values in enumerate((first, second))
    ]
    return _estimate(means[0] - means[1], config.level)


class _Draws:
    """Confusion percentages of every draw; draw 0 is what was measured."""

    def __init__(self, readings: Readings, config: BiasConfig, seed: int) -> None:
        self._config = config
        self._percent: dict[tuple[str, str], Floats] = {}
        weights = [self._people(readings, group, seed) for group in (0, 1)]
        for training in TRAININGS:
            sums = [np.tensordot(w, _sums(readings, training, g), 1) for g, w in enumerate(weights)]
            for test, counts in zip(TESTS, (sums[0] + sums[1], *sums), strict=True):
                totals = counts.sum(axis=-1, keepdims=True)
                shares = np.divide(counts, totals, out=np.full_like(counts, np.nan), where=totals > 0)
                self._percent[training, test] = 100.0 * shares

    def _people(self, readings: Readings, group: int, seed: int) -> Floats:
        count = len(np.unique(readings.subjects[readings.groups == group]))
        if not count:
            raise InputError(
                f"expected test pictures of both groups, found none of the {GROUPS[group]} group; more people are "
                "needed, or more rounds"
            )
        return _weights(count, self._config.draws, np.random.default_rng([_SEED, seed, group]))

    def recall(self, training: str, test: str) -> Floats:
        """(draws, C); a class that a draw holds nobody of counts as the mean of all draws."""
        found = np.diagonal(self._percent[training, test], axis1=-2, axis2=-1).copy()
        seen = ~np.isnan(found)
        usual = np.where(seen, found, 0.0).sum(axis=0) / np.where(seen.any(axis=0), seen.sum(axis=0), np.nan)
        return np.where(seen, found, usual)

    def read(self, training: str, test: str) -> Floats:
        """(draws, C): column sums."""
        return np.asarray(np.nansum(self._percent[training, test], axis=-2))

    def transfer(self) -> Floats:
        """(draws,), see `Bias.transfer`."""
        at_home = [self.recall(group, group).mean(axis=1) for group in GROUPS]
        away = [
            self.recall(other, group).mean(axis=1) for group, other in zip(GROUPS, GROUPS[::-1], strict=True)
        ]
        return np.asarray((at_home[0] - away[0] + at_home[1] - away[1]) / 2.0)

    def estimate(self, values: Floats, level: float | None = None) -> Estimate:
        return _estimate(values, level or self._config.level)


def _sums(readings: Readings, training: str, group: int) -> Floats:
    """(G, C, C): confusion counts of every person of a group."""
    here = readings.groups == group
    people = np.unique(readings.subjects[here], return_inverse=True)[1]
    classes = len(readings.label_names)
    sums = np.zeros((int(people.max()) + 1 if len(people) else 0, classes, classes))
    np.add.at(sums, (people, readings.truth[here], readings.predicted[training][here]), 1.0)
    return sums


def _weights(count: int, draws: int, rng: np.random.Generator) -> Floats:
    """(draws + 1, count): how often each is drawn; first once each, which is the measurement itself."""
    drawn = rng.multinomial(count, np.full(count, 1.0 / count), size=draws).astype(np.float64)
    return np.concatenate([np.ones((1, count)), drawn])


def _estimate(values: NDArray[np.float64], level: float) -> Estimate:
    tail = 50.0 * (1.0 - level)
    if not np.isfinite(values).all():
        return Estimate(float("nan"), float("nan"), float("nan"))
    low, high = np.percentile(values[1:], (tail, 100.0 - tail))
    return Estimate(float(values[0]), float(low), float(high))
