"""The base of all nodes: lifecycle, parameters, diagnostics, errors."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from lifecycle_msgs.srv import ChangeState
from rcl_interfaces.msg import SetParametersResult
from rclpy.clock import Clock, ClockType
from rclpy.duration import Duration
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.publisher import Publisher

from affect_core.config import Settings, setting
from affect_core.errors import AffectError, InputError
from affect_hri.conversions import from_frame_jpeg, to_header
from affect_hri.nodes import _params, _topics
from affect_hri.nodes._ports import Handover, Inlet, Outlet
from affect_hri.nodes._topics import Topic

S = TypeVar("S", bound=Settings)
NAMESPACE = "affect"
ABORT_WAIT_S = 2.0
"""After a signal: how long a session's other nodes wait to hear its end from the conductor, who got it as well."""
SETUP_LOCK = threading.Lock()
"""One node of a process sets up at a time: two threads that import torch at once can wait for each other for ever."""


@dataclass(frozen=True)
class NodeSettings(Settings):
    """Parameters every node has."""

    autostart: bool = setting(True, "configure and activate by itself; false: a lifecycle manager does it")
    clock: str = setting("wall", "wall, or lockstep: trial_node owns /clock", choices=("wall", "lockstep"))
    image_reliability: str = setting(
        "reliable", "QoS reliability of image topics in wall mode", choices=("reliable", "best_effort")
    )


