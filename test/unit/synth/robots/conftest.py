from dataclasses import replace

import numpy as np
import pytest

from affect_core.heads.expressions import load_expressions
from affect_core.heads.rig import rest_pose
from affect_core.synth.robots import RobotSetConfig, generate
from affect_core.synth.robots.base import PLACES
from affect_core.synth.robots.measures import Measures
from affect_core.synth.robots.poses import plain_pose
from affect_core.synth.robots.robot_set import robot_of
from affect_core.synth.robots.scenery import SHOWROOM
from affect_core.synth.robots.studio import Studio, View

PLAIN = {
    "brow": "roll",
    "eye": "dome",
    "lid": "fold",
    "mouth": "strands",
    "nose": "ball",
    "ear": "none",
    "top": "none",
    "neck": "none",
}


@pytest.fixture(scope="session")
def small_config():
    """Seven heads make two parts; every label comes once in six pictures."""
    return RobotSetConfig(heads=7, images_per_head=6, seed=11, size_px=112)


@pytest.fixture(scope="session")
def small_set(small_config, tmp_path_factory):
    return generate(small_config, tmp_path_factory.mktemp("robots"), workers=1)


@pytest.fixture(scope="session")
def table():
    return load_expressions()


@pytest.fixture(scope="session")
def robot():
    """Makes a robot of mean size with some kinds of parts; all other parts are plain."""

    def make(size=None, extras=(), **kinds):
        base = robot_of(1, 0)
        return replace(
            base, size=size or Measures(), kinds={**PLAIN, **kinds}, extras=frozenset(extras), material="grey"
        )

    return make


@pytest.fixture(scope="session")
def shoot(table):
    """Draws a robot's expression from the front in even light before a grey wall."""

    def draw(robot, label="neutral", side="left", pose=None):
        view = View(224, 1.2, 118.0, (0.0, 0.0), (0.0, 0.0))
        pose = plain_pose(table, robot, label, side) if pose is None else pose
        return Studio(robot).draw(pose, view, SHOWROOM, np.full((224, 224, 3), 0.5))

    return draw


@pytest.fixture(scope="session")
def night():
    """Draws a robot at rest without any light."""

    def draw(robot):
        dark = np.zeros((5, 3), np.float32)
        dark[[0, 2], 1] = -1
        dark[0, 2] = 1e-3
        view = View(224, 1.2, 118.0, (0.0, 0.0), (0.0, 0.0))
        return Studio(robot).draw(rest_pose(), view, dark, np.zeros((224, 224, 3)))

    return draw


ALL_KINDS = [(place, kind) for place, registry in PLACES.items() for kind in registry.names()]


def pytest_generate_tests(metafunc):
    if {"place", "kind"} <= set(metafunc.fixturenames):
        metafunc.parametrize(("place", "kind"), ALL_KINDS)
