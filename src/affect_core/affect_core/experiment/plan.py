"""An experiment as its YAML file describes it: sets of pictures, tests on them, models, stages; from these, the runs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from affect_core.config import Settings, from_mapping, load_yaml, setting
from affect_core.errors import ConfigError, UnknownName
from affect_core.faces.crop import CropSpec
from affect_core.labels import LABEL_SETS
from affect_core.texts import values_of

FORMAT: Final = 1
"""Version of what a run does with its configuration; another one makes every run stale."""

_KEYS: Final = ("name", "labels", "crops", "sets", "tests", "training", "models", "stages", "quick")


@dataclass(frozen=True)
class SetSpec:
    """A set of pictures: an entry of `SETS`, its settings, and the sets that it is made from."""

    name: str
    kind: str
    settings: Mapping[str, Any]

    @property
    def identity(self) -> dict[str, Any]:
        """What its content depends on, apart from other sets."""
        return {"kind": self.kind, "settings": dict(self.settings)}


@dataclass(frozen=True)
class TestSpec(Settings):
    """One column of the results: a set, or some of its pictures."""

    __test__ = False  # no test case, whatever pytest thinks of its name

    name: str = setting("", "test_set of the result rows")
    set: str = setting("", "set of pictures")
    look: str = setting("", "look of the robot head; empty = no OhBot")
    lighting: str = setting("", "only pictures with this lighting; empty = all")
    label_map: str = setting(
        "", "entry of config/label_maps.yaml that translates the set's labels; empty = none"
    )
    kind: str = setting("table1", "table its results stand in", choices=("table1", "shortcut"))
    keep: str = setting("", "label set; pictures with other labels are left out; empty = none are")

    @property
    def key(self) -> str:
        """Unique name: the look distinguishes tests of one name."""
        return f"{self.name}-{self.look}" if self.look else self.name


@dataclass(frozen=True)
class Share(Settings):
    """A set in a training, or a part of it."""

    set: str = setting("", "set of pictures")
    limit: int = setting(0, "at most so many of its pictures, every class keeping its share; 0 = all", low=0)
    repeat: int = setting(1, "how often each comes in an epoch", low=1)


@dataclass(frozen=True)
class StageSpec(Settings):
    """A training that is done for some models and seeds."""

    protocol: str = setting("", "of the result rows; empty = the stage's name")
    kind: str = setting(
        "table1",
        "table its results stand in; shipped: only that of the committed checkpoints",
        choices=("none", "table1", "ablation", "shipped"),
    )
    shots: int = setting(0, "pictures per class of the test robot in training", low=0)
    after: str = setting("", "stage whose weights it starts from; empty = from scratch")
    models: tuple[str, ...] = setting((), "models; empty = all")
    seeds: tuple[int, ...] = setting((0,), "one run per seed")
    labels: str = setting("complex-6", "label set of the model")
    crop: str = setting("tight", "entry of crops")
    train: tuple[Share, ...] = setting((), "what is trained on; a name stands for the whole set")
    validation: tuple[Share, ...] = setting((), "what chooses the best epoch")
    tests: tuple[str, ...] = setting((), "keys of the tests")
    note: str = setting("", "a sentence for the tables")


@dataclass(frozen=True)
class RunSpec:
    """One training of one model with one seed, and what it is measured on.

    Attributes:
        model, stage, seed: what makes it unique.
        spec: the stage.
        parent: run whose weights it starts from.
        crop: how faces are cut out.
        training: content of its training file, without data and weights.
        hash: of everything that its weights depend on, parents included.
        test_hash: of everything that its rows depend on.
    """

    model: str
    stage: str
    seed: int
    spec: StageSpec
    parent: str
    crop: Mapping[str, Any]
    training: Mapping[str, Any]
    hash: str
    test_hash: str

    @property
    def name(self) -> str:
        """``model/stage_seed``."""
        return run_name(self.model, self.stage, self.seed)

    @property
    def crop_spec(self) -> CropSpec:
        """How faces are cut out."""
        return from_mapping(CropSpec, self.crop, f"{self.name}: crop")

    @property
    def label_names(self) -> tuple[str, ...]:
        """Classes of the model."""
        return LABEL_SETS[self.spec.labels]

    @property
    def protocol(self) -> str:
        """Of the result rows."""
        return self.spec.protocol or self.stage


@dataclass(frozen=True)
class Experiment:
    """All of it. `runs` stand in the order in which they should be done, parents first."""

    name: str
    crops: Mapping[str, CropSpec]
    sets: Mapping[str, SetSpec]
    tests: Mapping[str, TestSpec]
    models: tuple[str, ...]
    stages: Mapping[str, StageSpec]
    runs: Mapping[str, RunSpec] = field(default_factory=dict)
    quick: bool = False


def load_experiment(path: Path, quick: bool = False, stand_in: bool = False) -> Experiment:
    """Read and check an experiment.

    Args:
        path: a file like `config/experiments/p0.yaml`.
        quick: with the file's ``quick`` settings laid over it: a check of the whole path, not of any number.
        stand_in: procedural heads stand in for humans; then every hash differs.

    Raises:
        ConfigError: the file cannot be used; says where.
    """
    with values_of(path):
        values = load_yaml(path)
        if set(values) - set(_KEYS) or not {"name", "crops", "sets", "tests", "models", "stages"} <= set(
            values
        ):
            raise ConfigError(f"{path}: expected the keys {', '.join(_KEYS)}, got {', '.join(values)}")
        if quick:
            values = merged(values, values.get("quick") or {})
        sets = {name: _set(path, name, entry) for name, entry in values["sets"].items()}
        tests = _tests(path, values["tests"])
        stages = {name: _stage(f"{path}: stages: {name}", stage) for name, stage in values["stages"].items()}
        crops = {
            name: from_mapping(CropSpec, entry, f"{path}: crops: {name}")
            for name, entry in values["crops"].items()
        }
        plan = Experiment(values["name"], crops, sets, tests, tuple(values["models"]), stages, quick=quick)
        _check(path, plan, values)
        runs: dict[str, RunSpec] = {}
        for stage, spec in stages.items():
            for seed in spec.seeds:
                for model in spec.models or plan.models:
                    run = _run(values, plan, runs, (model, stage, seed), stand_in)
                    runs[run.name] = run
        return replace(plan, runs=runs)


def run_name(model: str, stage: str, seed: int) -> str:
    """``model/stage_seed``."""
    return f"{model}/{stage}_{seed}"


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """``base`` with ``over`` laid over it, mappings within mappings too; in ``over`` the key ``each`` of a mapping
    is laid over every entry that ``base`` has there."""
    each = over.get("each") or {}
    result = {k: merged(v, each) if each and isinstance(v, Mapping) else v for k, v in base.items()}
    for key, value in over.items():
        if key == "each":
            continue
        known = result.get(key)
        if isinstance(known, Mapping) and isinstance(value, Mapping):
            result[key] = merged(known, value)
        else:
            result[key] = value
    return result


def digest(content: Any) -> str:
    """Hash of plain content: 16 hexadecimal digits, the same whatever the order of keys."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def set_identity(plan: Experiment, name: str) -> dict[str, Any]:
    """What a set's content depends on, with the sets it is made from."""
    spec = plan.sets[name]
    return spec.identity | {"from": {need: set_identity(plan, need) for need in set_needs(spec)}}


