"""The explaining thread, with explainers that wait for the test."""

import threading

import numpy as np
import pytest

from affect_core.errors import Cancelled, ExplainError, Unavailable
from affect_core.explain.live import Live, LiveConfig
from affect_core.explain.measure import measured_map
from affect_core.explain.worker import Worker
from affect_core.types import Crop, Detection, Emotion, EmotionSet, Face, FaceSet

WAIT_S = 60.0
"""For what always comes."""


class Desk:
    """A worker whose explainer stops in the middle until it is let go; `outcomes` in the order they come."""

    def __init__(self):
        self.outcomes, self.explained = [], []
        self.begun, self.go, self.told = (threading.Semaphore(0) for _ in range(3))
        self.error = None
        self.live = Live(LiveConfig(rate_hz=1000.0, budget_ms=1e9))
        self.worker = Worker(self._explain, self.live, self._tell)

    def _explain(self, reading, token):
        self.explained.append(reading.frame.stamp_ns)
        self.begun.release()
        self.go.acquire(timeout=WAIT_S)
        token.check()
        if self.error is not None:
            raise self.error
        heatmap = np.arange(256, dtype=np.float32).reshape(16, 16)
        return measured_map(heatmap, reading.face, reading.emotion.label, "by_hand", 1.0)

    def _tell(self, outcome):
        self.outcomes.append(outcome)
        self.told.release()

    def see(self, stamp_ns, face_id="f00001"):
        landmarks = np.array([[5.0, 6], [11, 6], [8, 9], [6, 12], [10, 12]])
        detection = Detection(np.array([0.0, 0, 16, 16]), landmarks, 0.9)
        face = Face(face_id, detection, Crop(np.zeros((16, 16, 3), np.uint8), np.eye(2, 3)))
        read = Emotion(face_id, ("neutral", "boredom"), np.zeros(2), np.array([0.2, 0.8], np.float32))
        self.live.see(
            FaceSet(stamp_ns, "eye", (face,), (16, 16)), EmotionSet(stamp_ns, "eye", (read,), "tiny")
        )
        self.worker.wake()

    def until(self, semaphore):
        assert semaphore.acquire(timeout=WAIT_S)


@pytest.fixture
def desk():
    made = Desk()
    yield made
    made.go.release(100)
    made.worker.stop()


def test_a_map_of_what_was_seen(desk):
    desk.see(5)
    desk.go.release()
    desk.until(desk.told)
    (outcome,) = desk.outcomes
    assert outcome.error is None
    assert outcome.job.reading.frame.stamp_ns == 5
    assert (outcome.value.face_id, outcome.value.label, outcome.value.method) == (
        "f00001",
        "boredom",
        "by_hand",
    )
    assert sum(outcome.value.region_shares.values()) == pytest.approx(1.0)
    assert desk.live.counts.made == 1


def test_who_sees_never_waits_and_the_newest_is_next(desk):
    desk.see(0)
    desk.until(desk.begun)
    for stamp_ns in range(10_000_000, 100_000_000, 10_000_000):
        desk.see(stamp_ns)  # returns although the worker is busy
    desk.go.release(2)
    desk.until(desk.told)
    desk.until(desk.told)
    assert desk.explained == [0, 90_000_000]


def test_a_face_that_is_gone_is_not_told_as_a_map(desk):
    desk.see(0)
    desk.until(desk.begun)
    desk.see(1_000_000, "f00002")
    desk.go.release()
    desk.until(desk.told)
    assert isinstance(desk.outcomes[0].error, Cancelled)
    assert desk.outcomes[0].value is None
    assert desk.live.counts.cancelled == 1


def test_a_failed_check_ends_the_map_not_the_worker(desk):
    desk.error = ExplainError("the sum is wrong")
    desk.see(0)
    desk.go.release()
    desk.until(desk.told)
    desk.error = None
    desk.see(2_000_000)
    desk.go.release()
    desk.until(desk.told)
    assert [str(outcome.error) for outcome in desk.outcomes] == ["the sum is wrong", "None"]
    assert (desk.live.counts.made, desk.live.counts.failed) == (1, 1)


def test_a_request_comes_before_what_is_due_and_is_alone(desk):
    desk.see(0)
    desk.until(desk.begun)
    answers, answered = [], threading.Semaphore(0)

    def answer(outcome):
        answers.append((outcome.value, len(desk.explained)))
        answered.release()

    desk.worker.ask(lambda token: token.check() or "a map", answer)
    with pytest.raises(Unavailable, match="one request at a time"):
        desk.worker.ask(lambda _token: "another", answer)
    desk.see(1_000_000)
    desk.go.release(2)
    desk.until(answered)
    desk.until(desk.told)
    desk.until(desk.told)
    assert answers == [("a map", 1)]  # before the second frame was begun
    assert desk.explained == [0, 1_000_000]
    desk.worker.ask(lambda _token: "the next", answer)
    desk.until(answered)
    assert answers[1][0] == "the next"


def test_the_error_of_a_request_is_its_answer(desk):
    answers, answered = [], threading.Semaphore(0)

    def fail(_token):
        raise ValueError("a mistake")

    desk.worker.ask(fail, lambda outcome: answers.append(outcome) or answered.release())
    desk.until(answered)
    assert isinstance(answers[0].error, ValueError)


def test_stop_cancels_what_is_under_way_and_what_waits(desk):
    desk.see(0)
    desk.until(desk.begun)
    answers = []
    desk.worker.ask(lambda _token: "too late", answers.append)
    stopper = threading.Thread(target=desk.worker.stop)
    stopper.start()
    job = desk.live._running
    while not job.token._cancelled.wait(WAIT_S):
        pass
    desk.go.release()
    stopper.join(WAIT_S)
    assert not desk.worker._thread.is_alive()
    assert [type(outcome.error) for outcome in (*desk.outcomes, *answers)] == [Cancelled, Cancelled]
    desk.see(2_000_000)
    assert desk.explained == [0]
