"""trial_node with a scripted peer that plays all other nodes of the chain."""

import csv
import json

import pytest
from action_msgs.msg import GoalStatus
from action_msgs.srv import CancelGoal
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, JointState
from std_msgs.msg import String
from std_srvs.srv import Trigger

from affect_core.heads.expressions import load_expressions
from affect_core.trial import EventKind, Session, frame_stamp_ns, load_protocol, schedule
from affect_hri import conversions
from affect_hri.nodes.evaluation import EvaluationNode
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
        self.ticks, self.applied = [], []
        self.applies = True
        self.events = peer.hear("trial/events", TrialEvent, latched=True)
        self.scenes = peer.hear("scene", SceneCommand, latched=True)
        self.commands = []
        self._peer = peer

    def connect(self, listeners=1):
        peer = self._peer
        counts = {"faces": listeners, "emotions": listeners, "camera/camera_info": listeners}
        self._links = {
            name: (peer.speak(topic, kind, listeners=counts.get(topic, 1)), kind)
            for name, topic, kind in self.LINKS
        }
        self._status = peer.speak("head/status", HeadStatus, depth=1)
        peer.react("/clock", Clock, self._on_clock, latched=True)
        self._applied = peer.speak("scene/applied", SceneCommand, depth=1)
        peer.react("head/command", ExpressionCommand, self._on_command, latched=True)
        peer.react("scene", SceneCommand, self._on_scene, latched=True)

    def _on_scene(self, message):
        if self.applies:
            self.applied.append((len(self.ticks), message.lighting, message.occlusion))
            self._applied.publish(message)

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
        self._last = message
        self._answer(message)

    def answer_last(self):
        """What was not said before."""
        self._answer(self._last)

    def _answer(self, message):
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
        assert "known: demo, free, human" in result.result().result.message

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


LABELS = "[confusion, disapproval]"
BLOCKS = f"""
name: blocks
labels: {LABELS}
repetitions: 2
hold_s: 0.6
rest_s: 0.4
lead_in_s: 0.4
order: fixed
fps: 10
"""  # four times 0.4 + 0.6 s, 10 frames each


@pytest.fixture
def blocks(tmp_path):
    """A protocol file of four blocks, with more lines."""

    def write(more=""):
        path = tmp_path / "blocks.yaml"
        path.write_text(f"{BLOCKS}\n{more}\n")
        return str(path)

    return write


class TestScenes:
    SCENES = "scenes: [{lighting: dim, yaw_deg: 10}, {lighting: side, occlusion: eye}]"

    def test_a_scene_is_applied_before_its_first_frame(self, run, chain, blocks):
        run(protocol=blocks(self.SCENES))
        # Two scenes of 40 frames each; what the protocol leaves open is the run's own.
        assert chain.applied == [(0, "dim", "none"), (40, "side", "eye")]
        assert [(stamp(scene), scene.lighting) for scene in chain.scenes] == [
            (0, "dim"),
            (4_000_000_000, "side"),
        ]
        assert chain.scenes[0].yaw_offset == pytest.approx(0.174533)
        assert len(chain.ticks) == 80

    def test_every_command_and_rest_says_its_scene(self, run, chain, blocks):
        run(protocol=blocks(self.SCENES))
        shown = [conversions.to_truth_event(event) for event in chain.events][1:-1]
        assert [event.scene.lighting for event in shown] == ["dim"] * 8 + ["side"] * 8
        assert {event.scene.yaw_deg for event in shown[:8]} == {10.0}
        session = Session.from_json(chain.events[0].detail)
        assert (session.id, session.lighting, session.occlusion) == ("blocks-seed0", "", "")

    def test_no_time_passes_before_a_scene_is_applied(self, run, chain, blocks):
        chain.applies = False
        end = run(protocol=blocks(self.SCENES), barrier_timeout_s=0.5)
        assert end.detail.endswith("silent node: avatar (did not apply a scene)")
        assert chain.ticks == []

    @pytest.mark.parametrize(
        ("more", "parameters", "message"),
        [
            ("scenes: [{lighting: fog}]", {}, "unknown lighting 'fog'; known: "),
            ("scenes: [{lighting: dim}]", {"camera": "webcam"}, "which only the virtual camera shows"),
            ("consent: May we?", {}, "asks for consent"),
            ("self_timed: true", {}, "is self-timed; expected clock wall, got lockstep"),
        ],
    )
    def test_what_cannot_be_conducted_is_told(self, bench, peer, blocks, more, parameters, message):
        options = {"clock": "lockstep", "protocol": blocks(more), **parameters}
        with bench.running(TrialNode, peer.namespace, **options) as node:
            assert message in peer.until_status("trial", "ERROR", message)
            assert node.failure is not None


