"""trial_node: conducts a protocol and publishes its ground truth as stamped events."""

from __future__ import annotations

import dataclasses
import json
import math
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus
from rosgraph_msgs.msg import Clock
from std_msgs.msg import String

from affect_core.errors import InputError
from affect_core.evaluation.progress import Progress
from affect_core.heads.expressions import load_expressions
from affect_core.labels import NEUTRAL
from affect_core.paths import set_aside
from affect_core.trial import (
    EventKind,
    TrialEvent,
    TrialScene,
    load_protocol,
    participant_number,
    schedule,
)
from affect_core.trial.notes import Notes
from affect_core.trial.timeline import Timeline
from affect_hri import conversions
from affect_hri.nodes import _topics
from affect_hri.nodes._barrier import Chain, Roll
from affect_hri.nodes._managed import ManagedNode, status_name
from affect_hri.nodes._operator import offer_operator
from affect_hri.nodes._pending import Pending, Request
from affect_hri.nodes._trial_action import TrialAction
from affect_hri.nodes._trial_plan import TrialSettings, checked, session_of
from affect_hri.program import run
from affect_hri_interfaces import msg as affect
from affect_hri_interfaces.action import RunTrial

TICK_S = 0.01


class TrialNode(ManagedNode):
    """Commands the head by a schedule. In lock-step it owns /clock and waits for the estimate of every frame."""

    node_name = "trial"
    settings = (TrialSettings,)
    conducts = True

    def __init__(self, **options: Any) -> None:
        self._time: Timeline | None = None
        super().__init__(**options)

    def setup(self) -> None:
        """Load the protocol; an unknown one is an error that lists the known ones."""
        self._config = self.config(TrialSettings)
        self._table = load_expressions()
        self._plan(self._config.protocol, self._config.seed, self._config.participant)
        self._events = self.advertise(_topics.TRIAL_EVENTS)
        self._prompts = self.advertise(_topics.TRIAL_PROMPT)
        self._commands = self.advertise(_topics.HEAD_COMMAND)
        self._scene = self.advertise(_topics.SCENE)
        if self.lockstep:
            self._ticks = self.advertise(_topics.CLOCK)
        self._running, self._pausing, self._marks = False, False, 0
        self._waiting_ns: int | None = None
        self._pending = Pending()

    def start(self) -> None:
        """Listen to the chain and, with start:=auto, begin when all nodes are up."""
        self._roll = Roll(status_name(self, name) for name in self._config.wait_for)
        self._deadline_s = time.monotonic() + self._config.ready_timeout_s
        self._begin_at_s = None if self._config.start == "auto" else math.inf
        self.listen(_topics.DIAGNOSTICS, self._roll.on_diagnostics)
        self.listen(_topics.CAMERA_STATUS, self._on_camera_status)
        self.listen(_topics.HEAD_STATUS, self._on_head_status)
        self.listen(_topics.SCENE_APPLIED, self._on_scene_applied)
        self.listen(_topics.TRIAL_NOTES, lambda message: self.note(message.data))
        self._watch_chain()
        self._action = TrialAction(
            self, lambda: self._running, self._on_goal, self._on_cancel, lambda: self._session.id
        )
        self.release_later(self._action.destroy)
        offer_operator(self)
        self.every(TICK_S, self._tick)
        self.report(DiagnosticStatus.OK, "waiting for the other nodes")

    def stop(self) -> None:
        """A trial that is cut off says so in its events."""
        if self._running:
            self._abort("interrupted by the operator")

    def interrupt(self) -> None:
        """Tell the others that the trial ends here."""
        self.stop()
        self._begin_at_s = math.inf
        super().interrupt()

    @property
    def progress(self) -> tuple[float, float, str]:
        """Seconds done, seconds in all, label in force."""
        if self._time is None:
            return 0.0, math.inf, ""
        truth = self._time.truth
        return self._time.elapsed_s, self._time.plan.duration_s, truth.label if truth else ""

    @property
    def prompt(self) -> str:
        """What the person is told now."""
        truth = self._time.truth if self._time else None
        return self._protocol.prompt(truth.label) if truth and self._running else ""

    # --- beginning and ending ---

    def _plan(self, protocol_name: str, seed: int, participant: str) -> None:
        config = self._config
        self._protocol = checked(load_protocol(protocol_name), config, self.lockstep)
        onsets_s = {name: self._table.get(name).onset_s for name in self._table.names()}
        row = participant_number(participant, seed)
        plan = schedule(self._protocol, onsets_s, seed, row)
        self._time = Timeline(plan, self.lockstep, self._protocol.self_timed)
        self._session = session_of(self._protocol, config, seed, participant, self.lockstep)

    def _tick(self) -> None:
        if self._running:
            self._conduct()
        elif self._begin_at_s is None:
            self._check_ready()
        elif time.monotonic() >= self._begin_at_s:
            self._begin()

    def _check_ready(self) -> None:
        if self._roll.complete:
            self._begin_at_s = time.monotonic() + self._config.start_delay_s
        elif time.monotonic() > self._deadline_s or self._roll.hopeless:
            self._begin_at_s = math.inf
            self._abort(f"not all nodes came up: {self._roll.missing()}")

    def _begin(self) -> None:
        self._begin_at_s = math.inf
        self._running, self._shown_scene = True, None
        self._pausing, self._waiting_ns = False, None
        self._pending.clear()
        try:
            first = self._first_event()
            self._notes = Notes(self._folder, keep=first.index > 0)
        except InputError as error:
            self._abort(str(error))
            return
        self._time.begin(first, self.now_ns())
        started_at = datetime.now().astimezone().isoformat(timespec="seconds")
        resumed = first.index > 0
        self._session = dataclasses.replace(self._session, started_at=started_at, resumed=resumed)
        self._publish_scene(self._base_scene, self._stamp_ns())
        self.report(DiagnosticStatus.OK, f"conducting {self._session.id}")
        if resumed:
            self._go_on(first)
        if self.lockstep:
            self._step()

    @property
    def _folder(self) -> Path:
        return Path(self._config.output) / self._session.id

    def _first_event(self) -> TrialEvent:
        """Where to begin: at the first block that is not finished; an older report is set aside if that is the first."""
        plan, progress = self._time.plan, Progress(self._folder)
        begun = progress.begun() if self._config.resume else None
        if begun is not None and begun.session.same_conditions(self._session):
            done = progress.finished(plan.blocks)
            if done:
                first = plan.block_start(done)
                progress.drop_from(first.index)
                self.get_logger().info(f"{done} of {len(plan.blocks)} repetitions are finished")
                return first
        set_aside(self._folder)
        return plan.events[0]

    def _go_on(self, first: TrialEvent) -> None:
        """Begin amid the schedule: bring the head to where it was, without a frame of it."""
        self._publish_event(self._time.plan.events[0], self._stamp_ns(), self._session.to_json())
        for event, stamp_ns in self._time.before(first):
            self._command_head(event, stamp_ns)

    def _end(self, event: TrialEvent, stamp_ns: int) -> None:
        self._running = False
        self._publish_event(
            event, stamp_ns, json.dumps({"frames": self._time.frames_passed if self.lockstep else None})
        )
        self.report(DiagnosticStatus.OK, f"finished {self._session.id}")
        self._action.answer(True, "")

    def _abort(self, reason: str) -> None:
        self._running = False
        stamp_ns = self._stamp_ns()
        event = self._time.plan.abort_at(self._time.elapsed_s)
        self._publish_event(event, stamp_ns, reason)
        self.report(DiagnosticStatus.ERROR, f"aborted: {reason}")
        self._action.answer(False, reason)

    # --- conducting ---

    def _conduct(self) -> None:
        if self._time.paused:
            return
        if self.lockstep:
            self._check_barrier()
        else:
            self._hand_out(self._time.due(self.now_ns()))

    def _step(self) -> None:
        """Lock-step: command what is due at this frame, then let time go there."""
        self._waiting_ns = None
        if self._pausing:
            self._stand_still()
            return
        self._barrier_s = time.monotonic() + self._config.barrier_timeout_s
        self._hand_out(self._time.due(0))
        self._let_time_pass()

    def _let_time_pass(self) -> None:
        """Unless the trial is over, or somebody has not answered yet."""
        if self._running and not self._pending and self._waiting_ns is None:
            self._waiting_ns = self._stamp_ns()
            self._ticks.publish(Clock(clock=conversions.to_time(self._waiting_ns)))

    def _stamp_ns(self) -> int:
        return self._time.stamp_ns(self.now_ns())

    def _hand_out(self, due: list[tuple[TrialEvent, int]]) -> None:
        for event, at_ns in due:
            if event.kind is EventKind.SESSION_END:
                self._end(event, at_ns)
                return
            self._show(event, at_ns)

    def _show(self, event: TrialEvent, at_ns: int) -> None:
        if event.scene is not None:
            self._publish_scene(event.scene, at_ns)
        start = event.kind is EventKind.SESSION_START
        scene = event.scene.to_json() if event.scene else ""
        self._publish_event(event, at_ns, self._session.to_json() if start else scene)
        if event.label:
            self._command_head(event, at_ns)
            self._publish_prompt(self._protocol.prompt(event.label))

    def _command_head(self, event: TrialEvent, stamp_ns: int) -> None:
        if self._config.head == "none":
            return
        command = affect.ExpressionCommand(
            header=conversions.to_header(stamp_ns),
            expression=event.label,
            intensity=event.intensity,
            onset=event.onset_s,
        )
        self._request(
            "ohbot (did not acknowledge a command)",
            ("head", stamp_ns, event.label),
            lambda: self._commands.publish(command),
        )

    def _publish_event(self, event: TrialEvent, stamp_ns: int, detail: str = "") -> None:
        self._events.publish(
            affect.TrialEvent(
                header=conversions.to_header(stamp_ns),
                kind=int(event.kind),
                session=self._session.id,
                label=event.label,
                intensity=event.intensity,
                onset=event.onset_s,
                index=event.index,
                total=event.total,
                detail=detail,
            )
        )
        self._action.tell(event.index, event.total, event.label)

    @property
    def _base_scene(self) -> TrialScene | None:
        """The scene of a protocol without scenes of its own."""
        own = self._config.camera != "avatar" or self._protocol.scenes
        return None if own else TrialScene(self._config.lighting, self._config.occlusion)

    def _publish_scene(self, scene: TrialScene | None, stamp_ns: int) -> None:
        if scene is None or scene == self._shown_scene:
            return
        self._shown_scene = scene
        message = conversions.from_trial_scene(scene, stamp_ns)
        if not self._protocol.scenes:
            self._scene.publish(message)
            return
        key = ("scene", stamp_ns, scene.lighting, scene.occlusion)
        self._request("avatar (did not apply a scene)", key, lambda: self._scene.publish(message))

    def _request(self, silent: str, key: tuple[object, ...], send: Any) -> None:
        """Send it; in lock-step no time passes until it is answered."""
        if self.lockstep:
            self._pending.add(Request(silent, key, send))
        else:
            send()

    def _publish_prompt(self, text: str) -> None:
        if self._protocol.prompts:
            self._prompts.publish(String(data=text))

    # --- the operator ---

    def next(self) -> str:
        """A self-timed expression is over; an answer why not, or empty."""
        if not self._running or self._time.paused or not self._time.awaits_next:
            return "nothing waits for next"
        self._hand_out(self._time.next(self.now_ns()))
        return ""

    def pause(self) -> str:
        """Stand still, in lock-step after the frame that is under way; an answer why not, or empty."""
        if not self._running or self._pausing or self._time.paused:
            return "no trial is running"
        self._pausing = True
        if not self.lockstep:
            self._stand_still()
        return ""

    def resume(self) -> str:
        """Show the block that was cut off anew and go on; an answer why not, or empty."""
        if not self._running or not self._time.paused:
            return "no trial is paused"
        self._time.resume(self.now_ns())
        self.report(DiagnosticStatus.OK, f"conducting {self._session.id}")
        if self.lockstep:
            self._step()
        return ""

    def abort(self) -> str:
        """End the trial; an answer why not, or empty."""
        if not self._running:
            return "no trial is running"
        self._abort("aborted by the operator")
        return ""

    def note(self, text: str) -> None:
        """Keep a note; where nothing is commanded, the name of an expression marks what is seen from now on."""
        if not self._running or not text.strip():
            return
        stamp_ns, text = self._stamp_ns(), text.strip()
        self._notes.add(stamp_ns, self._time.elapsed_s, text)
        if self._protocol.kind == "watch" and text in self._table.names():
            self._marks += 1
            kind = EventKind.REST if text == NEUTRAL else EventKind.COMMAND
            onset_s = self._protocol.reaction_s
            event = TrialEvent(self._time.elapsed_s, kind, text, 1.0, onset_s, self._marks, self._marks + 2)
            self._publish_event(event, stamp_ns)

    def _stand_still(self) -> None:
        self._pausing = False
        self._publish_event(*self._time.pause(self.now_ns()))
        self.report(DiagnosticStatus.WARN, f"paused {self._session.id}")

    # --- what comes back ---

    def _watch_chain(self) -> None:
        links = {"camera": _topics.CAMERA_INFO, "face": _topics.FACES, "emotion": _topics.EMOTIONS}
        if self._config.camera == "avatar":
            links = {"ohbot": _topics.JOINT_STATES, "avatar": _topics.CAMERA_INFO} | links
            del links["camera"]
        self._chain = Chain(links)
        for link, topic in links.items():
            self.listen(topic, lambda message, link=link: self._on_link(link, message))

    def _on_link(self, link: str, message: Any) -> None:
        stamp_ns = conversions.from_time(message.header.stamp)
        self._chain.saw(link, stamp_ns)
        if link == "emotion" and self.lockstep and self._running and stamp_ns == self._waiting_ns:
            self._time.tick()
            self._step()

    def _on_head_status(self, message: affect.HeadStatus) -> None:
        if not self._running or not self.lockstep:
            return
        asked, *_, wanted = self._pending.key or ("", "")
        if message.state == affect.HeadStatus.FAULT and asked == "head":
            self._abort(f"the head refused {wanted}: {message.message}")
        else:
            self._on_answer(("head", conversions.from_time(message.command_stamp), message.expression))

    def _on_scene_applied(self, message: affect.SceneCommand) -> None:
        stamp_ns = conversions.from_time(message.header.stamp)
        self._on_answer(("scene", stamp_ns, message.lighting, message.occlusion))

    def _on_answer(self, key: tuple[object, ...]) -> None:
        if self._running and self._pending.answered(key):
            self._let_time_pass()

    def _on_camera_status(self, message: DiagnosticStatus) -> None:
        if not self._running or message.message != _topics.CAMERA_ENDED:
            return
        if self._config.on_source_end == "abort":
            self._abort("the source has ended")
        else:
            self._end(self._time.plan.end_at(self._time.elapsed_s), self._stamp_ns())

    def _check_barrier(self) -> None:
        if time.monotonic() <= self._barrier_s:
            return
        silent = self._pending.silent or self._chain.silent(self._waiting_ns or 0)
        self._abort(
            f"no estimate for frame {self._time.frame} within {self._config.barrier_timeout_s:g} s; silent node: {silent}"
        )

    # --- action ---

    def _on_goal(self, request: RunTrial.Goal) -> None:
        self._plan(request.protocol, request.seed, request.participant)
        self._begin_at_s, self._deadline_s = None, time.monotonic() + self._config.ready_timeout_s

    def _on_cancel(self, reason: str) -> None:
        if self._running:
            self._abort(reason)
        else:
            self._begin_at_s = math.inf
            self._action.answer(False, reason)


def main() -> int:
    """Entry point of `ros2 run affect_hri trial_node`."""
    return run(TrialNode)
