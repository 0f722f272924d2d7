import numpy as np
import pytest

from affect_core.avatar.truth import Segment
from affect_core.errors import UnknownName
from affect_core.synth.humans.accessories import Canvas, add_accessories, add_glasses, add_occluder
from affect_core.synth.humans.glasses import FORMS
from affect_core.synth.humans.occluders import OCCLUDERS

SKIN_RGB = (0.8, 0.6, 0.5)


def face_landmarks():
    """A face that looks straight ahead from the middle of 224 pixels; 80 px wide, eyes 18 px wide."""
    jaw = [(112 + 40 * np.sin(t), 100 + 62 * np.cos(t)) for t in np.linspace(-np.pi / 2, np.pi / 2, 17)]
    brows = [(x, 88) for x in (76, 82, 88, 94, 100, 124, 130, 136, 142, 148)]
    nose = [(112, y) for y in (98, 106, 114, 122)] + [(x, 126) for x in (104, 108, 112, 116, 120)]
    eye = [(-9, 0), (-4, -3), (4, -3), (9, 0), (4, 3), (-4, 3)]
    eyes = [(x + dx, 100 + dy) for x in (92, 132) for dx, dy in eye]
    outer = [
        (112 - 16 * np.cos(t), 142 - 6 * np.sin(t)) for t in np.linspace(0, 2 * np.pi, 12, endpoint=False)
    ]
    inner = [
        (112 - 12 * np.cos(t), 142 - 2 * np.sin(t)) for t in np.linspace(0, 2 * np.pi, 8, endpoint=False)
    ]
    return np.array(jaw + brows + nose + eyes + outer + inner, float)


@pytest.fixture
def canvas():
    image = np.empty((224, 224, 3), np.float32)
    image[:] = SKIN_RGB
    return Canvas(image, np.full((224, 224), Segment.SKIN, np.uint8), face_landmarks())


def hidden_at(canvas, points):
    columns, rows = np.floor(np.atleast_2d(points)).astype(int).T
    return canvas.segments[rows, columns] == Segment.OCCLUDER


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("seed", range(3))
def test_frames_go_round_the_eyes_and_leave_them_free(canvas, form, seed):
    assert add_glasses(canvas, np.random.default_rng(seed), form) == form
    points = canvas.landmarks_xy
    for eye in (slice(36, 42), slice(42, 48)):
        assert not hidden_at(canvas, points[eye].mean(axis=0)).any()
        x, y = points[eye].mean(axis=0).astype(int)
        around = canvas.segments[y - 24 : y + 30, x - 22 : x + 22] == Segment.OCCLUDER
        assert around.any(axis=0).mean() > 0.7  # rims above and below
        assert around[:, :11].any() and around[:, -11:].any()
    assert not hidden_at(canvas, points[48:]).any()


def test_temples_reach_the_ears(canvas):
    add_glasses(canvas, np.random.default_rng(0), "round")
    columns = np.flatnonzero((canvas.segments == Segment.OCCLUDER).any(axis=0))
    assert columns[0] <= canvas.landmarks_xy[0, 0] + 1 and columns[-1] >= canvas.landmarks_xy[16, 0] - 2


def test_the_bridge_spans_the_nose(canvas):
    add_glasses(canvas, np.random.default_rng(0), "round")
    assert (canvas.segments[90:115, 112] == Segment.OCCLUDER).any()


@pytest.mark.parametrize("kind", OCCLUDERS.names())
@pytest.mark.parametrize("seed", range(3))
def test_occluders_change_what_they_hide(canvas, kind, seed):
    before = canvas.image.copy()
    assert add_occluder(canvas, np.random.default_rng(seed), kind) == kind
    hidden = canvas.segments == Segment.OCCLUDER
    assert 0.001 < hidden.mean() < 0.35
    changed = np.abs(canvas.image - before).max(axis=2) > 0.5
    assert not (changed & ~hidden).any()
    assert np.isfinite(canvas.image).all() and canvas.image.min() >= 0


def test_a_medical_mask_hides_nose_and_mouth_but_not_the_eyes(canvas):
    add_occluder(canvas, np.random.default_rng(1), "medical mask")
    assert hidden_at(canvas, canvas.landmarks_xy[[30, 33, 48, 51, 54, 57, 62, 66]]).all()
    assert not hidden_at(canvas, canvas.landmarks_xy[36:48]).any()


def test_a_hand_has_the_colour_of_the_face(canvas):
    add_occluder(canvas, np.random.default_rng(1), "hand")
    hand = np.median(canvas.image[canvas.segments == Segment.OCCLUDER], axis=0)
    assert np.allclose(hand / hand[0], np.array(SKIN_RGB) / SKIN_RGB[0], atol=0.02)


def test_things_are_darker_in_less_light(canvas):
    dim = Canvas(canvas.image.copy(), canvas.segments.copy(), canvas.landmarks_xy, level=0.5)
    for each in (canvas, dim):
        add_occluder(each, np.random.default_rng(3), "card")
    inside = canvas.segments == Segment.OCCLUDER
    assert dim.image[inside].mean() == pytest.approx(0.5 * canvas.image[inside].mean(), rel=0.05)


def test_the_same_seed_draws_the_same(canvas):
    other = Canvas(canvas.image.copy(), canvas.segments.copy(), canvas.landmarks_xy)
    for each in (canvas, other):
        add_accessories(each, np.random.default_rng(9), 0.5, 0.5)
    assert np.array_equal(canvas.image, other.image) and np.array_equal(canvas.segments, other.segments)


def test_shares(canvas):
    before = canvas.image.copy()
    assert add_accessories(canvas, np.random.default_rng(0), 0.0, 0.0) == {
        "glasses": "none",
        "occluder": "none",
    }
    assert np.array_equal(canvas.image, before)
    assert add_accessories(canvas, np.random.default_rng(0), 1.0, 0.0)["glasses"] in FORMS
    assert add_accessories(canvas, np.random.default_rng(0), 0.0, 1.0)["occluder"] in OCCLUDERS


def test_an_unknown_occluder_is_an_error(canvas):
    with pytest.raises(UnknownName, match="unknown occluder 'hat'"):
        add_occluder(canvas, np.random.default_rng(0), "hat")
