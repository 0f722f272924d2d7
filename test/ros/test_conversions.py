"""Messages to value types and back, and images of every layout, through both converters."""

import importlib.util
import json
import math
from dataclasses import replace

import cv2
import numpy as np
import pytest
from rclpy.serialization import deserialize_message, serialize_message
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header

from affect_core.errors import InputError
from affect_core.evaluation import TruthEvent
from affect_core.images import rgb_from_raw
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
)
from affect_hri import conversions
from affect_hri_interfaces import msg as affect

STAMP_NS = 12_345_678_901
NAN = math.nan
CONVERTERS = [
    "rosbags_image",
    pytest.param(
        "cv_bridge",
        marks=pytest.mark.skipif(
            importlib.util.find_spec("cv_bridge") is None,
            reason="needs cv_bridge, which comes with a ROS installation",
        ),
    ),
]


ENCODINGS = (
    "rgb8",
    "bgr8",
    "rgba8",
    "bgra8",
    "mono8",
    "mono16",
    "rgb16",
    "bgr16",
    "rgba16",
    "bgra16",
    "yuv422",
    "yuv422_yuy2",
    "bayer_rggb8",
    "bayer_bggr8",
    "bayer_gbrg8",
    "bayer_grbg8",
    "bayer_rggb16",
)


@pytest.fixture(params=CONVERTERS)
def reader(request):
    return conversions.ImageReader(request.param)


def sent(message):
    """The message as it comes out of the other end of a wire."""
    return deserialize_message(serialize_message(message), type(message))


def raw(pixels, encoding, *, padding=0, big_endian=False):
    """An Image of an array (H, W) or (H, W, C), with ``padding`` bytes of 0xAA at the end of every row."""
    stored = pixels.astype(pixels.dtype.newbyteorder(">" if big_endian else "<"))
    height, width = pixels.shape[:2]
    rows = np.frombuffer(stored.tobytes(), np.uint8).reshape(height, -1)
    rows = np.hstack([rows, np.full((height, padding), 0xAA, np.uint8)])
    return Image(
        header=conversions.to_header(STAMP_NS, "optical"),
        height=height,
        width=width,
        encoding=encoding,
        is_bigendian=int(big_endian),
        step=rows.shape[1],
        data=rows.tobytes(),
    )


@pytest.fixture
def pixels():
    return np.random.default_rng(5).integers(0, 256, (4, 5, 3), np.uint8)


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
        return Emotion("f00007", COMPLEX_6, np.log(probabilities), probabilities, valence=-0.25)

    @pytest.fixture
    def emotions(self, emotion):
        return EmotionSet(STAMP_NS, "optical", (emotion,), "tiny", "ab" * 32, "torch", 4.5, 2)

    def test_round_trip(self, emotions, emotion):
        message = sent(conversions.from_emotion_set(emotions))
        back = conversions.to_emotion_set(message)
        (found,) = back.emotions
        assert (message.estimates[0].label, message.estimates[0].confidence) == ("confusion", 0.5)
        assert message.estimates[0].intensity_rank == affect.EmotionEstimate.INTENSITY_UNKNOWN
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


class TestImageEncodings:
    """Every converter, against values written down by hand."""

    def test_rgb8(self, pixels, reader):
        np.testing.assert_array_equal(reader(raw(pixels, "rgb8")), pixels)

    def test_bgr8(self, pixels, reader):
        np.testing.assert_array_equal(reader(raw(pixels[..., ::-1], "bgr8")), pixels)

    def test_rgba8(self, pixels, reader):
        alpha = np.full((4, 5, 1), 7, np.uint8)
        np.testing.assert_array_equal(reader(raw(np.dstack([pixels, alpha]), "rgba8")), pixels)

    def test_bgra8(self, pixels, reader):
        alpha = np.full((4, 5, 1), 7, np.uint8)
        np.testing.assert_array_equal(reader(raw(np.dstack([pixels[..., ::-1], alpha]), "bgra8")), pixels)

    def test_mono8(self, pixels, reader):
        grey = pixels[..., 0]
        np.testing.assert_array_equal(reader(raw(grey, "mono8")), np.dstack([grey] * 3))

    @pytest.mark.parametrize("big_endian", [False, True])
    def test_mono16_is_rounded_to_8_bit(self, reader, big_endian):
        grey = np.array([[0, 128, 129, 257, 0x8000, 65535]], np.uint16)  # / 257, to the nearest
        expected = np.array([[0, 0, 1, 1, 128, 255]], np.uint8)
        found = reader(raw(grey, "mono16", big_endian=big_endian))
        np.testing.assert_array_equal(found, np.dstack([expected] * 3))

    def test_rgb16_and_bgr16(self, pixels, reader):
        deep = pixels.astype(np.uint16) * 257
        np.testing.assert_array_equal(reader(raw(deep, "rgb16")), pixels)
        np.testing.assert_array_equal(reader(raw(deep[..., ::-1], "bgr16", big_endian=True)), pixels)

    def test_yuyv(self, reader):
        # Grey: U = V = 128; brightness 16..235 is stretched to 0..255.
        yuyv = np.array([[[16, 128], [235, 128], [126, 128], [126, 128]]], np.uint8)
        found = reader(raw(yuyv, "yuv422_yuy2"))
        np.testing.assert_array_equal(found[0, :, 0], [0, 255, 128, 128])
        assert np.ptp(found, axis=2).max() == 0

    def test_bayer(self, reader):
        mosaic = np.full((8, 8), 90, np.uint8)
        np.testing.assert_array_equal(reader(raw(mosaic, "bayer_rggb8")), np.full((8, 8, 3), 90))

    @pytest.mark.parametrize(("encoding", "padding"), [("rgb8", 1), ("rgb8", 3), ("bgr8", 7), ("rgb16", 2)])
    def test_row_padding_is_removed(self, pixels, reader, encoding, padding):
        shown = pixels[..., ::-1] if encoding == "bgr8" else pixels
        stored = shown.astype(np.uint16) * 257 if encoding == "rgb16" else shown
        np.testing.assert_array_equal(reader(raw(stored, encoding, padding=padding)), pixels)

    @pytest.mark.parametrize("padding", [0, 3])
    @pytest.mark.parametrize(
        "encoding",
        ENCODINGS,
    )
    def test_both_converters_agree(self, encoding, padding):
        pytest.importorskip("cv_bridge", reason="needs cv_bridge, which comes with a ROS installation")
        shapes = {"rgba": 4, "bgra": 4, "rgb": 3, "bgr": 3, "yuv": 2}
        channels = next((count for name, count in shapes.items() if encoding.startswith(name)), 1)
        depth = np.uint16 if encoding.endswith("16") else np.uint8
        values = np.random.default_rng(3).integers(0, np.iinfo(depth).max + 1, (6, 8, channels), depth)
        message = raw(
            values if channels > 1 else values[..., 0], encoding, padding=padding * depth().itemsize
        )
        np.testing.assert_array_equal(conversions.ImageReader("cv_bridge")(message), rgb_from_raw(message))


