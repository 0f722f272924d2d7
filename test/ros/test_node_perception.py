"""face_node, emotion_node and overlay_node, each alone in front of a plain rclpy peer."""

import itertools
import re

import numpy as np
import pytest
from rclpy.qos import ReliabilityPolicy
from sensor_msgs.msg import Image

from affect_core.annotate import BOX_RGB
from affect_core.emotion import EmotionConfig, EmotionStage
from affect_core.explain import attention_attribution
from affect_core.explain.render import OPPOSES_RGB
from affect_core.faces import FaceConfig, FaceStage
from affect_core.types import AttributionMap, Crop, Detection, Emotion, EmotionSet, Face, FaceSet, Frame
from affect_hri import conversions
from affect_hri.nodes import _topics
from affect_hri.nodes._ports import Handover
from affect_hri.nodes.emotion import EmotionNode
from affect_hri.nodes.face import FaceNode
from affect_hri.nodes.overlay import OverlayNode
from affect_hri_interfaces.msg import (
    AttributionArray,
    EmotionEstimateArray,
    FaceArray,
)

SECOND_NS = 1_000_000_000


def stamp(message):
    return conversions.from_time(message.header.stamp)


@pytest.fixture
def answer_to(wait_until):
    """The message of an inbox that has this stamp."""

    def wait(inbox, stamp_ns):
        return wait_until(
            lambda: next((m for m in list(inbox) if stamp(m) == stamp_ns), None), f"a message of {stamp_ns}"
        )

    return wait


@pytest.fixture(scope="module")
def astronaut():
    from skimage import data

    return data.astronaut()


@pytest.fixture(scope="module")
def face_desk(bench, make_peer, tiny_model):
    """One face_node for all tests of this module: loading the detector takes seconds."""
    peer = make_peer(bench.namespace())
    faces = peer.hear("faces", FaceArray)
    with bench.running(FaceNode, peer.namespace, model=str(tiny_model)):
        peer.until_status("face", "OK", "waiting for frames")
        images = peer.speak("camera/image_raw", Image, depth=1)
        yield peer, images, faces
    peer.close()


class TestComposedWithADriverOfOnesOwn:
    """Composed nodes hand faces over in memory, but a camera outside the program sends its images over DDS."""

    def test_images_from_outside_come_in(self, bench, make_peer, astronaut, tiny_model, answer_to):
        handover = Handover(from_outside={"camera/image_raw"})
        peer = make_peer(bench.namespace())
        faces = peer.hear("faces", FaceArray)
        with bench.running(FaceNode, peer.namespace, handover=handover, model=str(tiny_model)):
            peer.until_status("face", "OK", "waiting for frames")
            images = peer.speak("camera/image_raw", Image)
            images.publish(conversions.from_frame(Frame(astronaut, 9 * SECOND_NS, "eye")))
            (face,) = answer_to(faces, 9 * SECOND_NS).faces
        assert not face.crop.data  # crops stay in memory


