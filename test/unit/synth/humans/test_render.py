import numpy as np
import pytest

from affect_core.avatar.truth import Segment
from affect_core.faces.crop import align, fit_similarity, template_px
from affect_core.synth.humans.head import Texture, load_head
from affect_core.synth.humans.kernels import average, draw, shade
from affect_core.synth.humans.light import LIGHTINGS, draw_light, studio_light
from affect_core.synth.humans.picture import lids_of_gaze, rolled_off
from affect_core.synth.humans.render import CROP, Dress, Shot, five_of, render

WALL = np.full((96, 96, 3), 0.25, np.float32)


def plain_dress(colour=0.5, hair=None):
    texels = np.full((len(Texture), 8, 8, 3), colour, np.float32)
    return Dress(texels, np.zeros(texels.shape[:3], np.uint8), hair)


@pytest.fixture(scope="module")
def head(tiny_ict):
    return load_head(tiny_ict)


@pytest.fixture(scope="module")
def real_head(ict):
    return load_head(ict)


def shot(head, **changes):
    settings = {"size_px": 96, "crop_px": 50.0, **changes}
    return Shot(np.zeros(head.identity_modes, np.float32), studio_light(), **settings)


def test_a_triangle_is_drawn_where_it_belongs():
    """One triangle over the lower left half of 4 x 4 samples, seen from its outside; a nearer one wins."""
    points = np.array([[0, 0, 5], [0, 4, 5], [4, 4, 5], [0, 0, 3], [0, 2, 3], [2, 2, 3]], np.float32)
    lit, shine = np.full((6, 3), 2.0, np.float32), np.full(6, 0.125, np.float32)
    faces = np.array([[0, 1, 2], [3, 4, 5]], np.int32)
    uv = np.zeros((6, 2), np.float32)
    uv[3:] = 0.99
    texels = np.zeros((1, 2, 2, 3), np.float32)
    texels[0, 0, 0], texels[0, 1, 1] = 0.25, 0.5
    painted = np.zeros((1, 2, 2), np.uint8)
    painted[0, 1, 1] = Segment.LIP
    depth, image, samples = (
        np.full((4, 4), 9e9, np.float32),
        np.zeros((4, 4, 3), np.float32),
        np.zeros((4, 4), np.uint8),
    )
    textures, segments = np.zeros(2, np.int32), np.full(2, Segment.SKIN, np.uint8)
    kept = np.uint8(Segment.SKIN)
    mesh = (faces, faces, uv, textures, segments)
    draw(points, lit, shine, *mesh, texels, painted, kept, depth, image, samples)
    skin, lip = int(Segment.SKIN), int(Segment.LIP)
    assert samples.tolist() == [
        [lip, 0, 0, 0],
        [lip, lip, 0, 0],
        [skin, skin, skin, 0],
        [skin, skin, skin, skin],
    ]
    assert image[3, 3].tolist() == [0.625] * 3  # 0.25 * 2 + 0.125
    assert image[0, 0].tolist() == [1.125] * 3
    assert depth[0, 0] == pytest.approx(3.0)
    out, seen = np.empty((2, 2, 3), np.float32), np.empty((2, 2), np.uint8)
    average(image, samples, np.ones((2, 2, 3), np.float32), out, seen)
    assert out[0, 1].tolist() == [1.0] * 3  # nothing but wall
    assert out[1, 0, 0] == pytest.approx(0.625)
    assert out[0, 0, 0] == pytest.approx((3 * 1.125 + 1.0) / 4)
    assert seen.tolist() == [[lip, 0], [skin, skin]]


def test_light_worked_out_by_hand():
    """A point that faces key light and camera, one in the shadow, one that faces away."""
    places = np.zeros((3, 3), np.float32)
    normals = np.array([[0, 0, 1], [0, 0, 1], [0, 0, -1]], np.float32)
    texels = np.array([[4, 4, 1.0], [4, 4, 2.0], [4, 4, 1.0]], np.float32)
    near = np.full((9, 9), 1.0, np.float32)
    rows = np.array([[0, 0, 1], [0.5] * 3, [1, 0, 0], [0] * 3, [0.4] * 3], np.float32)
    lit, shine = np.empty((3, 3), np.float32), np.empty(3, np.float32)
    shade(
        places, normals, np.ones(3, np.float32), np.array([1, 1, 0.5], np.float32), np.float32(10), rows, np.float32(1),
        texels, near, lit, shine,
    )  # fmt: skip
    ambient = 0.4 * 0.72
    assert lit[0, 0] == pytest.approx(ambient + 0.5)
    assert lit[1, 0] == pytest.approx(ambient + 0.5 * 0.15)  # 1 cm behind what the light sees
    assert lit[2, 0] == pytest.approx(0.5 * ambient)
    assert shine.tolist() == pytest.approx([0.5, 0.0, 0.0])


@pytest.mark.parametrize("offset", [(0.0, 0.0), (0.05, -0.02)])
@pytest.mark.parametrize("head_deg", [(0.0, 0.0, 0.0), (15.0, 5.0, -8.0)])
def test_the_camera_is_placed_by_the_crop(head, offset, head_deg):
    drawn = render(head, shot(head, offset=offset, head_deg=head_deg), plain_dress(), WALL)
    to_crop = fit_similarity(drawn.landmarks_xy, template_px(CROP))
    assert 112 / np.hypot(to_crop[0, 0], to_crop[1, 0]) == pytest.approx(50.0, rel=1e-3)
    centre = np.linalg.solve(to_crop[:, :2], np.full(2, 55.5) - to_crop[:, 2])
    assert centre == pytest.approx(96 * (0.5 + np.array(offset)) - 0.5, abs=0.01)


