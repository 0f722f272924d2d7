"""Messages to value types and back."""

import array
import json
import math
from dataclasses import dataclass, replace

import numpy as np
import pytest
from rclpy.serialization import deserialize_message, serialize_message
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from affect_core.errors import InputError
from affect_core.evaluation import TruthEvent
from affect_core.labels import COMPLEX_6
from affect_core.trial import EventKind, TrialScene
from affect_core.types import (
    AttributionMap,
    Crop,
    Detection,
    Emotion,
    EmotionSet,
    Face,
    FaceSet,
    Frame,
    IntensityRank,
)
from affect_hri import conversions
from affect_hri_interfaces import msg as affect

STAMP_NS = 12_345_678_901
NAN = math.nan


def sent(message):
    """The message as it comes out of the other end of a wire."""
    return deserialize_message(serialize_message(message), type(message))


@pytest.fixture
def face(pixels):
    size = np.ascontiguousarray(np.resize(pixels, (6, 6, 3)))
    # Values a float32 cannot hold, to see that the affine travels in double precision.
    affine = np.array([[1 / 3, 0.1, 100.000000123], [-0.1, 1 / 3, 2e-9]])
    detection = Detection(
        np.array([-3.5, 10.25, 80.0, 99.5]), np.arange(10.0).reshape(5, 2) + 0.25, 0.9990234375
    )
    return Face("f00007", detection, Crop(size, affine))


class TestTime:
    @pytest.mark.parametrize("stamp_ns", [0, 1, 999_999_999, 1_000_000_000, 1_795_222_804_123_456_789])
    def test_nanoseconds_survive(self, stamp_ns):
        assert conversions.from_time(sent(conversions.to_time(stamp_ns))) == stamp_ns

    def test_header(self):
        header = conversions.to_header(2_500_000_001, "optical")
        assert (header.stamp.sec, header.stamp.nanosec, header.frame_id) == (2, 500_000_001, "optical")


class TestFrame:
    def test_round_trip(self, pixels, reader):
        message = sent(conversions.from_frame(Frame(pixels, STAMP_NS, "optical")))
        frame = conversions.to_frame(message, reader)
        assert (message.encoding, message.step, message.width, message.height) == ("rgb8", 15, 5, 4)
        assert bytes(message.data) == pixels.tobytes()
        assert (frame.stamp_ns, frame.frame_id) == (STAMP_NS, "optical")
        np.testing.assert_array_equal(frame.image_rgb, pixels)

    def test_jpeg_keeps_header_colour_and_size(self, reader):
        red = np.zeros((16, 24, 3), np.uint8)
        red[..., 0] = 200
        message = sent(conversions.from_frame_jpeg(Frame(red, STAMP_NS, "optical")))
        frame = conversions.to_frame(message, reader)
        assert message.format == "rgb8; jpeg compressed bgr8"
        assert (frame.stamp_ns, frame.image_rgb.shape) == (STAMP_NS, (16, 24, 3))
        np.testing.assert_allclose(frame.image_rgb, red, atol=3)


class TestFaces:
    @pytest.fixture
    def faces(self, face):
        return FaceSet(STAMP_NS, "optical", (face,), (1280, 720), dropped=3, detect_ms=NAN, track_ms=1.5)

    def test_round_trip_with_crops(self, faces, face, reader):
        back = conversions.to_face_set(sent(conversions.from_face_set(faces)), reader)
        assert (back.stamp_ns, back.frame_id, back.image_size_wh) == (STAMP_NS, "optical", (1280, 720))
        assert (back.dropped, back.track_ms) == (3, 1.5)
        assert math.isnan(back.detect_ms)
        (found,) = back.faces
        assert (found.face_id, found.detection.score) == (face.face_id, face.detection.score)
        np.testing.assert_array_equal(found.detection.box_xyxy, face.detection.box_xyxy)
        np.testing.assert_array_equal(found.detection.landmarks_xy, face.detection.landmarks_xy)
        np.testing.assert_array_equal(found.crop.image_rgb, face.crop.image_rgb)
        np.testing.assert_array_equal(found.crop.crop_to_image, face.crop.crop_to_image)

    def test_without_crops_is_told_apart(self, faces, reader):
        message = sent(conversions.from_face_set(faces, with_crops=False))
        assert len(message.faces[0].crop.data) == 0
        with pytest.raises(InputError, match=r"expected a crop with face f00007, got none.*composed"):
            conversions.to_face_set(message, reader)

    def test_detections_need_no_crops(self, faces, face):
        message = sent(conversions.from_face_set(faces, with_crops=False))
        ((face_id, detection),) = conversions.to_detections(message)
        assert face_id == "f00007"
        np.testing.assert_array_equal(detection.landmarks_xy, face.detection.landmarks_xy)

    def test_no_face(self, reader):
        empty = FaceSet(STAMP_NS, "optical", (), (640, 480))
        back = conversions.to_face_set(sent(conversions.from_face_set(empty)), reader)
        assert (back.faces, back.stamp_ns) == ((), STAMP_NS)

    def test_facts(self, faces):
        facts = conversions.to_face_facts(sent(conversions.from_face_set(faces)))
        assert (facts.stamp_ns, facts.dropped, facts.track_ms) == (STAMP_NS, 3, 1.5)
        assert facts.boxes == {"f00007": (-3.5, 10.25, 80.0, 99.5)}
        assert math.isnan(facts.detect_ms)


