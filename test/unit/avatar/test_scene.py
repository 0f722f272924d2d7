import numpy as np
import pytest

from affect_core.avatar import LIGHTINGS, OCCLUSIONS, Scene
from affect_core.avatar.look import Look, varied_look
from affect_core.avatar.shape import HeadShape
from affect_core.errors import ConfigError, UnknownName


def test_names():
    assert {"even", "dim"} <= set(LIGHTINGS)
    assert {"none", "mouth", "eye"} <= set(OCCLUSIONS)


def test_unknown_names_list_the_known_ones():
    with pytest.raises(UnknownName, match="unknown lighting 'disco'; known: dim, even"):
        Scene(lighting="disco")
    with pytest.raises(UnknownName, match="unknown occlusion 'hat'; known: eye, mouth, none"):
        Scene(occlusion="hat")


def test_offsets_have_a_range():
    with pytest.raises(ConfigError, match=r"Scene\.yaw_deg: expected -90 to 90, got 120"):
        Scene(yaw_deg=120.0)


@pytest.mark.parametrize("name", LIGHTINGS.names())
def test_lights_are_positive_and_directed(name):
    light = LIGHTINGS.build(name)
    assert np.linalg.norm(light.key_direction) > 0
    assert np.linalg.norm(light.fill_direction) > 0
    assert min(*light.key, *light.fill, *light.ambient) >= 0


@pytest.mark.parametrize("name", OCCLUSIONS.names())
def test_occluders_stand_before_the_face(name):
    shape = HeadShape()
    for plate in OCCLUSIONS.build(name, shape):
        x, y, z = plate.centre
        assert y + plate.half_size[1] < float(shape.front_y(np.array(x), np.array(z)))


def test_the_default_look_is_the_dataclasses():
    assert Look() == Look()


def test_varied_looks_follow_their_seed():
    assert varied_look(3) == varied_look(3)
    looks = [varied_look(seed) for seed in range(20)]
    assert len({look.palette.skin for look in looks}) == 20
    assert Look() not in looks
    for look in looks:
        assert 0.9 * HeadShape().half_width <= look.shape.half_width <= 1.1 * HeadShape().half_width
        assert look.shape.eye_radius == HeadShape().eye_radius
        assert all(0 <= value <= 1 for value in (*look.palette.skin, *look.palette.lip, *look.palette.wall))
