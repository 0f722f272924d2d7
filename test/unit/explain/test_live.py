"""Which crop is explained when, what cancels it, and what is held for requests."""

import numpy as np
import pytest

from affect_core.errors import Cancelled, ConfigError, InputError
from affect_core.explain.interrupt import Token
from affect_core.explain.live import Live, LiveConfig, Recent, refuse_own_attention
from affect_core.types import Crop, Detection, Emotion, EmotionSet, Face, FaceSet

MS = 1_000_000
LABELS = ("neutral", "boredom")


class Clock:
    now_s = 0.0

    def __call__(self):
        return self.now_s


@pytest.fixture
def clock():
    return Clock()


def faces_at(at_ms, *ids):
    landmarks = np.array([[5.0, 6], [11, 6], [8, 9], [6, 12], [10, 12]])
    found = tuple(
        Face(
            face_id,
            Detection(np.array([0.0, 0, 16, 16]), landmarks, 0.9),
            Crop(np.zeros((16, 16, 3), np.uint8), np.eye(2, 3)),
        )
        for face_id in ids
    )
    return FaceSet(at_ms * MS, "eye", found, (16, 16))


def emotions_at(at_ms, *ids):
    read = tuple(Emotion(i, LABELS, np.log([0.2, 0.8]), np.array([0.2, 0.8], np.float32)) for i in ids)
    return EmotionSet(at_ms * MS, "eye", read, "tiny", "ab" * 32)


def show(live, at_ms, *ids):
    return live.see(faces_at(at_ms, *ids), emotions_at(at_ms, *ids))


def taken(live):
    """Stamp in ms and face of the job that is taken, and made at once; None if there is none."""
    job = live.take()
    if job is None:
        return None
    live.made(job)
    return job.reading.frame.stamp_ns // MS, job.reading.face.face_id


class TestPace:
    def test_rate_by_the_stamps(self, clock):
        live = Live(LiveConfig(rate_hz=4.0), clock)
        found = []
        for at_ms in range(0, 1000, 100):
            show(live, at_ms, "f00001")
            found.append(taken(live))
        assert [item[0] for item in found if item] == [0, 300, 600, 900]  # the first at or after 250 ms each

    def test_the_newest_wins(self, clock):
        live = Live(LiveConfig(rate_hz=4.0), clock)
        for at_ms in (0, 30, 60):
            show(live, at_ms, "f00001")
        assert taken(live) == (60, "f00001")
        assert taken(live) is None  # the same frame is not taken twice

    def test_who_takes_jobs_is_called_only_when_there_is_one(self, clock):
        live = Live(LiveConfig(rate_hz=4.0), clock)
        assert not show(live, 0)  # nobody there
        assert show(live, 30, "f00001")
        job = live.take()
        assert not show(live, 290, "f00001")  # due, but the first is under way
        live.made(job)
        assert not show(live, 270, "f00001")  # 240 ms after the first
        assert show(live, 280, "f00001")

    def test_one_job_at_a_time(self, clock):
        live = Live(LiveConfig(rate_hz=100.0), clock)
        show(live, 0, "f00001")
        job = live.take()
        show(live, 500, "f00001")
        assert live.take() is None
        live.made(job)
        assert taken(live) == (500, "f00001")

    def test_faces_take_turns(self, clock):
        live = Live(LiveConfig(rate_hz=10.0), clock)
        found = []
        for at_ms in (0, 100, 200, 300):
            show(live, at_ms, "f00001", "f00002", "f00003")
            found.append(taken(live)[1])
        assert found == ["f00001", "f00002", "f00003", "f00001"]
        show(live, 400, "f00001", "f00004")
        assert taken(live)[1] == "f00004"  # a new one first

    def test_a_recording_that_begins_anew(self, clock):
        live = Live(LiveConfig(rate_hz=1.0), clock)
        show(live, 9000, "f00001")
        assert taken(live) == (9000, "f00001")
        show(live, 100, "f00001")
        assert taken(live) == (100, "f00001")

    def test_rate_0_is_on_request_only(self, clock):
        live = Live(LiveConfig(rate_hz=0.0), clock)
        show(live, 0, "f00001")
        assert live.take() is None

    def test_a_face_without_an_estimate_is_not_explained(self, clock):
        live = Live(LiveConfig(), clock)
        live.see(faces_at(0, "f00001", "f00002"), emotions_at(0, "f00002"))
        assert taken(live) == (0, "f00002")
        live.see(faces_at(5000), emotions_at(5000))
        assert live.take() is None

    def test_what_was_seen_long_ago_is_not_begun(self, clock):
        live = Live(LiveConfig(budget_ms=200.0), clock)
        show(live, 0, "f00001")
        clock.now_s = 0.201
        assert live.take() is None

    def test_counts_and_rate(self, clock):
        live = Live(LiveConfig(rate_hz=4.0), clock)
        assert np.isnan(live.counts.rate_hz)
        for at_ms in (0, 500, 1000):
            show(live, at_ms, "f00001")
            taken(live)
        assert (live.counts.made, live.counts.rate_hz) == (3, 2.0)
        for at_ms, end in ((2000, live.cancelled), (3000, live.failed), (4000, live.cancelled)):
            show(live, at_ms, "f00001")
            assert live.take() is not None
            end()
        assert (live.counts.made, live.counts.cancelled, live.counts.failed) == (3, 2, 1)


