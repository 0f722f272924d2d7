import numpy as np
import pytest

from affect_core.errors import UnknownName
from affect_core.explain import COLOUR_MAPS, colours, overlay, overlay_on_image
from affect_core.types import AttributionMap

RAMP = np.linspace(-1.0, 3.0, 256, dtype=np.float32).reshape(16, 16)


@pytest.mark.parametrize("name", COLOUR_MAPS)
def test_colours_span_the_map(name):
    image = colours(RAMP, name)
    assert image.shape == (16, 16, 3)
    assert image.dtype == np.uint8
    assert len(np.unique(image.reshape(-1, 3), axis=0)) > 200


def test_viridis_runs_from_purple_to_yellow():
    image = colours(RAMP, "viridis")
    np.testing.assert_allclose(image[0, 0], (68, 1, 84), atol=2)
    np.testing.assert_allclose(image[-1, -1], (253, 231, 37), atol=4)


def test_overlay_blends():
    grey = np.full((16, 16, 3), 100, np.uint8)
    np.testing.assert_array_equal(overlay(grey, RAMP, alpha=0.0), grey)
    np.testing.assert_array_equal(overlay(grey, RAMP, alpha=1.0), colours(RAMP))
    half = (100 + colours(RAMP).astype(float)) / 2
    np.testing.assert_allclose(overlay(grey, RAMP, alpha=0.5), half, atol=1)


def test_a_flat_map_is_drawn_in_one_colour():
    assert len(np.unique(colours(np.ones((4, 4), np.float32)).reshape(-1, 3), axis=0)) == 1


def test_overlay_lands_where_the_crop_was():
    image = np.full((40, 60, 3), 100, np.uint8)
    place = np.array([[1.0, 0, 20], [0, 1.0, 10]])
    made = overlay_on_image(image, AttributionMap("f00001", "neutral", "any", RAMP, place), alpha=1.0)
    np.testing.assert_array_equal(made[10:26, 20:36], colours(RAMP))
    made[10:26, 20:36] = 100
    np.testing.assert_array_equal(made, image)


def test_unknown_colour_map():
    with pytest.raises(UnknownName, match="turbo, viridis"):
        colours(RAMP, "jet")
