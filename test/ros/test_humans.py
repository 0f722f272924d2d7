"""ROS4HRI (REP-155): what face_node and emotion_node say below /humans, and what humans_node hears there."""

import importlib.util

import numpy as np
import pytest
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from affect_core.types import Detection
from affect_hri import conversions
from affect_hri.nodes.emotion import EmotionNode
from affect_hri.nodes.face import FaceNode
from affect_hri.nodes.humans import HumansNode
from affect_hri_interfaces import msg as affect

INSTALLED = importlib.util.find_spec("hri_msgs") is not None
needs_hri = pytest.mark.skipif(not INSTALLED, reason="needs hri_msgs, which comes with ROS4HRI")
HEADER = Header(stamp=conversions.to_time(7_000_000_123), frame_id="eye")
BOX, SIZE = [100.0, 60.0, 220.0, 200.0], (320, 240)
POINTS = [[130.0, 110.0], [180.0, 110.0], [155.0, 135.0], [135.0, 165.0], [175.0, 165.0]]
FOUND = Detection(np.array(BOX), np.array(POINTS), 0.75)


@pytest.mark.skipif(INSTALLED, reason="hri_msgs is installed here")
@pytest.mark.parametrize(
    ("node", "name", "parameters"),
    [
        (FaceNode, "face", {"ros4hri": "on"}),
        (EmotionNode, "emotion", {"ros4hri": "on"}),
        (HumansNode, "humans", {}),
    ],
)
def test_without_the_messages_who_must_speak_it_says_what_is_missing(
    bench, peer, tiny_model, node, name, parameters
):
    with bench.running(node, peer.namespace, model=str(tiny_model), **parameters) as made:
        assert "ros-jazzy-hri-msgs" in peer.until_status(name, "ERROR", "expected the package hri_msgs")
        assert not made.is_active


@needs_hri
class TestConversions:
    @pytest.fixture
    def humans(self):
        from affect_hri.conversions import humans

        return humans

    def test_a_box_is_a_share_of_the_image_and_ends_at_its_edge(self, humans):
        region = humans.from_box(FOUND, SIZE, HEADER)
        assert region.header == HEADER and region.c == 0.75
        assert [region.xmin, region.ymin, region.xmax, region.ymax] == pytest.approx(
            [100 / 320, 0.25, 220 / 320, 200 / 240]
        )
        beyond = Detection(np.array([-10.0, 5.0, 400.0, 100.0]), np.array(POINTS), 1.0)
        region = humans.from_box(beyond, SIZE, HEADER)
        assert (region.xmin, region.xmax) == (0.0, 1.0)

    def test_landmarks_there_and_back(self, humans):
        from hri_msgs.msg import FacialLandmarks

        message = humans.from_landmarks(FOUND, SIZE, HEADER)
        assert (message.width, message.height) == SIZE
        right_eye = message.landmarks[FacialLandmarks.RIGHT_PUPIL]
        assert (right_eye.x, right_eye.y, right_eye.c) == pytest.approx((130 / 320, 110 / 240, 0.75))
        assert sum(point.c > 0 for point in message.landmarks) == 5
        back = humans.to_detection(message, humans.from_box(FOUND, SIZE, HEADER))
        np.testing.assert_allclose(back.landmarks_xy, POINTS, atol=1e-4)
        np.testing.assert_allclose(back.box_xyxy, BOX, atol=1e-4)
        assert back.score == pytest.approx(0.75)
        np.testing.assert_allclose(
            humans.to_detection(message, None).box_xyxy, [130, 110, 180, 165], atol=1e-4
        )

    def test_landmarks_that_lack_one_of_the_five_are_refused(self, humans):
        from hri_msgs.msg import FacialLandmarks

        from affect_core.errors import InputError

        message = humans.from_landmarks(FOUND, SIZE, HEADER)
        message.landmarks[FacialLandmarks.NOSE].c = 0.0
        with pytest.raises(InputError, match=r"nose.*30"):
            humans.to_detection(message, None)
        with pytest.raises(InputError, match="0x0"):
            humans.to_detection(FacialLandmarks(), None)

    def test_a_cut_is_in_the_middle_of_black(self, humans):
        image = np.full((240, 320, 3), 200, np.uint8)
        message = humans.from_cut(image, np.array([100.0, 60.0, 160.0, 180.0]), 128, HEADER)
        cut = np.frombuffer(message.data, np.uint8).reshape(128, 128, 3)
        assert message.encoding == "bgr8"
        # 60 x 120 px scaled by 128 / 120: 64 columns in the middle, all rows
        assert (cut[:, 33:95] == 200).all() and not cut[:, :31].any() and not cut[:, 97:].any()


