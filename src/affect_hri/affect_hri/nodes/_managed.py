"""The base of all nodes: lifecycle, parameters, diagnostics, errors."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from diagnostic_msgs.msg import DiagnosticStatus
from lifecycle_msgs.srv import ChangeState
from rcl_interfaces.msg import SetParametersResult
from rclpy.lifecycle import LifecycleState, TransitionCallbackReturn
from rclpy.parameter import Parameter

from affect_core.config import Settings, setting
from affect_core.errors import AffectError
from affect_core.memory import give_back
from affect_hri.nodes import _params
from affect_hri.nodes._endpoints import Endpoints
from affect_hri.nodes._params import Adapters
from affect_hri.nodes._ports import Handover

S = TypeVar("S", bound=Settings)
NAMESPACE = "affect"
START_POLL_S = 0.02
ABORT_WAIT_S = 2.0
"""After a signal: how long a session's other nodes wait to hear its end from the conductor, who got it as well."""
SETUP_LOCK = threading.Lock()
"""One node of a process sets up at a time: two threads that import torch at once can wait for each other for ever."""


def _nothing() -> None:
    """For a node that runs in no program."""


@dataclass(frozen=True)
class NodeSettings(Settings):
    """Parameters every node has."""

    autostart: bool = setting(True, "configure and activate by itself; false: a lifecycle manager does it")
    clock: str = setting("wall", "wall, or lockstep: trial_node owns /clock", choices=("wall", "lockstep"))
    image_reliability: str = setting(
        "reliable", "QoS reliability of image topics in wall mode", choices=("reliable", "best_effort")
    )


