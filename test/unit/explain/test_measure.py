import numpy as np
import pytest

from affect_core.explain.measure import box_mask, measure_map
from affect_core.explain.render import OPPOSES_RGB, SUPPORTS_RGB, signed_overlay
from affect_core.types import Crop, Detection, Face

SIZE = 100


@pytest.fixture
def face():
    """The crop shows a picture twice as large from its pixel (20, 40) on; the box covers x 40 to 139, y 100 to 239."""
    crop_to_image = np.array([[2.0, 0.0, 20.0], [0.0, 2.0, 40.0]])
    landmarks = np.array([[35.0, 40.0], [65.0, 40.0], [50.0, 60.0], [40.0, 75.0], [60.0, 75.0]]) * 2 + [
        20,
        40,
    ]
    detection = Detection(np.array([40.0, 100.0, 139.0, 239.0]), landmarks, 0.9)
    return Face("f00001", detection, Crop(np.zeros((SIZE, SIZE, 3), np.uint8), crop_to_image))


def test_the_box_in_crop_pixels(face):
    mask = box_mask(face, SIZE)
    rows, columns = np.nonzero(mask)
    assert (columns.min(), columns.max()) == (10, 59)  # 20 + 2 * 10 = 40, 20 + 2 * 59 = 138
    assert (rows.min(), rows.max()) == (30, 99)
    assert mask.mean() == pytest.approx(0.5 * 0.7)


def test_shares_by_hand(face):
    heatmap = np.zeros((SIZE, SIZE), np.float32)
    heatmap[:, :10] = 2.0  # a tenth of the pixels, beside the face and the box
    found = measure_map(heatmap, face)
    assert found["box_share"] == found["face_share"] == 0.0
    assert found["box_area"] == pytest.approx(0.35)
    assert found["region_background"] == 1.0
    heatmap[:] = 0.0
    heatmap[58:63, 48:53] = 1.0  # around the nose
    assert measure_map(heatmap, face)["region_nose"] == 1.0


def test_red_supports_and_blue_opposes():
    heatmap = np.zeros((4, 4), np.float32)
    heatmap[0], heatmap[1] = 3.0, -3.0
    drawn = signed_overlay(np.full((4, 4, 3), 100, np.uint8), heatmap, strength=1.0)
    assert drawn[0, 0].tolist() == list(SUPPORTS_RGB)
    assert drawn[1, 0].tolist() == list(OPPOSES_RGB)
    assert drawn[2, 0].tolist() == [100, 100, 100]
