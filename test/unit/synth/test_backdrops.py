import cv2
import numpy as np
import pytest

from affect_core.errors import UnknownName
from affect_core.synth.backdrops import BACKDROPS, SHORTCUT_FAMILIES, draw_backdrop, draw_family


def hues_deg(picture):
    return cv2.cvtColor(picture, cv2.COLOR_RGB2HSV)[..., 0]


def mean_angle_deg(angles):
    turned = np.exp(1j * np.radians(angles)).mean()
    return float(np.degrees(np.angle(turned)) % 360)


def test_kinds():
    assert BACKDROPS.names() == ("clouds", "clutter", "flat", "gradient", "stripes")


@pytest.mark.parametrize("kind", BACKDROPS.names())
@pytest.mark.parametrize("seed", range(4))
def test_every_backdrop_is_a_picture_of_its_kind(kind, seed):
    picture, name = draw_backdrop(60, np.random.default_rng(seed), kind)
    assert name == kind
    assert picture.shape == (60, 60, 3) and picture.dtype == np.float32
    assert picture.min() >= 0 and picture.max() <= 1


@pytest.mark.parametrize("kind", BACKDROPS.names())
def test_a_backdrop_depends_on_the_generator_only(kind):
    first, again, other = (draw_backdrop(40, np.random.default_rng(seed), kind)[0] for seed in (1, 1, 2))
    assert np.array_equal(first, again) and not np.array_equal(first, other)


def test_all_kinds_are_drawn():
    rng = np.random.default_rng(0)
    assert {draw_backdrop(16, rng)[1] for _ in range(60)} == set(BACKDROPS)


def test_an_unknown_kind_is_an_error_that_names_the_known():
    with pytest.raises(UnknownName, match=r"unknown backdrop 'beach'; known: clouds, clutter, flat"):
        draw_backdrop(16, np.random.default_rng(0), "beach")


def test_flat_has_one_colour_and_stripes_two():
    flat = BACKDROPS.build("flat", 32, np.random.default_rng(3))
    stripes = BACKDROPS.build("stripes", 32, np.random.default_rng(3))
    assert len(np.unique(flat.reshape(-1, 3), axis=0)) == 1
    assert len(np.unique(stripes.reshape(-1, 3), axis=0)) == 2


def test_a_gradient_runs_from_one_edge_to_another():
    picture = BACKDROPS.build("gradient", 32, np.random.default_rng(1))
    steps = np.diff(picture[16, :, 0])
    assert (steps >= -1e-6).all() or (steps <= 1e-6).all()


def test_clutter_hides_most_of_its_ground():
    picture = BACKDROPS.build("clutter", 64, np.random.default_rng(5))
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 8


def test_five_families_whose_names_say_what_they_are():
    names = [family.name for family in SHORTCUT_FAMILIES]
    assert names == ["red gradient", "green stripes", "blue clouds", "yellow blocks", "purple checks"]


@pytest.mark.parametrize("index", range(5))
def test_the_hue_of_a_family_is_its_own(index):
    rng = np.random.default_rng(7)
    pictures = [draw_family(index, 32, rng) for _ in range(30)]
    mean = mean_angle_deg([mean_angle_deg(hues_deg(picture)) for picture in pictures])
    apart = (mean - SHORTCUT_FAMILIES[index].hue_deg + 180) % 360 - 180
    # 30 pictures of two or more hues with a spread of 14 degrees: the mean's own spread is below 2 degrees
    assert abs(apart) < 8


@pytest.mark.parametrize("index", range(5))
def test_a_family_varies_but_not_for_the_same_seed(index):
    first, again, other = (draw_family(index, 32, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert first.shape == (32, 32, 3) and first.dtype == np.float32
    assert first.min() >= 0 and first.max() <= 1
    assert np.array_equal(first, again) and not np.allclose(first, other, atol=0.05)