class TestCancel:
    def test_a_face_that_is_gone(self, clock):
        live = Live(LiveConfig(), clock)
        show(live, 0, "f00001", "f00002")
        job = live.take()
        show(live, 33, "f00001")
        job.token.check()  # it is f00001 that is explained
        show(live, 66, "f00002")
        with pytest.raises(Cancelled, match="face f00001 is gone"):
            job.token.check()

    def test_the_budget_counts_from_the_arrival_of_the_crop(self, clock):
        live = Live(LiveConfig(budget_ms=200.0), clock)
        show(live, 0, "f00001")
        clock.now_s = 0.15
        job = live.take()
        clock.now_s = 0.2
        job.token.check()
        clock.now_s = 0.25
        with pytest.raises(Cancelled, match="expected a map within 200 ms, it is not done after 250 ms"):
            job.token.check()

    def test_the_first_reason_is_told(self):
        token = Token()
        token.check()
        token.cancel("one")
        token.cancel("two")
        with pytest.raises(Cancelled, match=r"^one$"):
            token.check()


class TestRecent:
    def test_joins_in_any_order(self):
        recent = Recent(10)
        assert recent.add_faces(faces_at(1, "f00001")) is None
        assert recent.add_emotions(emotions_at(2, "f00002")) is None
        faces, emotions = recent.add_emotions(emotions_at(1, "f00001"))
        assert (faces.stamp_ns, emotions.stamp_ns) == (MS, MS)
        faces, _ = recent.add_faces(faces_at(2, "f00002"))
        assert faces.faces[0].face_id == "f00002"

    def test_finds_a_face_of_a_frame(self):
        recent = Recent(10)
        recent.add_faces(faces_at(1, "f00001", "f00002"))
        recent.add_emotions(emotions_at(1, "f00001", "f00002"))
        assert recent.find(MS).face.face_id == "f00001"
        assert recent.find(MS, "f00002").emotion.face_id == "f00002"
        with pytest.raises(InputError, match=r"expected the id of a face .*\(f00001, f00002\), got f00009"):
            recent.find(MS, "f00009")

    def test_says_what_is_held(self):
        recent = Recent(2)
        with pytest.raises(InputError, match=r"\(none so far\), got 7 ns"):
            recent.find(7)
        for at_ms in (1, 2, 3):
            recent.add_faces(faces_at(at_ms, "f00001"))
            recent.add_emotions(emotions_at(at_ms, "f00001"))
        with pytest.raises(InputError, match=r"\(2 from 2000000 to 3000000 ns\), got 1000000 ns"):
            recent.find(MS)

    def test_a_frame_without_a_face(self):
        recent = Recent(2)
        recent.add_faces(faces_at(1))
        recent.add_emotions(emotions_at(1))
        with pytest.raises(InputError, match="expected a face, found none"):
            recent.find(MS)


def test_the_networks_own_attention_has_a_publisher():
    refuse_own_attention("lime")
    with pytest.raises(ConfigError, match=r"emotion_node publishes .* such as grad_cam"):
        refuse_own_attention("amal_attention")
