"""All cells of the study together: means over classifiers, intervals over faces, comparisons."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from affect_core.curation.base import Floats, Indices
from affect_core.curation.cells import AFORET, CONTROL
from affect_core.curation.classifiers import shown
from affect_core.curation.metrics import MACRO_RECALL, METRICS, ceiling
from affect_core.curation.protocols import Cell, Measured, Points
from affect_core.experiment.statistics import Interval, Sums, difference, interval, sums_by_group

PAPER, HONEST = "paper", "honest"


@dataclass(frozen=True, eq=False)
class Results:
    """What was measured.

    Attributes:
        points: that all cells were measured on.
        tested: cell -> result.
        classifiers: names, in the order of the tables.
    """

    points: Points
    tested: Mapping[Cell, Measured]
    classifiers: tuple[str, ...]

    def cell(self, protocol: str, remover: str, share: float, classifier: str) -> Measured:
        """One result; with nothing removed both protocols are the same."""
        if remover == "none" or share == 0.0:
            protocol, remover, share = PAPER, "none", 0.0
        return self.tested[Cell(protocol, remover, share, classifier)]

    @cached_property
    def metrics(self) -> dict[Cell, dict[str, float]]:
        """All figures of merit of all cells."""
        return {cell: tested.metrics(self.points.labels) for cell, tested in self.tested.items()}

    def value(self, protocol: str, remover: str, share: float, classifier: str, metric: str) -> float:
        """One number."""
        if remover == "none" or share == 0.0:
            protocol, remover, share = PAPER, "none", 0.0
        return self.metrics[Cell(protocol, remover, share, classifier)][metric]

    def mean(self, protocol: str, remover: str, share: float, metric: str) -> float:
        """Over the classifiers."""
        return float(
            np.mean([self.value(protocol, remover, share, name, metric) for name in self.classifiers])
        )

    def removed(self, protocol: str, remover: str, share: float) -> float:
        """Share of the tested faces that is missing from the test; 0 in the honest protocol."""
        return 1.0 - float(self.cell(protocol, remover, share, self.classifiers[0]).tested.mean())

    def ceiling(self, remover: str, share: float, classifier: str) -> float:
        """acc / (1 - q) of the accuracy without removal."""
        base = self.value(PAPER, "none", 0.0, classifier, "accuracy")
        return ceiling(base, self.removed(PAPER, remover, share))

    def mean_ceiling(self, remover: str, share: float) -> float:
        """Over the classifiers."""
        return float(np.mean([self.ceiling(remover, share, name) for name in self.classifiers]))

    def accuracy(self, protocol: str, remover: str, share: float) -> Interval:
        """Mean over the classifiers, with the interval over subjects."""
        return interval([self._sums(protocol, remover, share)], "accuracy")

    def gain(self, remover: str, share: float, over: str = "none") -> Interval:
        """Honest accuracy minus that without removal (or at random): the same faces, mean over the classifiers."""
        ours = self._sums(HONEST, remover, share)
        return difference([ours], [self._sums(HONEST, over, share)], "accuracy")

    def recall(self, protocol: str, remover: str, share: float, classifier: str) -> Floats:
        """Share of each class's tested faces that was read, (C,); NaN for a class without."""
        tested = self.cell(protocol, remover, share, classifier)
        labels, chosen = self.points.labels, tested.tested
        hits = tested.predicted == labels
        classes = range(len(self.points.classes))
        own = [chosen & (labels == c) for c in classes]
        return np.array([hits[mask].mean() if mask.any() else np.nan for mask in own])

    def table(self) -> bytes:
        """Every number as a CSV file."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        names = (*METRICS, MACRO_RECALL)
        writer.writerow(["protocol", "remover", "share", "classifier", "tested", *names])
        for cell, found in self.metrics.items():
            tested = int(self.tested[cell].tested.sum())
            start = [cell.protocol, cell.remover, cell.share, shown(cell.classifier), tested]
            writer.writerow([*start, *(f"{found[name]:.6f}" for name in names)])
        return text.getvalue().encode()

    def _sums(self, protocol: str, remover: str, share: float) -> Sums:
        """Confusions per subject, added over the classifiers: all of them tested the same faces."""
        parts = [self._sums_of(self.cell(protocol, remover, share, name)) for name in self.classifiers]
        return Sums(sum(part.confusion for part in parts), sum(part.bins for part in parts))  # type: ignore[arg-type]

    def _sums_of(self, tested: Measured) -> Sums:
        chosen = tested.tested
        certain = np.eye(len(self.points.classes))[tested.predicted[chosen]]
        return sums_by_group(certain, self.points.labels[chosen], numbered(self.points.subjects[chosen]))


def compare_cured(
    points: Points, cured: Mapping[str, Mapping[str, Indices]]
) -> dict[str, tuple[Interval, Interval]]:
    """Way -> accuracy with true labels, and its difference to training on the wrong ones as they are."""
    classes = np.eye(len(points.classes))
    groups = numbered(points.subjects)

    def added(predictions: Sequence[Indices]) -> Sums:
        parts = [sums_by_group(classes[predicted], points.labels, groups) for predicted in predictions]
        return Sums(sum(part.confusion for part in parts), sum(part.bins for part in parts))  # type: ignore[arg-type]

    sums = {way: added(list(by_name.values())) for way, by_name in cured.items()}
    return {
        way: (interval([own], "accuracy"), difference([own], [sums["none"]], "accuracy"))
        for way, own in sums.items()
    }


def numbered(groups: Indices) -> Indices:
    """Groups as 0 to G - 1, each at least once."""
    return np.asarray(np.unique(groups, return_inverse=True)[1], np.int64)


def order_of(removers: Sequence[str]) -> list[str]:
    """Names as tables have them: none, random, the others, AFORET last."""
    rest = [name for name in removers if name not in ("none", CONTROL, AFORET)]
    return ["none", CONTROL, *rest, AFORET]