class ManagedNode(LifecycleNode):
    """A lifecycle node. Subclasses name their `settings` and write `setup` and, where needed, `start` and `stop`.

    configure -> setup(), activate -> start(), deactivate -> stop(). What `start` takes is given back at
    deactivation, what `setup` takes at cleanup and shutdown, by itself: see `release_later`.
    An AffectError in setup or start is reported as a diagnostic and fails the transition; the node lives on and can
    be configured again.
    """

    node_name: ClassVar[str]
    settings: ClassVar[tuple[type[Settings], ...]] = ()
    conducts: ClassVar[bool] = False
    """Without it there is nothing to run: its program ends when it cannot be set up."""

    def __init__(self, *, handover: Handover | None = None, **node_options: Any) -> None:
        node_options.setdefault("namespace", NAMESPACE)
        super().__init__(self.node_name, **node_options)
        self.handover = handover
        self.failure: AffectError | None = None
        self.crash: Exception | None = None
        """What a transition raised and was no AffectError: a mistake of ours, which must end the program."""
        self.exit_code = 0
        self.finished = threading.Event()
        self.lockstep = False
        """Whether trial_node owns the time."""
        self._closers: list[Callable[[], None]] = []
        self._closers_of_setup = 0
        self._publishers_to_drain: list[Publisher] = []
        for kind in (NodeSettings, *self.settings):
            _params.declare(self, kind)
        self.add_on_set_parameters_callback(self._on_parameters)
        self._steady = Clock(clock_type=ClockType.STEADY_TIME)
        self._status = DiagnosticStatus(
            name=status_name(self, self.node_name),
            hardware_id="affect_hri",
            level=DiagnosticStatus.STALE,
            message="not configured",
        )
        self._diagnostics = self.create_publisher(
            _topics.DIAGNOSTICS.message, _topics.DIAGNOSTICS.name, _topics.DIAGNOSTICS.qos()
        )
        self.create_timer(1.0, self._publish_diagnostics, clock=self._steady)
        self._service_change_state.callback = self._refusing_impossible(self._service_change_state.callback)
        if self.get_parameter("autostart").value:
            self._autostart = self.create_timer(0.0, self._start_by_itself, clock=self._steady)

    # --- what subclasses write ---

    def setup(self) -> None:
        """Read parameters, make publishers and subscriptions, load what is needed."""

    def start(self) -> None:
        """Begin to work."""

    def stop(self) -> None:
        """Pause."""

    def interrupt(self) -> None:
        """A signal has come: bring what is under way to its end, then `finish`. By default at once."""
        self.finish(self.exit_code)

    # --- what subclasses use ---

    def config(self, kind: type[S]) -> S:
        """The settings the parameters hold."""
        return _params.read(self, kind)

    def now_ns(self) -> int:
        """The node's clock, ns."""
        return int(self.get_clock().now().nanoseconds)

    def release_later(self, close: Callable[[], None]) -> None:
        """Call this at deactivation when asked for in `start`, at cleanup when asked for in `setup`; last first."""
        self._closers.append(close)

    def advertise(self, topic: Topic) -> Publisher:
        """A lifecycle publisher."""
        publisher = self.create_lifecycle_publisher(topic.message, topic.name, topic.qos(self.lockstep))
        self._publishers_to_drain.append(publisher)
        self.release_later(lambda: self.destroy_publisher(publisher))
        return publisher

    def listen(self, topic: Topic, callback: Callable[..., None], *, depth: int | None = None) -> None:
        """A subscription; the callback may take (message) or (message, info).

        An InputError it raises becomes a diagnostic: one bad message of somebody else must not end this node.
        """
        qos = topic.qos(self.lockstep)
        qos.depth = depth or qos.depth
        subscription = self.create_subscription(topic.message, topic.name, self._guarded(callback), qos)
        self.release_later(lambda: self.destroy_subscription(subscription))

    def outlet(self, topic: Topic, convert: Callable[[Any], Any], *, lazy: bool = False) -> Outlet:
        """Sends values in memory and over DDS."""
        outlet = Outlet(
            self,
            topic,
            convert,
            handover=self.handover,
            lazy=lazy,
            lockstep=self.lockstep,
            reliability=self.get_parameter("image_reliability").value,
        )
        self.release_later(outlet.close)
        return outlet

    def inlet(
        self,
        topic: Topic,
        convert: Callable[[Any], Any],
        callback: Callable[[Any, int], None],
        *,
        depth: int | None = None,
    ) -> None:
        """Receives values from memory or over DDS; bad input becomes a diagnostic."""
        inlet = Inlet(
            self,
            topic,
            convert,
            self._guarded(callback),
            self.report_bad_input,
            handover=self.handover,
            lockstep=self.lockstep,
            reliability=self.get_parameter("image_reliability").value,
            depth=depth,
        )
        self.release_later(inlet.close)

    def every(self, period_s: float, callback: Callable[[], None]) -> None:
        """A wall-clock timer. An InputError it raises becomes a diagnostic, and the next turn comes."""
        timer = self.create_timer(period_s, self._guarded(callback), clock=self._steady)
        self.release_later(lambda: self.destroy_timer(timer))

    def outlet_jpeg(self) -> Outlet:
        """Frames as JPEG, for those who ask."""
        return self.outlet(_topics.IMAGE_COMPRESSED, from_frame_jpeg, lazy=True)

    def report(self, level: bytes, message: str, **values: object) -> bool:
        """Set the node's diagnostic status; a change of level or message is published and logged at once.

        Returns:
            Whether level or message changed.
        """
        changed = (level, message) != (self._status.level, self._status.message)
        self._status.level, self._status.message = level, message
        self._status.values = [KeyValue(key=key, value=str(value)) for key, value in values.items()]
        if changed:
            self._log(level, message)
            self._publish_diagnostics()
        return changed

    def report_bad_input(self, error: AffectError) -> None:
        """A warning that stays until the next good report; the node goes on."""
        self.report(DiagnosticStatus.WARN, f"input skipped: {error}")

    def finish(self, exit_code: int = 0) -> None:
        """Tell the program that this node's work is over."""
        self.exit_code = exit_code
        self.finished.set()

    def wind_up(self) -> None:
        """`interrupt` if the node is at work; run on its executor."""
        if self._state == "active":
            self.interrupt()
        else:
            self.finish(self.exit_code)

    def drain(self, timeout_s: float = 2.0) -> None:
        """Wait until reliable subscribers have what was published."""
        for publisher in self._publishers_to_drain:
            publisher.wait_for_all_acked(Duration(seconds=timeout_s))

    # --- lifecycle ---

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Lifecycle: unconfigured -> inactive."""
        return self._transition(self._set_up, super().on_configure, state, undo=self._release)

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Lifecycle: inactive -> active."""
        # Publishers first: what start() publishes must go out.
        super().on_activate(state)
        return self._transition(
            self.start,
            lambda _: TransitionCallbackReturn.SUCCESS,
            state,
            undo=lambda: self._undo_start(state),
        )

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Lifecycle: active -> inactive."""
        return self._transition(self._pause, super().on_deactivate, state)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Lifecycle: inactive -> unconfigured."""
        return self._transition(self._release, super().on_cleanup, state)

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Lifecycle: any -> finalized."""
        work = self._pause_and_release if state.label == "active" else self._release
        return self._transition(work, super().on_shutdown, state)

    def close(self) -> None:
        """Stop and release, from whatever state the node is in, and destroy it."""
        if self._state == "active":
            self.drain()
            self.trigger_deactivate()
        if self._state == "inactive":
            self.trigger_cleanup()
        self.destroy_node()

    @property
    def is_active(self) -> bool:
        """Whether its lifecycle has come to active."""
        return self._state == "active"

    @property
    def _state(self) -> str:
        return str(self._state_machine.current_state[1])

    def _transition(
        self,
        work: Callable[[], None],
        then: Callable[[LifecycleState], TransitionCallbackReturn],
        state: LifecycleState,
        undo: Callable[[], None] | None = None,
    ) -> TransitionCallbackReturn:
        try:
            with SETUP_LOCK:
                work()
        except AffectError as error:
            self.failure = error
            self.report(DiagnosticStatus.ERROR, str(error))
            if undo is not None:
                undo()
            return TransitionCallbackReturn.FAILURE
        except Exception as error:
            self.crash = error
            raise
        self.failure = None
        return then(state)

    def _set_up(self) -> None:
        # Taken once: a change of the parameter takes effect when the node is configured again, like all others.
        self.lockstep = self.config(NodeSettings).clock == "lockstep"
        self.setup()
        self._closers_of_setup = len(self._closers)

    def _pause(self) -> None:
        self.stop()
        self._close_down_to(self._closers_of_setup)

    def _pause_and_release(self) -> None:
        self._pause()
        self._release()

    def _undo_start(self, state: LifecycleState) -> None:
        self._close_down_to(self._closers_of_setup)
        super().on_deactivate(state)

    def _release(self) -> None:
        self._close_down_to(0)
        self._closers_of_setup = 0
        self._publishers_to_drain.clear()

    def _close_down_to(self, count: int) -> None:
        while len(self._closers) > count:
            self._closers.pop()()

    def _refusing_impossible(self, answer: Callable[..., Any]) -> Callable[..., Any]:
        # rclpy 7.1 raises at a transition that the present state does not have, and the process would end.
        def call(request: ChangeState.Request, response: ChangeState.Response) -> Any:
            possible = [transition[0] for transition in self._state_machine.available_transitions]
            if request.transition.label or request.transition.id in possible:
                return answer(request, response)
            self.get_logger().error(f"no transition {request.transition.id} from state {self._state}")
            response.success = False
            return response

        return call

    def _guarded(self, callback: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(callback)  # rclpy looks at the signature
        def call(*arguments: Any) -> None:
            try:
                callback(*arguments)
            except InputError as error:
                self.report_bad_input(error)

        return call

    def _start_by_itself(self) -> None:
        self.destroy_timer(self._autostart)
        if self.trigger_configure() == TransitionCallbackReturn.SUCCESS:
            self.trigger_activate()
        if self.conducts and self.failure is not None:
            self.finish(self.failure.exit_code)

    # --- diagnostics and parameters ---

    def _publish_diagnostics(self) -> None:
        self._diagnostics.publish(DiagnosticArray(header=to_header(self.now_ns()), status=[self._status]))

    def _log(self, level: bytes, message: str) -> None:
        # One call per severity: rclpy ties a severity to the line it is called from.
        logger = self.get_logger()
        if level == DiagnosticStatus.OK:
            logger.info(message)
        elif level == DiagnosticStatus.WARN:
            logger.warning(message)
        else:
            logger.error(message)

    def _on_parameters(self, parameters: list[Parameter]) -> SetParametersResult:
        changes = {parameter.name: parameter.value for parameter in parameters}
        problem = _params.problem_with(self, (NodeSettings, *self.settings), changes)
        return SetParametersResult(successful=not problem, reason=problem)


def status_name(node: Node, name: str) -> str:
    """Name of the diagnostic status of the node ``name`` that runs in the same namespace as ``node``."""
    return f"affect_hri: {node.get_namespace().rstrip('/')}/{name}"