class TestEmotions:
    @pytest.fixture
    def emotion(self):
        probabilities = np.array([0.125, 0.5, 0.125, 0.125, 0.0625, 0.0625], np.float32)
        return Emotion(
            "f00007",
            COMPLEX_6,
            np.log(probabilities),
            probabilities,
            valence=-0.25,
            intensity_rank=IntensityRank.STRONG,
        )

    @pytest.fixture
    def emotions(self, emotion):
        return EmotionSet(STAMP_NS, "optical", (emotion,), "tiny", "ab" * 32, "torch", 4.5, 2)

    def test_round_trip(self, emotions, emotion):
        message = sent(conversions.from_emotion_set(emotions))
        back = conversions.to_emotion_set(message)
        (found,) = back.emotions
        assert (message.estimates[0].label, message.estimates[0].confidence) == ("confusion", 0.5)
        assert message.estimates[0].intensity_rank == affect.EmotionEstimate.INTENSITY_STRONG
        assert found.intensity_rank is IntensityRank.STRONG
        assert (found.face_id, found.labels, found.valence) == ("f00007", COMPLEX_6, -0.25)
        np.testing.assert_array_equal(found.logits, emotion.logits)
        np.testing.assert_array_equal(found.probabilities, emotion.probabilities)
        fields = ("stamp_ns", "frame_id", "model", "model_sha256", "runtime", "infer_ms", "dropped")
        assert [getattr(back, name) for name in fields] == [getattr(emotions, name) for name in fields]

    def test_what_a_model_estimates_beside_the_class_is_sent(self, emotion):
        read = replace(emotion, valence=-0.25, arousal=0.5, intensity=0.75)  # exact in a float32
        message = sent(conversions.from_emotion_set(EmotionSet(STAMP_NS, "optical", (read,))))
        (estimate,) = message.estimates
        assert (estimate.valence, estimate.arousal, estimate.intensity) == (-0.25, 0.5, 0.75)
        assert math.isnan(estimate.dominance)
        (back,) = conversions.to_emotion_set(message).emotions
        assert (back.valence, back.arousal, back.intensity) == (-0.25, 0.5, 0.75)

    def test_an_unknown_rank_is_refused(self, emotions):
        message = sent(conversions.from_emotion_set(emotions))
        message.estimates[0].intensity_rank = 9
        with pytest.raises(InputError, match="expected intensity_rank 0 to 3, got 9"):
            conversions.to_emotion_set(message)

    def test_dominance_is_sent(self, emotion):
        read = replace(emotion, valence=0.25, arousal=-0.5, dominance=0.625)
        message = sent(conversions.from_emotion_set(EmotionSet(STAMP_NS, "optical", (read,))))
        assert message.estimates[0].dominance == 0.625
        (back,) = conversions.to_emotion_set(message).emotions
        assert (back.dominance, math.isnan(back.intensity)) == (0.625, True)

    def test_an_estimate_as_hri_expression(self, emotion):
        @dataclass
        class Expression:  # the fields of hri_msgs/Expression, which need not be installed
            header: Header
            expression: str
            valence: float
            arousal: float
            confidence: float

        write = conversions.HriExpressionWriter(Expression)
        made = write(replace(emotion, valence=-0.25, arousal=0.5), STAMP_NS, "optical")
        assert conversions.from_time(made.header.stamp) == STAMP_NS and made.header.frame_id == "optical"
        assert (made.expression, made.valence, made.arousal, made.confidence) == ("confused", -0.25, 0.5, 0.5)
        scorn = replace(emotion, labels=("happy", "contempt"), logits=np.zeros(2, np.float32),
                        probabilities=np.array([0.25, 0.75], np.float32), arousal=math.nan)  # fmt: skip
        assert write(scorn, STAMP_NS).expression == "" and math.isnan(write(scorn, STAMP_NS).arousal)

    def test_not_estimated_stays_nan(self, emotions):
        (found,) = conversions.to_emotion_set(sent(conversions.from_emotion_set(emotions))).emotions
        assert all(math.isnan(value) for value in (found.arousal, found.dominance, found.intensity))

    def test_attributions(self, emotions, face):
        heatmap = np.random.default_rng(1).normal(size=(6, 6)).astype(np.float32)  # signed
        shares = {"mouth": 0.25, "background": 0.75}
        item = AttributionMap(
            "f00007", "confusion", "amal_attention", heatmap, face.crop.crop_to_image, 0.5, NAN, shares
        )
        message = sent(conversions.from_attributions([item], emotions))
        assert (message.model, message.model_sha256) == ("tiny", "ab" * 32)
        assert conversions.from_time(message.header.stamp) == STAMP_NS
        assert message.attributions[0].heatmap.encoding == "32FC1"
        back = conversions.to_attribution(message.attributions[0])
        assert (back.face_id, back.label, back.method) == ("f00007", "confusion", "amal_attention")
        assert (back.face_share, back.region_shares) == (0.5, shares)
        assert math.isnan(back.face_area_share)
        assert math.isnan(back.compute_ms)
        np.testing.assert_array_equal(back.heatmap, heatmap)
        np.testing.assert_array_equal(back.crop_to_image, face.crop.crop_to_image)


