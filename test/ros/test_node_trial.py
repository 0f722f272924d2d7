"""trial_node with a scripted peer that plays all other nodes of the chain."""

import json

import pytest
from action_msgs.msg import GoalStatus
from action_msgs.srv import CancelGoal
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, JointState

from affect_core.heads.expressions import load_expressions
from affect_core.trial import EventKind, Session, frame_stamp_ns, load_protocol, schedule
from affect_hri import conversions
from affect_hri.nodes.trial import TrialNode
from affect_hri_interfaces.action import RunTrial
from affect_hri_interfaces.msg import (
    EmotionEstimateArray,
    ExpressionCommand,
    FaceArray,
    HeadStatus,
    SceneCommand,
    TrialEvent,
)

FPS, FRAMES = 10, 20  # of config/trials/short.yaml
QUICK = {"protocol": "short", "start_delay_s": 0.0}


def plan(seed=0):
    table = load_expressions()
    return schedule(load_protocol("short"), {name: table.get(name).onset_s for name in table.names()}, seed)


def stamp(message):
    return conversions.from_time(message.header.stamp)


class Chain:
    """Head, camera, face and emotion nodes in one: every tick is answered at once, with its stamp.

    `silent` names links that say nothing from frame `silent_from` on.
    """

    LINKS = (
        ("ohbot", "head/joint_states", JointState),
        ("avatar", "camera/camera_info", CameraInfo),
        ("face", "faces", FaceArray),
        ("emotion", "emotions", EmotionEstimateArray),
    )

    def __init__(self, peer):
        self.silent, self.silent_from, self.acknowledges, self.refuses = (), 0, True, ""
        self.ticks = []
        self.events = peer.hear("trial/events", TrialEvent, latched=True)
        self.scenes = peer.hear("scene", SceneCommand, latched=True)
        self.commands = []
        self._peer = peer

    def connect(self):
        peer = self._peer
        self._links = {name: (peer.speak(topic, kind), kind) for name, topic, kind in self.LINKS}
        self._status = peer.speak("head/status", HeadStatus, depth=1)
        peer.react("/clock", Clock, self._on_clock, latched=True)
        peer.react("head/command", ExpressionCommand, self._on_command, latched=True)

    def _on_command(self, message):
        self.commands.append(message)
        if self.acknowledges:
            state = HeadStatus.FAULT if self.refuses else HeadStatus.MOVING
            self._status.publish(
                HeadStatus(
                    state=state,
                    expression=message.expression,
                    command_stamp=message.header.stamp,
                    message=self.refuses,
                )
            )

    def _on_clock(self, message):
        self.ticks.append(conversions.from_time(message.clock))
        for name, (publisher, kind) in self._links.items():
            if name not in self.silent or len(self.ticks) <= self.silent_from:
                answer = kind()
                answer.header.stamp = message.clock
                publisher.publish(answer)

    @property
    def over(self):
        ends = (TrialEvent.SESSION_END, TrialEvent.ABORT)
        return next((event for event in list(self.events) if event.kind in ends), None)


@pytest.fixture
def chain(peer):
    return Chain(peer)


@pytest.fixture
def run(bench, peer, chain, tmp_path, wait_until):
    """A whole lock-step trial; returns its last event."""

    def conduct(**parameters):
        options = {"clock": "lockstep", "output": str(tmp_path), "wait_for": ["mute"], **QUICK, **parameters}
        with bench.running(TrialNode, peer.namespace, **options):
            chain.connect()
            let_begin(peer)
            return wait_until(
                lambda: chain.over, lambda: f"the end of the trial; it did {len(chain.ticks)} ticks"
            )

    return conduct


def let_begin(peer):
    """Say that the node `mute` is up."""
    name = f"affect_hri: /{peer.namespace}/mute"
    status = DiagnosticStatus(level=DiagnosticStatus.OK, name=name)
    peer.speak("/diagnostics", DiagnosticArray).publish(DiagnosticArray(status=[status]))


