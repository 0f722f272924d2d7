"""A whole training in a minute or two: random robots made, cut out, learnt, and others of them recognised."""

import json

import pytest
import yaml

from affect_core.synth.robots import RobotSetConfig, generate
from affect_core.training.train import run

HEADS, UNSEEN_HEADS = 40, 10


@pytest.fixture(scope="module")
def robots(tmp_path_factory):
    folder = tmp_path_factory.mktemp("robots")
    for name, seed, heads in (("train", 1, HEADS), ("validation", 2, UNSEEN_HEADS)):
        config = RobotSetConfig(heads=heads, seed=seed, dim_share=0.0, intensity_low=0.8, stands_in=True)
        generate(config, folder / name, workers=2)
    return folder


@pytest.mark.timeout(900)
def test_a_tiny_training_learns_above_chance(robots, tmp_path):
    values = {
        "name": "tiny",
        "architecture": "amal",
        "options": {"trunk": "resnet18", "regression": True},
        "labels": "complex-6",
        "crop": {"size_px": 64, "margin": 0.05},
        "data": {split: {"manifests": {"paths": [split]}} for split in ("train", "validation")},
        "augmentation": {"rotation_deg": 3, "zoom": 0.03, "shift": 0.03, "patch": 0.0, "background": 0.3},
        "optimiser": {
            "epochs": 10,
            "batch_size": 32,
            "learning_rate": 0.002,
            "schedule": "one_cycle",
            "threads": 1,
        },
    }
    (tmp_path / "tiny.yaml").write_text(yaml.safe_dump(values))
    output = run(tmp_path / "tiny.yaml", tmp_path / "model", root=robots)
    results = json.loads((output / "results.json").read_text())
    assert results["train"]["n"] == 12 * HEADS
    assert results["validation"]["n"] == 12 * UNSEEN_HEADS
    # Chance is 1/6; its standard deviation with 120 pictures is 0.034.
    assert results["validation"]["accuracy"] > 0.35
    card = yaml.safe_load((output / "card.yaml").read_text())
    assert "train stands in: " in card["training_data"]