class TestTrials:
    @pytest.mark.parametrize("kind", list(EventKind))
    def test_event(self, kind):
        event = TruthEvent(STAMP_NS, kind, "boredom", 0.5, 7)
        message = sent(conversions.from_truth_event(event, "s1", "why"))
        assert (message.session, message.detail) == ("s1", "why")
        assert conversions.to_truth_event(message) == event

    @pytest.mark.parametrize("kind", [EventKind.REST, EventKind.COMMAND])
    def test_an_event_carries_its_scene(self, kind):
        scene = TrialScene("dim", "mouth", yaw_deg=10.0)
        event = TruthEvent(STAMP_NS, kind, "boredom", 0.5, 7, scene)
        message = sent(conversions.from_truth_event(event, "s1"))
        assert json.loads(message.detail) == {
            "lighting": "dim",
            "occlusion": "mouth",
            "yaw_deg": 10.0,
            "pitch_deg": 0.0,
        }
        assert conversions.to_truth_event(message) == event

    def test_a_scene_for_the_camera(self):
        message = sent(conversions.from_trial_scene(TrialScene("dim", "mouth", 180.0 / 18, -9.0), STAMP_NS))
        assert (message.lighting, message.occlusion) == ("dim", "mouth")
        assert message.yaw_offset == pytest.approx(math.pi / 18)
        assert message.pitch_offset == pytest.approx(-math.pi / 20)
        assert conversions.from_time(message.header.stamp) == STAMP_NS

    def test_summary_null_is_nan(self, tmp_path):
        summary = {
            "session": "s1",
            "accuracy": {"frame": 0.5, "hold": None, "neutral": 1.0, "macro_f1": 0.25},
            "frames": {"published": 20, "labelled": 18},
        }
        message = sent(conversions.to_trial_summary(summary, tmp_path, conversions.to_header(STAMP_NS)))
        assert (message.session, message.report) == ("s1", str(tmp_path))
        assert (message.accuracy_frame, message.accuracy_neutral) == (0.5, 1.0)
        assert math.isnan(message.accuracy_hold)
        assert (message.frames_published, message.frames_labelled) == (20, 18)
        assert '"hold": null' in message.json


def test_health_of_the_nodes():
    from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue

    good = DiagnosticStatus(name="a", level=DiagnosticStatus.OK, values=[KeyValue(key="made", value="3")])
    bad = DiagnosticStatus(name="b", level=DiagnosticStatus.WARN)
    found = conversions.to_health(DiagnosticArray(status=[good, bad]))
    assert found == {"a": conversions.Health(True, {"made": "3"}), "b": conversions.Health(False, {})}


def test_more_faces_than_there_can_be_are_refused():
    faces = affect.FaceArray(faces=[affect.Face(face_id="f")] * 20_000)
    reader = conversions.ImageReader()
    for convert in (
        lambda m: conversions.to_face_set(m, reader),
        conversions.to_detections,
        conversions.to_places,
    ):
        with pytest.raises(InputError, match=r"at most 256 faces in a message, got 20,000"):
            convert(faces)
    estimates = affect.EmotionEstimateArray(estimates=[affect.EmotionEstimate()] * 20_000)
    with pytest.raises(InputError, match=r"at most 256 estimates in a message, got 20,000"):
        conversions.to_emotion_set(estimates)
    maps = affect.AttributionArray(attributions=[affect.Attribution()] * 20_000)
    with pytest.raises(InputError, match=r"at most 256 maps in a message, got 20,000"):
        conversions.to_attributions(maps)


def test_a_million_probabilities_are_refused():
    million = array.array("f", bytes(4_000_000))
    for field in ("probabilities", "logits"):
        estimate = affect.EmotionEstimate(labels=["a", "b"], **{field: million})
        with pytest.raises(InputError, match=r"at most 1,000 classes in an estimate, got 1,000,000"):
            conversions.to_emotion_set(affect.EmotionEstimateArray(estimates=[estimate]))


def test_images_of_impossible_size_are_refused():
    reader = conversions.ImageReader()
    for width, height in ((60_000, 60_000), (2**32 - 1, 1)):
        image = Image(width=width, height=height, step=width, encoding="mono8")
        with pytest.raises(InputError, match=r"at most 16,384 pixels on an edge"):
            reader(image)
        heatmap = Image(width=width, height=height, step=4, encoding="32FC1")
        with pytest.raises(InputError, match=r"at most 16,384 pixels on an edge"):
            conversions.to_attribution(affect.Attribution(heatmap=heatmap))
