"""The one checkpoint of each model that is committed: which seed, and what its card says."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from affect_core.emotion.card import CARD_FILE, load_card, save_card
from affect_core.errors import ConfigError
from affect_core.experiment.collect import done_runs, results_path
from affect_core.experiment.places import Places
from affect_core.experiment.plan import Experiment, RunSpec
from affect_core.experiment.results import read_result, write_result
from affect_core.experiment.train import TRAINING_FILE
from affect_core.synth.robots.unseen import card_entry

CHOSEN_BY: Final = "macro_f1"
LOG_FILE: Final = "training_log.csv"


def ship(plan: Experiment, places: Places, model: str, stage: str = "B", again: bool = False) -> Path:
    """Copy a model's best checkpoint of a stage into its folder below models/, with card, log and results.

    The seed is chosen by macro F1 on the stage's validation sets, a mean over the sets: never on a test.

    Args:
        again: replace a checkpoint that is there; else another one than that is refused, since every version of
            a weights file stays in the history for ever.

    Raises:
        ConfigError: no run of the stage is done, its weights are gone, or another checkpoint is there.
    """
    run = best_run(plan, places, model, stage)
    source, target = places.run_folder(run), places.models / model
    if not (source / CARD_FILE).is_file():
        raise ConfigError(f"expected the weights of {run.name} in {source}; train it again")
    card = load_card(source)
    if not again and (target / CARD_FILE).is_file():
        there = load_card(target).weights.sha256
        if there != card.weights.sha256:
            raise ConfigError(f"{target} holds another checkpoint; say --again to replace it")
    shutil.copyfile(card.weights_path, target / card.weights.file)
    for name in (LOG_FILE, TRAINING_FILE):
        if (source / name).is_file():
            shutil.copyfile(source / name, target / name)
    result = read_result(places.result(run))
    notes, heads = _notes(plan, run, card.notes, result), _training_heads(plan, run)
    save_card(replace(card, folder=target, name=model, notes=notes, training_heads=heads))
    _note_checkpoint(places, run, card.weights.sha256, result)
    return target


def best_run(plan: Experiment, places: Places, model: str, stage: str) -> RunSpec:
    """The run of a stage that validates best; raises ConfigError if none is done."""
    runs = [run for run in done_runs(plan, places, model) if run.stage == stage]
    if not runs:
        raise ConfigError(f"expected a finished run of {model}/{stage}; run the experiment first")
    return max(runs, key=lambda run: validation_score(read_result(places.result(run))))


def validation_score(result: Mapping[str, Any]) -> float:
    """Mean over the validation sets."""
    values = [one[CHOSEN_BY] for one in result["validation"].values()]
    return float(sum(values) / len(values))


def _notes(plan: Experiment, run: RunSpec, notes: str, result: Mapping[str, Any]) -> str:
    tests = sorted({plan.tests[key].set for key in run.spec.tests})
    chosen = ", ".join(f"{name} {one[CHOSEN_BY]:.3f}" for name, one in result["validation"].items())
    return " ".join(
        part
        for part in (
            notes,
            f"Protocol {run.protocol}: {run.spec.note}. Seed {run.seed} of {len(run.spec.seeds)}, chosen by macro F1 "
            f"on validation sets ({chosen}).",
            f"It never saw the test conditions: no picture of {', '.join(tests)}, and no picture of the virtual "
            "OhBot in any look."
            if not run.spec.shots
            else f"It saw {run.spec.shots} pictures per class of the OhBot.",
            f"Made by: {result['command']}",
        )
        if part
    )


def _training_heads(plan: Experiment, run: RunSpec) -> Mapping[str, Any]:
    """What the robots in the run's training pictures can be like; nothing if there are none."""
    kinds = {plan.sets[share.set].kind for share in run.spec.train}
    return card_entry() if "robots" in kinds else {}


def _note_checkpoint(places: Places, run: RunSpec, sha256: str, result: Mapping[str, Any]) -> None:
    path = results_path(places.models, run.model)
    checkpoint = {
        "run": run.name,
        "protocol": run.protocol,
        "shots": run.spec.shots,
        "seed": run.seed,
        "weights_sha256": sha256,
        "temperature": result["temperature"],
        "rows": [row for row in result["rows"] if not {"intensity", "lighting", "calibrated"} & set(row)],
    }
    write_result(path, read_result(path) | {"checkpoint": checkpoint})