class TestBadImages:
    """Each is an InputError that says what was expected, what came and what to do."""

    @pytest.mark.parametrize("encoding", ["", "nonsense", "jpeg", "32FC1", "8UC3", "32FC3"])
    def test_unknown_encoding(self, pixels, reader, encoding):
        message = raw(pixels, "rgb8")
        message.encoding = encoding
        with pytest.raises(InputError, match=rf"expected .*encoding.*got '{encoding}'.*rgb8, bgr8, mono8"):
            reader(message)

    def test_step_shorter_than_a_row(self, pixels, reader):
        message = raw(pixels, "rgb8")
        message.step = 14
        with pytest.raises(InputError, match=r"expected step >= 15 for 5 pixels of 'rgb8', got 14"):
            reader(message)

    def test_step_longer_than_the_data(self, pixels, reader):
        message = raw(pixels, "rgb8")
        message.step = 16
        with pytest.raises(InputError, match=r"16 \* 4 = 64 bytes of 'rgb8' for width 5, got 60"):
            reader(message)

    def test_too_few_bytes(self, pixels, reader):
        message = raw(pixels, "rgb8")
        message.data = message.data[:-1]
        with pytest.raises(InputError, match=r"= 60 bytes .* got 59"):
            reader(message)

    @pytest.mark.parametrize(("width", "height"), [(0, 0), (0, 4), (5, 0)])
    def test_no_pixels(self, reader, width, height):
        message = Image(header=Header(), width=width, height=height, encoding="rgb8", step=15)
        with pytest.raises(InputError, match=rf"expected an image, got {width}x{height} pixels"):
            reader(message)

    def test_odd_width_of_a_format_that_needs_pairs(self, reader):
        with pytest.raises(InputError, match=r"expected an image that converts to rgb8, got .*yuv422_yuy2"):
            reader(raw(np.zeros((2, 3, 2), np.uint8), "yuv422_yuy2"))


class TestCompressedImages:
    @staticmethod
    def encoded(pixels, suffix):
        return cv2.imencode(suffix, pixels[..., ::-1])[1].tobytes()

    def test_png_is_exact(self, pixels, reader):
        message = CompressedImage(format="png", data=self.encoded(pixels, ".png"))
        np.testing.assert_array_equal(reader(sent(message)), pixels)

    def test_grey_png_becomes_colour(self, pixels, reader):
        data = cv2.imencode(".png", pixels[..., 0])[1].tobytes()
        np.testing.assert_array_equal(
            reader(CompressedImage(format="mono8; png compressed", data=data)),
            np.dstack([pixels[..., 0]] * 3),
        )

    def test_jpeg(self, reader):
        blue = np.zeros((16, 16, 3), np.uint8)
        blue[..., 2] = 180
        found = reader(CompressedImage(format="jpeg", data=self.encoded(blue, ".jpg")))
        np.testing.assert_allclose(found, blue, atol=3)

    @pytest.mark.parametrize(
        "damage", [lambda data: b"", lambda data: b"\xff\xd8\xff rest", lambda data: data[:20]]
    )
    def test_broken_jpeg(self, pixels, reader, damage):
        data = damage(self.encoded(pixels, ".jpg"))
        with pytest.raises(InputError, match=rf"expected JPEG or PNG data, got {len(data)} bytes"):
            reader(CompressedImage(format="jpeg", data=data))


def test_unknown_converter_lists_the_known_ones():
    with pytest.raises(Exception, match=r"unknown image converter 'magic'; known: cv_bridge, rosbags_image"):
        conversions.ImageReader("magic")


def test_health_of_the_nodes():
    from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue

    good = DiagnosticStatus(name="a", level=DiagnosticStatus.OK, values=[KeyValue(key="made", value="3")])
    bad = DiagnosticStatus(name="b", level=DiagnosticStatus.WARN)
    found = conversions.to_health(DiagnosticArray(status=[good, bad]))
    assert found == {"a": conversions.Health(True, {"made": "3"}), "b": conversions.Health(False, {})}
