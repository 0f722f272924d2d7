"""What tests of several folders need: a small untrained model, a ROS domain of their own, the command line."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

# 1..101 are safe on every platform; a domain of its own keeps parallel test runs apart, and the workers of one run.
_WORKER = os.environ.get("PYTEST_XDIST_WORKER")
DOMAIN_ID = 20 + (2 * os.getppid() + int(_WORKER[2:]) if _WORKER else os.getpid()) % 80


@pytest.fixture(scope="session")
def untrained(tmp_path_factory):
    """Writes a model folder with random weights, the same on every machine; returns its path."""
    import torch

    from affect_core.emotion import ARCHITECTURES, Card, save_card, save_weights
    from affect_core.faces import CropSpec
    from affect_core.labels import COMPLEX_6

    def write(name, architecture="amal", options=None, labels=COMPLEX_6, crop=None, dtype="float32", **about):
        folder = tmp_path_factory.mktemp("models") / name
        folder.mkdir()
        torch.manual_seed(0)
        crop = crop or CropSpec(size_px=64)
        network = ARCHITECTURES.build(architecture, len(labels), crop.size_px, **(options or {}))
        card = Card(
            folder=folder,
            name=name,
            architecture=architecture,
            labels=labels,
            crop=crop,
            weights=save_weights(network.state_dict(), folder, dtype),
            training_data="none: random weights",
            licence="Apache-2.0",
            options=options or {},
            **({"mean": (0.5, 0.5, 0.5), "std": (0.25, 0.25, 0.25)} | about),
        )
        save_card(card)
        return folder

    return write


@pytest.fixture(scope="session")
def tiny_model(untrained) -> Path:
    """An untrained AMAL network of 64 pixels."""
    return untrained("tiny", options={"trunk": "resnet18"})


@pytest.fixture(scope="session")
def rank_model(untrained) -> Path:
    """An untrained classifier of the study of intensities, narrow and small."""
    from affect_core.faces import CropSpec
    from affect_core.intensity.base import LABELS

    return untrained(
        "ranker",
        "vgg16",
        {"hidden": 8, "dropout": 0.5, "frozen": True},
        LABELS,
        CropSpec(32, 0.06, "expression"),
        "float16",
    )


@pytest.fixture(scope="session")
def subgroups_tiny():
    """The study of subgroups in seconds: its configuration, with the changes given."""
    from dataclasses import replace

    from affect_core.subgroups.config import quick
    from affect_core.synth.humans.base import HumanSetConfig

    usual = quick()
    small = replace(
        usual,
        options={"stages": 1},
        explained=1,
        align=replace(usual.align, size_px=32),
        variants=replace(usual.variants, gammas=(1.0,), places=1),
        optimiser=replace(usual.optimiser, batch_size=16, precision="32-true"),
        lime=replace(usual.lime, samples=16, segments=12, batch=16),
        bias=replace(usual.bias, draws=100),
        faces=HumanSetConfig(labels="basic-6", images=60, size_px=64),
    )
    return lambda **changes: replace(small, **changes)


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