class TestResume:
    @pytest.fixture
    def conduct(self, bench, make_peer, tmp_path, wait_until):
        """A trial with its report; where the chain falls silent the operator ends it."""

        def run(silent_from=None, **parameters):
            namespace = bench.namespace()
            peer = make_peer(namespace)
            chain = Chain(peer)
            if silent_from is not None:
                chain.silent, chain.silent_from = ("emotion",), silent_from
            options = {"clock": "lockstep", "output": str(tmp_path / "reports")}
            try:
                with (
                    bench.running(EvaluationNode, namespace, samples=False, **options) as evaluation,
                    bench.running(
                        TrialNode, namespace, **QUICK | options | {"wait_for": ["mute"]} | parameters
                    ),
                ):
                    peer.until_status("evaluation", "OK", "collecting")
                    chain.connect(listeners=2)
                    let_begin(peer)
                    if silent_from is not None:
                        wait_until(lambda: len(chain.ticks) > silent_from, "the silence")
                        assert peer.call("trial/abort", Trigger, Trigger.Request()).success
                    wait_until(lambda: evaluation.result, "the report")
            finally:
                peer.close()
            return chain, evaluation.result

        return run

    def test_every_repetition_once(self, conduct, blocks, tmp_path):
        protocol = blocks()
        chain, (folder, summary) = conduct(silent_from=25, protocol=protocol)
        assert chain.over.detail == "aborted by the operator"
        assert sorted(path.name for path in (folder / "progress").glob("block_*")) == [
            "block_00001.json",
            "block_00003.json",
        ]

        chain, (folder, summary) = conduct(protocol=protocol, resume=True)
        assert Session.from_json(chain.events[0].detail).resumed
        # It goes on at the third block, 2 s and 20 frames after the start, from where the head was.
        assert chain.ticks == [frame_stamp_ns(k, FPS) for k in range(20, 40)]
        assert [(stamp(c) // 10**6, c.expression) for c in chain.commands][:3] == [
            (1000, "neutral"),
            (1400, "disapproval"),
            (2000, "neutral"),
        ]
        assert summary["frames"]["published"] == 40
        rows = list(csv.DictReader((folder / "records.csv").open()))
        assert [int(row["stamp_ns"]) for row in rows] == [frame_stamp_ns(k, FPS) for k in range(40)]
        assert [(row["truth"], row["repetition"]) for row in rows[9::10]] == [
            ("confusion", "1"),
            ("disapproval", "1"),
            ("confusion", "2"),
            ("disapproval", "2"),
        ]
        assert not (folder / "progress").exists()

    def test_a_session_of_other_conditions_begins_anew(self, conduct, blocks, tmp_path):
        protocol = blocks()
        conduct(silent_from=25, protocol=protocol, session="s1")
        chain, (folder, summary) = conduct(protocol=protocol, session="s1", participant="p2", resume=True)
        assert len(chain.ticks) == summary["frames"]["published"] == 40
        assert (folder.with_name("s1~1") / "progress").exists()


class TestOperator:
    def test_a_pause_in_lockstep_shows_its_block_anew(self, bench, peer, chain, tmp_path, wait_until, blocks):
        chain.silent, chain.silent_from = ("emotion",), 16  # amid the second block
        options = {
            "clock": "lockstep",
            "output": str(tmp_path),
            "protocol": blocks(),
            "barrier_timeout_s": 60.0,
        }
        with bench.running(TrialNode, peer.namespace, **{**QUICK, **options, "wait_for": ["mute"]}):
            chain.connect()
            let_begin(peer)
            wait_until(lambda: len(chain.ticks) > 16, "the silence")
            assert peer.call("trial/pause", Trigger, Trigger.Request()).success
            chain.silent = ()
            chain.answer_last()
            wait_until(lambda: chain.events[-1].label == "" and len(chain.events) > 2, "the pause")
            assert len(chain.ticks) == 17
            assert not peer.call("trial/pause", Trigger, Trigger.Request()).success
            assert peer.call("trial/resume", Trigger, Trigger.Request()).success
            end = wait_until(lambda: chain.over, "the end")
        shown = [(stamp(e) // 10**6, e.kind, e.label, e.index) for e in chain.events]
        assert shown[3:9] == [
            (1000, TrialEvent.REST, "neutral", 3),
            (1400, TrialEvent.COMMAND, "disapproval", 4),
            (1700, TrialEvent.REST, "", 3),
            (1800, TrialEvent.REST, "neutral", 3),
            (2200, TrialEvent.COMMAND, "disapproval", 4),
            (2800, TrialEvent.REST, "neutral", 5),
        ]
        assert json.loads(end.detail) == {"frames": 40 + 7}
        assert chain.ticks == sorted(set(chain.ticks))

    def test_a_pause_on_the_wall_clock(self, bench, peer, chain, tmp_path, wait_until, blocks):
        with bench.running(
            TrialNode, peer.namespace, **{**QUICK, "output": str(tmp_path), "protocol": blocks()}
        ):
            wait_until(lambda: len(chain.events) >= 4, "the second block")
            assert peer.call("trial/pause", Trigger, Trigger.Request()).success
            wait_until(lambda: chain.events[-1].label == "", "the pause")
            first = chain.events[-1].index
            told = len(chain.events)
            told_status = len(peer.statuses("trial"))
            wait_until(lambda: len(peer.statuses("trial")) > told_status + 1, "time to pass")
            assert len(chain.events) == told
            assert peer.call("trial/resume", Trigger, Trigger.Request()).success
            wait_until(lambda: chain.over, "the end")
        after = list(chain.events)[told:]
        assert [e.index for e in after] == list(range(first, 10))
        # From the resumption on the schedule is kept again.
        begun = next(event for event in self.plan(blocks()).events if event.index == first)
        shift = {
            stamp(e) - event.at_ns for e, event in zip(after, self.plan(blocks()).events[first:], strict=True)
        }
        assert len(shift) == 1
        assert stamp(after[0]) - begun.at_ns in shift

    @staticmethod
    def plan(path):
        table = load_expressions()
        return schedule(load_protocol(path), {name: table.get(name).onset_s for name in table.names()}, 0)

    def test_self_timed_prompts_wait_for_next(self, bench, peer, chain, tmp_path, wait_until, blocks):
        texts = "self_timed: true\nprompts: [Frown., Shake your head.]\nrest_prompt: Relax.\nconsent: May we?"
        prompts = peer.hear("trial/prompt", String, latched=True)
        options = {"output": str(tmp_path), "protocol": blocks(texts), "consent": "signed", "head": "none"}
        with bench.running(TrialNode, peer.namespace, **QUICK | options):
            for number in range(1, 5):
                wait_until(lambda n=number: len(chain.events) == 1 + 2 * n, f"expression {number}")
                told = len(peer.statuses("trial"))
                wait_until(lambda told=told: len(peer.statuses("trial")) > told, "time to pass")
                assert chain.events[-1].kind == TrialEvent.COMMAND
                assert peer.call("trial/next", Trigger, Trigger.Request()).success
            wait_until(lambda: chain.over, "the end")
        assert chain.over.kind == TrialEvent.SESSION_END
        assert [p.data for p in prompts] == ["Relax.", "Frown.", "Relax.", "Shake your head."] * 2
        assert Session.from_json(chain.events[0].detail).consent_given

    def test_marks_and_notes_where_nothing_is_commanded(self, bench, peer, chain, tmp_path, wait_until):
        options = {
            "output": str(tmp_path),
            "protocol": "free",
            "camera": "video",
            "head": "none",
            "session": "f",
        }
        with bench.running(TrialNode, peer.namespace, **QUICK | options):
            notes = peer.speak("trial/notes", String)
            wait_until(lambda: chain.events, "the trial to run")
            for text in ("confusion", "she looks away", "neutral"):
                notes.publish(String(data=text))
            wait_until(lambda: len(chain.events) == 3, "both marks")
            assert peer.call("trial/abort", Trigger, Trigger.Request()).success
        marks = [(e.kind, e.label) for e in list(chain.events)[1:3]]
        assert marks == [(TrialEvent.COMMAND, "confusion"), (TrialEvent.REST, "neutral")]
        kept = json.loads((tmp_path / "f" / "notes.json").read_text())
        assert [row["text"] for row in kept] == ["confusion", "she looks away", "neutral"]
        assert kept[0]["stamp_ns"] == stamp(chain.events[1])
