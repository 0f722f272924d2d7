"""From the outputs of trained networks to the numbers of the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import nan
from pathlib import Path
from typing import Any, Final

import numpy as np

from affect_core.circumplex.metrics import Classified, Estimated, classified, error_shares, estimated, listed
from affect_core.circumplex.modes import mode_of
from affect_core.circumplex.recipe import AFFECT
from affect_core.circumplex.samples import NO_CLASS, Samples
from affect_core.emotion.base import Output
from affect_core.emotion.stage import softmax
from affect_core.experiment.statistics import Interval, difference, sums_by_group
from affect_core.training.circumplex.train import Job
from affect_core.types import Floats

WITHIN: Final = (0.1, 0.2, 0.3, 0.4, 0.5)
"""Errors whose share of pictures the table shows; P2 names 0.3."""

NEAR_CHANCE: Final = 2.0
"""An accuracy of less than so many times the chance counts as near it."""


@dataclass(frozen=True)
class Result:
    """A trained network and what it says.

    Attributes:
        job: of the training.
        folder: of the model.
        tests: set -> outputs for its test pictures.
    """

    job: Job
    folder: Path
    tests: Mapping[str, Output]


def classes_of(result: Result, samples: Samples) -> Classified | None:
    """Scores over classes; None for a network or a set without one class for each picture."""
    if mode_of(result.job.mode).several or samples.labels.max() == NO_CLASS:
        return None
    return classified(samples.labels, result.tests[samples.name].logits.argmax(axis=1), samples.label_names)


def estimates_of(result: Result, samples: Samples) -> dict[str, Estimated] | None:
    """Errors of the dimensions that network and set share; None for a network without estimates."""
    guess = result.tests[samples.name].regression
    if guess is None:
        return None
    shared = min(guess.shape[1], samples.affect.shape[1])
    return estimated(samples.affect[:, :shared], guess[:, :shared], samples.dimensions[:shared])


def shares_of(results: Sequence[Result], samples: Samples, within: Sequence[float]) -> dict[str, Floats]:
    """Dimension -> share of pictures within each error, mean over the networks."""
    return {
        name: np.mean(
            [
                error_shares(samples.affect[:, d], r.tests[samples.name].regression[:, d], within)
                for r in results
            ],
            axis=0,
        )
        for d, name in enumerate(AFFECT)
    }


def labels_of(result: Result, samples: Samples) -> dict[str, Any]:
    """Scores over several labels for one picture."""
    return asdict(listed(samples.present, result.tests[samples.name].logits))


def row(result: Result, samples: Samples) -> dict[str, Any]:
    """Everything about one network on one set; NaN = it has no such output."""
    scores, errors = classes_of(result, samples), estimates_of(result, samples)
    return {
        "backbone": result.job.backbone,
        "mode": result.job.mode,
        "trained_on": result.job.data,
        "seed": result.job.seed,
        "tested_on": samples.name,
        "n": len(samples),
        **{name: nan if scores is None else getattr(scores, name) for name in _CLASS_SCORES},
        "confusion": None if scores is None else scores.matrix.tolist(),
        "estimates": {} if errors is None else {name: asdict(error) for name, error in errors.items()},
    }


def mean_rows(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One for each backbone and mode: means over the seeds."""
    kinds = list(dict.fromkeys((r["backbone"], r["mode"]) for r in rows))
    found = []
    for backbone, mode in kinds:
        same = [r for r in rows if (r["backbone"], r["mode"]) == (backbone, mode)]
        found.append(
            {
                "backbone": backbone,
                "mode": mode,
                "seeds": len(same),
                **{name: float(np.mean([r[name] for r in same])) for name in _CLASS_SCORES},
                "estimates": _mean_estimates([r["estimates"] for r in same]),
            }
        )
    return found


def gain(combined: Sequence[Result], discrete: Sequence[Result], samples: Samples) -> Interval:
    """Macro F1 of combined minus discrete, with an interval over seeds and subjects of the test pictures."""
    return difference(_sums(combined, samples), _sums(discrete, samples), "macro_f1")


