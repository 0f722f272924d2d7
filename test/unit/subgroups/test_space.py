"""The face space: 89 points, and masks of all pictures on one face."""

import numpy as np
import pytest

from affect_core.errors import InputError
from affect_core.faces.crop import apply_affine
from affect_core.subgroups.points import all_points, mean_face, top_points
from affect_core.subgroups.space import FaceSpace, SpaceConfig


@pytest.fixture(scope="module")
def space():
    return FaceSpace()


def overlap(one, other):
    return (one & other).sum() / (one | other).sum()


def test_there_are_89_points_on_a_canvas_of_224_by_275(space):
    assert space.points_xy.shape == (89, 2) and space.size_wh == (224, 275)
    assert space.points_xy[85:].tolist() == [[0, 0], [223, 0], [0, 274], [223, 274]]
    assert space.points_xy.min() >= 0.0 and np.all(space.points_xy.max(axis=0) <= [223, 274])
    # The face is symmetric: its middle is the canvas' middle.
    assert space.landmarks_xy[:, 0].min() + space.landmarks_xy[:, 0].max() == pytest.approx(223.0)


def test_top_points_mirror_the_jaw_by_hand():
    # A jaw from (0, 0) to (16, 0) whose point k hangs k (16 - k) below: mirrored and scaled by 0.75 it stands above.
    points = np.zeros((68, 2))
    points[:17] = [(k, k * (16 - k)) for k in range(17)]
    expected = [(k, -0.75 * k * (16 - k)) for k in range(17)]
    np.testing.assert_allclose(top_points(points), expected)
    # Clipped to a picture that ends above.
    assert all_points(points, (100, 100))[68:85, 1].tolist() == [0.0] * 17


def test_identity_when_the_landmarks_are_the_canonical_ones(space):
    picture = np.random.default_rng(0).integers(0, 256, (275, 224, 3), dtype=np.uint8)
    np.testing.assert_array_equal(space.warp(picture, space.points_xy), picture)


@pytest.mark.parametrize(
    ("angle_deg", "scale", "shift"), [(0, 0.6, (40, 10)), (12, 0.7, (50, 5)), (-20, 0.5, (30, 60))]
)
def test_an_affine_face_returns_to_the_canonical_mask(space, angle_deg, scale, shift):
    """A mask of mouth and nose, drawn into a picture where the face is turned, smaller and elsewhere."""
    rows, columns = np.mgrid[:275, :224]
    wanted = (np.abs(columns - 112) < 34) & (rows > 140) & (rows < 235)
    angle = np.radians(angle_deg)
    affine = np.array(
        [
            [scale * np.cos(angle), -scale * np.sin(angle), shift[0]],
            [scale * np.sin(angle), scale * np.cos(angle), shift[1]],
        ]
    )
    inverse = np.linalg.inv(np.vstack([affine, [0, 0, 1]]))[:2]
    size = (300, 280)  # height, width
    places = np.stack(np.meshgrid(np.arange(size[1]), np.arange(size[0])), axis=-1).reshape(-1, 2)
    back = np.rint(apply_affine(inverse, places)).astype(int)
    inside = (back >= 0).all(axis=1) & (back[:, 0] < 224) & (back[:, 1] < 275)
    mask = np.zeros(len(places), bool)
    mask[inside] = wanted[back[inside, 1], back[inside, 0]]
    landmarks = apply_affine(affine, space.landmarks_xy)
    made = space.warp(mask.reshape(size), space.points_of(landmarks, (size[1], size[0])))
    assert made.dtype == np.bool_ and overlap(made, wanted) > 0.95


def test_landmarks_map_to_landmarks(space):
    rng = np.random.default_rng(1)
    landmarks = space.landmarks_xy * 0.8 + [20, 15] + rng.normal(0, 1.5, (68, 2))
    sources = space.sources(space.points_of(landmarks, (224, 275)))
    for canonical, wanted in zip(space.landmarks_xy, landmarks, strict=True):
        column, row = np.rint(canonical).astype(int)
        # The pixel next to a landmark comes from within some two pixels of the picture's landmark.
        assert np.hypot(*(sources[row, column] - wanted)) < 2.5


def test_the_same_places_as_skimage(space):
    """scikit-image's piecewise affine transform, with the canonical points triangulated too, is the oracle."""
    from skimage.transform import PiecewiseAffineTransform

    landmarks = space.landmarks_xy * [0.9, 0.7] + [8, 30] + np.random.default_rng(2).normal(0, 2, (68, 2))
    points = space.points_of(landmarks, (224, 275))
    oracle = PiecewiseAffineTransform.from_estimate(space.points_xy, points)
    pixels = np.random.default_rng(3).integers(1, [223, 274], (300, 2))
    np.testing.assert_allclose(space.sources(points)[pixels[:, 1], pixels[:, 0]], oracle(pixels), atol=1e-6)


def test_no_gaps_at_the_edges_of_triangles(space):
    sources = space.sources(space.points_of(space.landmarks_xy + np.array([3.0, -2.0]), (224, 275)))
    assert np.isfinite(sources).all()
    whole = space.warp(np.ones((275, 224), np.uint8), space.points_xy)
    assert whole.min() == 1


def test_what_lies_outside_of_the_picture_is_0(space):
    landmarks = space.landmarks_xy - [150.0, 0.0]  # half of the face is left of the picture
    made = space.warp(np.ones((275, 224), np.uint8), space.points_of(landmarks, (224, 275)))
    nose = np.rint(space.landmarks_xy[30]).astype(int)
    assert made[nose[1], nose[0]] == 0 and made.max() == 1


def test_bands_cover_every_pixel_once(space):
    total = np.sum([band.astype(int) for band in space.bands.values()], axis=0)
    assert total.min() == total.max() == 1
    for index, name in (
        (19, "eyes and brows"),
        (37, "eyes and brows"),
        (30, "nose and cheeks"),
        (57, "mouth and chin"),
    ):
        column, row = np.rint(space.landmarks_xy[index]).astype(int)
        assert space.bands[name][row + 1, column], name


def test_bad_points_and_canvases(space):
    with pytest.raises(InputError, match="89 finite points"):
        space.warp(np.ones((4, 4)), space.points_xy[:68])
    with pytest.raises(InputError, match="choose a smaller"):
        FaceSpace(SpaceConfig(width_px=30, height_px=30, border_px=20.0))


def test_the_resting_face_is_that_of_the_face_model():
    """The constants come from the mean head of ICT-FaceKit; where it is at hand, they are computed once more."""
    from affect_core.subgroups.points import five_of
    from affect_core.synth.humans.ict import find_ict

    source = find_ict()
    if source is None:
        pytest.skip("needs the ICT face model")
    from affect_core.synth.humans.head import load_head
    from affect_core.synth.humans.light import Light, draw_light
    from affect_core.synth.humans.render import Shot, project_landmarks

    head = load_head(source)
    light = draw_light(np.random.default_rng(0), "even")
    assert isinstance(light, Light)
    points = project_landmarks(head, Shot(np.zeros(head.identity_modes, np.float32), light))
    right, left = five_of(points)[:2]
    found = (points - (right + left) / 2.0) / np.hypot(*(left - right))
    np.testing.assert_allclose(mean_face(), found, atol=2e-3)
