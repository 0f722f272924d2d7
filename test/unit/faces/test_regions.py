import numpy as np
import pytest

from affect_core.faces import REGIONS, CropSpec, face_mask, regions, template_px

SIZE = 112


@pytest.fixture
def landmarks():
    return template_px(CropSpec(SIZE, 0.15))


def test_they_cover_the_crop_without_overlap(landmarks):
    masks = regions(landmarks, SIZE)
    assert tuple(masks) == REGIONS
    assert all(
        mask.shape == (SIZE, SIZE) and mask.dtype == np.bool_ and mask.any() for mask in masks.values()
    )
    np.testing.assert_array_equal(np.sum(list(masks.values()), axis=0), 1)


@pytest.mark.parametrize(
    ("index", "name"), [(0, "right_eye"), (1, "left_eye"), (2, "nose"), (3, "mouth"), (4, "mouth")]
)
def test_each_landmark_lies_in_its_region(landmarks, index, name):
    x, y = np.round(landmarks[index]).astype(int)
    assert regions(landmarks, SIZE)[name][y, x]


def test_brows_lie_above_their_eyes_and_corners_in_the_background(landmarks):
    masks = regions(landmarks, SIZE)
    apart = landmarks[1, 0] - landmarks[0, 0]
    for eye in landmarks[:2]:
        x, y = np.round(eye - (0, 0.35 * apart)).astype(int)
        assert (masks["right_brow"] | masks["left_brow"])[y, x]
    assert all(masks["background"][row, column] for row in (0, -1) for column in (0, -1))


def test_they_turn_with_the_face(landmarks):
    upside_down = (SIZE - 1) - landmarks
    upright, turned = regions(landmarks, SIZE), regions(upside_down, SIZE)
    for name in REGIONS:
        np.testing.assert_array_equal(turned[name], upright[name][::-1, ::-1])


def test_face_mask_is_everything_but_the_background(landmarks):
    np.testing.assert_array_equal(face_mask(landmarks, SIZE), ~regions(landmarks, SIZE)["background"])
