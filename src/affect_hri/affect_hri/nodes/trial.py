"""trial_node: conducts a protocol and publishes its ground truth as stamped events."""

from __future__ import annotations

import dataclasses
import json
import math
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from diagnostic_msgs.msg import DiagnosticStatus

from affect_core.errors import ConfigError, InputError
from affect_core.heads.expressions import load_expressions
from affect_core.labels import NEUTRAL
from affect_core.trial import (
    EventKind,
    TrialEvent,
    load_protocol,
    participant_number,
    schedule,
)
from affect_core.trial.jumps import ClockWatch
from affect_core.trial.notes import Notes
from affect_core.trial.timeline import Timeline
from affect_hri import conversions
from affect_hri.nodes import _topics
from affect_hri.nodes._announcer import Announcer
from affect_hri.nodes._gate import Gate
from affect_hri.nodes._managed import ManagedNode
from affect_hri.nodes._operator import offer_operator
from affect_hri.nodes._rival import Rival
from affect_hri.nodes._steps import Steps
from affect_hri.nodes._trial_action import TrialAction
from affect_hri.nodes._trial_plan import TrialSettings, checked, first_event, session_of
from affect_hri.program import run
from affect_hri_interfaces import msg as affect
from affect_hri_interfaces.action import RunTrial

TICK_S = 0.01