def test_the_five_among_the_68():
    points = np.zeros((68, 2))
    points[36:42] = [[1, 0], [2, 0], [3, 0], [4, 0], [5, 0], [6, 12]]
    points[30], points[48], points[54] = (7, 8), (1, 9), (5, 9)
    assert five_of(points).tolist() == [[3.5, 2.0], [0, 0], [7, 8], [1, 9], [5, 9]]


def test_what_is_not_drawn_is_the_backdrop(head):
    drawn = render(head, shot(head), plain_dress(0.9), WALL)
    wall = drawn.segments == Segment.WALL
    assert 0.1 < wall.mean() < 0.95
    assert np.allclose(drawn.image[0, 0], 0.25)


def test_yaw_moves_the_nose_to_the_pictures_right(head):
    """... which is the subject's left; the eyes keep their order."""
    straight, turned = (
        render(head, shot(head, head_deg=(yaw, 0.0, 0.0)), plain_dress(), WALL).landmarks_xy
        for yaw in (0.0, 25.0)
    )
    middle = [points[:2].mean(axis=0)[0] for points in (straight, turned)]
    assert turned[2, 0] - middle[1] > straight[2, 0] - middle[0] + 1.0
    assert turned[0, 0] < turned[1, 0]


def test_real_masks_agree_with_the_landmarks(real_head):
    hair = np.full(len(real_head.scalp.places_cm), 0.5, np.float32)
    wall = np.full((224, 224, 3), 0.25, np.float32)
    drawn = render(real_head, Shot(np.zeros(50, np.float32), studio_light()), plain_dress(hair=hair), wall)
    for eye in drawn.landmarks_xy[:2]:
        column, row = eye.round().astype(int)
        assert drawn.segments[row, column] == Segment.EYE
    column, row = drawn.landmarks_xy[2].round().astype(int)
    assert drawn.segments[row, column] == Segment.SKIN
    rows, _ = np.nonzero(drawn.segments == Segment.HAIR)
    assert rows.mean() < drawn.landmarks68_xy[17:27, 1].min()  # the hair is above the brows
    assert drawn.segments[223, 112] in (Segment.BODY, Segment.NAPE)  # no head floats


def test_the_eyes_follow_the_gaze(real_head):
    """A dark iris on a white ball: the white is on the side that the eyes do not look to."""
    dress = plain_dress(0.5)
    dress.texels[Texture.EYE] = 0.9
    dress.texels[Texture.EYE, :, 4:] = 0.0  # the half towards the subject's left
    wall = np.full((224, 224, 3), 0.25, np.float32)

    def brightness(yaw):
        taken = Shot(np.zeros(50, np.float32), studio_light(), gaze_deg=(yaw, 0.0))
        drawn = render(real_head, taken, dress, wall)
        return drawn.image[drawn.segments == Segment.EYE].mean()

    assert brightness(25.0) > brightness(0.0) > brightness(-25.0)


def test_the_same_twice(head):
    one, two = (render(head, shot(head), plain_dress(), WALL) for _ in range(2))
    assert np.array_equal(one.image, two.image)


def test_crops_of_a_picture_are_whole(real_head):
    taken = Shot(np.zeros(50, np.float32), studio_light(), crop_px=112.0)
    drawn = render(real_head, taken, plain_dress(), np.ones((224, 224, 3), np.float32))
    white = np.full((224, 224, 3), 255, np.uint8)
    assert align(white, drawn.landmarks_xy, CROP).image_rgb.min() == 255


@pytest.mark.parametrize("lighting", LIGHTINGS)
def test_lights(lighting):
    lights = [draw_light(np.random.default_rng(seed), lighting) for seed in range(200)]
    assert all(np.linalg.norm(light.key_direction) == pytest.approx(1.0, abs=1e-5) for light in lights)
    assert all(light.key_direction[2] > 0 for light in lights)  # never from behind
    levels = [float((light.key_colour + light.ambient + light.fill_colour)[1]) for light in lights]
    bounds = {"even": (1.0, 1.9), "dim": (0.3, 1.1)}[lighting]
    assert bounds[0] < min(levels) < max(levels) < bounds[1]


def test_lids_go_with_the_eyes():
    down = lids_of_gaze(17.5, -15.0)
    assert down == pytest.approx(
        {"eyeLookDown_R": 0.5, "eyeLookDown_L": 0.5, "eyeLookOut_L": 0.5, "eyeLookIn_R": 0.5}
    )
    assert lids_of_gaze(-17.5, 60.0)["eyeLookOut_R"] == pytest.approx(0.5)
    assert lids_of_gaze(0.0, 60.0)["eyeLookUp_L"] == 1.0


def test_bright_parts_keep_their_form():
    ramp = np.linspace(0, 3, 61, dtype=np.float32)
    seen = rolled_off(ramp)
    assert seen[:14] == pytest.approx(ramp[:14])
    assert (np.diff(seen) > 0).all()
    assert seen.max() < 1.0
