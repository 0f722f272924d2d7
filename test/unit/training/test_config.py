import pytest

from affect_core.errors import ConfigError
from affect_core.labels import BASIC_8
from affect_core.paths import find_shared
from affect_core.training.config import load_training, merge


def test_changes_are_laid_over_key_by_key():
    base = {"a": {"x": 1, "y": 2}, "b": 1, "init": {"from": "one"}}
    assert merge(base, {"a": {"y": 3}, "b": 2, "init": "random"}) == {
        "a": {"x": 1, "y": 3},
        "b": 2,
        "init": "random",
    }
    assert merge({"a": {"x": 1}}, {"a": None}) == {"a": None}


def test_a_file_says_only_what_differs_from_its_base(training_file):
    child = training_file.parent / "child.yaml"
    child.write_text("base: tiny.yaml\nname: child\nlabels: basic-8\noptimiser: {epochs: 3}\n")
    plan, base = load_training(child), load_training(training_file)
    assert (plan.name, plan.labels, plan.optimiser.epochs) == ("child", BASIC_8, 3)
    assert plan.optimiser.batch_size == base.optimiser.batch_size == 24
    assert plan.data == base.data


def test_a_data_split_is_replaced_as_a_whole(training_file):
    plan = load_training(training_file, {"data": {"train": {"manifests": {"paths": ["x"]}}}})
    assert plan.data["train"] == ("manifests", {"paths": ["x"]})
    assert plan.data["validation"][0] == "folder"


def test_quick_runs_are_short_and_small(training_file):
    plan = load_training(training_file, {"optimiser": {"epochs": 30}}, quick=True)
    assert plan.optimiser.epochs == 2
    assert plan.limits == {"train": 600, "validation": 200, "test": 200}
    assert load_training(training_file, quick=True).optimiser.epochs == 1


@pytest.mark.parametrize("limits", [{"train": 0}, {"train": "all"}, {"exam": 3}])
def test_wrong_limits(training_file, limits):
    with pytest.raises(ConfigError, match="limits"):
        load_training(training_file, {"limits": limits})


def test_p0s_recipe_as_printed():
    plan = load_training(find_shared("config/training/p0.yaml"))
    optimiser, augmentation, loss = plan.optimiser, plan.augmentation, plan.loss
    assert (optimiser.learning_rate, optimiser.batch_size, optimiser.epochs) == (1e-4, 32, 30)
    assert (optimiser.schedule, optimiser.patience, optimiser.stop) == ("plateau", 10, 5)
    assert (optimiser.weight_decay, optimiser.sampling, loss.class_weights) == (0.0, "balanced", True)
    assert (augmentation.flip, augmentation.rotation_deg, augmentation.zoom) == (0.5, 15.0, 0.1)
    assert (augmentation.shift, augmentation.brightness, augmentation.contrast) == (0.1, 0.2, 0.2)
    assert augmentation.patch > 0.0 == augmentation.background
    assert loss.align == 0.2
    first = load_training(find_shared("config/training/p0_pretrain.yaml"))
    assert (first.labels, first.optimiser.batch_size, first.optimiser.learning_rate) == (BASIC_8, 64, 1e-3)


def test_the_default_recipe():
    plan = load_training(find_shared("config/training/default.yaml"))
    assert (plan.optimiser.schedule, plan.optimiser.patience, plan.optimiser.stop) == ("plateau", 3, 8)
    assert plan.options == {"trunk": "resnet34", "regression": True}
    assert plan.augmentation.background == 0.7
    assert load_training(find_shared("config/training/budget.yaml")).optimiser.schedule == "one_cycle"