def verdict(change: Interval, means: Sequence[Mapping[str, Any]], backbone: str) -> tuple[str, str]:
    """Whether P2's two findings came out here, in a sentence each."""
    seeds = next(m["seeds"] for m in means if m["backbone"] == backbone)
    said = "beat" if change.mean > 0.0 else "did not beat"
    clear = "" if change.lo > 0.0 or change.hi < 0.0 else "; the interval holds 0, so this says little"
    first = (
        f"{backbone}: combined {said} discrete in macro F1, by {change.mean:+.3f} on average over {seeds} seeds "
        f"(95 % interval {change.lo:+.3f} to {change.hi:+.3f}){clear}."
    )
    errors = {
        m["mode"]: m["estimates"]["pooled"]["rmse"]
        for m in means
        if m["backbone"] == backbone and m["estimates"]
    }
    lowest = min(errors, key=lambda mode: errors[mode])
    both = ", ".join(f"{mode} {value:.3f}" for mode, value in errors.items())
    second = f"{backbone}: {lowest} has the lowest RMSE over valence and arousal ({both}); in P2 it is va."
    return first, second


def constant(train: Samples, test: Samples) -> dict[str, dict[str, float]]:
    """Errors of who always says the training pictures' mean: what a network has to beat."""
    guess = np.broadcast_to(np.nanmean(train.affect, axis=0), test.affect.shape)
    return {name: asdict(error) for name, error in estimated(test.affect, guess, test.dimensions).items()}


def near_chance(means: Sequence[Mapping[str, Any]], backbone: str, classes: int) -> str:
    """A sentence where a network's classes are hardly better than chance; empty otherwise."""
    best = max(m["accuracy"] for m in means if m["backbone"] == backbone and m["mode"] != "va")
    if best >= NEAR_CHANCE / classes:
        return ""
    return (
        f"{backbone}: the best accuracy is {best:.3f}, near chance ({1 / classes:.3f}): these networks have seen too "
        "little to say which mode is better."
    )


def medians(samples: Samples) -> dict[str, dict[str, float]]:
    """Class -> median of each dimension, with n."""
    found = {}
    for label, name in enumerate(samples.label_names):
        values = samples.affect[samples.labels == label]
        middle = np.nanmedian(values, axis=0) if len(values) else np.full(len(samples.dimensions), nan)
        found[name] = {"n": len(values), **dict(zip(samples.dimensions, map(float, middle), strict=True))}
    return found


def shift(train: Samples, test: Samples) -> dict[str, dict[str, float]]:
    """Dimension -> how training and test pictures differ; P2, figure 6.

    ``distance`` is the largest difference of the two distribution functions (Kolmogorov-Smirnov).
    """
    from scipy.stats import ks_2samp

    found = {}
    for d, name in enumerate(train.dimensions):
        one, other = (s.affect[:, d][~np.isnan(s.affect[:, d])] for s in (train, test))
        found[name] = {
            "train_mean": float(one.mean()),
            "test_mean": float(other.mean()),
            "train_negative": float((one < 0.0).mean()),
            "test_negative": float((other < 0.0).mean()),
            "distance": float(ks_2samp(one, other).statistic),
        }
    return found


def _sums(results: Sequence[Result], samples: Samples) -> list[Any]:
    groups = np.unique(samples.subjects, return_inverse=True)[1].astype(np.int64)
    return [
        sums_by_group(softmax(r.tests[samples.name].logits).astype(np.float64), samples.labels, groups)
        for r in results
    ]


def _mean_estimates(found: Sequence[Mapping[str, Mapping[str, float]]]) -> dict[str, dict[str, float]]:
    return {
        name: {key: float(np.mean([one[name][key] for one in found])) for key in found[0][name]}
        for name in found[0]
    }


_CLASS_SCORES: Final = ("precision", "recall", "f1", "accuracy")
