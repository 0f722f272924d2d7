"""What others may do wrong in front of face_node and emotion_node: each frame is answered with what is true of it."""

import re
import shutil
import threading

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticStatus
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from rclpy.duration import Duration
from sensor_msgs.msg import Image

from affect_core.faces import DETECTORS
from affect_core.types import Crop, Detection, Face, FaceSet, Frame
from affect_hri import conversions
from affect_hri.nodes.emotion import EmotionNode
from affect_hri.nodes.face import FaceNode
from affect_hri_interfaces.msg import EmotionEstimateArray, FaceArray

SECOND_NS = 1_000_000_000
HOUR_NS = 3600 * SECOND_NS


def stamp(message):
    return conversions.from_time(message.header.stamp)


@pytest.fixture(scope="module")
def astronaut():
    from skimage import data

    return data.astronaut()


def scaled(image, size):
    import cv2

    return cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA)


class Perception:
    """face_node and emotion_node, and somebody who shows pictures and waits for both answers."""

    def __init__(self, peer, wait_until):
        self.faces, self.emotions = peer.hear("faces", FaceArray), peer.hear("emotions", EmotionEstimateArray)
        self._camera = peer.speak("camera/image_raw", Image, depth=1)
        self._wait_until = wait_until

    def show(self, image_rgb, stamp_ns):
        self._camera.publish(conversions.from_frame(Frame(image_rgb, stamp_ns, "eye")))
        return self._answer(self.faces, stamp_ns), self._answer(self.emotions, stamp_ns)

    def _answer(self, inbox, stamp_ns):
        return self._wait_until(
            lambda: next((m for m in list(inbox) if stamp(m) == stamp_ns), None), f"the answer to {stamp_ns}"
        )


@pytest.fixture(scope="module")
def perception(bench, make_peer, tiny_model, wait_until):
    peer, model = make_peer(bench.namespace()), str(tiny_model)
    with (
        bench.running(FaceNode, peer.namespace, model=model, max_faces=20, min_face_px=40),
        bench.running(EmotionNode, peer.namespace, model=model),
    ):
        peer.until_status("face", "OK", "waiting")
        peer.until_status("emotion", "OK", "waiting")
        yield Perception(peer, wait_until)
    peer.close()


