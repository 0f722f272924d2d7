"""Our faces as a user of ROS4HRI sees them: through pyhri, whose listener is C++ and knows nothing of us."""

from datetime import timedelta

import cv2
import numpy as np
import pytest

from affect_hri.nodes.emotion import EmotionNode
from affect_hri.nodes.face import FaceNode
from affect_hri_interfaces import msg as affect

hri = pytest.importorskip("hri", reason="needs pyhri, which comes with ROS4HRI")
pytest.importorskip("hri_msgs", reason="needs hri_msgs, which comes with ROS4HRI")

WORDS = {"neutral": "neutral", "confusion": "confused", "frustration": "annoyed"}
WORDS |= {"skepticism": "skeptical", "disapproval": "disappointed", "boredom": "bored"}
FIVE = ("RIGHT_PUPIL", "LEFT_PUPIL", "NOSE", "MOUTH_OUTER_RIGHT", "MOUTH_OUTER_LEFT")


class Listener:
    """pyhri's own, spun here: its thread's end is the process's end in versions before 2.6.2."""

    def __init__(self):
        self._listener = hri.HRIListener("pyhri", auto_spin=False)
        # The new name since 2.7.0, which warns of the old one.
        self._spin = getattr(self._listener, "spin_all", self._listener.spin_some)

    @property
    def faces(self):
        self._spin(timedelta(milliseconds=5))
        return self._listener.faces


@pytest.fixture
def looking(bench, peer, tiny_model):
    """A face_node at work; however few of the frames a busy machine takes: one face, one id."""
    return lambda: bench.running(
        FaceNode, peer.namespace, model=str(tiny_model), ros4hri="on", id_timeout_s=60.0
    )


@pytest.fixture
def meet(projector, portrait, wait_until):
    """Shows the portrait until pyhri knows all ``attributes`` of its face; gives that face, the listener, `show`."""

    def wait(*attributes):
        listener, show = Listener(), projector("camera/image_raw")

        def known():
            show(portrait)
            faces = list(listener.faces.values())
            return next((f for f in faces if all(getattr(f, a) is not None for a in attributes)), None)

        return wait_until(known, f"a face with {attributes}"), listener, show

    return wait


@pytest.fixture
def expect_one(wait_until):
    """Waits until ``wanted()`` has ``found``: pyhri tells no stamp, and may be ahead of what the peer has heard."""

    def expect(wanted, found, atol=1e-4):
        def matched():
            return any(np.allclose(one, found, rtol=0.0, atol=atol) for one in wanted())

        wait_until(matched, lambda: f"{found} to be one of {wanted()}")

    return expect


@pytest.fixture
def seen(peer):
    """What face_node said of each frame with a face in it: message and face."""
    faces = peer.hear("faces", affect.FaceArray)
    return lambda: [(message, message.faces[0]) for message in list(faces) if message.faces]


def test_a_face_has_our_id_place_and_landmarks(looking, seen, meet, expect_one):
    def box(message, mine):
        x0, y0, x1, y1 = np.array(mine.box_xyxy) / np.tile([message.image_width, message.image_height], 2)
        return x0, y0, x1 - x0, y1 - y0  # shares of the image: the left upper corner, width and height

    def points(message, mine):
        return np.reshape(mine.landmarks_xy, (5, 2)) / [message.image_width, message.image_height]

    with looking():
        face, _, _ = meet("roi", "facial_landmarks")
        five = [face.facial_landmarks[getattr(hri.FacialLandmark, name)][:2] for name in FIVE]
        expect_one(lambda: [box(*one) for one in seen()], face.roi)
        expect_one(lambda: [points(*one) for one in seen()], five)
        assert face.ns == f"/humans/faces/{face.id}"
        assert {mine.face_id for _, mine in seen()} == {face.id}
        assert sum(point[2] > 0 for point in face.facial_landmarks.values()) == 5


def test_its_pictures_are_for_opencv(looking, seen, meet, expect_one, portrait):
    """pyhri hands on pixels and not their encoding; its readers take them for BGR, as its own example does."""

    def scaled(_, mine):
        crop = np.frombuffer(mine.crop.data, np.uint8).reshape(mine.crop.height, mine.crop.width, 3)
        return cv2.resize(crop, (128, 128), interpolation=cv2.INTER_AREA)[..., ::-1]

    with looking():
        face, _, _ = meet("cropped", "aligned")
        cropped, aligned = face.cropped, face.aligned
        assert cropped.shape == aligned.shape == (128, 128, 3)
        assert cropped.dtype == aligned.dtype == np.uint8
        expect_one(lambda: [scaled(*one) for one in seen()], aligned, atol=0)
        (*_, (_, mine)) = seen()
    x0, y0, x1, y1 = (round(value) for value in mine.box_xyxy)
    skin = portrait[y0:y1, x0:x1, ::-1].reshape(-1, 3)
    np.testing.assert_allclose(cropped[cropped.any(axis=2)].mean(axis=0), skin.mean(axis=0), atol=10.0)


@pytest.mark.skipif(not hasattr(hri.Face, "expression"), reason="needs pyhri 2.6, the first to read them")
def test_its_expression_is_the_word_for_our_label(bench, looking, meet, peer, tiny_model, expect_one):
    emotions = peer.hear("emotions", affect.EmotionEstimateArray)
    with looking(), bench.running(EmotionNode, peer.namespace, model=str(tiny_model), ros4hri="on"):
        face, _, _ = meet("expression")
        said = lambda: [message.estimates[0] for message in list(emotions) if message.estimates]  # noqa: E731
        expect_one(lambda: [one.confidence for one in said()], face.expression_confidence)
        mine = min(said(), key=lambda one: abs(one.confidence - face.expression_confidence))
        assert face.expression == getattr(hri.Expression, WORDS[mine.label].upper())
        assert np.isnan(face.expression_va).all()  # the model has neither valence nor arousal


def test_who_leaves_is_gone(looking, meet, portrait, wait_until):
    with looking():
        face, listener, show = meet("roi")

        def gone():
            show(np.zeros_like(portrait))
            return not listener.faces

        wait_until(gone, "nobody to be there")
    assert not face.valid and face.roi is None


def test_when_face_node_ends_nobody_is_there(looking, meet, wait_until):
    with looking():
        _, listener, _ = meet("roi")
    wait_until(lambda: not listener.faces, "nobody to be there")
