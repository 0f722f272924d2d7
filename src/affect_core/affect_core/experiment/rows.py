"""Scores of one run as rows: the same cases, in the same order, for every run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from affect_core.experiment.plan import Experiment, RunSpec, TestSpec
from affect_core.experiment.predictions import BINS, Predictions
from affect_core.experiment.statistics import METRICS, Sums, overall, sums_by_group
from affect_core.labels import NEUTRAL

Row = dict[str, Any]

DECIMALS: Final = 4
ALL: Final = "all"


@dataclass(frozen=True)
class Case:
    """One thing that is scored: a test, with or without neutral, all of it or a part.

    Attributes:
        test_set, look: of the test.
        classes: 5 (neutral left out of the pictures and of the logits) or what the model has.
        intensity: `ALL`, or one of `BINS`.
        lighting: `ALL`, or a lighting.
        calibrated: after temperature scaling.
    """

    test_set: str
    look: str
    classes: int
    intensity: str = ALL
    lighting: str = ALL
    calibrated: bool = False

    @property
    def whole(self) -> bool:
        """The whole test, as the logits are: what the main table shows."""
        return self.intensity == self.lighting == ALL and not self.calibrated

    @property
    def keys(self) -> Row:
        """For a row; what does not tell it from others is left out."""
        extra: Row = {k: v for k in ("intensity", "lighting") if (v := getattr(self, k)) != ALL}
        if self.calibrated:
            extra["calibrated"] = True
        return {"test_set": self.test_set, "look": self.look, "classes": self.classes, **extra}


def cases(
    tests: Mapping[str, TestSpec],
    labels: tuple[str, ...],
    answers: Mapping[str, Predictions],
    temperature: float,
) -> Iterator[tuple[Case, Sums, int]]:
    """Every case of one model with its sums and the number of pictures; a case without pictures is left out.

    Args:
        tests: by key.
        labels: of the model.
        answers: key of the test -> predictions.
        temperature: that its logits are divided by where a case is calibrated.
    """
    for key, answer in answers.items():
        test = tests[key]
        for one in _readings(answer, labels):
            base = Case(test.name, test.look, one.logits.shape[1])
            for case, part in _parts(base, one):
                if len(part):
                    heat = temperature if case.calibrated else 1.0
                    yield case, sums_by_group(part.probabilities(heat), part.truth, part.groups), len(part)


def run_rows(
    plan: Experiment, run: RunSpec, answers: Mapping[str, Predictions], temperature: float
) -> list[Row]:
    """The rows of one run: keys of the case, metric, value, n."""
    head = {"protocol": run.protocol, "shots": run.spec.shots}
    return [
        {**head, **case.keys, "metric": metric, "value": round(overall(sums, metric), DECIMALS), "n": count}
        for case, sums, count in cases(plan.tests, run.label_names, answers, temperature)
        for metric in metrics_of(case)
    ]


def metrics_of(case: Case) -> tuple[str, ...]:
    """Parts of a test have accuracy and macro F1, temperature changes the calibration error only."""
    if case.calibrated:
        return ("ece",)
    return tuple(METRICS) if case.whole else ("accuracy", "macro_f1")


def _readings(answer: Predictions, labels: tuple[str, ...]) -> list[Predictions]:
    """With all classes, and without neutral."""
    return [answer, answer.without_neutral(labels)] if NEUTRAL in labels else [answer]


def _parts(base: Case, answer: Predictions) -> Iterator[tuple[Case, Predictions]]:
    yield base, answer
    yield Case(base.test_set, base.look, base.classes, calibrated=True), answer
    for name in BINS:
        yield Case(base.test_set, base.look, base.classes, intensity=name), answer.in_bin(name)
    lightings = sorted(set(answer.lighting.tolist()))
    for name in lightings if len(lightings) > 1 else []:
        part = answer.where(answer.lighting == name)
        yield Case(base.test_set, base.look, base.classes, lighting=name), part
