"""What tests of several folders need: a small untrained model, a ROS domain of their own, the command line."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

# 1..101 are safe on every platform; a domain of its own keeps parallel test runs apart.
DOMAIN_ID = 20 + os.getpid() % 80


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory) -> Path:
    """An untrained AMAL network of 64 pixels, the same on every machine."""
    import torch

    from affect_core.emotion.card import Card, save_card
    from affect_core.emotion.weights import ARCHITECTURES, save_weights
    from affect_core.faces import CropSpec
    from affect_core.labels import COMPLEX_6

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


@pytest.fixture(scope="session")
def ros_domain():
    """Real rclpy and DDS in this process and in those it starts, on a domain of their own."""
    pytest.importorskip("rclpy", reason="needs rclpy: run `make test`, or source a ROS 2 workspace")
    pytest.importorskip("affect_hri_interfaces.msg", reason="needs the built workspace: run `make setup`")
    os.environ["ROS_DOMAIN_ID"] = str(DOMAIN_ID)
    os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
    os.environ["ROS_PYTHON_CHECK_FIELDS"] = "1"
    return DOMAIN_ID


@pytest.fixture(scope="session")
def affect_hri():
    """Run `affect-hri ARGUMENTS...` in a process of its own to its end: exit code, stdout, stderr."""

    def run(*arguments):
        return subprocess.run(
            [*COMMAND, *map(str, arguments)], capture_output=True, text=True, timeout=240, check=False
        )

    return run


@pytest.fixture(scope="session")
def affect_hri_command():
    """The beginning of a command line, for those who want to deal with the process themselves."""
    return COMMAND


@pytest.fixture(scope="session")
def estimates_of():
    """The emotions recorded in a bag: stamp in ns -> (label, probabilities), of frames with one face."""
    from rosbags.highlevel import AnyReader
    from rosbags.typesys import Stores, get_typestore

    from affect_core.evaluation.bags import stamp_ns

    def read(bag):
        with AnyReader([bag], default_typestore=get_typestore(Stores.ROS2_JAZZY)) as reader:
            emotions = [c for c in reader.connections if c.topic.endswith("/emotions")]
            messages = [reader.deserialize(data, c.msgtype) for c, _, data in reader.messages(emotions)]
        return {
            stamp_ns(m): (m.estimates[0].label, tuple(m.estimates[0].probabilities))
            for m in messages
            if len(m.estimates) == 1
        }

    return read


COMMAND = (sys.executable, "-c", "from affect_core.cli import main; main()")
