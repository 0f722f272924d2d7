"""ohbot_node: the expression controller of a robot head, virtual or real."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.action import ActionServer, CancelResponse
from rclpy.task import Future
from rclpy.timer import Timer
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import JointState
from std_msgs.msg import Float32
from std_srvs.srv import Trigger

from affect_core.config import Settings, setting
from affect_core.errors import AffectError, ConfigError, HeadError
from affect_core.heads import HEADS, Head, HeadConfig
from affect_core.heads.expressions import load_expressions
from affect_core.heads.motion import Motion
from affect_core.heads.ohbot_protocol import raw_speed
from affect_core.heads.rig import Pose, clamp
from affect_core.heads.speech import Mouth, MouthConfig
from affect_hri import conversions
from affect_hri.nodes import _topics
from affect_hri.nodes._managed import ManagedNode
from affect_hri.program import run
from affect_hri_interfaces.action import ShowExpression
from affect_hri_interfaces.msg import ExpressionCommand, HeadStatus

ONSET_JOINT = "onset"
"""Not a joint: share of the commanded expression's onset that is over, 0..1, sent along in joint_states."""

SIDES = {
    ExpressionCommand.SIDE_DEFAULT: "default",
    ExpressionCommand.SIDE_RIGHT: "right",
    ExpressionCommand.SIDE_LEFT: "left",
}


@dataclass(frozen=True)
class ControllerSettings(Settings):
    """Which head, and how often it gets a new set-point."""

    head: str = setting("avatar", "robot head: avatar, screen, ohbot_serial, none")
    rate_hz: float = setting(50.0, "set-points per second in wall mode", low=1.0, high=200.0)
    servo_speed: float = setting(
        0.0,
        "move like the real servos at this speed, 61 degrees/s per unit; 0: eased only",
        low=0.0,
        high=10.0,
    )


