"""Plots of the suite's report as PNG bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from affect_core.evaluation.figures import FAINT, INK, SPARE, confusion_png, new_figure, to_png
from affect_core.experiment.predictions import Predictions
from affect_core.experiment.rows import Case
from affect_core.experiment.statistics import BINS as CONFIDENCE_BINS
from affect_core.experiment.statistics import Sums, ece, interval, sums_by_group
from affect_core.experiment.suite import ModelResult

SHOWN_BINS = ("<0.5", "0.5-0.75", ">0.75")


def confusion(answer: Predictions, labels: Sequence[str]) -> bytes | None:
    """Counts, rows = truth."""
    sums = sums_by_group(answer.probabilities(), answer.truth, answer.groups)
    matrix = sums.confusion.sum(axis=0).astype(int).tolist()
    return confusion_png({"confusion": {"labels": list(labels), "matrix": matrix}})


def reliability(answer: Predictions, temperature: float | None) -> bytes:
    """Accuracy against confidence, before and (where it is known) after temperature scaling."""
    figure, axes = new_figure(4.6, 4.2)
    axes.plot([0, 1], [0, 1], color=FAINT, linewidth=1, linestyle="--", label="as sure as right")
    readings = {"as it is": 1.0} | ({f"T = {temperature:.2f}": temperature} if temperature else {})
    for (name, heat), colour in zip(readings.items(), ("#e45756", "#2f6690"), strict=False):
        sums = sums_by_group(answer.probabilities(heat), answer.truth, np.zeros(len(answer), np.int64))
        error = float(ece(Sums(sums.confusion.sum(axis=0), sums.bins.sum(axis=0))))
        count, confidence, hits = sums.bins.sum(axis=0).T
        used = count > 0
        axes.plot(
            confidence[used] / count[used],
            hits[used] / count[used],
            marker="o",
            markersize=4,
            color=colour,
            label=f"{name}, ECE {error:.3f}",
        )
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.set_xlabel(f"confidence, {CONFIDENCE_BINS} bins")
    axes.set_ylabel("accuracy")
    axes.legend(frameon=False, loc="upper left")
    return to_png(figure)


def by_intensity(results: Sequence[ModelResult], test_set: str, classes: int) -> bytes | None:
    """Accuracy of every model by the intensity of the expression, with the interval over test pictures."""
    bars = {one.card.name: _bars(one, test_set, classes) for one in results}
    bars = {name: values for name, values in bars.items() if values}
    if not bars:
        return None
    figure, axes = new_figure(6.4, 3.6)
    width = 0.8 / len(bars)
    for number, (name, values) in enumerate(bars.items()):
        places = np.arange(len(SHOWN_BINS)) + width * (number - (len(bars) - 1) / 2)
        means, lows, highs = (np.array(column) for column in zip(*values, strict=True))
        axes.bar(places, means, width * 0.92, color=SPARE[number % len(SPARE)], label=name)
        axes.errorbar(places, means, [means - lows, highs - means], fmt="none", ecolor=INK, elinewidth=1)
    axes.set_xticks(range(len(SHOWN_BINS)), SHOWN_BINS)
    axes.set_xlabel(f"intensity of the expression, {test_set}")
    axes.set_ylabel("accuracy")
    axes.set_ylim(0, 1)
    axes.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.16), ncol=len(bars))
    return to_png(figure)


def _bars(result: ModelResult, test_set: str, classes: int) -> list[tuple[float, float, float]]:
    cases = [Case(test_set, "", classes, intensity=name) for name in SHOWN_BINS]
    if any(case not in result.measured for case in cases):
        return []
    found = [interval(result.measured[case].seeds, "accuracy") for case in cases]
    return [(one.mean, one.lo, one.hi) for one in found]


def pages(results: Sequence[ModelResult]) -> Mapping[str, bytes]:
    """File name -> PNG, of all plots."""
    made: dict[str, bytes | None] = {"by_intensity.png": by_intensity(results, "complex_test", 6)}
    for one in results:
        for key in shown_tests(one):
            made[f"confusion_{one.card.name}_{key}.png"] = confusion(one.answers[key], one.card.labels)
        for key in shown_tests(one):
            made[f"reliability_{one.card.name}_{key}.png"] = reliability(one.answers[key], one.temperature)
    return {name: content for name, content in made.items() if content is not None}


def shown_tests(result: ModelResult) -> list[str]:
    """Keys of the tests that get plots of their own: humans, the OhBot, unseen robots."""
    wanted = ("complex_test", "ohbot_both-ohbot", "robots_unseen")
    return [key for key in wanted if key in result.answers] or list(result.answers)[:1]