class TestFace:
    def test_finds_the_astronaut(self, face_desk, astronaut, answer_to, tiny_model):
        _peer, images, faces = face_desk
        images.publish(conversions.from_frame(Frame(astronaut, 3 * SECOND_NS + 7, "eye")))
        message = answer_to(faces, 3 * SECOND_NS + 7)
        assert (message.header.frame_id, message.image_width, message.image_height) == ("eye", 512, 512)
        (face,) = message.faces
        assert re.fullmatch(r"f00001_[0-9a-f]{6}", face.face_id)
        np.testing.assert_allclose(face.box_xyxy, [181, 62, 268, 172], atol=4)
        assert face.score > 0.99
        right_eye, left_eye = np.array(face.landmarks_xy).reshape(5, 2)[:2]
        assert right_eye[0] < left_eye[0]  # the subject's right is on the image's left
        from affect_core.emotion.card import load_card

        stage = FaceStage(FaceConfig(), load_card(str(tiny_model)).crop)
        expected = stage.process(Frame(astronaut, 0)).faces[0]
        np.testing.assert_array_equal(face.crop_to_image, expected.crop.crop_to_image.ravel())
        assert (face.crop.width, face.crop.height, face.crop.encoding) == (64, 64, "rgb8")
        assert bytes(face.crop.data) == expected.crop.image_rgb.tobytes()
        assert face.crop.header == message.header

    def test_bgr_with_padded_rows_is_the_same_picture(self, face_desk, astronaut, answer_to):
        _peer, images, faces = face_desk
        rows = np.hstack([astronaut[..., ::-1].reshape(512, -1), np.zeros((512, 8), np.uint8)])
        header = conversions.to_header(4 * SECOND_NS, "eye")
        images.publish(
            Image(header=header, height=512, width=512, encoding="bgr8", step=1544, data=rows.tobytes())
        )
        (face,) = answer_to(faces, 4 * SECOND_NS).faces
        np.testing.assert_allclose(face.box_xyxy, [181, 62, 268, 172], atol=4)

    def test_a_bad_step_is_told_and_the_next_good_image_is_answered(self, face_desk, astronaut, answer_to):
        peer, images, faces = face_desk
        bad = conversions.from_frame(Frame(astronaut, 5 * SECOND_NS, "eye"))
        bad.step += 1
        images.publish(bad)
        peer.until_status("face", "WARN", "expected step * height = 1537 * 512")
        images.publish(conversions.from_frame(Frame(astronaut, 6 * SECOND_NS, "eye")))
        assert len(answer_to(faces, 6 * SECOND_NS).faces) == 1
        peer.until_status("face", "OK", "running")
        assert 5 * SECOND_NS not in [stamp(message) for message in faces]

    def test_an_unknown_encoding_is_told(self, face_desk, astronaut):
        peer, images, _faces = face_desk
        bad = conversions.from_frame(Frame(astronaut, 7 * SECOND_NS, "eye"))
        bad.encoding = "nonsense"
        images.publish(bad)
        peer.until_status("face", "WARN", "expected a known image encoding, got 'nonsense'")

    def test_an_empty_picture_has_no_face_and_is_answered(self, face_desk, answer_to):
        _peer, images, faces = face_desk
        images.publish(
            conversions.from_frame(Frame(np.full((240, 320, 3), 90, np.uint8), 8 * SECOND_NS, "eye"))
        )
        message = answer_to(faces, 8 * SECOND_NS)
        assert message.faces == []
        assert (message.image_width, message.image_height, message.header.frame_id) == (320, 240, "eye")


@pytest.fixture(scope="module")
def two_faces():
    """Two faces with crops of 64 pixels of noise."""
    random = np.random.default_rng(11)
    landmarks = np.array([[22.0, 26], [42, 26], [32, 36], [24, 46], [40, 46]])
    return tuple(
        Face(
            f"f0000{number}",
            Detection(np.array([100.0 * number, 50, 100 * number + 80, 150]), landmarks + 100 * number, 0.9),
            Crop(
                random.integers(0, 256, (64, 64, 3), np.uint8),
                np.array([[1.0, 0, 100 * number], [0, 1, 100 * number]]),
            ),
        )
        for number in (1, 2)
    )


@pytest.fixture(scope="module")
def emotion_desk(bench, make_peer, tiny_model):
    peer = make_peer(bench.namespace())
    inbox = {
        "emotions": peer.hear("emotions", EmotionEstimateArray),
        "attributions": peer.hear("attributions", AttributionArray),
    }
    with bench.running(EmotionNode, peer.namespace, model=str(tiny_model)):
        peer.until_status("emotion", "OK", "waiting for faces")
        yield peer, peer.speak("faces", FaceArray, depth=1), inbox
    peer.close()


@pytest.fixture(scope="module")
def feeling_model(untrained):
    """An untrained network with valence, arousal and dominance."""
    options = {"mode": "combined", "dimensions": 3, "width": 0.2, "depth": 0.2}
    return untrained("feeling", "efficientnet_v2_s", options, regression=("valence", "arousal", "dominance"))


@pytest.fixture(scope="module")
def stage(tiny_model):
    return EmotionStage(EmotionConfig(model=str(tiny_model)))


