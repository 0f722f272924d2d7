import numpy as np
import pytest

from affect_core.avatar.truth import Segment
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


def test_what_the_pixels_show_goes_before_what_landmarks_suggest(face):
    segments = np.full((SIZE, SIZE), Segment.WALL, np.uint8)
    segments[20:80, 20:80] = Segment.SKIN
    segments[30:34, 30:70] = Segment.BROW  # the line between the eyes' and the mouth's middle is x = 50
    segments[38:42, 30:40] = Segment.LID
    heatmap = np.zeros((SIZE, SIZE), np.float32)
    heatmap[30:34, 30:70] = 1.0  # 80 pixels right of the line, 4 on it, 76 left
    heatmap[38:42, 30:40] = 1.0
    heatmap[0:2] = 1.0  # 200 of the background
    found = measure_map(heatmap, face, segments)
    assert found["face_area"] == pytest.approx(0.36)
    total = 160 + 40 + 200
    assert found["region_right_brow"] == pytest.approx(84 / total)
    assert found["region_left_brow"] == pytest.approx(76 / total)
    assert found["region_right_eye"] == pytest.approx(40 / total)
    assert found["region_background"] == pytest.approx(200 / total)
    assert found["region_mouth"] == found["region_nose"] == found["region_rest_of_face"] == 0.0
    assert sum(v for k, v in found.items() if k.startswith("region_")) == pytest.approx(1.0)


def test_red_supports_and_blue_opposes():
    heatmap = np.zeros((4, 4), np.float32)
    heatmap[0], heatmap[1] = 3.0, -3.0
    drawn = signed_overlay(np.full((4, 4, 3), 100, np.uint8), heatmap, strength=1.0)
    assert drawn[0, 0].tolist() == list(SUPPORTS_RGB)
    assert drawn[1, 0].tolist() == list(OPPOSES_RGB)
    assert drawn[2, 0].tolist() == [100, 100, 100]
