from dataclasses import replace

import numpy as np
import pytest

from affect_core.avatar.truth import Segment
from affect_core.synth.humans.appearance import BEARDS, NO_BEARD, draw_appearance
from affect_core.synth.humans.eyes import paint_eye
from affect_core.synth.humans.layout import FaceLayout
from affect_core.synth.humans.paint import paint_face
from affect_core.synth.humans.wrinkles import WRINKLE_STYLES, WRINKLES, relief

SIZE = 320
# The subject's right half and the midline of the ICT face, in 1/1024 of its texture; the left half is the mirror image.
RIGHT = {
    0: (143, 296), 1: (164, 394), 2: (178, 477), 3: (187, 557), 4: (214, 647), 5: (283, 720), 6: (355, 742),
    7: (443, 733), 8: (512, 735), 17: (249, 209), 18: (305, 190), 19: (362, 190), 20: (425, 196), 21: (471, 203),
    27: (512, 283), 28: (512, 328), 29: (512, 359), 30: (512, 402), 31: (444, 468), 32: (481, 470), 33: (512, 470),
    36: (322, 288), 37: (347, 284), 38: (377, 285), 39: (411, 292), 40: (377, 295), 41: (338, 295), 48: (398, 571),
    49: (434, 520), 50: (480, 502), 51: (512, 502), 57: (512, 656), 58: (455, 652), 59: (416, 630), 60: (421, 580),
    61: (466, 547), 62: (512, 544), 66: (512, 623), 67: (455, 619),
}  # fmt: skip
MIRRORED = {
    **{16 - i: i for i in range(8)}, **{43 - i: i for i in range(17, 22)}, 34: 32, 35: 31, 42: 39, 43: 38, 44: 37,
    45: 36, 46: 41, 47: 40, 52: 50, 53: 49, 54: 48, 55: 59, 56: 58, 63: 61, 64: 60, 65: 67,
}  # fmt: skip


@pytest.fixture(scope="module")
def layout():
    points = np.zeros((68, 2), np.float32)
    for index, place in RIGHT.items():
        points[index] = place
    for index, other in MIRRORED.items():
        points[index] = (1024 - RIGHT[other][0], RIGHT[other][1])
    return FaceLayout(points / 1024, SIZE)


@pytest.fixture
def plain():
    """A shaven face without grain, blush or folds."""
    drawn = draw_appearance(np.random.default_rng(0))
    return replace(
        drawn, skin=(0.8, 0.6, 0.5), pores=0.0, mottle=0.0, blush=0.0, freckles=0.0, folds=0.0, wrinkles=1.0,
        beard=NO_BEARD, made_up=False, lid_cover=0.0, lips=(0.7, 0.3, 0.3), lip_cover=0.8, brow=(0.1, 0.08, 0.06),
        brow_lift=0.0, brow_arch=0.0, brow_cover=0.9, brow_width=11.0, sclera=(0.95, 0.93, 0.92),
        iris=(0.3, 0.4, 0.5), iris_radius=0.5, pupil=0.4,
    )  # fmt: skip


def painted(layout, appearance, weights=None, seed=0):
    return paint_face(layout, appearance, weights or {}, np.random.default_rng(seed))


def both(**weights):
    return {f"{stem}_{side}": value for stem, value in weights.items() for side in "LR"}


def at(texture, column, row, reach=4):
    """Mean round a place in 1/1024 of the texture."""
    x, y = int(column * SIZE / 1024), int(row * SIZE / 1024)
    return (
        texture[y - reach : y + reach + 1, x - reach : x + reach + 1]
        .reshape(-1, *texture.shape[2:])
        .mean(axis=0)
    )


def test_a_texture_and_its_segments(layout):
    face = painted(layout, draw_appearance(np.random.default_rng(3)), both(browDown=1.0))
    assert face.texture.shape == (SIZE, SIZE, 3) and face.texture.dtype == np.float32
    assert face.texture.min() >= 0 and face.texture.max() <= 1
    assert face.segments.shape == (SIZE, SIZE) and face.segments.dtype == np.uint8
    assert set(np.unique(face.segments)) == {0, Segment.BROW, Segment.LIP, Segment.MOUTH}


def test_bare_skin_has_the_skins_colour(layout, plain):
    for place in ((512, 40), (200, 120), (300, 560)):
        assert np.allclose(at(painted(layout, plain).texture, *place), plain.skin, atol=0.01)


def test_segments_lie_where_the_parts_are(layout, plain):
    segments = painted(layout, plain).segments
    for column, row, part in (
        (362, 197, Segment.BROW), (662, 197, Segment.BROW), (512, 640, Segment.LIP), (512, 527, Segment.LIP),
        (512, 583, Segment.MOUTH), (512, 197, 0), (512, 400, 0), (300, 450, 0), (512, 700, 0),
    ):  # fmt: skip
        assert segments[int(row * SIZE / 1024), int(column * SIZE / 1024)] == part, (column, row)
    halves = [np.count_nonzero(half == Segment.BROW) for half in np.hsplit(segments, 2)]
    assert halves[0] == pytest.approx(halves[1], rel=0.2) and min(halves) > 200


def test_lips_are_red_and_brows_dark(layout, plain):
    texture = painted(layout, plain).texture
    red, green, _ = at(texture, 512, 642, 2)
    assert red / green > 0.8 / 0.6 * 1.3
    assert at(texture, 362, 197, 1).mean() < 0.5 * np.mean(plain.skin)