class TestEmotion:
    def test_estimates_are_those_of_the_stage(self, emotion_desk, stage, two_faces, answer_to):
        _peer, faces, inbox = emotion_desk
        sent = FaceSet(11, "eye", two_faces, (640, 480))
        faces.publish(conversions.from_face_set(sent))
        message = answer_to(inbox["emotions"], 11)
        expected = stage.process(sent)
        assert (message.header.frame_id, message.model, message.runtime) == ("eye", "tiny", "torch-fp32")
        assert message.model_sha256 == stage.card.weights.sha256
        assert [e.face_id for e in message.estimates] == ["f00001", "f00002"]
        for estimate, wanted in zip(message.estimates, expected.emotions, strict=True):
            assert tuple(estimate.labels) == wanted.labels
            assert sum(estimate.probabilities) == pytest.approx(1.0, abs=1e-6)
            np.testing.assert_allclose(estimate.probabilities, wanted.probabilities, atol=1e-6)
            np.testing.assert_allclose(estimate.logits, wanted.logits, atol=1e-5)
            assert estimate.label == wanted.label
            assert estimate.confidence == max(estimate.probabilities)
            assert np.isnan(
                [estimate.valence, estimate.arousal, estimate.dominance, estimate.intensity]
            ).all()

    def test_what_is_estimated_beside_the_class_is_published(
        self, bench, make_peer, feeling_model, two_faces, answer_to
    ):
        peer = make_peer(bench.namespace())
        inbox = peer.hear("emotions", EmotionEstimateArray)
        expected = EmotionStage(EmotionConfig(model=str(feeling_model)))
        with bench.running(EmotionNode, peer.namespace, model=str(feeling_model)):
            peer.until_status("emotion", "OK", "waiting for faces")
            sent = FaceSet(41, "eye", two_faces, (640, 480))
            peer.speak("faces", FaceArray, depth=1).publish(conversions.from_face_set(sent))
            estimates = answer_to(inbox, 41).estimates
        peer.close()
        assert len(estimates) == 2
        for estimate, wanted in zip(estimates, expected.process(sent).emotions, strict=True):
            found = (estimate.valence, estimate.arousal, estimate.dominance)
            np.testing.assert_allclose(found, (wanted.valence, wanted.arousal, wanted.dominance), atol=1e-5)
            assert not np.isnan(found).any() and len(set(found)) == 3
            assert np.isnan(estimate.intensity)

    def test_every_labelled_frame_has_its_attention(self, emotion_desk, stage, two_faces, answer_to):
        _peer, faces, inbox = emotion_desk
        for stamp_ns in (21, 22, 23):
            sent = FaceSet(stamp_ns, "eye", two_faces, (640, 480))
            faces.publish(conversions.from_face_set(sent))
            answer_to(inbox["emotions"], stamp_ns)
            message = answer_to(inbox["attributions"], stamp_ns)
            assert (message.header.frame_id, message.model) == ("eye", "tiny")
            assert [a.face_id for a in message.attributions] == ["f00001", "f00002"]
        expected = attention_attribution(two_faces[0], stage.process(sent).emotions[0])
        found = conversions.to_attribution(message.attributions[0])
        assert (found.method, found.label) == ("amal_attention", expected.label)
        np.testing.assert_allclose(found.heatmap, expected.heatmap, atol=1e-5)
        np.testing.assert_array_equal(found.crop_to_image, two_faces[0].crop.crop_to_image)
        assert found.face_share == pytest.approx(expected.face_share, abs=0.02)
        assert sum(found.region_shares.values()) == pytest.approx(1.0, abs=1e-5)

    def test_a_frame_without_faces_is_answered(self, emotion_desk, answer_to):
        _peer, faces, inbox = emotion_desk
        faces.publish(conversions.from_face_set(FaceSet(31, "eye", (), (640, 480))))
        assert answer_to(inbox["emotions"], 31).estimates == []
        assert 31 not in [stamp(message) for message in inbox["attributions"]]

    def test_faces_without_crops_are_told_and_work_goes_on(self, emotion_desk, two_faces, answer_to):
        peer, faces, inbox = emotion_desk
        sent = FaceSet(41, "eye", two_faces, (640, 480))
        faces.publish(conversions.from_face_set(sent, with_crops=False))
        peer.until_status("emotion", "WARN", "expected a crop with face f00001, got none")
        faces.publish(conversions.from_face_set(FaceSet(42, "eye", two_faces, (640, 480))))
        assert len(answer_to(inbox["emotions"], 42).estimates) == 2

    def test_crops_of_another_model_are_told_and_work_goes_on(self, emotion_desk, two_faces, answer_to):
        peer, faces, inbox = emotion_desk
        crop = Crop(np.zeros((32, 32, 3), np.uint8), np.eye(2, 3))
        alien = Face("f00009", two_faces[0].detection, crop)
        faces.publish(conversions.from_face_set(FaceSet(51, "eye", (alien,), (640, 480))))
        peer.until_status("emotion", "WARN", "tiny expects crops (64, 64, 3), got (32, 32, 3)")
        faces.publish(conversions.from_face_set(FaceSet(52, "eye", two_faces, (640, 480))))
        assert len(answer_to(inbox["emotions"], 52).estimates) == 2


