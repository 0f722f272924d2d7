"""Whether a network reads the face or the background: three tests of the same people, before different backgrounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from affect_core.experiment.predictions import Predictions
from affect_core.experiment.shortcut import ASSIGNMENTS, FAMILY_NAMES
from affect_core.experiment.statistics import Interval, Sums, difference, interval, sums_by_group

GAP: Final = "gap"
FOLLOWED: Final = "followed"
MEASURES: Final = (*ASSIGNMENTS, GAP, FOLLOWED)
"""Accuracy with each kind of background; correlated minus shuffled; share of the pictures with another class's
background (in the shuffled test) that get the background's class."""


def shortcut_sums(answers: Mapping[str, Predictions], labels: tuple[str, ...]) -> dict[str, Sums]:
    """One seed's sums, by assignment and `FOLLOWED`; nothing where the run was not measured on the shortcut tests.

    Args:
        answers: test -> predictions, of one run.
        labels: of its model; five-class readings are taken.
    """
    tests = {name: f"shortcut_{name}" for name in ASSIGNMENTS}
    if not set(tests.values()) <= set(answers):
        return {}
    read = {name: answers[test].without_neutral(labels) for name, test in tests.items()}
    return {name: _sums(one) for name, one in (read | {FOLLOWED: conflicting(read["shuffled"])}).items()}


def shortcut_intervals(seeds: Sequence[Mapping[str, Sums]]) -> dict[str, Interval]:
    """Each of `MEASURES` over the seeds. The gap is taken within each seed, on the same people."""
    columns = {name: [seed[name] for seed in seeds] for name in (*ASSIGNMENTS, FOLLOWED)}
    found = {name: interval(sums, "accuracy") for name, sums in columns.items()}
    found[GAP] = difference(columns["correlated"], columns["shuffled"], "accuracy", same_runs=True)
    return {name: found[name] for name in MEASURES}


def conflicting(answer: Predictions) -> Predictions:
    """The pictures whose background belongs to another class, with that class as truth."""
    behind = background_classes(answer)
    conflict = (behind >= 0) & (behind != answer.truth)
    return replace(answer.where(conflict), truth=behind[conflict])


def background_classes(answer: Predictions) -> NDArray[np.int64]:
    """Class that the background belongs to, (N,); -1 = none."""
    number = {name: index for index, name in enumerate(FAMILY_NAMES)}
    return np.array([number.get(name, -1) for name in answer.background.tolist()], np.int64)


def _sums(answer: Predictions) -> Sums:
    return sums_by_group(answer.probabilities(), answer.truth, answer.groups)
