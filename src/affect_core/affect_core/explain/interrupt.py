"""Explanations that can be stopped: between two forward passes they ask whether they are still wanted."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from affect_core.errors import Cancelled
from affect_core.explain.network import Explained


class Token:
    """Says whether work is still wanted. One thread works and asks, any other may cancel.

    Args:
        budget_ms: how long it may take; infinite = as long as it likes.
        started_s: since when that counts, on ``clock_s``; None = now.
        clock_s: tells the time.
    """

    def __init__(
        self,
        budget_ms: float = math.inf,
        started_s: float | None = None,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._budget_ms, self._clock_s = budget_ms, clock_s
        self._started_s = clock_s() if started_s is None else started_s
        self._cancelled = threading.Event()
        self._reason = ""

    def cancel(self, reason: str) -> None:
        """What is under way ends at its next `check`; the first reason is told."""
        if not self._cancelled.is_set():
            self._reason = reason
            self._cancelled.set()

    def check(self) -> None:
        """Raises Cancelled, with the reason, unless the work is still wanted."""
        if self._cancelled.is_set():
            raise Cancelled(self._reason)
        age_ms = 1e3 * (self._clock_s() - self._started_s)
        if age_ms > self._budget_ms:
            raise Cancelled(
                f"expected a map within {self._budget_ms:g} ms, it is not done after {age_ms:.0f} ms"
            )


def interruptible(explained: Explained, check: Callable[[], None]) -> Explained:
    """The same network; ``check`` is called before every forward pass, and what it raises ends the explanation.

    The network itself, its split form and the runtime: each method uses some of them, and captum takes its own hooks
    away also when it is left by an error.
    """

    def ask(*_: Any) -> None:
        check()

    def predict(batch: Any) -> Any:
        check()
        return explained.predict(batch)

    for network in (explained.network, explained.split):
        if network is not None:
            network.register_forward_pre_hook(ask)
    return replace(explained, predict=predict)