class TestOverlay:
    @pytest.fixture
    def desk(self, bench, peer):
        pictures = peer.hear("overlay/image", Image)
        with bench.running(OverlayNode, peer.namespace):
            peer.until_status("overlay", "OK", "drawing")
            images = peer.speak("camera/image_raw", Image, depth=1)
            faces, emotions = peer.speak("faces", FaceArray), peer.speak("emotions", EmotionEstimateArray)
            yield images, faces, emotions, pictures

    @pytest.fixture
    def emotion(self):
        probabilities = np.array([0.1, 0.9], np.float32)
        return Emotion("f00001", ("neutral", "boredom"), np.log(probabilities), probabilities)

    def test_box_of_a_known_face(self, desk, two_faces, emotion, answer_to):
        images, faces, emotions, pictures = desk
        grey = np.full((240, 320, 3), 100, np.uint8)
        images.publish(conversions.from_frame(Frame(grey, 61, "eye")))
        faces.publish(conversions.from_face_set(FaceSet(61, "eye", two_faces[:1], (320, 240))))
        emotions.publish(conversions.from_emotion_set(EmotionSet(61, "eye", (emotion,))))
        message = answer_to(pictures, 61)
        assert (message.encoding, message.header.frame_id) == ("rgb8", "eye")
        drawn = np.frombuffer(message.data, np.uint8).reshape(240, 320, 3)
        for row, column in [(100, 100), (100, 180), (150, 140)]:  # left, right and bottom edge of the box
            assert tuple(drawn[row, column]) == BOX_RGB
        assert tuple(drawn[120, 60]) == (100, 100, 100)  # beside the box: the frame as it came
        assert (drawn[60:80, 190:280] != 100).any()  # the probabilities on the box's other side
        assert tuple(drawn[60, 140]) == (100, 100, 100)  # inside the box, away from the landmarks
        assert (drawn[30:50, 100:180] != 100).any()  # the caption above the box

    @staticmethod
    def heatmap(method, value, left_px=0):
        """Everything the same but for the left upper corner, so that it is not flat."""
        values = np.full((64, 64), value, np.float32)
        values[:8, :8] = 0.0
        return AttributionMap("f00001", "boredom", method, values, np.array([[1.0, 0, left_px], [0, 1.0, 0]]))

    def test_the_map_of_the_face_and_label_follows_the_face(
        self, desk, peer, two_faces, emotion, answer_to, wait_until
    ):
        images, faces, emotions, pictures = desk
        maps = peer.speak("attributions", AttributionArray)
        grey = np.full((240, 320, 3), 100, np.uint8)
        made = EmotionSet(80, "eye", (emotion,))
        maps.publish(conversions.from_attributions([self.heatmap("lime", -2.0, left_px=9)], made))
        maps.publish(conversions.from_attributions([self.heatmap("amal_attention", 1.0)], made))

        def drawn_at(stamp_ns, shown):
            images.publish(conversions.from_frame(Frame(grey, stamp_ns, "eye")))
            faces.publish(conversions.from_face_set(FaceSet(stamp_ns, "eye", shown, (320, 240))))
            labelled = (emotion,) if shown else ()
            emotions.publish(conversions.from_emotion_set(EmotionSet(stamp_ns, "eye", labelled)))
            return np.frombuffer(answer_to(pictures, stamp_ns).data, np.uint8).reshape(240, 320, 3)

        opposed = np.array(OPPOSES_RGB) * 0.8 + 100 * 0.2
        stamps, found = itertools.count(81), None

        def drawn_with_its_map():  # whose crop begins in column 100
            nonlocal found
            found = drawn_at(next(stamps), two_faces[:1])
            return np.abs(found[120, 115] - opposed).max() <= 1

        wait_until(drawn_with_its_map, "the map, which has a topic of its own")
        assert tuple(found[120, 60]) == (100, 100, 100)
        assert (found[225:] == OPPOSES_RGB).all(axis=2).any()  # the legend
        assert (drawn_at(next(stamps), ()) == 100).all()  # nobody there, no map, no legend
        stale = drawn_at(80 + 2 * SECOND_NS, two_faces[:1])
        assert tuple(stale[120, 115]) == (100, 100, 100)

    def test_a_frame_without_faces_is_the_frame(self, desk, answer_to):
        images, faces, emotions, pictures = desk
        frame = np.random.default_rng(0).integers(0, 256, (24, 32, 3), np.uint8)
        images.publish(conversions.from_frame(Frame(frame, 71, "eye")))
        faces.publish(conversions.from_face_set(FaceSet(71, "eye", (), (32, 24))))
        emotions.publish(conversions.from_emotion_set(EmotionSet(71, "eye", ())))
        assert bytes(answer_to(pictures, 71).data) == frame.tobytes()