class TestLockstep:
    def test_events_have_the_stamps_of_the_schedule(self, run, chain):
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

    def test_commands_and_scene(self, run, chain):
        run(lighting="dim")
        wanted = [event for event in plan().events if event.kind in (EventKind.REST, EventKind.COMMAND)]
        assert [(stamp(c), c.expression, c.intensity) for c in chain.commands] == [
            (event.at_ns, event.label, event.intensity) for event in wanted
        ]
        assert [(scene.lighting, scene.occlusion) for scene in chain.scenes] == [("dim", "none")]

    @pytest.mark.parametrize("silent", [name for name, _, _ in Chain.LINKS])
    def test_the_barrier_names_the_silent_node(self, run, chain, silent):
        later = [name for name, _, _ in Chain.LINKS]
        chain.silent, chain.silent_from = later[later.index(silent) :], 3
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
        assert f"affect_hri: /{peer.namespace}/face: has not reported" in end.detail


def test_wall_mode_stamps_events_with_their_scheduled_instants(bench, peer, chain, tmp_path, wait_until):
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


def test_a_source_that_ends_ends_the_trial(bench, peer, chain, tmp_path, wait_until):
    options = {"output": str(tmp_path), **QUICK, "protocol": "watch", "camera": "video", "head": "none"}
    with bench.running(TrialNode, peer.namespace, **options):
        camera = peer.speak("camera/status", DiagnosticStatus, depth=1)
        wait_until(lambda: chain.events, "the trial to run")
        camera.publish(DiagnosticStatus(message="ended"))
        assert wait_until(lambda: chain.over, "the end").kind == TrialEvent.SESSION_END
    assert chain.commands == []
    assert chain.scenes == []


class TestAction:
    @pytest.fixture
    def waiting(self, bench, peer, chain, tmp_path):
        options = {"clock": "lockstep", "output": str(tmp_path), "start": "action", **QUICK}
        with bench.running(TrialNode, peer.namespace, **options):
            chain.connect()
            yield

    def test_runs_the_trial_that_is_asked_for(self, waiting, peer, chain, wait_until):
        goal = RunTrial.Goal(protocol="short", seed=5, participant="p1")
        handle, result = peer.act("run_trial", RunTrial, goal)
        assert handle.accepted
        wait_until(result.done, "the result")
        answer = result.result()
        assert answer.status == GoalStatus.STATUS_SUCCEEDED
        assert (answer.result.success, answer.result.message) == (True, "")
        assert answer.result.session == "p1-short-even-seed5"
        wait_until(lambda: len(chain.events) == 6, "all events")
        assert [e.label for e in chain.events] == [e.label for e in plan(seed=5).events]

    def test_an_unknown_protocol_is_aborted_with_the_known_ones(self, waiting, peer, wait_until):
        _handle, result = peer.act("run_trial", RunTrial, RunTrial.Goal(protocol="nonesuch"))
        wait_until(result.done, "the result")
        assert result.result().status == GoalStatus.STATUS_ABORTED
        assert "known: demo, p0_single" in result.result().result.message

    def test_one_at_a_time_and_cancel(self, waiting, peer, chain, wait_until):
        chain.silent = ("emotion",)  # so that it lasts
        handle, result = peer.act("run_trial", RunTrial, RunTrial.Goal(protocol="short"))
        wait_until(lambda: chain.ticks, "the trial to run")
        refused, _ = peer.act("run_trial", RunTrial, RunTrial.Goal(protocol="short"))
        assert not refused.accepted
        canceling = handle.cancel_goal_async()
        wait_until(result.done, "the result")
        wait_until(canceling.done, "the cancel to be answered")
        assert canceling.result().return_code == CancelGoal.Response.ERROR_NONE
        assert result.result().status == GoalStatus.STATUS_CANCELED
        assert result.result().result.message == "canceled by the client"
        assert wait_until(lambda: chain.over, "the abort").detail == "canceled by the client"

    def test_deactivation_while_a_goal_is_under_way(self, waiting, peer, chain, wait_until):
        chain.silent = ("emotion",)
        peer.act("run_trial", RunTrial, RunTrial.Goal(protocol="short"))
        wait_until(lambda: chain.ticks, "the trial to run")
        request = ChangeState.Request(transition=Transition(id=Transition.TRANSITION_DEACTIVATE))
        assert peer.call("trial/change_state", ChangeState, request).success
        assert wait_until(lambda: chain.over, "the abort").detail == "interrupted by the operator"
        told = len(peer.statuses("trial"))
        wait_until(lambda: len(peer.statuses("trial")) > told, "the node's next diagnostic")