class TestPictures:
    def test_frames_of_changing_size(self, perception, astronaut):
        """The face is found in each, at its place, and not taken for the one of another size."""
        ids = []
        for number, size in enumerate((512, 256, 384, 512), start=1):
            faces, emotions = perception.show(scaled(astronaut, size), number * 40_000_000)
            assert (faces.image_width, faces.image_height) == (size, size)
            (face,), (estimate,) = faces.faces, emotions.estimates
            np.testing.assert_allclose(np.array(face.box_xyxy) / size, [0.355, 0.12, 0.523, 0.336], atol=0.02)
            assert face.face_id == estimate.face_id
            ids.append(face.face_id)
        assert ids[0] == ids[3] and len(set(ids)) == 3

    @pytest.fixture
    def crowd(self, astronaut):
        """Twenty faces, 1000 x 800 pixels."""
        return np.vstack([np.hstack([astronaut[20:220, 125:325]] * 5)] * 4)

    def test_of_twenty_faces_the_largest_are_kept(
        self, bench, make_peer, tiny_model, crowd, astronaut, wait_until
    ):
        """Two of them stand nearer: these are among the five."""
        peer = make_peer(bench.namespace())
        near = scaled(astronaut[20:220, 125:325], 400)
        crowd[:400, :400] = near
        crowd[400:, 600:] = near
        faces = peer.hear("faces", FaceArray)
        with bench.running(FaceNode, peer.namespace, model=str(tiny_model)):
            camera = peer.speak("camera/image_raw", Image, depth=1)
            camera.publish(conversions.from_frame(Frame(crowd, 1, "eye")))
            (answer,) = wait_until(lambda: list(faces), "the answer")
        peer.close()
        assert len(answer.faces) == 5
        widths = [face.box_xyxy[2] - face.box_xyxy[0] for face in answer.faces]
        assert min(widths[:2]) > 1.6 * max(widths[2:])

    def test_twenty_faces(self, perception, crowd):
        faces, emotions = perception.show(crowd, 10 * SECOND_NS)
        assert len(faces.faces) == 20
        ids = [face.face_id for face in faces.faces]
        assert len(set(ids)) == 20
        assert [estimate.face_id for estimate in emotions.estimates] == ids
        middles = {
            (int((x0 + x1) / 2) // 200, int((y0 + y1) / 2) // 200)
            for x0, y0, x1, y1 in (face.box_xyxy for face in faces.faces)
        }
        assert middles == {(column, row) for column in range(5) for row in range(4)}
        for estimate in emotions.estimates:
            assert sum(estimate.probabilities) == pytest.approx(1.0, abs=1e-5)

    def test_a_face_of_10_px_is_nobody(self, perception, astronaut):
        small = np.full((240, 320, 3), 128, np.uint8)
        side = 512 * 10 // 87  # the astronaut's face is 87 px wide
        small[100 : 100 + side, 100 : 100 + side] = scaled(astronaut, side)
        faces, emotions = perception.show(small, 20 * SECOND_NS)
        assert (faces.faces, emotions.estimates) == ([], [])
        faces, emotions = perception.show(astronaut, 21 * SECOND_NS)
        assert len(faces.faces) == len(emotions.estimates) == 1

    def test_black_frames_are_answered_with_nobody(self, perception, astronaut):
        perception.show(astronaut, 30 * SECOND_NS)
        faces, emotions = perception.show(np.zeros_like(astronaut), 30 * SECOND_NS + 1)
        assert (faces.faces, emotions.estimates) == ([], [])


class TestStamps:
    def test_back_and_forth(self, perception, astronaut):
        """Each frame is answered under its own stamp; after a jump nobody is taken for somebody of another time."""
        steps = [
            100 * SECOND_NS,
            100 * SECOND_NS + 1,
            HOUR_NS,
            HOUR_NS + 1,
            99 * SECOND_NS,
            99 * SECOND_NS + 1,
        ]
        shown = [perception.show(astronaut, step) for step in steps]
        ids = [faces.faces[0].face_id for faces, _ in shown]
        assert [emotions.estimates[0].face_id for _, emotions in shown] == ids
        assert ids[0] == ids[1] and ids[2] == ids[3] and ids[4] == ids[5]
        assert len(set(ids)) == 3
        labels = {emotions.estimates[0].label for _, emotions in shown}
        assert len(labels) == 1  # the same picture


class TestIds:
    def seen(self, bench, peer, tiny_model, wait_until, astronaut, **parameters):
        with (
            bench.running(FaceNode, peer.namespace, model=str(tiny_model), **parameters),
            bench.running(EmotionNode, peer.namespace, model=str(tiny_model), **parameters),
        ):
            told = len(peer.statuses("emotion"))
            wait_until(
                lambda: (DiagnosticStatus.OK, "waiting for faces") in peer.statuses("emotion")[told:],
                "emotion_node",
            )
            perception = Perception(peer, wait_until)
            shown = [
                perception.show(image, k) for k, image in enumerate((astronaut, astronaut[:, ::-1]), start=1)
            ]
            return [
                (face.face_id, one.label, tuple(one.probabilities))
                for faces, emotions in shown
                for face, one in zip(faces.faces, emotions.estimates, strict=True)
            ]

    def test_who_comes_after_a_restart_gets_no_old_id(
        self, bench, make_peer, tiny_model, wait_until, astronaut
    ):
        ids = []
        for _ in range(2):
            peer = make_peer(bench.namespace())
            ids += [one[0] for one in self.seen(bench, peer, tiny_model, wait_until, astronaut)]
            peer.close()
        assert len(ids) == 4
        # The two of one run share its ending, no two runs share any id.
        assert len({one.split("_")[1] for one in ids[:2]}) == len({one.split("_")[1] for one in ids[2:]}) == 1
        assert not set(ids[:2]) & set(ids[2:])
        assert all(re.fullmatch(r"f\d{5}_[0-9a-f]{6}", one) for one in ids)

    def test_lock_step_repeats_ids_and_labels(self, bench, make_peer, tiny_model, wait_until, astronaut):
        runs = []
        for _ in range(2):
            peer = make_peer(bench.namespace())
            runs.append(self.seen(bench, peer, tiny_model, wait_until, astronaut, clock="lockstep"))
            peer.close()
        assert runs[0] == runs[1]
        assert runs[0][0][0] == "f00001"


@pytest.fixture(scope="module")
def face():
    random = np.random.default_rng(11)
    landmarks = np.array([[22.0, 26], [42, 26], [32, 36], [24, 46], [40, 46]])
    crop = Crop(random.integers(0, 256, (64, 64, 3), np.uint8), np.eye(2, 3))
    return Face("f00001", Detection(np.array([10.0, 10, 54, 60]), landmarks, 0.9), crop)


class TestModel:
    @pytest.fixture
    def model(self, tiny_model, tmp_path):
        return shutil.copytree(tiny_model, tmp_path / "model")

    @pytest.fixture
    def desk(self, bench, peer, model, face, wait_until):
        emotions = peer.hear("emotions", EmotionEstimateArray)
        with bench.running(EmotionNode, peer.namespace, model=str(model), smoothing="ema") as node:
            peer.until_status("emotion", "OK", "waiting")
            faces = peer.speak("faces", FaceArray, depth=1)

            def ask(stamp_ns, *shown):
                sent = FaceSet(stamp_ns, "eye", shown or (face,), (64, 64))
                faces.publish(conversions.from_face_set(sent))
                return wait_until(
                    lambda: next((m for m in list(emotions) if stamp(m) == stamp_ns), None), "it"
                )

            yield node, ask

    def change(self, peer, *transitions):
        answers = [
            peer.call("emotion/change_state", ChangeState, ChangeState.Request(transition=Transition(id=one)))
            for one in transitions
        ]
        return [answer.success for answer in answers]

    def test_the_file_is_swapped_while_it_runs(self, desk, peer, model):
        """What runs stays what it says it is; a file that is not the card's is refused when it is loaded next."""
        _node, ask = desk
        before = ask(1).estimates[0].logits
        weights = model / "weights.safetensors"
        whole = weights.read_bytes()
        with weights.open("r+b") as file:  # in its place, as a careless copy does it
            file.seek(len(whole) // 2)
            file.write(bytes(len(whole) // 2))
        after = ask(2)
        assert list(after.estimates[0].logits) == list(before)
        assert after.model_sha256 == ask(3).model_sha256
        down = (Transition.TRANSITION_DEACTIVATE, Transition.TRANSITION_CLEANUP)
        assert self.change(peer, *down, Transition.TRANSITION_CONFIGURE) == [True, True, False]
        assert "restore the file" in peer.until_status("emotion", "ERROR", "expected sha256")
        weights.write_bytes(whole)
        up = (Transition.TRANSITION_CONFIGURE, Transition.TRANSITION_ACTIVATE)
        assert self.change(peer, *up) == [True, True]
        assert list(ask(4).estimates[0].logits) == list(before)

    def test_nan_logits_are_no_label(self, desk, peer, face, wait_until):
        node, ask = desk
        other = Face("f00002", face.detection, face.crop)
        good = ask(1, face, other)
        assert len(good.estimates) == 2
        real = node._stage.runtime.forward

        def broken(batch):
            output = real(batch)
            output.logits[0] = np.nan
            return output

        node._stage.runtime.forward = broken
        found = ask(2, face, other)
        assert [one.face_id for one in found.estimates] == ["f00002"]
        peer.until_status("emotion", "WARN", "no estimate: expected finite logits")
        assert ask(3).estimates == []  # the frame is answered: who waits for it goes on
        node._stage.runtime.forward = real
        again = ask(4, face, other)
        for one, was in zip(again.estimates, good.estimates, strict=True):
            np.testing.assert_allclose(one.probabilities, was.probabilities, atol=1e-6)
        wait_until(lambda: peer.statuses("emotion")[-1] == (DiagnosticStatus.OK, "running"), "its recovery")


class Gated:
    """A detector that takes as long as it is held."""

    def __init__(self):
        self.at_work, self._may_end = threading.Semaphore(0), threading.Semaphore(0)

    def detect(self, image_rgb):
        self.at_work.release()
        assert self._may_end.acquire(timeout=60)
        return []

    def end(self):
        self._may_end.release()


def test_60_fps_into_a_machine_for_30(bench, peer, tiny_model, wait_until, monkeypatch):
    """The newest frame wins: every second one is answered, the others are counted, and none waits in a queue."""
    detector = Gated()
    monkeypatch.setitem(DETECTORS._builders, "gated", lambda config: detector)
    answers = peer.hear("faces", FaceArray)
    parameters = {"model": str(tiny_model), "detector": "gated", "tracking": False}
    with bench.running(FaceNode, peer.namespace, **parameters):
        camera = peer.speak("camera/image_raw", Image, depth=1)
        grey = np.zeros((48, 64, 3), np.uint8)
        for number in range(1, 60):
            camera.publish(conversions.from_frame(Frame(grey, number, "eye")))
            if number == 1:
                assert detector.at_work.acquire(timeout=60)
            elif number % 2:  # two have come while one was looked at
                assert camera.wait_for_all_acked(Duration(seconds=60))
                detector.end()
                assert detector.at_work.acquire(timeout=60)
        detector.end()
        wait_until(lambda: answers and stamp(answers[-1]) == 59, "the last frame")
    assert [stamp(answer) for answer in answers] == list(range(1, 60, 2))
    assert [answer.dropped for answer in answers] == [0, *[1] * 29]
