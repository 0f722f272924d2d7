"""What others may do wrong on our topics: nodes tell it and go on."""

import time
from random import Random

import pytest
from sensor_msgs.msg import Image

from affect_hri import conversions
from affect_hri.nodes._mischief import _IMAGES, Mischief
from affect_hri.nodes.emotion import EmotionNode
from affect_hri.nodes.face import FaceNode
from affect_hri_interfaces.msg import EmotionEstimateArray, FaceArray


@pytest.fixture
def mischief(peer):
    made = Mischief(f"/{peer.namespace}")
    yield made
    made.close()


class Always(Random):
    """Chooses what it is told."""

    def __init__(self, wanted):
        super().__init__(1)
        self._wanted = wanted

    def choice(self, options):
        return self._wanted if self._wanted in options else super().choice(options)


@pytest.fixture
def perception(bench, peer, tiny_model):
    with (
        bench.running(FaceNode, peer.namespace, model=str(tiny_model)) as face,
        bench.running(EmotionNode, peer.namespace, model=str(tiny_model)) as emotion,
    ):
        peer.until_status("face", "OK", "waiting")
        peer.until_status("emotion", "OK", "waiting")
        yield face, emotion


def again_until(wait_until, act, happened, what):
    """Readers that have not found a new writer yet miss what it says first: say it again."""

    def once_more():
        act()
        deadline_s = time.monotonic() + 0.5
        while not happened() and time.monotonic() < deadline_s:
            time.sleep(0.01)
        return happened()

    wait_until(once_more, what)


def told(peer, name, text):
    return any(text in message for _, message in peer.statuses(name))


def goes_on(peer, wait_until, stamp_ns):
    """A good image is still answered with an estimate."""
    import numpy as np

    emotions = peer.hear("emotions", EmotionEstimateArray)
    image = conversions.to_image(np.full((48, 64, 3), 90, np.uint8), conversions.to_header(stamp_ns, "eye"))
    camera = peer.speak("camera/image_raw", Image)
    camera.publish(image)
    wait_until(
        lambda: any(conversions.from_time(e.header.stamp) == stamp_ns for e in list(emotions)), "an answer"
    )


WHOLE = {"that is all black", "of another size"}


@pytest.mark.parametrize("kind", sorted(_IMAGES))
def test_images_that_are_none(perception, peer, mischief, wait_until, kind):
    faces = peer.hear("faces", FaceArray)
    assert mischief.bad_image(Always(kind)) == f"an image {kind}"
    whole = kind in WHOLE
    again_until(
        wait_until,
        lambda: mischief.bad_image(Always(kind)),
        lambda: faces if whole else told(peer, "face", "input skipped: expected"),
        "the answer that nobody is there" if whole else "a warning",
    )
    assert not any(answer.faces for answer in faces)
    goes_on(peer, wait_until, 10**12)
    assert all(node.is_active for node in perception)


@pytest.mark.parametrize("kind", ["without crops", "with NaN for boxes", "twenty times"])
def test_faces_that_cannot_be_read(perception, peer, mischief, wait_until, kind):
    assert mischief.bad_faces(Always(kind)) == f"faces {kind}"
    again_until(
        wait_until,
        lambda: mischief.bad_faces(Always(kind)),
        lambda: told(peer, "emotion", "input skipped: expected a crop"),
        "a warning",
    )
    goes_on(peer, wait_until, 10**12)
    assert all(node.is_active for node in perception)


def test_stamps_that_jump(perception, peer, mischief, wait_until):
    faces = peer.hear("faces", FaceArray)
    for number in range(1, 7):
        again_until(
            wait_until,
            lambda number=number: mischief.jumping_stamp(Random(number)),
            lambda number=number: len(faces) >= number,
            f"{number} answers",
        )
    goes_on(peer, wait_until, 10**12)


def test_a_parameter_out_of_range_changes_nothing(perception, peer, mischief):
    face, emotion = perception
    for number in range(8):
        mischief.bad_parameter(Random(number))
        for _ in range(5):
            mischief.turn(0.02)
    assert face.get_parameter("id_iou").value == 0.3 and emotion.get_parameter("threads").value == 1
