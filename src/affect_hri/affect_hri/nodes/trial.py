"""trial_node: conducts a protocol and publishes its ground truth as stamped events."""

from __future__ import annotations

import dataclasses
import json
import math
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.action import ActionServer, CancelResponse, GoalResponse
from rclpy.task import Future
from rosgraph_msgs.msg import Clock

from affect_core.config import Settings, setting
from affect_core.errors import AffectError
from affect_core.heads.expressions import load_expressions
from affect_core.paths import set_aside
from affect_core.trial import (
    EventKind,
    Session,
    TrialEvent,
    frame_stamp_ns,
    load_protocol,
    schedule,
    session_id,
)
from affect_core.trial.conductor import Conductor
from affect_hri import conversions
from affect_hri.nodes import _topics
from affect_hri.nodes._barrier import Chain, Roll
from affect_hri.nodes._managed import ManagedNode, status_name
from affect_hri.program import run
from affect_hri_interfaces import msg as affect
from affect_hri_interfaces.action import RunTrial

TICK_S = 0.01


@dataclass(frozen=True)
class TrialSettings(Settings):
    """What is conducted, and with whom."""

    protocol: str = setting("demo", "name in config/trials, or path of a protocol")
    seed: int = setting(0, "of the order of repetitions", low=0)
    participant: str = setting("", "participant id; may be empty")
    session: str = setting("", "id of the session; empty: made from the conditions")
    camera: str = setting("avatar", "who takes the frames: avatar, webcam, video, folder, topic")
    head: str = setting("avatar", "who shows the expressions: avatar, screen, ohbot_serial, none")
    look: str = setting("face", "look of the virtual head")
    lighting: str = setting("even", "lighting of the virtual scene")
    occlusion: str = setting("none", "occlusion of the virtual scene")
    output: str = setting("reports", "reports folder; an older report of the same session is set aside there")
    start: str = setting(
        "auto", "begin as soon as all nodes are up, or on a goal", choices=("auto", "action")
    )
    wait_for: tuple[str, ...] = setting((), "nodes that must be up before the trial begins")
    ready_timeout_s: float = setting(120.0, "how long to wait for these nodes, s", low=1.0)
    start_delay_s: float = setting(
        2.0, "from all nodes up to the first event: listeners are matched, s", low=0.0
    )
    barrier_timeout_s: float = setting(10.0, "lock-step: longest wait for one estimate, s", low=0.1)
    on_source_end: str = setting("end", "what a source that ends does to the trial", choices=("end", "abort"))