def set_needs(spec: SetSpec) -> tuple[str, ...]:
    """Names of the sets that a set is made from: the setting ``people``."""
    return (spec.settings["people"],) if "people" in spec.settings else ()


def _run(
    values: Mapping[str, Any],
    plan: Experiment,
    runs: Mapping[str, RunSpec],
    place: tuple[str, str, int],
    stand_in: bool,
) -> RunSpec:
    model, stage, seed = place
    spec = plan.stages[stage]
    parent = _parent(plan, spec, model, seed)
    entry = values["stages"][stage]
    training: dict[str, Any] = {}
    for layer in (
        values.get("training"),
        entry.get("training"),
        values["models"][model],
        (entry.get("own") or {}).get(model),
        {"optimiser": {"seed": seed}},
    ):
        training = merged(training, layer or {})
    crop = values["crops"][spec.crop]
    identity = {
        "format": FORMAT,
        "training": training,
        "labels": spec.labels,
        "crop": crop,
        "parent": runs[parent].hash if parent else "",
        "train": [[vars(share), set_identity(plan, share.set)] for share in spec.train],
        "validation": [[vars(share), set_identity(plan, share.set)] for share in spec.validation],
        "stand_in": stand_in,
    }
    tests = [[vars(plan.tests[k]), set_identity(plan, plan.tests[k].set)] for k in spec.tests]
    own = digest(identity)
    return RunSpec(model, stage, seed, spec, parent, crop, training, own, digest([own, tests]))


def _parent(plan: Experiment, spec: StageSpec, model: str, seed: int) -> str:
    """The run of the same seed of the stage before, or its only one."""
    if not spec.after:
        return ""
    seeds = plan.stages[spec.after].seeds
    return run_name(model, spec.after, seed if seed in seeds else seeds[0])


def _set(path: Path, name: str, entry: Any) -> SetSpec:
    if not isinstance(entry, Mapping) or len(entry) != 1:
        raise ConfigError(f"{path}: sets: {name}: expected one generator with its settings, got {entry!r}")
    kind, settings = next(iter(entry.items()))
    return SetSpec(name, kind, settings or {})


def _stage(where: str, entry: Mapping[str, Any]) -> StageSpec:
    values = _without(entry, "training", "own")
    for key in ("train", "validation"):
        listed = [{"set": item} if isinstance(item, str) else item for item in values.get(key, ())]
        values[key] = [from_mapping(Share, item, f"{where}: {key}") for item in listed]
    return from_mapping(StageSpec, values, where)


def _tests(path: Path, entries: Any) -> dict[str, TestSpec]:
    tests = {}
    for entry in entries:
        test = from_mapping(TestSpec, entry, f"{path}: tests")
        if test.key in tests:
            raise ConfigError(f"{path}: tests: {test.key} stands twice; give each name and look once")
        tests[test.key] = test
    return tests


def _check(path: Path, plan: Experiment, values: Mapping[str, Any]) -> None:
    """Every name that is used must be known."""
    for stage, spec in plan.stages.items():
        where = f"{path}: stages: {stage}"
        _known(f"{where}: after: stage", (spec.after,) if spec.after else (), _before(plan, stage))
        own = values["stages"][stage].get("own") or {}
        _known(f"{where}: model", (*spec.models, *own), plan.models)
        _known(f"{where}: crop", (spec.crop,), values["crops"])
        _known(f"{where}: set", (share.set for share in (*spec.train, *spec.validation)), plan.sets)
        _known(f"{where}: test", spec.tests, plan.tests)
    for test in plan.tests.values():
        _known(f"{path}: tests: {test.name}: set", (test.set,), plan.sets)
    for spec_ in plan.sets.values():
        _known(f"{path}: sets: {spec_.name}: people: set", set_needs(spec_), plan.sets)


def _before(plan: Experiment, stage: str) -> list[str]:
    names = list(plan.stages)
    return names[: names.index(stage)]


def _known(kind: str, names: Iterable[str], known: Any) -> None:
    for name in names:
        if name not in known:
            raise UnknownName(kind, name, known)


def _without(values: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    return {k: v for k, v in values.items() if k not in keys}