@needs_hri
class TestNodes:
    """Seen by a reader that does what libhri does: the list first, then each face's own topics."""

    @pytest.fixture
    def prefix(self, namespace):
        return f"/{namespace}/humans"  # each test has people of its own

    @pytest.fixture
    def listener(self, peer, prefix, wait_until):
        from hri_msgs.msg import Expression, FacialLandmarks, IdsList, NormalizedRegionOfInterest2D

        kinds = {
            "roi": NormalizedRegionOfInterest2D,
            "landmarks": FacialLandmarks,
            "cropped": Image,
            "aligned": Image,
            "expression": Expression,
        }
        heard = {"tracked": []}

        def on_tracked(message):
            heard["tracked"].append(message)
            for face_id in message.ids:
                for kind, message_type in kinds.items():
                    if (face_id, kind) not in heard:
                        heard[face_id, kind] = peer.hear(f"{prefix}/faces/{face_id}/{kind}", message_type)

        peer.react(f"{prefix}/faces/tracked", IdsList, on_tracked)
        return heard

    def test_a_face_is_listed_with_all_that_is_known_of_it(
        self, bench, peer, tiny_model, portrait, projector, prefix, listener, wait_until
    ):
        model = str(tiny_model)
        with (
            # However few of the frames a busy machine takes: one face, one id.
            bench.running(FaceNode, peer.namespace, model=model, humans_prefix=prefix, id_timeout_s=60.0),
            bench.running(EmotionNode, peer.namespace, model=model, humans_prefix=prefix),
        ):
            faces = peer.hear("faces", affect.FaceArray)
            emotions = peer.hear("emotions", affect.EmotionEstimateArray)
            show = projector("camera/image_raw")

            def all_came():
                show(portrait)
                kinds = ("roi", "landmarks", "cropped", "aligned", "expression")
                return all(listener.get((face_id(), kind)) for kind in kinds)

            def face_id():
                return next((one for message in listener["tracked"] for one in message.ids), "")

            wait_until(all_came, lambda: f"all topics of a face; heard {list(listener)}")
            mine = face_id()
            region = listener[mine, "roi"][-1]
            ours = next(f for f in faces if f.header.stamp == region.header.stamp)
            assert region.xmin * ours.image_width == pytest.approx(ours.faces[0].box_xyxy[0], abs=0.1)
            assert (listener[mine, "cropped"][-1].width, listener[mine, "aligned"][-1].height) == (128, 128)
            expression = listener[mine, "expression"][-1]
            said = next(e for e in emotions if e.header.stamp == expression.header.stamp)
            assert expression.header == said.header
            assert expression.confidence == pytest.approx(said.estimates[0].confidence)
            words = {"neutral": "neutral", "confusion": "confused", "frustration": "annoyed"}
            words |= {"skepticism": "skeptical", "disapproval": "disappointed", "boredom": "bored"}
            assert expression.expression == words[said.estimates[0].label]

            def gone():
                show(np.zeros_like(portrait))
                return not listener["tracked"][-1].ids

            wait_until(gone, "nobody to be tracked")
        assert listener["tracked"][-1].ids == []

    def test_faces_of_another_detector_are_read(
        self, bench, peer, tiny_model, portrait, projector, prefix, wait_until
    ):
        """face_node plays the other detector; its own topic of faces is not heard here."""
        other, model = f"{peer.namespace}/other", str(tiny_model)
        with (
            bench.running(HumansNode, peer.namespace, model=model, humans_prefix=prefix),
            bench.running(EmotionNode, peer.namespace, model=model, ros4hri="off"),
            bench.running(FaceNode, other, model=model, humans_prefix=prefix),
        ):
            theirs = peer.hear(f"/{other}/faces", affect.FaceArray)
            ours = peer.hear("faces", affect.FaceArray)
            emotions = peer.hear("emotions", affect.EmotionEstimateArray)
            show = projector("camera/image_raw", f"/{other}/camera/image_raw")

            def read():
                show(portrait)
                return any(array.estimates for array in emotions)

            wait_until(read, lambda: f"an estimate; {len(theirs)} sets there, {len(ours)} here")
            estimate = next(array for array in emotions if array.estimates)
            mine = next(f for f in ours if f.header.stamp == estimate.header.stamp).faces[0]
            other_face = next(f for f in theirs if f.header.stamp == estimate.header.stamp).faces[0]
            assert mine.face_id == other_face.face_id == estimate.estimates[0].face_id
            np.testing.assert_allclose(mine.landmarks_xy, other_face.landmarks_xy, atol=1e-2)
            crops = [np.frombuffer(f.crop.data, np.uint8).astype(int) for f in (mine, other_face)]
            assert np.abs(crops[0] - crops[1]).mean() < 1.0

    def test_a_face_that_lacks_landmarks_is_told(self, bench, peer, tiny_model, prefix):
        from hri_msgs.msg import FacialLandmarks, IdsList

        with bench.running(HumansNode, peer.namespace, model=str(tiny_model), humans_prefix=prefix):
            peer.speak(f"{prefix}/faces/tracked", IdsList).publish(IdsList(header=HEADER, ids=["abc"]))
            landmarks = peer.speak(f"{prefix}/faces/abc/landmarks", FacialLandmarks)
            landmarks.publish(FacialLandmarks(header=HEADER, width=320, height=240))
            peer.until_status("humans", "WARN", "face abc: expected the landmarks of both pupils")