def test_a_lowered_brow_darkens_the_glabella_and_nothing_else(layout, plain):
    calm, frown = (painted(layout, plain, weights).texture for weights in ({}, both(browDown=1.0)))
    lines = (512 - 15, 205), (512 + 15, 205)
    for place in lines:
        assert at(frown, *place, 1).mean() < 0.8 * at(calm, *place, 1).mean()
    below = int(300 * SIZE / 1024)
    assert np.array_equal(calm[below:], frown[below:])


def test_a_stronger_frown_is_darker(layout, plain):
    levels = [
        at(painted(layout, plain, both(browDown=w)).texture, 497, 205, 1).mean() for w in (0, 0.3, 0.6, 1)
    ]
    assert levels == sorted(levels, reverse=True) and len(set(levels)) == 4


def test_a_side_is_the_subjects(layout):
    right, left = np.hsplit(relief(layout, 0, {"browOuterUp_L": 1.0}), 2)
    assert not right.any() and left.max() > 0.5
    right, left = np.hsplit(relief(layout, 0, {"mouthRight": 1.0}), 2)
    assert right.max() > 0.3 and left.max() == 0


@pytest.mark.parametrize("style", range(WRINKLE_STYLES))
def test_the_same_on_both_sides_makes_symmetric_wrinkles(layout, style):
    stems = {stem for wrinkle in WRINKLES for stem in wrinkle.drivers}
    grooves = relief(layout, style, both(**dict.fromkeys(stems, 0.8)), folds=0.2)
    assert np.allclose(grooves, grooves[:, ::-1], atol=1e-4)
    assert grooves.max() <= 1 and grooves.min() >= -0.31


@pytest.mark.parametrize("wrinkle", WRINKLES, ids=lambda wrinkle: wrinkle.name)
def test_every_driver_shows_its_wrinkle(layout, wrinkle):
    column, row = np.mean(wrinkle.course, axis=0)
    for stem, gain in wrinkle.drivers.items():
        grooves = relief(layout, 0, both(**{stem: 1.0}))
        near = grooves[int((row - 14) * SIZE / 1024) : int((row + 14) * SIZE / 1024)]
        near = near[:, int((512 + column - 14) * SIZE / 1024) : int((512 + column + 14) * SIZE / 1024)]
        assert near.max() > 0.5 * min(gain, 1.0), stem


def test_a_calm_face_has_no_wrinkles_but_its_folds(layout):
    assert not relief(layout, 1, {}).any()
    folded = relief(layout, 1, {}, folds=0.3)
    assert at(folded, 512 + 115, 510, 6) > 0.02 and at(folded, 512, 150, 6) == 0


def test_people_differ_in_the_depth_of_their_wrinkles(layout, plain):
    smooth, deep = (
        painted(layout, replace(plain, wrinkles=amount), both(browDown=1.0)).texture for amount in (0.2, 1.0)
    )
    assert at(deep, 497, 205, 1).mean() < at(smooth, 497, 205, 1).mean()


@pytest.mark.parametrize("beard", [name for name in BEARDS if name != NO_BEARD])
def test_a_beard_is_where_it_grows_and_leaves_the_lips(layout, plain, beard):
    grown = replace(plain, beard=beard, beard_cover=0.9, hair=(0.05, 0.05, 0.05))
    bare, bearded = (painted(layout, each).texture for each in (plain, grown))
    place = (512, 493) if beard == "moustache" else (512, 720)
    assert at(bearded, *place, 2).mean() < 0.8 * at(bare, *place, 2).mean()
    assert np.allclose(at(bearded, 512, 632, 1), at(bare, 512, 632, 1), atol=0.03)
    assert np.allclose(at(bearded, 512, 300), at(bare, 512, 300))


def test_make_up_colours_the_upper_lids(layout, plain):
    painted_lids = replace(plain, made_up=True, lid=(0.2, 0.2, 0.6), lid_cover=0.6)
    without, with_it = (at(painted(layout, each).texture, 362, 272, 2) for each in (plain, painted_lids))
    assert with_it[0] < without[0] - 0.1


def test_the_same_seed_paints_the_same(layout):
    person = replace(draw_appearance(np.random.default_rng(2)), beard="full", beard_cover=0.5, freckles=0.5)
    first, again, other = (painted(layout, person, both(mouthSmile=0.5), seed) for seed in (1, 1, 2))
    assert np.array_equal(first.texture, again.texture) and np.array_equal(first.segments, again.segments)
    assert not np.array_equal(first.texture, other.texture)


def test_an_eye_has_a_pupil_an_iris_and_a_white(plain):
    eye = paint_eye(plain, np.random.default_rng(0), 128)
    assert eye.shape == (128, 128, 3) and eye.dtype == np.float32
    assert np.median(eye[60:68, 60:68]) < 0.1
    aside = eye[66:72, 64 + 22 : 64 + 28]  # 0.35 to 0.42 of the radius, between pupil (0.2) and rim (0.5)
    assert np.allclose(aside.mean((0, 1)) / aside.mean(), np.array(plain.iris) / 0.4, atol=0.1)
    white = eye[70:80, 64 + 42 : 64 + 50]
    assert np.allclose(white.mean((0, 1)), plain.sclera, atol=0.03)


def test_the_upper_lid_shades_the_white(plain):
    eye = paint_eye(plain, np.random.default_rng(0), 128)
    assert eye[22, 64].mean() < 0.75 * eye[105, 64].mean()


def test_eyes_are_the_same_for_the_same_seed(plain):
    first, again = (paint_eye(plain, np.random.default_rng(5)) for _ in range(2))
    assert np.array_equal(first, again)
