"""The training of one run: its training file, the crops it reads, where it stands."""

from __future__ import annotations

import json
import logging
import os
import shutil
import time
from pathlib import Path
from typing import Any, Final

import yaml

from affect_core.experiment.places import Places
from affect_core.experiment.plan import RunSpec, Share, merged
from affect_core.files import write_whole
from affect_core.paths import set_aside

TRAINING_FILE: Final = "training.yaml"
_STATE: Final = "state.json"


def train_run(run: RunSpec, places: Places, threads: int, accelerator: str = "cpu") -> None:
    """Train; goes on after the last finished epoch of an interrupted call. Crops and the parent's weights are there.

    A folder that was trained with another configuration is set aside (renamed), never overwritten.
    """
    from affect_core.training.hardware import Hardware
    from affect_core.training.train import run as train

    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    folder = places.run_folder(run)
    if folder.exists() and trained(run, places).get("hash") != run.hash:
        set_aside(folder)
    state = {"hash": run.hash, "seconds": 0.0, "finished": False, **trained(run, places)}
    file = folder / TRAINING_FILE
    _write_state(folder, state)
    write_whole(file, yaml.safe_dump(training_file(run, places, threads), sort_keys=False))
    before, started = float(state["seconds"]), time.monotonic()
    try:
        train(file, folder, resume=True, crops=places.crops, hardware=Hardware(accelerator=accelerator))
        state["finished"] = True
        shutil.rmtree(folder / "work")  # gigabytes of checkpoints; the weights lie beside it
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


def training_file(run: RunSpec, places: Places, threads: int) -> dict[str, Any]:
    """The content of the run's training file, as `affect-hri train` reads it; paths are relative to its folder."""
    folder = places.run_folder(run)
    content: dict[str, Any] = {
        "name": run.model,
        "labels": run.spec.labels,
        "crop": dict(run.crop),
        "data": {
            split: {
                "manifests": {"paths": [_share(share, places, folder) for share in shares], "seed": run.seed}
            }
            for split, shares in _splits(run)
        },
    }
    if run.parent:
        content["init"] = {"from": os.path.relpath(places.named_run_folder(run.parent), folder)}
    return merged(merged(content, run.training), {"optimiser": {"threads": threads}})


def _splits(run: RunSpec) -> tuple[tuple[str, tuple[Share, ...]], ...]:
    return (("train", run.spec.train), ("validation", run.spec.validation))


def _share(share: Share, places: Places, folder: Path) -> dict[str, Any]:
    chosen = {
        key: value for key, value in vars(share).items() if key != "set" and value != getattr(Share, key)
    }
    return {"path": os.path.relpath(places.set_folder(share.set), folder), **chosen}


def _write_state(folder: Path, state: dict[str, Any]) -> None:
    write_whole(folder / _STATE, json.dumps(state) + "\n")
