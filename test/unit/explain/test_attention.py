import numpy as np
import pytest

from affect_core.explain import attention_attribution, upsample
from affect_core.faces import CropSpec, crop_to_image_points, template_px
from affect_core.types import Crop, Detection, Emotion, Face

SIZE = 112
SPEC = CropSpec(SIZE, 0.15)
CROP_TO_IMAGE = np.array([[2.0, 0.0, 300.0], [0.0, 2.0, 100.0]])


@pytest.fixture
def face():
    landmarks = crop_to_image_points(template_px(SPEC), CROP_TO_IMAGE)
    crop = Crop(np.zeros((SIZE, SIZE, 3), np.uint8), CROP_TO_IMAGE)
    return Face("f00001", Detection(np.zeros(4), landmarks, 1.0), crop)


def emotion(attention):
    logits = np.array([0.0, 3.0], np.float32)
    return Emotion("f00001", ("neutral", "boredom"), logits, np.array([0.05, 0.95], np.float32), attention)


def test_no_attention_no_map(face):
    assert attention_attribution(face, emotion(None)) is None


def test_upsampling_by_hand():
    # Cell centres of a row of two lie at a quarter and three quarters; between them the values are interpolated.
    fine = upsample(np.array([[0.0, 1.0]], np.float32), 4)
    np.testing.assert_allclose(fine, [[0.0, 0.25, 0.75, 1.0]] * 4)


def test_attention_on_one_eye(face):
    attention = np.zeros((7, 7), np.float32)
    column, row = (template_px(SPEC)[0] / SIZE * 7).astype(int)
    attention[row, column] = 1.0
    attention[row + 1, column + 1] = 0.2
    made = attention_attribution(face, emotion(attention))
    assert (made.face_id, made.label, made.method) == ("f00001", "boredom", "amal_attention")
    assert made.heatmap.shape == (SIZE, SIZE)
    assert made.crop_to_image is CROP_TO_IMAGE
    assert made.face_share > 0.95
    assert 0.2 < made.face_area_share < 0.6
    assert sum(made.region_shares.values()) == pytest.approx(1.0)
    assert made.region_shares["right_eye"] > 0.3
    assert made.region_shares["left_eye"] < 0.02
    assert np.isnan(made.compute_ms)


def test_attention_in_a_corner_is_outside(face):
    attention = np.zeros((7, 7), np.float32)
    attention[0, 0] = 1.0
    made = attention_attribution(face, emotion(attention))
    assert made.face_share == 0.0
    assert made.region_shares["background"] > 0.95
