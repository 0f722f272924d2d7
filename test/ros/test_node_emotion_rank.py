"""emotion_node with a model of ranks: ranks come beside the labels, and in lock-step before them."""

import threading

import numpy as np
import pytest

from affect_core.errors import ExplainError
from affect_core.intensity.live import FaceRanker, LiveRankConfig
from affect_core.types import Crop, Detection, Face, FaceSet, IntensityRank
from affect_hri import conversions
from affect_hri.nodes.emotion import EmotionNode
from affect_hri_interfaces.msg import EmotionEstimate, EmotionEstimateArray, FaceArray

SECOND_NS = 1_000_000_000


@pytest.fixture(scope="module")
def face():
    random = np.random.default_rng(11)
    landmarks = np.array([[22.0, 26], [42, 26], [32, 36], [24, 46], [40, 46]]) + 100
    crop = Crop(random.integers(0, 256, (64, 64, 3), np.uint8), np.array([[1.0, 0, 100], [0, 1, 100]]))
    return Face("f00001", Detection(np.array([100.0, 50, 180, 150]), landmarks, 0.9), crop)


def at(stamp_ns, *faces):
    return conversions.from_face_set(FaceSet(stamp_ns, "eye", faces, (640, 480)))


@pytest.fixture
def ask(peer, wait_until):
    """Send a frame and wait for its estimates; the ranks in it."""
    estimates = peer.hear("emotions", EmotionEstimateArray)

    def connect():
        publisher = peer.speak("faces", FaceArray, depth=1)

        def answer(stamp_ns, *faces):
            publisher.publish(at(stamp_ns, *faces))
            found = wait_until(
                lambda: next(
                    (m for m in list(estimates) if conversions.from_time(m.header.stamp) == stamp_ns), None
                ),
                f"estimates of {stamp_ns}",
            )
            return [estimate.intensity_rank for estimate in found.estimates]

        return answer

    return connect


def test_without_a_model_of_ranks_they_are_unknown(bench, peer, tiny_model, face, ask):
    with bench.running(EmotionNode, peer.namespace, model=str(tiny_model)):
        peer.until_status("emotion", "OK", "waiting for faces")
        assert ask()(SECOND_NS, face) == [EmotionEstimate.INTENSITY_UNKNOWN]


def test_labels_do_not_wait_and_later_ones_carry_the_rank(
    bench, peer, tiny_model, rank_model, face, ask, wait_until, monkeypatch
):
    begun, go_on = threading.Event(), threading.Event()
    real = FaceRanker.rank

    def slow(self, face):
        begun.set()
        assert go_on.wait(60)
        return real(self, face)

    monkeypatch.setattr(FaceRanker, "rank", slow)
    expected = int(real(FaceRanker(LiveRankConfig(rank_model=str(rank_model))), face))
    assert expected in (1, 2, 3)
    try:
        with bench.running(
            EmotionNode, peer.namespace, model=str(tiny_model), rank_model=str(rank_model), rank_budget_ms=1e6
        ):
            peer.until_status("emotion", "OK", "waiting for faces")
            answer = ask()
            assert answer(SECOND_NS, face) == [0]
            assert begun.wait(60)
            assert answer(SECOND_NS + 1, face) == [0]  # answered while the rank is under way
            go_on.set()
            stamps = iter(range(SECOND_NS + 2, SECOND_NS + 10_000))
            wait_until(lambda: answer(next(stamps), face) == [expected], "an estimate with the rank")
            assert answer(5 * SECOND_NS) == []  # the face is gone
    finally:
        go_on.set()


def test_lock_step_ranks_every_face_before_its_label(bench, peer, tiny_model, rank_model, face, ask):
    expected = int(FaceRanker(LiveRankConfig(rank_model=str(rank_model))).rank(face))
    with bench.running(
        EmotionNode, peer.namespace, model=str(tiny_model), rank_model=str(rank_model), clock="lockstep"
    ):
        peer.until_status("emotion", "OK", "waiting for faces")
        answer = ask()
        assert answer(SECOND_NS, face) == [expected]
        assert answer(2 * SECOND_NS, face) == [expected]


def test_lost_relevance_is_told_and_labels_go_on(bench, peer, tiny_model, rank_model, face, ask, monkeypatch):
    def lost(self, face):
        raise ExplainError("lrp: expected attributions that sum to the logit")

    monkeypatch.setattr(FaceRanker, "rank", lost)
    with bench.running(EmotionNode, peer.namespace, model=str(tiny_model), rank_model=str(rank_model)):
        peer.until_status("emotion", "OK", "waiting for faces")
        answer = ask()
        assert answer(SECOND_NS, face) == [0]
        peer.until_status("emotion", "WARN", "no rank: lrp: expected attributions")
        assert answer(3 * SECOND_NS, face) == [0]


def test_a_model_that_cannot_rank_is_refused(bench, peer, tiny_model):
    with bench.running(EmotionNode, peer.namespace, model=str(tiny_model), rank_model=str(tiny_model)):
        peer.until_status("emotion", "ERROR", "it works for plain chains of layers")


@pytest.mark.parametrize("rank", list(IntensityRank))
def test_ranks_have_the_messages_numbers(rank):
    assert int(rank) == getattr(EmotionEstimate, f"INTENSITY_{rank.name}")
