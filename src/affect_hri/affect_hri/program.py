"""Running nodes: one in a process of its own, or many in one program. Both go through `Program`."""

from __future__ import annotations

import os

# Before torch is imported: spinning OpenMP threads make other processes' frames late by a factor of ten.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import contextlib
import gc
import select
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self

import rclpy
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.signals import SignalHandlerOptions

from affect_core.memory import give_back
from affect_core.paths import find_shared
from affect_core.threads import one_thread_per_caller
from affect_hri.middleware import PROFILE, use_profile

if TYPE_CHECKING:
    from affect_hri.nodes._managed import ManagedNode

POLL_S = 0.1
"""Between two looks of a program that draws a progress bar, or that ends."""
IDLE_S = 1.0
"""Between two looks of one that only waits: waking up ten times a second took half of what a node at rest takes."""
WIND_UP_S = 8.0
"""After a signal: longest wait for reports and bags that are being written."""
SETUP_S = 10.0
"""Longest wait for a callback that is under way, such as the loading of a model."""
INTERRUPTED = 130
NUMBERS = (signal.SIGINT, signal.SIGTERM)
_RINGS = 4096


class Signals:
    """SIGINT and SIGTERM as a flag, also repeated ones (launch and the terminal both send one). A context manager."""

    def __init__(self) -> None:
        # A plain flag: an Event's lock, taken twice by two signals in quick succession, would never be given back.
        self.seen = False
        self._heard, self._bell = socket.socketpair()
        for end in (self._heard, self._bell):
            end.setblocking(False)

    def catch(self) -> None:
        """From now on."""
        self._previous = {number: signal.signal(number, self._on_signal) for number in NUMBERS}
        self._previous_bell = signal.set_wakeup_fd(self._bell.fileno(), warn_on_full_buffer=False)

    def ring(self) -> None:
        """End a `wait`, from any thread."""
        with contextlib.suppress(
            OSError
        ):  # full of rings that nobody has heard yet, or the program has ended
            self._bell.send(b"!")

    def wait(self, timeout_s: float) -> None:
        """Until a signal comes, somebody rings, or time is up."""
        if select.select([self._heard], [], [], timeout_s)[0]:
            self._heard.recv(_RINGS)

    def __enter__(self) -> Self:
        self.catch()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        signal.set_wakeup_fd(self._previous_bell)
        for number, handler in self._previous.items():
            signal.signal(number, handler)
        self._heard.close()
        self._bell.close()

    def _on_signal(self, _number: int, _frame: object) -> None:
        self.seen = True


class Program:
    """Nodes of one process, each on an executor thread of its own, as if it had the process for itself.

    Args:
        nodes: all of them.
        signals: entered; a signal that has come already counts.
    """

    def __init__(self, nodes: Sequence[ManagedNode], signals: Signals) -> None:
        self.nodes = tuple(nodes)
        self._signals = signals
        self._crashes: list[BaseException] = []
        self._stopping = threading.Event()

    def run(self, until: Sequence[ManagedNode], watch: Callable[[], None] | None = None) -> int:
        """Spin until all of ``until`` have finished or one of them has failed, a signal comes, or a node crashes.

        Args:
            until: nodes whose end is the program's end.
            watch: called every `POLL_S` on the main thread (progress bars); without one it sleeps longer.

        Returns:
            The largest exit code of those that have finished; 130 after a signal, unless it made them end partial.
        """
        one_thread_per_caller()
        for node in self.nodes:
            node.on_finish = self._signals.ring
        executors = [SingleThreadedExecutor() for _ in self.nodes]
        threads = [
            threading.Thread(target=self._spin, args=(executor, node), name=node.get_name(), daemon=True)
            for executor, node in zip(executors, self.nodes, strict=True)
        ]
        try:
            for thread in threads:
                thread.start()
            code = self._wait(until, watch or _look_away, POLL_S if watch else IDLE_S)
            if self._signals.seen:
                self._wind_up(executors, watch or _look_away)
        finally:
            self._stop(executors, threads)
            for node in self.nodes:
                node.close()
        if self._signals.seen:  # only now: who needed longer than others to wind up has an exit code as well
            code = max((node.exit_code for node in until), default=0) or INTERRUPTED
        for crash in self._crashed():
            raise crash
        return code

    def _wait(self, until: Sequence[ManagedNode], watch: Callable[[], None], period_s: float) -> int:
        settled = False
        while not self._signals.seen and not self._crashed():
            watch()
            if not settled and all(node.is_active for node in self.nodes):
                settled = True
                leave_to_the_end()
            ended = [node for node in until if node.finished.is_set()]
            code = max((node.exit_code for node in ended), default=0)
            if code or (until and len(ended) == len(until)):
                return code
            self._signals.wait(period_s)
        return INTERRUPTED

    def _wind_up(self, executors: Sequence[SingleThreadedExecutor], watch: Callable[[], None]) -> None:
        """Tell all nodes, each on its own thread, and give them time to finish."""
        for executor, node in zip(executors, self.nodes, strict=True):
            executor.create_task(node.wind_up)
        deadline_s = time.monotonic() + WIND_UP_S
        while time.monotonic() < deadline_s and not self._crashed():
            watch()
            if all(node.finished.is_set() for node in self.nodes):
                return
            time.sleep(POLL_S)

    def _stop(self, executors: Sequence[SingleThreadedExecutor], threads: Sequence[threading.Thread]) -> None:
        # Not Executor.shutdown() first: it takes the guard conditions away from under a thread that waits on them.
        self._stopping.set()
        for executor in executors:
            executor.create_task(lambda: None)  # something to do, so that spin_once returns
        for thread in threads:
            thread.join(timeout=SETUP_S)
        for executor in executors:
            executor.shutdown()

    def _crashed(self) -> list[BaseException]:
        # rclpy eats what a transition raises, so nodes keep it.
        return self._crashes + [node.crash for node in self.nodes if node.crash is not None]

    def _spin(self, executor: SingleThreadedExecutor, node: ManagedNode) -> None:
        try:
            executor.add_node(node)
            while not self._stopping.is_set():
                executor.spin_once()
        except ExternalShutdownException:
            pass
        except BaseException as error:  # noqa: BLE001 - handed to the main thread, which raises it
            self._crashes.append(error)
            self._signals.ring()


def _look_away() -> None:
    """Nobody watches."""


def leave_to_the_end() -> None:
    """What is loaded by now stays: the garbage collector need not walk it, the system gets back what loading took.

    Walking it took 0.1 s and more, with all nodes at rest. A first start exports the model and compares runtimes, which
    takes 280 MB that the C library would keep.
    """
    give_back()
    gc.freeze()


def run(node_type: type[ManagedNode], args: list[str] | None = None) -> int:
    """One node in this process, until it has finished or a signal comes.

    Exit code 0 after SIGINT: that is how nodes are stopped. 3 where that cut a session short.
    """
    signals = Signals()
    # Never given back: leaving Python takes a moment, and a repeated signal would turn a clean end into a death.
    signals.catch()
    use_profile(find_shared(PROFILE))
    rclpy.init(args=sys.argv if args is None else args, signal_handler_options=SignalHandlerOptions.NO)
    try:
        node = node_type()
        code = Program([node], signals).run(until=[node])
        return 0 if code == INTERRUPTED else code
    finally:
        rclpy.try_shutdown()