class TrialNode(ManagedNode):
    """Commands the head by a schedule. In lock-step it owns /clock and waits for the estimate of every frame."""

    node_name = "trial"
    settings = (TrialSettings,)
    conducts = True

    def __init__(self, **options: Any) -> None:
        self._conductor: Conductor | None = None
        super().__init__(**options)

    def setup(self) -> None:
        """Load the protocol; an unknown one is an error that lists the known ones."""
        self._config = self.config(TrialSettings)
        self._table = load_expressions()
        self._plan(self._config.protocol, self._config.seed, self._config.participant)
        self._events = self.advertise(_topics.TRIAL_EVENTS)
        self._commands = self.advertise(_topics.HEAD_COMMAND)
        self._scene = self.advertise(_topics.SCENE)
        if self.lockstep:
            self._ticks = self.advertise(_topics.CLOCK)
        self._goal: tuple[Any, Future] | None = None
        self._running, self._frame, self._start_ns = False, 0, 0
        self._waiting_ns: int | None = None
        self._unacknowledged: affect.ExpressionCommand | None = None

    def start(self) -> None:
        """Listen to the chain and, with start:=auto, begin when all nodes are up."""
        self._roll = Roll(status_name(self, name) for name in self._config.wait_for)
        self._deadline_s = time.monotonic() + self._config.ready_timeout_s
        self._begin_at_s = None if self._config.start == "auto" else float("inf")
        self.listen(_topics.DIAGNOSTICS, self._roll.on_diagnostics)
        self.listen(_topics.CAMERA_STATUS, self._on_camera_status)
        self.listen(_topics.HEAD_STATUS, self._on_head_status)
        self._watch_chain()
        self._serve()
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
        if self._conductor is None:
            return 0.0, math.inf, ""
        truth = self._conductor.truth
        return self._elapsed_s, self._conductor.schedule.duration_s, truth.label if truth else ""

    # --- beginning and ending ---

    def _plan(self, protocol_name: str, seed: int, participant: str) -> None:
        config = self._config
        protocol = load_protocol(protocol_name)
        onsets_s = {name: self._table.get(name).onset_s for name in self._table.names()}
        self._conductor = Conductor(schedule(protocol, onsets_s, seed))
        virtual = config.camera == "avatar"
        scene = (config.lighting, config.occlusion, config.look) if virtual else ("", "", "")
        self._session = Session(
            id=config.session or session_id(protocol.name, seed, participant, *scene),
            protocol=protocol.name,
            seed=seed,
            participant=participant,
            clock="lockstep" if self.lockstep else "wall",
            camera=config.camera,
            lighting=scene[0],
            occlusion=scene[1],
            look=scene[2],
            fps=protocol.fps,
        )
        self._elapsed_s = 0.0

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
        self._begin_at_s = float("inf")
        self._running, self._frame = True, 0
        self._start_ns = 0 if self.lockstep else self.now_ns()
        self._waiting_ns, self._unacknowledged = None, None
        started_at = datetime.now().astimezone().isoformat(timespec="seconds")
        self._session = dataclasses.replace(self._session, started_at=started_at)
        set_aside(Path(self._config.output) / self._session.id)
        self._publish_scene()
        self.report(DiagnosticStatus.OK, f"conducting {self._session.id}")
        if self.lockstep:
            self._step()

    def _end(self, event: TrialEvent, stamp_ns: int) -> None:
        self._running = False
        self._publish_event(event, stamp_ns, json.dumps({"frames": self._frame if self.lockstep else None}))
        self.report(DiagnosticStatus.OK, f"finished {self._session.id}")
        self._answer_goal(True, "")

    def _abort(self, reason: str) -> None:
        self._running = False
        stamp_ns = self._stamp_ns()
        event = self._conductor.schedule.abort_at(self._elapsed_s)
        self._publish_event(event, stamp_ns, reason)
        self.report(DiagnosticStatus.ERROR, f"aborted: {reason}")
        self._answer_goal(False, reason)

    # --- conducting ---

    def _conduct(self) -> None:
        if self.lockstep:
            self._check_barrier()
            return
        stamp_ns = self.now_ns()
        self._hand_out(stamp_ns)

    def _step(self) -> None:
        """Lock-step: command what is due at this frame, then let time go there."""
        self._waiting_ns = None
        self._barrier_s = time.monotonic() + self._config.barrier_timeout_s
        self._hand_out(self._stamp_ns())
        if self._running and self._unacknowledged is None:
            self._let_time_pass()

    def _let_time_pass(self) -> None:
        self._waiting_ns = self._stamp_ns()
        self._ticks.publish(Clock(clock=conversions.to_time(self._waiting_ns)))

    def _stamp_ns(self) -> int:
        if not self.lockstep:
            return self.now_ns()
        return self._start_ns + frame_stamp_ns(self._frame, self._conductor.schedule.fps)

    def _hand_out(self, stamp_ns: int) -> None:
        self._elapsed_s = (stamp_ns - self._start_ns) / 1e9
        for event in self._conductor.due(self._elapsed_s):
            # In wall mode an event is stamped with its scheduled instant, not with the tick that noticed it.
            at_ns = stamp_ns if self.lockstep else self._start_ns + event.at_ns
            if event.kind is EventKind.SESSION_END:
                self._end(event, at_ns)
                return
            detail = self._session.to_json() if event.kind is EventKind.SESSION_START else ""
            self._publish_event(event, at_ns, detail)
            if event.label and self._config.head != "none":
                self._command_head(event, at_ns)

    def _command_head(self, event: TrialEvent, stamp_ns: int) -> None:
        command = affect.ExpressionCommand(
            header=conversions.to_header(stamp_ns),
            expression=event.label,
            intensity=event.intensity,
            onset=event.onset_s,
        )
        self._unacknowledged = command if self.lockstep else None
        self._commands.publish(command)

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
        if self._goal is not None:
            index, total = event.index, event.total
            self._goal[0].publish_feedback(RunTrial.Feedback(index=index, total=total, label=event.label))

    def _publish_scene(self) -> None:
        if self._config.camera == "avatar":
            self._scene.publish(
                affect.SceneCommand(
                    header=conversions.to_header(self._start_ns),
                    lighting=self._config.lighting,
                    occlusion=self._config.occlusion,
                )
            )

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
            self._frame += 1
            self._step()

    def _on_head_status(self, message: affect.HeadStatus) -> None:
        command = self._unacknowledged
        if command is None or not self._running:
            return
        if message.state == affect.HeadStatus.FAULT:
            self._abort(f"the head refused {command.expression}: {message.message}")
        elif (message.command_stamp, message.expression) == (command.header.stamp, command.expression):
            self._unacknowledged = None
            self._let_time_pass()

    def _on_camera_status(self, message: DiagnosticStatus) -> None:
        if not self._running or message.message != _topics.CAMERA_ENDED:
            return
        if self._config.on_source_end == "abort":
            self._abort("the source has ended")
        else:
            self._end(self._conductor.schedule.end_at(self._elapsed_s), self._stamp_ns())

    def _check_barrier(self) -> None:
        if time.monotonic() <= self._barrier_s:
            return
        if self._unacknowledged is not None:
            silent = "ohbot (did not acknowledge a command)"
        else:
            silent = self._chain.silent(self._waiting_ns or 0)
        self._abort(
            f"no estimate for frame {self._frame} within {self._config.barrier_timeout_s:g} s; silent node: {silent}"
        )

    # --- action ---

    def _serve(self) -> None:
        server = ActionServer(
            self,
            RunTrial,
            "run_trial",
            execute_callback=self._execute,
            goal_callback=lambda _goal: GoalResponse.REJECT if self._busy else GoalResponse.ACCEPT,
            cancel_callback=self._on_cancel,
        )
        self.release_later(server.destroy)

    @property
    def _busy(self) -> bool:
        return self._running or self._goal is not None

    async def _execute(self, goal: Any) -> RunTrial.Result:
        request = goal.request
        try:
            self._plan(request.protocol, request.seed, request.participant)
        except AffectError as error:
            goal.abort()
            return RunTrial.Result(success=False, message=str(error))
        answer: Future = Future()
        self._goal = (goal, answer)
        self._begin_at_s, self._deadline_s = None, time.monotonic() + self._config.ready_timeout_s
        success, message = await answer
        self._goal = None
        (goal.succeed if success else goal.canceled if goal.is_cancel_requested else goal.abort)()
        return RunTrial.Result(success=success, message=message, session=self._session.id)

    def _on_cancel(self, _goal: Any) -> CancelResponse:
        if self._running:
            self._abort("canceled by the client")
        else:
            self._begin_at_s = math.inf
            self._answer_goal(False, "canceled by the client")
        return CancelResponse.ACCEPT

    def _answer_goal(self, success: bool, message: str) -> None:
        if self._goal is not None and not self._goal[1].done():
            self._goal[1].set_result((success, message))


def main() -> int:
    """Entry point of `ros2 run affect_hri trial_node`."""
    return run(TrialNode)
