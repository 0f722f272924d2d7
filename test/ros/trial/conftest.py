"""trial_node with a scripted peer that plays all other nodes of the chain."""

import pytest
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, JointState

from affect_core.heads.expressions import load_expressions
from affect_core.trial import load_protocol, schedule
from affect_hri import conversions
from affect_hri.nodes.trial import TrialNode
from affect_hri_interfaces.msg import (
    EmotionEstimateArray,
    ExpressionCommand,
    FaceArray,
    HeadStatus,
    SceneCommand,
    TrialEvent,
)

QUICK = {"protocol": "short", "start_delay_s": 0.0}


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


@pytest.fixture(scope="session")
def make_chain():
    """For peers of a namespace of one's own."""
    return Chain


@pytest.fixture
def chain(peer):
    return Chain(peer)


@pytest.fixture
def run(bench, peer, chain, let_begin, tmp_path, wait_until):
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


@pytest.fixture(scope="session")
def let_begin():
    """Say that the node `mute` is up."""

    def say(peer):
        name = f"/social_perception/faces/{peer.namespace}/mute"
        status = DiagnosticStatus(level=DiagnosticStatus.OK, name=name)
        peer.speak("/diagnostics", DiagnosticArray).publish(DiagnosticArray(status=[status]))

    return say


@pytest.fixture(scope="session")
def plan():
    """The schedule of a protocol."""
    table = load_expressions()
    onsets_s = {name: table.get(name).onset_s for name in table.names()}

    def make(protocol="short", seed=0):
        return schedule(load_protocol(protocol), onsets_s, seed)

    return make


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
