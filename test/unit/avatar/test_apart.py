import os
import signal
from dataclasses import fields

import numpy as np
import pytest

from affect_core.avatar import Avatar, AvatarApart, AvatarConfig, Scene
from affect_core.errors import CameraError

SMALL = AvatarConfig(width=320, height=180)


@pytest.fixture(scope="module")
def apart():
    avatar = AvatarApart(SMALL)
    yield avatar
    avatar.close()


@pytest.mark.parametrize("label", ["neutral", "confusion"])
def test_another_process_draws_the_same_bits(apart, table, label):
    pose, scene = table.pose(label), Scene("dim", "mouth", yaw_deg=10.0)
    expected, drawn = Avatar(SMALL).render(pose, scene), apart.render(pose, scene)
    for field in fields(expected):
        if field.name != "render_ms":
            np.testing.assert_array_equal(getattr(drawn, field.name), getattr(expected, field.name))
    assert drawn.render_ms > 0
    assert apart.camera == Avatar(SMALL).camera


def test_a_rendering_outlives_the_next_one(apart, table):
    first = apart.render(table.pose("neutral"))
    kept = first.image_rgb.copy()
    second = apart.render(table.pose("confusion"))
    np.testing.assert_array_equal(first.image_rgb, kept)
    assert (second.image_rgb != kept).any()


def test_a_process_that_was_killed_is_an_error_once(apart, table):
    apart.render()
    os.kill(apart.process_id, signal.SIGKILL)
    with pytest.raises(CameraError, match="process ended"):
        for _ in range(2):  # the first task may still go down the line
            apart.render(table.pose("confusion"))
    expected = Avatar(SMALL).render(table.pose("confusion")).image_rgb
    np.testing.assert_array_equal(apart.render(table.pose("confusion")).image_rgb, expected)


def test_closing_ends_the_process_and_may_be_done_twice():
    avatar = AvatarApart(SMALL)
    avatar.close()
    assert avatar.process_id is None
    avatar.render()
    number = avatar.process_id
    avatar.close()
    avatar.close()
    with pytest.raises(ProcessLookupError):
        os.kill(number, 0)


def test_a_ctrl_c_in_the_terminal_is_left_to_the_owner(apart):
    apart.render()
    number = apart.process_id
    os.kill(number, signal.SIGINT)
    assert apart.render().image_rgb.shape == (180, 320, 3)
    assert apart.process_id == number
