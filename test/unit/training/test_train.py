import dataclasses
import json

import numpy as np
import pytest
import torch
import yaml

from affect_core.data.crop_set import save_part
from affect_core.emotion import RUNTIMES, EmotionConfig, EmotionStage, load_card
from affect_core.errors import ConfigError, InputError, UnknownName
from affect_core.labels import COMPLEX_6
from affect_core.paths import find_shared
from affect_core.training.config import load_training
from affect_core.training.progress import COLUMNS, read_log
from affect_core.training.score import channel_statistics, confusion, predict, scores, scores_by
from affect_core.training.train import run


def test_a_run_writes_a_model_that_the_stage_can_use_and_resumes(training_file, tmp_path, coloured_set):
    output = run(training_file, tmp_path / "tiny_model")
    last = output / "work" / "last.ckpt"
    assert torch.load(last, weights_only=True)["global_step"] == 4  # 96 crops in batches of 24
    assert (output / "work" / ".gitignore").read_text() == "*\n"
    assert load_card(output).weights.sha256 == results_of(output)["weights_sha256"]

    training_file.write_text(training_file.read_text().replace("epochs: 1", "epochs: 2"))
    run(training_file, output, resume=True)
    assert torch.load(last, weights_only=True)["global_step"] == 8

    card, results = load_card(output), results_of(output)
    assert (card.name, card.weights.dtype, card.crop.size_px) == ("tiny", "float16", 32)
    assert EmotionStage(EmotionConfig(model=str(output))).card == card
    lighting = {"even": 48, "dim": 48}
    assert results["train"] == {"n": 96, "counts": dict.fromkeys(card.labels, 16), "lighting": lighting}
    assert results["test"]["n"] == 24
    assert results["test"]["by_lighting"]["dim"]["n"] == 12
    # What is reported is what the stored weights do.
    crops = coloured_set(24, seed=2)
    predicted = predict(RUNTIMES.build("torch", card, 1), card, crops)
    assert results["test"]["accuracy"] == pytest.approx(np.mean(predicted == crops.labels), abs=1e-4)


def results_of(output):
    return json.loads((output / "results.json").read_text())


def test_the_shipped_training_files_can_be_read():
    paths = sorted(find_shared("config/training").glob("*.yaml"))
    assert paths
    for path in paths:
        plan = load_training(path)
        assert plan.name == path.stem
        assert plan.training_data
        assert plan.licence


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"flavour": 1}, ConfigError, "flavour"),
        ({"architecture": "perceptron"}, UnknownName, "amal"),
        ({"labels": "complex-7"}, UnknownName, "complex-6"),
        ({"weights_dtype": "int8"}, UnknownName, "float16"),
        ({"data": {"train": {"folder": {"path": "x"}}}}, ConfigError, "validation"),
        ({"data": {"train": 1, "validation": 2}}, ConfigError, "one source"),
        ({"data": {"train": {"web": {}}, "validation": {"web": {}}}}, UnknownName, "avatar, folder"),
        ({"optimiser": {"epochs": 0}}, ConfigError, "epochs"),
        ({"optimiser": {"schedule": "none"}}, ConfigError, "plateau, one_cycle"),
        ({"augmentation": {"flip": 2.0}}, ConfigError, "flip"),
        ({"loss": {"align": -1.0}}, ConfigError, "align"),
    ],
)
def test_wrong_training_files(training_file, changes, error, message):
    training_file.write_text(yaml.safe_dump(yaml.safe_load(training_file.read_text()) | changes))
    with pytest.raises(error, match=message):
        load_training(training_file)


def test_a_set_cut_out_otherwise_is_refused(training_file, tmp_path):
    training_file.write_text(training_file.read_text().replace("margin: 0.0", "margin: 0.3"))
    with pytest.raises(ConfigError, match=r"margin=0\.3.*margin=0\.0"):
        run(training_file, tmp_path / "model")


def test_a_class_without_pictures_is_an_error(tiny_file, coloured_set, tmp_path):
    crops = coloured_set(24)
    save_part(crops.take(np.flatnonzero(crops.labels != 5)), tmp_path / "train", 0)
    with pytest.raises(InputError, match=r"every class, found none of boredom"):
        run(tiny_file, tmp_path / "model")


