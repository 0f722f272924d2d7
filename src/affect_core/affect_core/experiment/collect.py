"""From the committed runs to one table per model: mean over seeds with its interval."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any, Final

from affect_core.experiment.places import Places
from affect_core.experiment.plan import Experiment, RunSpec
from affect_core.experiment.predictions import load_predictions
from affect_core.experiment.results import Result, read_result
from affect_core.experiment.rows import DECIMALS, Case, Row, cases, metrics_of
from affect_core.experiment.statistics import Interval, Sums, difference, interval

DIFFERENCE_METRICS: Final = ("accuracy", "macro_f1")

Key = tuple[str, Case]
"""Stage and case."""


@dataclass(frozen=True)
class Measured:
    """One case of one model and stage, over its seeds."""

    protocol: str
    shots: int
    case: Case
    seeds: tuple[Sums, ...]
    n: int

    def row(self, metric: str) -> Row:
        """A row of results.json."""
        value = interval(self.seeds, metric)
        return {
            "protocol": self.protocol,
            **self.case.keys,
            "shots": self.shots,
            "metric": metric,
            **_rounded(value),
            "seeds": len(self.seeds),
            "n": self.n,
        }


def collect(plan: Experiment, places: Places, model: str) -> Result:
    """The content of a model's results.json, from its committed runs.

    ``rows`` holds the whole tests, ``parts`` their bins of intensity and lightings, ``calibration`` the calibration
    error after temperature scaling, ``runs`` the files it was made from. A run that is not done is left out.
    """
    measured = list(measure(plan, places, model).values())
    whole = [one for one in measured if one.case.whole]
    parts = [one for one in measured if not one.case.whole and not one.case.calibrated]
    return {
        "model": model,
        "synthetic": True,
        "rows": rows_of(whole),
        "parts": rows_of(parts),
        "calibration": rows_of(one for one in measured if one.case.calibrated),
        "runs": [_origin(run, places) for run in done_runs(plan, places, model)],
    }


def measure(plan: Experiment, places: Places, model: str) -> dict[Key, Measured]:
    """Every case of every stage of the main table, over the seeds that are done."""
    sums: dict[Key, list[Sums]] = {}
    counts: dict[Key, int] = {}
    for run in done_runs(plan, places, model):
        temperature = float(read_result(places.result(run))["temperature"])
        answers = load_predictions(places.predictions(run))
        for case, one, count in cases(plan.tests, run.label_names, answers, temperature):
            sums.setdefault((run.stage, case), []).append(one)
            counts[run.stage, case] = count
    return {
        (stage, case): Measured(
            plan.stages[stage].protocol or stage,
            plan.stages[stage].shots,
            case,
            tuple(seeds),
            counts[stage, case],
        )
        for (stage, case), seeds in sums.items()
    }


def differences(plan: Experiment, places: Places) -> list[Row]:
    """For each pair of models: first minus second, paired by test pictures, on every whole test."""
    measured = {model: measure(plan, places, model) for model in plan.models}
    rows = []
    for ours, theirs in combinations(plan.models, 2):
        for key, one in measured[ours].items():
            other = measured[theirs].get(key)
            if other is None or not one.case.whole:
                continue
            for metric in DIFFERENCE_METRICS:
                value = difference(one.seeds, other.seeds, metric)
                head = {"model": ours, "minus": theirs, "protocol": one.protocol, "shots": one.shots}
                rows.append({**head, **one.case.keys, "metric": metric, **_rounded(value), "n": one.n})
    return rows


def done_runs(plan: Experiment, places: Places, model: str) -> list[RunSpec]:
    """The model's runs of the main table whose results are there and belong to the present configuration."""
    mine = (r for r in plan.runs.values() if r.model == model and r.spec.kind == "table1")
    return [run for run in mine if read_result(places.result(run)).get("hash") == run.test_hash]


def stands_in(results: Iterable[Mapping[str, Any]]) -> str:
    """What stood in for what in any of the runs; empty = nothing."""
    return " ".join(dict.fromkeys(str(r.get("stand_in", "")) for r in results)).strip()


def results_path(models: Path, model: str) -> Path:
    """The file that `collect` fills."""
    return models / model / "results.json"


def rows_of(measured: Iterable[Measured]) -> list[Row]:
    """Rows of results.json."""
    return [one.row(metric) for one in measured for metric in metrics_of(one.case)]


def _origin(run: RunSpec, places: Places) -> Row:
    result = read_result(places.result(run))
    keys: Sequence[str] = ("run", "hash", "stand_in", "command", "temperature", "validation", "machine")
    return {key: result.get(key) for key in keys}


def _rounded(value: Interval) -> dict[str, float]:
    return {
        "mean": round(value.mean, DECIMALS),
        "lo": round(value.lo, DECIMALS),
        "hi": round(value.hi, DECIMALS),
    }