def test_runtime_auto_is_exact_in_lock_step(bench, peer, tiny_model):
    with bench.running(
        EmotionNode, peer.namespace, model=str(tiny_model), runtime="auto", clock="lockstep"
    ) as node:
        peer.until_status("emotion", "OK", "waiting")
        assert node._stage.runtime_name == "torch-fp32"


def test_overlay_listens_to_nothing_while_nobody_watches(bench, peer, make_peer, wait_until):
    images = peer.node.create_publisher(Image, "camera/image_raw", 1)
    with bench.running(OverlayNode, peer.namespace):
        peer.until_status("overlay", "OK", "nobody watches")
        assert images.get_subscription_count() == 0
        watcher = make_peer(peer.namespace)
        watcher.hear("overlay/image", Image)
        wait_until(lambda: images.get_subscription_count() == 1, "it to listen")
        watcher.close()
        wait_until(lambda: images.get_subscription_count() == 0, "it to listen no more")


@pytest.mark.parametrize("reliability", ["reliable", "best_effort"])
def test_only_pictures_may_be_lost(reliability):
    assert _topics.EMOTIONS.qos(False, reliability).reliability == ReliabilityPolicy.RELIABLE
    may_be_lost = _topics.IMAGE_RAW.qos(False, reliability).reliability == ReliabilityPolicy.BEST_EFFORT
    assert may_be_lost == (reliability == "best_effort")


def test_overlay_draws_nothing_that_nobody_reads(bench, peer, wait_until, monkeypatch):
    drawn = []
    monkeypatch.setattr(OverlayNode, "_draw", lambda _self, frame, _emotions: drawn.append(frame) or frame)
    frames = [Frame(np.zeros((24, 32, 3), np.uint8), stamp_ns, "eye") for stamp_ns in (5, 6)]

    def show(node, frame):
        node._on_frame(frame, 0)
        node._on_emotions(conversions.from_emotion_set(EmotionSet(frame.stamp_ns, "eye", ())))

    with bench.running(OverlayNode, peer.namespace) as node:
        peer.until_status("overlay", "OK", "nobody watches")
        show(node, frames[0])
        peer.hear("overlay/image", Image)
        wait_until(lambda: node._pictures.wanted, "the reader to be matched")
        show(node, frames[1])
    assert [frame.stamp_ns for frame in drawn] == [6]


def test_what_is_put_into_a_closed_mailbox_is_left(bench, peer, tiny_model):
    handover = Handover()
    with bench.running(OverlayNode, peer.namespace, handover=handover) as node:
        heard = []
        box = handover.open_box(node, "faces", lambda value, _dropped: heard.append(value), 1)
        boxes = list(handover._boxes["faces"])  # as a sender sees them that is on its way
        handover.close_box(box)
        for one in boxes:
            one.put(FaceSet(1, "eye", (), (4, 4)))
    assert heard == []
