"""Running nodes: one in a process of its own, or many in one program. Both go through `Program`."""

from __future__ import annotations

import os

# Before torch is imported: spinning OpenMP threads make other processes' frames late by a factor of ten.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import gc
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self

import rclpy
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.signals import SignalHandlerOptions

from affect_core.paths import find_shared
from affect_core.threads import one_thread_per_caller
from affect_hri.middleware import PROFILE, use_profile

if TYPE_CHECKING:
    from affect_hri.nodes._managed import ManagedNode

POLL_S = 0.1
WIND_UP_S = 8.0
"""After a signal: longest wait for reports and bags that are being written."""
SETUP_S = 10.0
"""Longest wait for a callback that is under way, such as the loading of a model."""
INTERRUPTED = 130
NUMBERS = (signal.SIGINT, signal.SIGTERM)


class Signals:
    """SIGINT and SIGTERM as a flag, also repeated ones (launch and the terminal both send one). A context manager."""

    def __init__(self) -> None:
        # A plain flag: an Event's lock, taken twice by two signals in quick succession, would never be given back.
        self.seen = False

    def catch(self) -> None:
        """From now on."""
        self._previous = {number: signal.signal(number, self._on_signal) for number in NUMBERS}

    def __enter__(self) -> Self:
        self.catch()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

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

    def run(self, until: Sequence[ManagedNode], watch: Callable[[], None] = lambda: None) -> int:
        """Spin until all of ``until`` have finished or one of them has failed, a signal comes, or a node crashes.

        Args:
            until: nodes whose end is the program's end.
            watch: called every `POLL_S` on the main thread (progress bars).

        Returns:
            The largest exit code of those that have finished; 130 after a signal, unless it made them end partial.
        """
        one_thread_per_caller()
        executors = [SingleThreadedExecutor() for _ in self.nodes]
        threads = [
            threading.Thread(target=self._spin, args=(executor, node), name=node.get_name(), daemon=True)
            for executor, node in zip(executors, self.nodes, strict=True)
        ]
        try:
            for thread in threads:
                thread.start()
            code = self._wait(until, watch)
            if self._signals.seen:
                self._wind_up(executors, watch)
                code = max((node.exit_code for node in until), default=0) or INTERRUPTED
        finally:
            self._stop(executors, threads)
            for node in self.nodes:
                node.close()
        for crash in self._crashed():
            raise crash
        return code

    def _wait(self, until: Sequence[ManagedNode], watch: Callable[[], None]) -> int:
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
            time.sleep(POLL_S)
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


def leave_to_the_end() -> None:
    """The garbage collector need not walk what is loaded by now: that took 0.1 s and more, with all nodes at rest."""
    gc.collect()
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
