import numpy as np
import pytest

from affect_core.errors import ConfigError, InputError, UnknownName
from affect_core.faces import (
    TEMPLATES,
    CropSpec,
    align,
    apply_affine,
    crop_to_image_points,
    image_to_crop_points,
    invert_affine,
    template_px,
    warp,
)
from affect_core.faces.crop import fit_similarity


def turned(points, angle_deg, scale, shift):
    a = np.radians(angle_deg)
    rotation = np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]])
    return points @ rotation.T * scale + shift


def test_similarity_by_hand():
    # A quarter turn (x, y) -> (-y, x), doubled, moved by (5, 1).
    source = np.array([[0.0, 0], [1, 0], [0, 1]])
    target = np.array([[5.0, 1], [5, 3], [3, 1]])
    np.testing.assert_allclose(fit_similarity(source, target), [[0, -2, 5], [2, 0, 1]], atol=1e-12)


def test_similarity_agrees_with_umeyama():
    from skimage.transform import estimate_transform

    random = np.random.default_rng(0)
    source, target = random.normal(size=(2, 5, 2)) * 50 + 100
    target = source * 0.4 + random.normal(size=(5, 2))
    expected = estimate_transform("similarity", source, target).params[:2]
    np.testing.assert_allclose(fit_similarity(source, target), expected, atol=1e-9)


def test_template_by_hand():
    # arcface's right eye is at 38.2946 of 112; without a margin and at 112 px that is pixel 37.7946.
    np.testing.assert_allclose(template_px(CropSpec(112, 0.0))[0], [38.2946 - 0.5, 51.6963 - 0.5])
    # A margin of one half on every side: the template's square is half the crop.
    np.testing.assert_allclose(template_px(CropSpec(224, 0.5))[0], [38.2946 + 56 - 0.5, 51.6963 + 56 - 0.5])


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize(("angle_deg", "scale"), [(0, 1.0), (25, 2.3), (-170, 0.7)])
def test_landmarks_land_on_the_template(template, angle_deg, scale):
    spec = CropSpec(112, 0.2, template)
    landmarks = turned(template_px(spec), angle_deg, scale, (700, 300))
    image = np.zeros((900, 1200, 3), np.uint8)
    for (x, y), colour in zip(np.round(landmarks).astype(int), range(50, 300, 40), strict=False):
        image[y - 8 : y + 9, x - 8 : x + 9] = colour
    crop = align(image, landmarks, spec)
    np.testing.assert_allclose(
        image_to_crop_points(landmarks, crop.crop_to_image), template_px(spec), atol=1e-9
    )
    for (x, y), colour in zip(np.round(template_px(spec)).astype(int), range(50, 300, 40), strict=False):
        assert crop.image_rgb[y, x, 0] == colour


def test_a_whole_pixel_crop_is_a_copy():
    image = np.random.default_rng(1).integers(0, 256, (300, 300, 3), np.uint8)
    spec = CropSpec(112, 0.1)
    crop = align(image, template_px(spec) + np.array([40, 70]), spec)
    np.testing.assert_allclose(crop.crop_to_image, [[1, 0, 40], [0, 1, 70]], atol=1e-9)
    np.testing.assert_array_equal(crop.image_rgb, image[70:182, 40:152])


def test_a_small_crop_averages_the_pixels_it_covers():
    # Stripes of one pixel: sampling every fourth would give 0 or 255, averaging gives grey.
    image = np.zeros((600, 600, 3), np.uint8)
    image[:, ::2] = 255
    spec = CropSpec(64, 0.0)
    crop = align(image, template_px(spec) * 4 + 100, spec)
    assert 120 <= crop.image_rgb.min() <= crop.image_rgb.max() <= 135


def test_round_trip_of_points():
    spec = CropSpec(112, 0.3)
    landmarks = turned(template_px(spec), 12, 1.7, (50, -20))
    crop = align(np.zeros((200, 200, 3), np.uint8), landmarks, spec)
    points = np.array([[0.0, 0], [111, 0], [30.5, 70.25]])
    there = crop_to_image_points(points, crop.crop_to_image)
    np.testing.assert_allclose(image_to_crop_points(there, crop.crop_to_image), points, atol=1e-9)


def test_inverse_by_hand():
    affine = np.array([[2.0, 0, 5], [0, 2, 1]])
    np.testing.assert_allclose(invert_affine(affine), [[0.5, 0, -2.5], [0, 0.5, -0.5]])
    np.testing.assert_allclose(apply_affine(affine, np.array([[1.0, 2.0]])), [[7, 5]])


def test_outside_the_image_is_black():
    spec = CropSpec(112, 0.0)
    crop = align(np.full((50, 50, 3), 200, np.uint8), template_px(spec) - np.array([500, 0]), spec)
    assert crop.image_rgb.max() == 0


def test_masks_are_warped_too():
    mask = np.zeros((40, 40), np.uint8)
    mask[10:20] = 255
    out = warp(mask, np.array([[1.0, 0, 0], [0, 1, -10]]), 20)
    assert out.shape == (20, 20)
    assert (out[:10] == 255).all()
    assert (out[10:] == 0).all()


@pytest.mark.parametrize("landmarks", [np.zeros((5, 2)), np.full((5, 2), np.nan)])
def test_impossible_landmarks(landmarks):
    with pytest.raises(InputError, match="landmarks"):
        align(np.zeros((50, 50, 3), np.uint8), landmarks, CropSpec())


def test_wrong_specs():
    with pytest.raises(UnknownName, match="arcface"):
        CropSpec(template="passport")
    with pytest.raises(ConfigError, match="size_px"):
        CropSpec(size_px=4)