def test_options_that_the_network_does_not_have(training_file, tmp_path):
    with pytest.raises(ConfigError, match=r"options of amal: .*flavour.*correct the training file"):
        run(training_file, tmp_path / "model", changes={"options": {"flavour": 1}})


def test_limits_keep_the_classes_even(tiny_file, tmp_path):
    output = run(tiny_file, tmp_path / "model", changes={"limits": {"train": 48, "validation": 12}})
    assert results_of(output)["train"]["counts"] == dict.fromkeys(COMPLEX_6, 8)
    assert results_of(output)["validation"]["n"] == 12


def test_the_log_has_a_row_for_every_epoch(noisy_file, tmp_path):
    output = run(noisy_file, tmp_path / "model", changes={"optimiser": {"epochs": 2}})
    rows = read_log(output / "training_log.csv")
    assert tuple(rows[0]) == COLUMNS
    assert [(row["epoch"], row["steps"]) for row in rows] == [("0", "4"), ("1", "8")]
    assert float(rows[1]["loss"]) > float(rows[1]["cross_entropy"]) > 0.0 < float(rows[1]["alignment"])
    assert 0.0 <= float(rows[1]["val_macro_f1"]) <= 1.0
    assert rows[0]["val_error_valence"] == ""  # these crops do not say
    assert list((output / "work" / "tensorboard").glob("events.out.tfevents.*"))


def test_errors_of_the_regression_are_measured_where_the_truth_is_known(noisy_file, coloured_set, tmp_path):
    for split, count in (("train", 96), ("validation", 24)):
        crops = coloured_set(count)
        known = np.tile(np.float32([0.5, np.nan, 0.25]), (count, 1))
        save_part(dataclasses.replace(crops, regression=known), tmp_path / split, 0)
    changes = {"optimiser": {"epochs": 8, "learning_rate": 0.05}}
    rows = read_log(run(noisy_file, tmp_path / "model", changes=changes) / "training_log.csv")
    assert rows[-1]["val_error_arousal"] == ""
    for name in ("valence", "intensity"):
        assert float(rows[-1][f"val_error_{name}"]) < 0.15 < float(rows[0][f"val_error_{name}"])


def test_the_attention_learns_the_mask_it_is_given(noisy_file, tmp_path):
    """Skin is face, but no region. So a region mask is empty, which is soon learnt; where the face is, these crops do
    not tell, and the entropy of its share of a quarter (0.56) remains."""
    changes = {"optimiser": {"epochs": 10, "learning_rate": 0.1}, "augmentation": {"background": 0.0}}
    last = {}
    for mask in ("face", "regions"):
        changes["loss"] = {"align": 1.0, "mask": mask}
        rows = read_log(run(noisy_file, tmp_path / mask, changes=changes) / "training_log.csv")
        last[mask] = float(rows[-1]["alignment"])
    assert last["regions"] < 0.3 < 0.5 < last["face"]


def test_scores_by_hand():
    truth = np.array([0, 0, 0, 1, 1])
    predicted = np.array([0, 0, 1, 1, 0])
    assert confusion(truth, predicted, 3).tolist() == [[2, 1, 0], [1, 1, 0], [0, 0, 0]]
    made = scores(truth, predicted, ("a", "b", "c"))
    # F1: a = 2*2 / (3 + 3), b = 2*1 / (2 + 2); c does not occur.
    assert made == {
        "n": 5,
        "accuracy": 0.6,
        "macro_f1": pytest.approx((2 / 3 + 1 / 2) / 2, abs=1e-4),
        "recall": {"a": 0.6667, "b": 0.5},
        "confusion": [[2, 1, 0], [1, 1, 0], [0, 0, 0]],
    }


def test_scores_by_group(coloured_set):
    crops = coloured_set(24)
    predicted = np.where(crops.info["lighting"] == "even", crops.labels, 0)
    made = scores_by("lighting", predicted, crops)
    assert made["even"]["accuracy"] == 1.0
    assert made["dim"]["accuracy"] == pytest.approx(2 / 12, abs=1e-4)


def test_channel_statistics_by_hand(coloured_set):
    crops = coloured_set(6)
    crops.images_rgb[:] = 0
    crops.images_rgb[:3, ..., 0] = 255
    assert channel_statistics(crops) == ((0.5, 0.0, 0.0), (0.5, 0.001, 0.001))