class TrialNode(ManagedNode):
    """Commands the head by a schedule. In lock-step it owns /clock and waits for the estimate of every frame."""

    node_name = "trial"
    settings = (TrialSettings,)
    measured = ()
    conducts = True
    _time: Timeline | None = None

    def setup(self) -> None:
        """Load the protocol; an unknown one is an error that lists the known ones."""
        self._config = self.config(TrialSettings)
        self._table = load_expressions()
        self._announcer = Announcer(self, self._config, self._request)
        self._plan(self._config.protocol, self._config.seed, self._config.participant)
        if self.lockstep:
            self._steps = Steps(self, self._config.barrier_timeout_s)
        self._running, self._pausing, self._marks = False, False, 0

    def start(self) -> None:
        """Listen to the chain and, with start:=auto, begin when all nodes are up."""
        self._gate, self._rival = Gate(self, self._config), Rival(self)
        if self._config.start == "auto":
            self._prepare()
        self.listen(_topics.CAMERA_STATUS, self._on_camera_status)
        self.listen(_topics.HEAD_STATUS, self._on_head_status)
        self.listen(_topics.SCENE_APPLIED, self._on_scene_applied)
        self.listen(_topics.TRIAL_NOTES, lambda message: self.note(message.data))
        self.listen(_topics.TRIAL_EVENTS, self._on_event)
        if self.lockstep:
            self._steps.listen(self._config.camera, self._on_estimate)
        self._action = TrialAction(
            self, lambda: self._running, self._on_goal, self._on_cancel, lambda: self._session.id
        )
        self._announcer.told = lambda event: self._action.tell(event.index, event.total, event.label)
        self.release_later(self._action.destroy)
        offer_operator(self)
        self.every(TICK_S, self._tick)
        self.report(DiagnosticStatus.OK, "waiting for the other nodes")

    def stop(self) -> None:
        """A trial that is cut off says so in its events."""
        if self._running:
            self._abort("interrupted by the operator")
        self._rival.withdraw()

    def interrupt(self) -> None:
        """Tell the others that the trial ends here."""
        self.stop()
        self._gate.shut()
        super().interrupt()

    def allows_frames(self) -> bool:
        """In lock-step they wait for our ticks; else there are none before we know that nobody conducts here."""
        if self.get_parameter("clock").value == "lockstep":
            return True
        return self.is_active and self._rival.unheard

    @property
    def progress(self) -> tuple[float, float, str]:
        """Seconds done, seconds in all, label in force."""
        if self._time is None:
            return 0.0, math.inf, ""
        truth = self._time.truth
        return self._time.elapsed_s, self._time.plan.duration_s, truth.label if truth else ""

    @property
    def title(self) -> str:
        """What is conducted and in which light; empty until that is known."""
        return f"{self._protocol.name} {self._session.lighting}".strip() if self._time else ""

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
        self._announcer.plan(self._protocol, self._session.id)

    def _tick(self) -> None:
        if self._running:
            self._conduct()
        elif self._gate.is_awaited and self._rival.session:
            self._give_way()
        elif not self._rival.undecided:
            self._wait()

    def _prepare(self) -> None:
        self._rival.claim(self._session.id)
        self._gate.open()

    def _wait(self) -> None:
        has_time = self.lockstep or self.now_ns() > 0  # a simulator's clock stands at 0 until it is heard
        try:
            if self._gate.passes("" if has_time else "nobody publishes /clock, and use_sim_time is on"):
                self._begin()
        except InputError as error:
            self._abort(str(error))

    def _begin(self) -> None:
        self._running = True
        self._pausing = False
        if self.lockstep:
            self._steps.clear()
        first, done = first_event(self._folder, self._time.plan, self._session, self._config.resume)
        self._notes = Notes(self._folder, keep=first.index > 0)
        self._time.begin(first, self.now_ns())
        self._clock_watch = ClockWatch(self.now_ns(), time.monotonic())
        started_at = datetime.now().astimezone().isoformat(timespec="seconds")
        resumed = first.index > 0
        if resumed:
            self.get_logger().info(f"{done} of {len(self._time.plan.blocks)} repetitions are finished")
        self._session = dataclasses.replace(self._session, started_at=started_at, resumed=resumed)
        self._announcer.begin(self._stamp_ns())
        if resumed:
            self._go_on(first)
        if self.lockstep:
            self._step()
        else:  # not at the next tick: an abort before it would end what nobody knows to have begun
            self._hand_out(self._time.due(self.now_ns()))
        self.report(DiagnosticStatus.OK, f"conducting {self._session.id}")

    def _give_way(self) -> None:
        """Nothing is published: it would be taken for the other's events."""
        self._gate.shut()
        error = ConfigError(
            f"another trial_node conducts {self._rival.session} in {self.get_namespace()}: two would spoil each other; "
            "wait for its end, or use another namespace"
        )
        self._rival.withdraw()
        self.report(DiagnosticStatus.ERROR, str(error))
        self._action.answer(False, str(error))
        if self._config.start == "auto":
            self.failure = error
            self.finish(error.exit_code)

    @property
    def _folder(self) -> Path:
        return Path(self._config.output) / self._session.id

    def _go_on(self, first: TrialEvent) -> None:
        """Begin amid the schedule: bring the head to where it was, without a frame of it."""
        self._announcer.event(self._time.plan.events[0], self._stamp_ns(), self._session.to_json())
        for event, stamp_ns in self._time.before(first):
            self._announcer.command(event, stamp_ns)

    def _end(self, event: TrialEvent, stamp_ns: int) -> None:
        self._running = False
        self._rival.withdraw()
        self._announcer.event(
            event, stamp_ns, json.dumps({"frames": self._time.frames_passed if self.lockstep else None})
        )
        self.report(DiagnosticStatus.OK, f"finished {self._session.id}")
        self._action.answer(True, "")

    def _abort(self, reason: str, stamp_ns: int | None = None) -> None:
        self._running = False
        self._rival.withdraw()
        stamp_ns = self._stamp_ns() if stamp_ns is None else stamp_ns
        event = self._time.plan.abort_at(self._time.elapsed_s)
        self._announcer.event(event, stamp_ns, reason)
        self.report(DiagnosticStatus.ERROR, f"aborted: {reason}")
        self._action.answer(False, reason)

    # --- conducting ---

    def _conduct(self) -> None:
        if not self.lockstep and not self._clock_goes_on():
            return
        if self._time.paused:
            return
        if self.lockstep:
            self._check_barrier()
        else:
            self._hand_out(self._time.due(self.now_ns()))

    def _clock_goes_on(self) -> bool:
        jump_s = self._clock_watch.jump_s(self.now_ns(), time.monotonic())
        if jump_s:
            # The end belongs to the time before: no frame after the jump may be scored.
            self._abort(f"the clock jumped by {jump_s:+.1f} s", self._clock_watch.last_ns)
        return not jump_s

    def _step(self) -> None:
        """Lock-step: command what is due at this frame, then let time go there."""
        self._steps.begin()
        if self._pausing:
            self._stand_still()
            return
        self._hand_out(self._time.due(0))
        self._let_time_pass()

    def _let_time_pass(self) -> None:
        if self._running:
            self._steps.let_time_pass(self._stamp_ns())

    def _stamp_ns(self) -> int:
        return self._time.stamp_ns(self.now_ns())

    def _hand_out(self, due: list[tuple[TrialEvent, int]]) -> None:
        for event, at_ns in due:
            if event.kind is EventKind.SESSION_END:
                self._end(event, at_ns)
                return
            self._show(event, at_ns)

    def _show(self, event: TrialEvent, at_ns: int) -> None:
        start = event.kind is EventKind.SESSION_START
        self._announcer.show(event, at_ns, self._session.to_json() if start else None)

    def _request(self, silent: str, key: tuple[object, ...], send: Callable[[], None]) -> None:
        """Send it; in lock-step no time passes until it is answered."""
        if self.lockstep:
            self._steps.ask(silent, key, send)
        else:
            send()

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
            self._announcer.event(event, stamp_ns)

    def _stand_still(self) -> None:
        self._pausing = False
        self._announcer.event(*self._time.pause(self.now_ns()))
        self.report(DiagnosticStatus.WARN, f"paused {self._session.id}")

    # --- what comes back ---

    def _on_event(self, message: affect.TrialEvent) -> None:
        if not self._running:
            self._rival.on_event(message)

    def _on_estimate(self) -> None:
        if self._running:
            self._time.tick()
            self._step()

    def _on_head_status(self, message: affect.HeadStatus) -> None:
        if not self._running or not self.lockstep:
            return
        asked, *_, wanted = self._steps.asked or ("", "")
        if message.state == affect.HeadStatus.FAULT and asked == "head":
            self._abort(f"the head refused {wanted}: {message.message}")
        else:
            self._on_answer(("head", conversions.from_time(message.command_stamp), message.expression))

    def _on_scene_applied(self, message: affect.SceneCommand) -> None:
        stamp_ns = conversions.from_time(message.header.stamp)
        self._on_answer(("scene", stamp_ns, message.lighting, message.occlusion))

    def _on_answer(self, key: tuple[object, ...]) -> None:
        if self._running and self.lockstep and self._steps.take(key):
            self._let_time_pass()

    def _on_camera_status(self, message: DiagnosticStatus) -> None:
        if not self._running or message.message != _topics.CAMERA_ENDED:
            return
        if self._config.on_source_end == "abort":
            self._abort("the source has ended")
        else:
            self._end(self._time.plan.end_at(self._time.elapsed_s), self._stamp_ns())

    def _check_barrier(self) -> None:
        silent, timeout_s = self._steps.late, self._config.barrier_timeout_s
        if silent:
            self._abort(
                f"no estimate for frame {self._time.frame} within {timeout_s:g} s; silent node: {silent}"
            )

    # --- action ---

    def _on_goal(self, request: RunTrial.Goal) -> None:
        self._plan(request.protocol, request.seed, request.participant)
        self._prepare()

    def _on_cancel(self, reason: str) -> None:
        if self._running:
            self._abort(reason)
        else:
            self._gate.shut()
            self._rival.withdraw()
            self._action.answer(False, reason)


def main() -> int:
    """Entry point of `ros2 run affect_hri trial_node`."""
    return run(TrialNode)