class OhbotNode(ManagedNode):
    """head/command, head/mouth, action show_expression, /robot_face/expression -> head/joint_states, head/status.

    Services `estop` and `release`: let go of the head at once, and the way back.
    """

    node_name = "ohbot"
    settings = (HeadConfig, MouthConfig, ControllerSettings)
    _head: Head | None = None

    def setup(self) -> None:
        """Connect the head and read the expression table."""
        own = self.config(ControllerSettings)
        self._turns: Timer | None = None
        self._on_rate(own)
        self.adapt_to(ControllerSettings, ("rate_hz",), self._on_rate)
        self._table = load_expressions()
        self._motion = Motion(self._table, raw_speed(own.servo_speed) if own.servo_speed else None)
        self._mouth = Mouth(self.config(MouthConfig))
        self._command: ExpressionCommand | None = None
        self._waiting: list[tuple[int, Future, Any]] = []
        self._from_hri = conversions.HriExpressionReader(self._table.names())
        self._fault, self._mouth_problem, self._stamp_ns, self._ended = "", "", 0, False
        self._joints = self.advertise(_topics.JOINT_STATES)
        self._status_out = self.advertise(_topics.HEAD_STATUS)
        self._head_name = own.head
        head = self.config(HeadConfig)
        self.describe(head=own.head, device=head.port or "none")
        self._head = HEADS.build(own.head, head)
        self.release_later(self._head.close)
        self._head.connect()
        self._offer("estop", self._on_estop)
        self._offer("release", self._on_release)

    def start(self) -> None:
        """Follow commands; move at the controller's rate, or at every tick of the lock-step clock."""
        self.listen(_topics.HEAD_COMMAND, self._on_command)
        self.listen(_topics.MOUTH, self._on_mouth)
        self._action = ActionServer(
            self,
            ShowExpression,
            "show_expression",
            execute_callback=self._execute,
            cancel_callback=lambda _goal: CancelResponse.ACCEPT,
        )
        self.release_later(self._action.destroy)
        if self.lockstep:
            self.listen(_topics.CLOCK, self._on_clock)
        else:
            self._turns = self.every(self._period_s, lambda: self._move(self.now_ns()))
            # Not in lock-step: there the trial alone commands, or its ground truth would be wrong.
            if topic := _topics.robot_face_expression():
                self.listen(topic, lambda message: self._on_command(self._from_hri(message)))
        self._say(HeadStatus.READY)
        self.report(DiagnosticStatus.OK, f"driving {self._head_name}")

    def _on_rate(self, own: ControllerSettings) -> None:
        self._period_s = 1.0 / own.rate_hz
        if self._turns is not None:
            self._turns.timer_period_ns = round(1e9 * self._period_s)

    def stop(self) -> None:
        """Tell that nobody drives the head any more."""
        self._turns = None
        self._waiting.clear()
        self._say(HeadStatus.DISCONNECTED)

    def interrupt(self) -> None:
        """The servos are switched off first: what others still have to say may take longer than anybody waits."""
        self._let_go()
        super().interrupt()

    def close(self) -> None:
        """Also when no signal has come."""
        self._let_go()
        super().close()

    def _let_go(self) -> None:
        self._ended = True
        if self._head is not None:
            self._head.close()

    # --- emergency stop ---

    def _offer(self, name: str, answer: Callable[..., Trigger.Response]) -> None:
        service = self.create_service(Trigger, name, answer)
        self.release_later(lambda: self.destroy_service(service))

    def _on_estop(self, _request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        try:
            self._head.estop()
        except HeadError as error:
            response.message = str(error)
        else:
            response.success, response.message = True, f"{self._head_name} is switched off"
        self._tell_fault(self._head.fault)
        return response

    def _on_release(self, _request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        self._head.release()
        response.success, response.message = True, "the next command moves the head"
        return response

    # --- commands ---

    def _on_command(self, message: ExpressionCommand) -> None:
        try:
            self._show(message)
        except AffectError as error:
            self.report(DiagnosticStatus.ERROR, str(error))
            self._say(HeadStatus.FAULT, message=str(error))

    def _on_mouth(self, message: Float32) -> None:
        stamp_ns = self._stamp_ns if self.lockstep else self.now_ns()
        self._mouth_problem = self._mouth.hear(message.data, stamp_ns)

    def _show(self, message: ExpressionCommand) -> int:
        """Begin an expression; returns the instant at which it is settled, ns."""
        if message.side not in SIDES:
            raise ConfigError(f"expected a side of {sorted(SIDES)}, got {message.side}")
        stamp_ns = conversions.from_time(message.header.stamp)
        if stamp_ns == 0 and not self.lockstep:  # a command from the command line carries no stamp
            stamp_ns = self.now_ns()
            message.header.stamp = conversions.to_time(stamp_ns)
        # 0 is what the command line sends when nobody names an onset.
        onset_s = None if math.isnan(message.onset) or message.onset == 0.0 else message.onset
        self._motion.command(message.expression, message.intensity, SIDES[message.side], stamp_ns, onset_s)
        self._command = message
        self._answer_waiting(lambda _: True, f"replaced by {message.expression}")
        if not self._fault:
            self._say(HeadStatus.MOVING)
        return int(self._motion.settled_at_ns)

    async def _execute(self, goal: Any) -> ShowExpression.Result:
        command = goal.request.command
        try:
            settled_ns = self._show(command)
        except AffectError as error:
            goal.abort()
            return ShowExpression.Result(success=False, message=str(error))
        done: Future = Future()
        self._waiting.append((settled_ns, done, goal))
        reason = await done
        if goal.is_cancel_requested:
            goal.canceled()
            return ShowExpression.Result(success=False, message="canceled; the head keeps the expression")
        if reason:
            goal.abort()
            return ShowExpression.Result(success=False, message=reason)
        goal.succeed()
        return ShowExpression.Result(success=True, settled_at=conversions.to_time(settled_ns))

    # --- motion ---

    def _on_clock(self, message: Clock) -> None:
        self._move(conversions.from_time(message.clock))

    def _move(self, stamp_ns: int) -> None:
        if self._ended:
            return
        self._stamp_ns = stamp_ns
        pose = self._mouth.add_to(self._motion.pose(stamp_ns), stamp_ns)
        try:
            applied = self._head.command(pose)
        except HeadError as error:
            self._tell_fault(str(error))
            return
        self._tell_recovered()
        self.worked()
        self._joints.publish(_joint_state(applied, stamp_ns, self._onset_share(stamp_ns)))
        self._tell_settled(stamp_ns, clamp(pose)[1])

    def _tell_fault(self, fault: str) -> None:
        """The head does not follow: everybody who waits for it is told, once."""
        if fault == self._fault:
            return
        self._fault = fault
        self.report(DiagnosticStatus.ERROR, fault)
        self._say(HeadStatus.FAULT if self._head.present else HeadStatus.DISCONNECTED, message=fault)
        self._answer_waiting(lambda _: True, fault)

    def _tell_recovered(self) -> None:
        if self._fault:
            self._fault = ""
            self._say(HeadStatus.READY if self._command is None else HeadStatus.MOVING)
        if self._mouth_problem:
            self.report(DiagnosticStatus.WARN, self._mouth_problem)
        else:
            self.report(DiagnosticStatus.OK, f"driving {self._head_name}")

    def _onset_share(self, stamp_ns: int) -> float:
        if self._command is None or self._motion.settled(stamp_ns):
            return 1.0
        start_ns = conversions.from_time(self._command.header.stamp)
        return max(0.0, (stamp_ns - start_ns) / (self._motion.settled_at_ns - start_ns))

    def _tell_settled(self, stamp_ns: int, limited: tuple[str, ...]) -> None:
        if (
            self._command is not None
            and self._head_state == HeadStatus.MOVING
            and self._motion.settled(stamp_ns)
        ):
            self._say(HeadStatus.READY, limited)
        for _, _, goal in self._waiting:
            goal.publish_feedback(ShowExpression.Feedback(progress=self._onset_share(stamp_ns)))
        self._answer_waiting(lambda settled_ns: stamp_ns >= settled_ns, "")

    def _answer_waiting(self, due: Callable[[int], bool], reason: str) -> None:
        """End the goals whose settle instant is ``due``; a ``reason`` says why they were not reached."""
        ready = [item for item in self._waiting if due(item[0])]
        self._waiting = [item for item in self._waiting if item not in ready]
        for _, done, _ in ready:
            done.set_result(reason)

    def _say(self, state: int, limited: tuple[str, ...] = (), message: str = "") -> None:
        self._head_state = state
        command = self._command or ExpressionCommand()
        self._status_out.publish(
            HeadStatus(
                header=conversions.to_header(self.now_ns()),
                head=self._head_name,
                state=state,
                expression=command.expression,
                intensity=command.intensity,
                command_stamp=command.header.stamp,
                limited_joints=list(limited),
                message=message,
            )
        )


def _joint_state(pose: Pose, stamp_ns: int, onset_share: float) -> JointState:
    return JointState(
        header=conversions.to_header(stamp_ns),
        name=[*pose, ONSET_JOINT],
        position=[*(float(value) for value in pose.values()), onset_share],
    )


def main() -> int:
    """Entry point of `ros2 run affect_hri ohbot_node`."""
    return run(OhbotNode)