class ManagedNode(Endpoints):
    """A lifecycle node. Subclasses name their `settings` and write `setup` and, where needed, `start` and `stop`.

    configure -> setup(), activate -> start(), deactivate -> stop(). What `start` takes is given back at
    deactivation, what `setup` takes at cleanup and shutdown, by itself: see `release_later`. Cleanup also forgets
    every attribute that the node got since it was configured, and its memory goes back to the system; what is read
    in every state has a default in the class.
    An AffectError in setup or start is reported as a diagnostic and fails the transition; the node lives on and can
    be configured again.
    """

    node_name: ClassVar[str]
    settings: ClassVar[tuple[type[Settings], ...]] = ()
    measured: ClassVar[tuple[str, ...]] = ("rate_hz",)
    """What its diagnostics tell of its work: rate_hz, latency_ms, dropped, queue_depth."""
    conducts: ClassVar[bool] = False
    """Without it there is nothing to run: its program ends when it cannot be set up."""

    def __init__(self, *, handover: Handover | None = None, **node_options: Any) -> None:
        node_options.setdefault("namespace", NAMESPACE)
        super().__init__(self.node_name, measured=self.measured, handover=handover, **node_options)
        self.failure: AffectError | None = None
        self.crash: Exception | None = None
        """What a transition raised and was no AffectError: a mistake of ours, which must end the program."""
        self.exit_code = 0
        self.finished = threading.Event()
        self.may_start: Callable[[], bool] = lambda: True
        """Asked until it says yes, before the node starts by itself."""
        self.on_finish: Callable[[], None] = _nothing
        """Called when `finished` or `crash` has been set."""
        self._closers_of_setup = 0
        self._lasting: frozenset[str] = frozenset()
        self._ending = False
        self._adapters = Adapters()
        for kind in (NodeSettings, *self.settings):
            _params.declare(self, kind)
        self.add_on_set_parameters_callback(self._on_parameters)
        self._service_change_state.callback = self._refusing_impossible(self._service_change_state.callback)
        if self.get_parameter("autostart").value:
            self._autostart = self.create_timer(START_POLL_S, self._start_by_itself, clock=self._steady)
        # What cannot be used is told by setup, as a diagnostic.
        with contextlib.suppress(AffectError):
            self.preload()

    # --- what subclasses write ---

    def preload(self) -> None:
        """Load the code that setup will need: it belongs to the process, and no cleanup takes it away again."""

    def setup(self) -> None:
        """Read parameters, make publishers and subscriptions, load what is needed."""

    def start(self) -> None:
        """Begin to work."""

    def stop(self) -> None:
        """Pause."""

    def interrupt(self) -> None:
        """A signal has come: bring what is under way to its end, then `finish`. By default at once."""
        self.finish(self.exit_code)

    def allows_frames(self) -> bool:
        """Whether a camera of the same program may begin; asked on another thread."""
        return True

    # --- what subclasses use ---

    def config(self, kind: type[S]) -> S:
        """The settings the parameters hold."""
        return _params.read(self, kind)

    def adapt_to(self, kind: type[S], names: Collection[str], take: Callable[[S], None]) -> None:
        """These parameters may be changed until cleanup, except in lock-step, where a run must repeat.

        Args:
            kind, names: the parameters; all others are refused while the node is configured.
            take: gets the settings with the changes; what it raises as AffectError is the reason to refuse them.
        """
        if not self.lockstep:
            self._adapters.add(kind, names, take)

    def finish(self, exit_code: int = 0) -> None:
        """Tell the program that this node's work is over."""
        self.exit_code = exit_code
        self.finished.set()
        self.on_finish()

    def wind_up(self) -> None:
        """`interrupt` if the node is at work; run on its executor."""
        if self._state == "active":
            self.interrupt()
        else:
            self.finish(self.exit_code)

    # --- lifecycle ---

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Lifecycle: unconfigured -> inactive."""
        done = self._transition(self._set_up, super().on_configure, state, undo=self._release)
        return self._tell(done, DiagnosticStatus.OK, "inactive")

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Lifecycle: inactive -> active."""
        # Publishers first: what start() publishes must go out.
        super().on_activate(state)
        self.health.begin()
        return self._transition(
            self.start,
            lambda _: TransitionCallbackReturn.SUCCESS,
            state,
            undo=lambda: self._undo_start(state),
        )

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Lifecycle: active -> inactive."""
        done = self._transition(self._pause, super().on_deactivate, state)
        return self._tell(done, DiagnosticStatus.OK, "inactive")

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Lifecycle: inactive -> unconfigured."""
        done = self._transition(self._release, super().on_cleanup, state)
        return self._tell(done, DiagnosticStatus.STALE, "not configured")

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Lifecycle: any -> finalized."""
        work = self._pause_and_release if state.label == "active" else self._release
        done = self._transition(work, super().on_shutdown, state)
        return self._tell(done, DiagnosticStatus.STALE, "shut down")

    def close(self) -> None:
        """Stop and release, from whatever state the node is in, and destroy it; its attributes can still be read."""
        self._ending = True
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
            self.on_finish()
            raise
        self.failure = None
        return then(state)

    def _tell(self, done: TransitionCallbackReturn, level: bytes, message: str) -> TransitionCallbackReturn:
        """The state in its diagnostics, from the next second on; the last words of a node that ends stay."""
        if done == TransitionCallbackReturn.SUCCESS and not self._ending:
            self.health.begin()
            self.health.report(level, message, {})
        return done

    def _set_up(self) -> None:
        # Taken once: a change of the parameter takes effect when the node is configured again, like all others.
        self.lockstep = self.config(NodeSettings).clock == "lockstep"
        self._lasting = frozenset(vars(self))
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
        self._adapters.clear()
        if not self._ending:
            self._forget()

    def _forget(self) -> None:
        self.health.facts = {}
        for name in vars(self).keys() - self._lasting if self._lasting else ():
            delattr(self, name)
        give_back()

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

    def _start_by_itself(self) -> None:
        if not self.may_start():
            return
        self.destroy_timer(self._autostart)
        if self.trigger_configure() == TransitionCallbackReturn.SUCCESS:
            self.trigger_activate()
        if self.conducts and self.failure is not None:
            self.finish(self.failure.exit_code)

    # --- parameters ---

    def _on_parameters(self, parameters: list[Parameter]) -> SetParametersResult:
        changes = {parameter.name: parameter.value for parameter in parameters}
        problem = _params.problem_with(self, (NodeSettings, *self.settings), changes)
        if not problem and self._state != "unconfigured":
            problem = self._adapters.problem_with(self, (NodeSettings, *self.settings), changes)
        return SetParametersResult(successful=not problem, reason=problem)
