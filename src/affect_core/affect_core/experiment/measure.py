"""What a trained run leaves behind: the answers of its model on every test, and the rows computed from them."""

from __future__ import annotations

import json
from typing import Any, Final

import numpy as np

from affect_core.data.manifest import load_manifest
from affect_core.emotion.card import load_card
from affect_core.evaluation.temperature import fit_temperature
from affect_core.experiment.crops import load_crops
from affect_core.experiment.evaluate import answers_on_sets, answers_on_tests
from affect_core.experiment.focus import measure_focus
from affect_core.experiment.places import Places
from affect_core.experiment.plan import Experiment, RunSpec
from affect_core.experiment.predictions import Predictions, load_predictions, save_predictions
from affect_core.experiment.results import Result, machine, read_result, write_result
from affect_core.experiment.rows import DECIMALS, run_rows
from affect_core.experiment.statistics import METRICS, overall, sums_by_group
from affect_core.experiment.train import TRAINING_FILE, trained

FOCUS_TEST: Final = "shortcut_shuffled"


def measure_run(plan: Experiment, run: RunSpec, places: Places, threads: int, command: str) -> None:
    """Read every test with the run's model, and write the files that are committed."""
    from affect_core.training.progress import read_log
    from affect_core.training.train import LOG_FILE

    folder = places.run_folder(run)
    card = load_card(folder)
    validation = answers_on_sets(card, {share.set: None for share in run.spec.validation}, places, threads)
    temperature = _temperature(validation)
    path = places.predictions(run)
    path.parent.mkdir(parents=True, exist_ok=True)
    tests = [plan.tests[key] for key in run.spec.tests]
    save_predictions(answers_on_tests(card, tests, places, threads), path)
    answers = load_predictions(path)  # as they are stored, so that whoever reads them gets the same rows
    result: Result = {
        "run": run.name,
        "hash": run.test_hash,
        "training_hash": run.hash,
        "protocol": run.protocol,
        "shots": run.spec.shots,
        "seed": run.seed,
        "synthetic": True,
        "stand_in": _stand_in(run, places),
        "command": command,
        "training_command": _training_command(run, places),
        "note": run.spec.note,
        "labels": run.spec.labels,
        "crop": dict(run.crop),
        "training": dict(run.training),
        "machine": machine(threads, float(trained(run, places)["seconds"])),
        "curve": _curve(read_log(folder / LOG_FILE)),
        "temperature": round(temperature, DECIMALS),
        "validation": {name: _summary(one) for name, one in validation.items()},
        "focus": _focus(plan, run, places, threads),
        "rows": run_rows(plan, run, answers, temperature),
    }
    write_result(places.result(run), result)


def is_measured(run: RunSpec, places: Places) -> bool:
    """Whether the run's rows are there and belong to its present configuration."""
    return read_result(places.result(run)).get("hash") == run.test_hash


def _focus(plan: Experiment, run: RunSpec, places: Places, threads: int) -> Result:
    """Where the network looks, on the shuffled shortcut test; empty where the run is not measured on it."""
    if FOCUS_TEST not in run.spec.tests:
        return {}
    test = plan.tests[FOCUS_TEST]
    crops = load_crops(places, test.set, run.crop_spec, run.label_names, test)
    return {"test_set": test.name, **measure_focus(load_card(places.run_folder(run)), crops, threads)}


def _temperature(validation: dict[str, Predictions]) -> float:
    logits = np.concatenate([one.logits for one in validation.values()])
    return fit_temperature(logits, np.concatenate([one.truth for one in validation.values()]))


def _stand_in(run: RunSpec, places: Places) -> str:
    """What stood in for what in training or tests; empty = nothing."""
    names = [share.set for share in (*run.spec.train, *run.spec.validation)]
    return " ".join(dict.fromkeys(load_manifest(places.set_folder(n)).stand_in for n in names)).strip()


def _training_command(run: RunSpec, places: Places) -> str:
    folder = places.run_folder(run)
    return f"affect-hri train {folder / TRAINING_FILE} --output {folder} --crops {places.crops}"


def _curve(rows: list[dict[str, str]]) -> list[dict[str, Any]]:
    """What the training logged after each epoch; what was not measured is left out."""
    return [{name: json.loads(value) for name, value in row.items() if value} for row in rows]


def _summary(answer: Predictions) -> dict[str, float]:
    sums = sums_by_group(answer.probabilities(), answer.truth, answer.groups)
    return {"n": len(answer), **{metric: round(overall(sums, metric), DECIMALS) for metric in METRICS}}
