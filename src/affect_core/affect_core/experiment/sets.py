"""Generators of the experiment's sets of pictures; `SETS` is the registry.

Each takes ``(settings, folder, workers, context)``, makes a set in ``folder`` and returns its manifest.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from affect_core.config import from_mapping
from affect_core.data.manifest import SET_FILE, Manifest
from affect_core.experiment.plan import Experiment, set_identity, set_needs
from affect_core.files import write_whole
from affect_core.paths import set_aside
from affect_core.registry import Registry

SETS: Registry[Manifest] = Registry("generator of sets")
"""Name -> ``(settings, folder, workers, context) -> Manifest``."""

_MADE: Final = "made.json"


@dataclass(frozen=True)
class SetContext:
    """What a generator may need beside its settings: where the other sets lie, and whether stand-ins are wanted."""

    folder_of: Callable[[str], Path]
    stand_in: bool


def make_set(plan: Experiment, name: str, data: Path, workers: int, stand_in: bool) -> None:
    """Generate the set ``name`` into ``data/name``; goes on where an interrupted call stopped.

    A folder that was made with other settings is set aside (renamed), never overwritten.
    """
    spec, folder = plan.sets[name], data / name
    wanted = _identity(plan, name, stand_in)
    started = folder / _MADE
    if folder.exists() and _read(started).get("identity") != wanted:
        set_aside(folder)
    _note(started, wanted, finished=False)
    context = SetContext(lambda other: data / other, stand_in)
    SETS.build(spec.kind, spec.settings, folder, workers, context)
    _note(started, wanted, finished=True)


def is_made(plan: Experiment, name: str, data: Path, stand_in: bool) -> bool:
    """Whether the set is there, whole, made with the present settings."""
    made = _read(data / name / _MADE)
    whole = made.get("finished") is True and (data / name / SET_FILE).is_file()
    return whole and made.get("identity") == _identity(plan, name, stand_in)


def needs_humans(plan: Experiment, name: str) -> bool:
    """Whether the set, or one that it is made from, shows synthetic humans."""
    spec = plan.sets[name]
    return spec.kind in HUMAN_KINDS or any(needs_humans(plan, need) for need in set_needs(spec))


HUMAN_KINDS: Final = ("humans",)


def _identity(plan: Experiment, name: str, stand_in: bool) -> Any:
    stands_in = stand_in and needs_humans(plan, name)
    return json.loads(json.dumps(set_identity(plan, name) | {"stand_in": stands_in}))


def _note(path: Path, identity: Any, finished: bool) -> None:
    write_whole(path, json.dumps({"identity": identity, "finished": finished}) + "\n")


def _read(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    content: dict[str, Any] = json.loads(path.read_text())
    return content


@SETS.register("humans")
def _humans(settings: Mapping[str, Any], folder: Path, workers: int, context: SetContext) -> Manifest:
    """Synthetic humans; procedural heads in their place where the ICT face model is not at hand."""
    from affect_core.synth.faces import make_faces
    from affect_core.synth.humans.base import HumanSetConfig

    config = from_mapping(HumanSetConfig, settings, f"set {folder.name}")
    return make_faces(config, folder, workers, context.stand_in)


@SETS.register("robots")
def _robots(settings: Mapping[str, Any], folder: Path, workers: int, _context: SetContext) -> Manifest:
    """Random procedural robot heads."""
    from affect_core.synth.robots import RobotSetConfig, generate

    return generate(from_mapping(RobotSetConfig, settings, f"set {folder.name}"), folder, workers)


@SETS.register("ohbot")
def _ohbot(settings: Mapping[str, Any], folder: Path, workers: int, _context: SetContext) -> Manifest:
    """The virtual OhBot, as P0 photographed the real one, or few-shot pictures of it."""
    from affect_core.synth.robots.ohbot import OhbotManifestConfig, generate

    return generate(from_mapping(OhbotManifestConfig, settings, f"set {folder.name}"), folder, workers)


@SETS.register("shortcut")
def _shortcut(settings: Mapping[str, Any], folder: Path, workers: int, context: SetContext) -> Manifest:
    """People before backgrounds that tell their class, or do not."""
    from affect_core.experiment.shortcut import ShortcutSetConfig, generate

    config = from_mapping(ShortcutSetConfig, settings, f"set {folder.name}")
    return generate(config, context.folder_of(config.people), folder, workers)
