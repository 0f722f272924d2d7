"""The schedule, frame by frame and on the wall clock, and who keeps it up."""

import json

import pytest
from diagnostic_msgs.msg import DiagnosticStatus
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState

from affect_core.trial import EventKind, Session, frame_stamp_ns
from affect_hri import conversions
from affect_hri.nodes.trial import TrialNode
from affect_hri_interfaces.msg import TrialEvent

FPS, FRAMES = 10, 20  # of config/trials/short.yaml
QUICK = {"protocol": "short", "start_delay_s": 0.0}
LINKS = ("ohbot", "avatar", "face", "emotion")


def stamp(message):
    return conversions.from_time(message.header.stamp)


class TestLockstep:
    def test_events_have_the_stamps_of_the_schedule(self, run, chain, plan):
        end = run(seed=3, participant="p7")
        events = plan(seed=3).events
        assert [(e.kind, e.label, e.index) for e in chain.events] == [
            (e.kind, e.label, e.index) for e in events
        ]
        # 0.4 + 0.6 + 0.4 + 0.6 s at 10 frames per second: every event falls on a frame.
        assert [stamp(e) for e in chain.events] == [
            0,
            0,
            400_000_000,
            1_000_000_000,
            1_400_000_000,
            2_000_000_000,
        ]
        assert [stamp(e) for e in chain.events] == [event.at_ns for event in events]
        assert [e.onset for e in chain.events] == pytest.approx([event.onset_s for event in events])
        assert {e.session for e in chain.events} == {"p7-short-even-seed3"}
        assert {e.total for e in chain.events} == {6}
        assert json.loads(end.detail) == {"frames": FRAMES}

    def test_one_tick_per_frame(self, run, chain):
        run()
        assert chain.ticks == [frame_stamp_ns(k, FPS) for k in range(FRAMES)]

    def test_the_session_is_told_at_its_start(self, run, chain):
        run(seed=2)
        session = Session.from_json(chain.events[0].detail)
        assert (session.id, session.protocol, session.seed) == ("short-even-seed2", "short", 2)
        assert (session.clock, session.camera, session.lighting, session.fps) == (
            "lockstep",
            "avatar",
            "even",
            10.0,
        )
        assert session.started_at

    def test_commands_and_scene(self, run, chain, plan):
        run(lighting="dim")
        wanted = [event for event in plan().events if event.kind in (EventKind.REST, EventKind.COMMAND)]
        assert [(stamp(c), c.expression, c.intensity) for c in chain.commands] == [
            (event.at_ns, event.label, event.intensity) for event in wanted
        ]
        assert [(scene.lighting, scene.occlusion) for scene in chain.scenes] == [("dim", "none")]

    @pytest.mark.parametrize("silent", LINKS)
    def test_the_barrier_names_the_silent_node(self, run, chain, silent):
        chain.silent, chain.silent_from = LINKS[LINKS.index(silent) :], 3
        end = run(barrier_timeout_s=0.5)
        assert end.kind == TrialEvent.ABORT
        assert end.detail == f"no estimate for frame 3 within 0.5 s; silent node: {silent}"
        assert len(chain.ticks) == 4

    def test_a_head_that_does_not_acknowledge(self, run, chain):
        chain.acknowledges = False
        end = run(barrier_timeout_s=0.5)
        assert end.detail.endswith("silent node: ohbot (did not acknowledge a command)")
        assert chain.ticks == []

    def test_a_head_that_refuses(self, run, chain):
        chain.refuses = "no such face"
        end = run()
        assert (end.kind, end.detail) == (TrialEvent.ABORT, "the head refused neutral: no such face")

    def test_a_node_that_does_not_come_up_is_named(self, bench, peer, chain, tmp_path, wait_until):
        options = {"output": str(tmp_path), "wait_for": ["face"], "ready_timeout_s": 1.0, **QUICK}
        with bench.running(TrialNode, peer.namespace, **options):
            end = wait_until(lambda: chain.over, "the abort")
        assert end.kind == TrialEvent.ABORT
        assert f"/social_perception/faces/{peer.namespace}/face: has not reported" in end.detail


def test_wall_mode_stamps_events_with_their_scheduled_instants(
    bench, peer, chain, tmp_path, wait_until, plan
):
    with bench.running(TrialNode, peer.namespace, output=str(tmp_path), **QUICK):
        wait_until(lambda: chain.over, "the end of the trial")
    start_ns = stamp(chain.events[0])
    assert start_ns > 1_600_000_000_000_000_000
    assert [stamp(e) - start_ns for e in chain.events] == [event.at_ns for event in plan().events]


def test_deactivation_aborts_and_says_so(bench, peer, chain, tmp_path, wait_until):
    options = {"output": str(tmp_path), **QUICK, "protocol": "demo"}
    with bench.running(TrialNode, peer.namespace, **options):
        wait_until(lambda: len(chain.events) >= 2, "the trial to run")
        request = ChangeState.Request(transition=Transition(id=Transition.TRANSITION_DEACTIVATE))
        assert peer.call("trial/change_state", ChangeState, request).success
        end = wait_until(lambda: chain.over, "the abort")
    assert (end.kind, end.detail) == (TrialEvent.ABORT, "interrupted by the operator")


class Hasty(TrialNode):
    """Its operator aborts as soon as it says that it conducts."""

    def report(self, level, message, **values):
        told = super().report(level, message, **values)
        if message.startswith("conducting"):
            self.abort()
        return told


def test_what_is_aborted_at_once_has_begun_before(bench, peer, chain, tmp_path, wait_until):
    with bench.running(Hasty, peer.namespace, output=str(tmp_path), **QUICK):
        wait_until(lambda: chain.over, "the abort")
    start, *_, end = chain.events
    assert (start.kind, end.kind) == (TrialEvent.SESSION_START, TrialEvent.ABORT)
    assert Session.from_json(start.detail).protocol == "short"


def test_a_source_that_ends_ends_the_trial(bench, peer, chain, tmp_path, wait_until):
    options = {"output": str(tmp_path), **QUICK, "protocol": "watch", "camera": "video", "head": "none"}
    with bench.running(TrialNode, peer.namespace, **options):
        camera = peer.speak("camera/status", DiagnosticStatus, depth=1)
        wait_until(lambda: chain.events, "the trial to run")
        camera.publish(DiagnosticStatus(message="ended"))
        assert wait_until(lambda: chain.over, "the end").kind == TrialEvent.SESSION_END
    assert chain.commands == []
    assert chain.scenes == []
