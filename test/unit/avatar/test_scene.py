import numpy as np
import pytest

from affect_core.avatar import BACKGROUNDS, LIGHTINGS, OCCLUSIONS, Scene
from affect_core.avatar.looks.face import FaceLook, varied_face
from affect_core.avatar.looks.ohbot_body import OhbotShape
from affect_core.avatar.occluders import Ring
from affect_core.avatar.shape import HeadShape
from affect_core.errors import ConfigError, UnknownName


def test_names():
    assert LIGHTINGS.names() == ("dim", "even", "side")
    assert OCCLUSIONS.names() == ("eye", "glasses", "mouth", "none")
    assert BACKGROUNDS.names() == ("gradient", "plain", "room")


def test_unknown_names_list_the_known_ones():
    with pytest.raises(UnknownName, match="unknown lighting 'disco'; known: dim, even, side"):
        Scene(lighting="disco")
    with pytest.raises(UnknownName, match="unknown occlusion 'hat'; known: eye, glasses, mouth, none"):
        Scene(occlusion="hat")
    with pytest.raises(UnknownName, match="unknown background 'sea'; known: gradient, plain, room"):
        Scene(background="sea")


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
@pytest.mark.parametrize("shape", [HeadShape(), OhbotShape()], ids=["face", "ohbot"])
def test_occluders_stand_before_the_face(name, shape):
    for thing in OCCLUSIONS.build(name, shape):
        x, y, z = thing.mesh().vertices.T
        inside = np.abs(x) < 0.8 * shape.half_width
        assert (y < shape.front_y(x, z))[inside].all()


def test_glasses_leave_the_eyes_free():
    shape = HeadShape()
    rims = [thing for thing in OCCLUSIONS.build("glasses", shape) if isinstance(thing, Ring)]
    assert [ring.centre[0] for ring in rims] == [-shape.eye_x, shape.eye_x]
    for ring in rims:
        x, _, z = (ring.mesh().vertices - ring.centre).T
        assert np.hypot(x, z).min() > shape.eye_radius


@pytest.mark.parametrize("name", BACKGROUNDS.names())
def test_backgrounds_follow_their_seed(name):
    wall = (0.6, 0.6, 0.6)
    one, again, other = (BACKGROUNDS.build(name, 64, 36, wall, seed) for seed in (3, 3, 4))
    if name == "plain":
        assert one is None
        return
    assert one.shape == (36, 64, 3)
    assert one.dtype == np.float32
    assert 0 <= one.min() < one.max() <= 1
    assert (one == again).all()
    assert (one != other).any()


def test_a_gradient_changes_along_one_direction():
    picture = BACKGROUNDS.build("gradient", 40, 40, (0.5, 0.5, 0.5), 1)
    steps_x, steps_y = np.diff(picture, axis=1), np.diff(picture, axis=0)
    for steps in (steps_x, steps_y):
        for channel in range(3):
            assert (steps[..., channel] >= -1e-6).all() or (steps[..., channel] <= 1e-6).all()


def test_the_default_look_is_the_dataclasses():
    assert FaceLook() == FaceLook()


def test_varied_faces_follow_their_seed():
    assert varied_face(3) == varied_face(3)
    looks = [varied_face(seed) for seed in range(20)]
    assert len({look.palette.skin for look in looks}) == 20
    assert FaceLook() not in looks
    for look in looks:
        assert 0.9 * HeadShape().half_width <= look.shape.half_width <= 1.1 * HeadShape().half_width
        assert look.shape.eye_radius == HeadShape().eye_radius
        colours = (*look.palette.skin, *look.palette.lip, *look.studio.wall)
        assert all(0 <= value <= 1 for value in colours)
