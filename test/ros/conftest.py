"""Real rclpy and DDS, on a domain of its own, with a small untrained model: these tests are about the nodes."""

import os
from pathlib import Path

import pytest

rclpy = pytest.importorskip("rclpy", reason="needs rclpy: run `make test`, or source a ROS 2 workspace")
pytest.importorskip("affect_hri_interfaces.msg", reason="needs the built workspace: run `make setup`")

from affect_core.emotion.card import Card, save_card
from affect_core.emotion.weights import ARCHITECTURES, save_weights
from affect_core.faces import CropSpec
from affect_core.labels import COMPLEX_6

# 1..101 are safe on every platform; a worker of its own keeps parallel test runs apart.
DOMAIN_ID = 20 + os.getpid() % 80


@pytest.fixture(scope="session", autouse=True)
def _isolated_domain():
    os.environ["ROS_DOMAIN_ID"] = str(DOMAIN_ID)
    os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
    os.environ["ROS_PYTHON_CHECK_FIELDS"] = "1"
    return DOMAIN_ID


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory) -> Path:
    """An untrained AMAL network of 64 pixels, the same on every machine."""
    import torch

    folder = tmp_path_factory.mktemp("models") / "tiny"
    folder.mkdir()
    torch.manual_seed(0)
    options = {"trunk": "resnet18"}
    network = ARCHITECTURES.build("amal", len(COMPLEX_6), 64, **options)
    card = Card(
        folder=folder,
        name="tiny",
        architecture="amal",
        labels=COMPLEX_6,
        crop=CropSpec(size_px=64),
        mean=(0.5, 0.5, 0.5),
        std=(0.25, 0.25, 0.25),
        weights=save_weights(network.state_dict(), folder),
        training_data="none: random weights",
        licence="Apache-2.0",
        options=options,
    )
    save_card(card)
    return folder
