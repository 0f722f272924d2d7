"""The training of one run: its training file, the crops it reads, where it stands."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any, Final

import yaml

from affect_core.evaluation.report import write_whole
from affect_core.experiment.places import Places
from affect_core.experiment.plan import Experiment, RunSpec, merged
from affect_core.paths import set_aside

TRAINING_FILE: Final = "training.yaml"
_STATE: Final = "state.json"


def train_run(plan: Experiment, run: RunSpec, places: Places, threads: int) -> None:
    """Train; goes on after the last finished epoch of an interrupted call. Crops and the parent's weights are there.

    A folder that was trained with another configuration is set aside (renamed), never overwritten.
    """
    from affect_core.training.train import run as train

    folder = places.run_folder(run)
    if folder.exists() and trained(run, places).get("hash") != run.hash:
        set_aside(folder)
    state = {"hash": run.hash, "seconds": 0.0, "finished": False, **trained(run, places)}
    file = folder / TRAINING_FILE
    _write_state(folder, state)
    write_whole(file, yaml.safe_dump(training_file(plan, run, places, threads), sort_keys=False).encode())
    _share_crops(run, places)
    before, started = float(state["seconds"]), time.monotonic()
    try:
        train(file, folder, resume=True)
        state["finished"] = True
    finally:
        _write_state(folder, state | {"seconds": before + time.monotonic() - started})


def is_trained(run: RunSpec, places: Places) -> bool:
    """Whether the run's weights are there and belong to its present configuration."""
    state = trained(run, places)
    return state.get("hash") == run.hash and state.get("finished") is True


def trained(run: RunSpec, places: Places) -> dict[str, Any]:
    """What is known of the run's training: hash, seconds, finished; empty if it never started."""
    path = places.run_folder(run) / _STATE
    if not path.is_file():
        return {}
    state: dict[str, Any] = json.loads(path.read_text())
    return state


def training_file(plan: Experiment, run: RunSpec, places: Places, threads: int) -> dict[str, Any]:
    """The content of the run's training file, as `affect-hri train` reads it."""
    data = {"train": run.spec.train, "validation": run.spec.validation}
    content = {
        "name": run.model,
        "labels": run.spec.labels,
        "crop": dict(run.crop),
        "data": {
            split: {"manifests": {"paths": [str(places.set_folder(name)) for name in names]}}
            for split, names in data.items()
        },
    }
    return merged(merged(content, run.training), {"optimiser": {"threads": threads}})


def _share_crops(run: RunSpec, places: Places) -> None:
    """Let the training find the experiment's crops where it would put its own."""
    for split, names in (("train", run.spec.train), ("validation", run.spec.validation)):
        for name in names:
            link = places.run_folder(run) / "work" / split / name
            link.parent.mkdir(parents=True, exist_ok=True)
            target = places.crops(name, run.spec.crop, run.spec.labels)
            if not link.is_symlink():
                link.symlink_to(os.path.relpath(target, link.parent), target_is_directory=True)


def _write_state(folder: Path, state: dict[str, Any]) -> None:
    write_whole(folder / _STATE, (json.dumps(state) + "\n").encode())
