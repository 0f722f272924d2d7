"""From the committed runs to results.json: one file per model, mean over seeds with its interval."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any, Final

from affect_core.experiment.places import Places
from affect_core.experiment.plan import Experiment, RunSpec
from affect_core.experiment.predictions import load_predictions
from affect_core.experiment.results import Result, read_result, write_result
from affect_core.experiment.rows import DECIMALS, Case, Row, cases, metrics_of
from affect_core.experiment.shortcut_scores import shortcut_intervals, shortcut_sums
from affect_core.experiment.statistics import Interval, Sums, difference, intervals

DIFFERENCES_FILE: Final = "differences.json"
DIFFERENCE_METRICS: Final = ("accuracy", "macro_f1")
CHECKPOINT: Final = "checkpoint"
OVERLAP: Final = "overlap"
"""Parts of results.json about the checkpoint that is committed, not about runs: others write them."""

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

    def rows(self) -> list[Row]:
        """Rows of results.json."""
        head = {"protocol": self.protocol, **self.case.keys, "shots": self.shots}
        return [
            {**head, "metric": metric, **rounded(value), "seeds": len(self.seeds), "n": self.n}
            for metric, value in intervals(self.seeds, metrics_of(self.case)).items()
        ]


def collect_all(plan: Experiment, places: Places) -> list[Path]:
    """Write results.json of every model that has results, and the differences between models; returns the files."""
    written = []
    measured = {model: measure(plan, places, model) for model in plan.models}
    for model in plan.models:
        if done_runs(plan, places, model, "table1") or done_runs(plan, places, model, "ablation"):
            path = results_path(places.models, model)
            kept = {k: v for k, v in read_result(path).items() if k in (CHECKPOINT, OVERLAP)}
            write_result(path, {**collect(plan, places, model, measured[model]), **kept})
            written.append(path)
    if len(written) > 1:
        path = places.models / DIFFERENCES_FILE
        write_result(path, {"synthetic": True, "rows": differences(plan, measured)})
        written.append(path)
    return written


def collect(plan: Experiment, places: Places, model: str, measured: Mapping[Key, Measured]) -> Result:
    """The content of a model's results.json, from its committed runs; a run that is not done is left out.

    ``rows`` holds the whole tests; ``parts`` their bins of intensity and lightings; ``calibration`` the calibration
    error after temperature scaling; ``shortcut`` what becomes of the model when backgrounds change; ``ablation`` the
    same of the trainings that ask what alignment does; ``runs`` the files it was made from.
    """
    found = list(measured.values())
    return {
        "model": model,
        "synthetic": True,
        "stand_in": stands_in(read_result(places.result(run)) for run in done_runs(plan, places, model)),
        "rows": rows_of(one for one in found if one.case.whole),
        "parts": rows_of(one for one in found if not one.case.whole and not one.case.calibrated),
        "calibration": rows_of(one for one in found if one.case.calibrated),
        "shortcut": _shortcut_rows(plan, places, model, "table1"),
        "ablation": _shortcut_rows(plan, places, model, "ablation"),
        "runs": [_origin(run, places) for run in done_runs(plan, places, model)],
    }


def measure(plan: Experiment, places: Places, model: str) -> dict[Key, Measured]:
    """Every case of every stage of the main table, over the seeds that are done."""
    sums: dict[Key, list[Sums]] = {}
    counts: dict[Key, int] = {}
    tests = {key: test for key, test in plan.tests.items() if test.kind == "table1"}
    for run in done_runs(plan, places, model, "table1"):
        temperature = float(read_result(places.result(run))["temperature"])
        answers = {k: v for k, v in load_predictions(places.predictions(run)).items() if k in tests}
        for case, one, count in cases(tests, run.label_names, answers, temperature):
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


def differences(plan: Experiment, measured: Mapping[str, Mapping[Key, Measured]]) -> list[Row]:
    """For each pair of models: first minus second, paired by test pictures, on every whole test."""
    rows = []
    for ours, theirs in combinations(plan.models, 2):
        for key, one in measured[ours].items():
            other = measured[theirs].get(key)
            if other is None or not one.case.whole:
                continue
            head = {"model": ours, "minus": theirs, "protocol": one.protocol, "shots": one.shots}
            for metric in DIFFERENCE_METRICS:
                value = difference(one.seeds, other.seeds, metric)
                rows.append({**head, **one.case.keys, "metric": metric, **rounded(value), "n": one.n})
    return rows


def done_runs(plan: Experiment, places: Places, model: str, kind: str = "") -> list[RunSpec]:
    """The model's runs, of one kind or all, whose results are there and belong to the present configuration."""
    mine = (r for r in plan.runs.values() if r.model == model and kind in ("", r.spec.kind))
    return [run for run in mine if read_result(places.result(run)).get("hash") == run.test_hash]


def stands_in(results: Iterable[Mapping[str, Any]]) -> str:
    """What stood in for what in any of the runs; empty = nothing."""
    return " ".join(dict.fromkeys(str(r.get("stand_in", "")) for r in results)).strip()


def results_path(models: Path, model: str) -> Path:
    """The file that `collect` fills."""
    return models / model / "results.json"


def rows_of(measured: Iterable[Measured]) -> list[Row]:
    """Rows of results.json."""
    return [row for one in measured for row in one.rows()]


def rounded(value: Interval) -> dict[str, float]:
    """As it is written down."""
    return {
        "mean": round(value.mean, DECIMALS),
        "lo": round(value.lo, DECIMALS),
        "hi": round(value.hi, DECIMALS),
    }


def _shortcut_rows(plan: Experiment, places: Places, model: str, kind: str) -> list[Row]:
    """One row per stage and measure; for the ablation also where the network looks."""
    rows: list[Row] = []
    for stage, spec in plan.stages.items():
        runs = [run for run in done_runs(plan, places, model, kind) if run.stage == stage]
        seeds = [shortcut_sums(load_predictions(places.predictions(r)), r.label_names) for r in runs]
        if not runs or not all(seeds):
            continue
        head = {"stage": stage, "protocol": spec.protocol or stage, "shots": spec.shots, "crop": spec.crop}
        head |= {"note": spec.note}
        for name, value in shortcut_intervals(seeds).items():
            rows.append({**head, "measure": name, **rounded(value), "seeds": len(seeds)})
        rows += [{**head, **row} for row in _focus_rows([read_result(places.result(r)) for r in runs])]
    return rows


def _focus_rows(results: Sequence[Result]) -> list[Row]:
    """Mean, lowest and highest over the seeds."""
    rows = []
    for name in results[0].get("focus", {}):
        values = [result["focus"][name] for result in results]
        if name not in ("n", "test_set"):
            mean = round(sum(values) / len(values), DECIMALS)
            rows.append({"measure": name, "mean": mean, "lo": min(values), "hi": max(values)})
    return [{**row, "seeds": len(results)} for row in rows]


def _origin(run: RunSpec, places: Places) -> Row:
    result = read_result(places.result(run))
    keys: Sequence[str] = ("run", "hash", "command", "temperature", "validation", "machine")
    return {key: result.get(key) for key in keys}
