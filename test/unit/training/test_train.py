import json

import numpy as np
import pytest
import torch
import yaml

from affect_core.emotion import RUNTIMES, EmotionConfig, EmotionStage, load_card
from affect_core.errors import ConfigError, UnknownName
from affect_core.paths import find_shared
from affect_core.training.config import load_training
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
