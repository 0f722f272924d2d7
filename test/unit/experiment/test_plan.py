"""The experiment as its file describes it."""

import pytest
import yaml

from affect_core.errors import ConfigError, UnknownName
from affect_core.experiment.places import Places
from affect_core.experiment.plan import load_experiment, merged
from affect_core.experiment.sets import SETS
from affect_core.experiment.train import training_file
from affect_core.paths import find_shared

P0 = find_shared("config/experiments/p0.yaml")
SMALL = {
    "name": "small",
    "crops": {"tight": {"size_px": 64}},
    "sets": {"a": {"robots": {"heads": 2}}, "b": {"robots": {"heads": 3}}},
    "tests": [{"name": "b", "set": "b"}],
    "training": {"optimiser": {"epochs": 9, "batch_size": 4}},
    "models": {"m": {"architecture": "amal", "optimiser": {"epochs": 5}}, "n": {"architecture": "resnet50"}},
    "stages": {
        "first": {"train": ["a"], "validation": ["b"]},
        "A": {
            "after": "first",
            "seeds": [0, 1],
            "train": ["a", {"set": "b", "limit": 6, "repeat": 2}],
            "validation": ["b"],
            "tests": ["b"],
            "training": {"optimiser": {"epochs": 2}},
        },
    },
    "quick": {"stages": {"each": {"seeds": [0]}}, "sets": {"a": {"robots": {"heads": 1}}}},
}


@pytest.fixture
def load(tmp_path):
    def read(quick=False, **changes):
        path = tmp_path / "small.yaml"
        path.write_text(yaml.safe_dump(merged(SMALL, changes), sort_keys=False))
        return load_experiment(path, quick)

    return read


def test_runs_stand_parents_first_and_every_seed_has_one(load):
    runs = load().runs
    assert list(runs) == ["m/first_0", "n/first_0", "m/A_0", "n/A_0", "m/A_1", "n/A_1"]
    assert runs["m/A_1"].parent == "m/first_0"  # the only seed there is


def test_settings_are_laid_over_each_other(load):
    runs = load().runs
    assert runs["m/first_0"].training["optimiser"] == {"epochs": 5, "batch_size": 4, "seed": 0}
    assert runs["n/A_1"].training["optimiser"] == {"epochs": 2, "batch_size": 4, "seed": 1}
    assert runs["m/A_1"].training["optimiser"]["epochs"] == 5  # the model has the last word


def test_what_a_stage_has_of_a_models_own_comes_last(load):
    runs = load(stages={"A": {"own": {"m": {"optimiser": {"epochs": 3}}}}}).runs
    epochs = {name: run.training["optimiser"]["epochs"] for name, run in runs.items()}
    assert epochs == {"m/first_0": 5, "n/first_0": 9, "m/A_0": 3, "n/A_0": 2, "m/A_1": 3, "n/A_1": 2}


def test_the_training_file_names_its_data_relative_to_itself(load, tmp_path):
    content = training_file(load().runs["m/A_1"], Places(tmp_path / "out", tmp_path / "models"), threads=1)
    assert content["init"] == {"from": "../first_0"}
    assert content["data"]["train"]["manifests"] == {
        "paths": [{"path": "../../../data/a"}, {"path": "../../../data/b", "limit": 6, "repeat": 2}],
        "seed": 1,
    }
    assert content["optimiser"]["threads"] == 1


EVERY = ("m/first_0", "n/first_0", "m/A_0", "n/A_0", "m/A_1", "n/A_1")
OF_M = tuple(name for name in EVERY if name.startswith("m/"))


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({"sets": {"b": {"robots": {"seed": 7}}}}, ()),
        (
            {"training": {"optimiser": {"epochs": 1}}},
            OF_M,
        ),  # n takes its epochs from there, and A goes on from it
        (
            {"stages": {"A": {"training": {"optimiser": {"epochs": 1}}}}},
            ("m/first_0", "n/first_0", "m/A_0", "m/A_1"),
        ),
        ({"models": {"n": {"options": {"x": 1}}}}, OF_M),
        ({"stages": {"A": {"note": "other words"}}}, EVERY),
    ],
)
def test_a_hash_changes_with_what_the_weights_depend_on(load, changes, same):
    """Of the run itself or of its parent."""
    before, after = load().runs, load(**changes).runs
    assert {name for name in before if before[name].hash == after[name].hash} == set(same)


def test_a_test_changes_the_rows_but_not_the_weights(load):
    before, after = load().runs["m/A_0"], load(tests=[{"name": "b", "set": "a"}]).runs["m/A_0"]
    assert before.hash == after.hash
    assert before.test_hash != after.test_hash


def test_quick_lays_its_settings_over_the_file(load):
    plan = load(quick=True)
    assert list(plan.runs) == ["m/first_0", "n/first_0", "m/A_0", "n/A_0"]
    assert plan.sets["a"].settings == {"heads": 1}
    assert plan.sets["b"].settings == {"heads": 3}


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"stages": {"A": {"after": "B"}}}, "after: stage"),
        ({"stages": {"A": {"train": ["c"]}}}, "set 'c'"),
        ({"stages": {"A": {"models": ["x"]}}}, "model 'x'"),
        ({"stages": {"A": {"own": {"x": {}}}}}, "model 'x'"),
        ({"stages": {"A": {"crop": "wide"}}}, "crop 'wide'"),
        ({"stages": {"A": {"tests": ["z"]}}}, "test 'z'"),
        ({"tests": [{"name": "b", "set": "q"}]}, "set 'q'"),
        ({"sets": {"a": {"humans": {"people": "q"}, "robots": {}}}}, "one generator"),
        ({"stages": {"A": {"epochs": 3}}}, "unknown key epochs"),
        ({"surprise": 1}, "expected the keys"),
        ({"tests": [{"name": "b", "set": "b"}, {"name": "b", "set": "a"}]}, "stands twice"),
    ],
)
def test_what_does_not_fit_is_named(load, changes, problem):
    with pytest.raises((ConfigError, UnknownName), match=problem):
        load(**changes)


@pytest.mark.parametrize("quick", [False, True])
def test_the_experiment_of_p0(quick):
    plan = load_experiment(P0, quick)
    assert {spec.kind for spec in plan.sets.values()} <= set(SETS)
    stages = {stage: spec for stage, spec in plan.stages.items() if spec.kind == "table1"}
    assert {spec.protocol or stage for stage, spec in stages.items()} == {"A", "B", "C"}
    assert {spec.shots for spec in stages.values()} == {0, 10, 20}
    trained = {share.set for spec in plan.stages.values() for share in (*spec.train, *spec.validation)}
    tested = {plan.tests[key].set for spec in plan.stages.values() for key in spec.tests}
    assert not trained & tested
    if not quick:
        assert all(
            len(spec.seeds) >= 3 for spec in plan.stages.values() if spec.kind in ("table1", "ablation")
        )


def test_no_two_sets_of_a_kind_share_a_seed():
    """One seed, one set: people and robots of different sets are different ones."""
    plan = load_experiment(P0)
    for kind in ("humans", "robots"):
        seeds = [spec.settings["seed"] for spec in plan.sets.values() if spec.kind == kind]
        assert len(set(seeds)) == len(seeds) > 1
