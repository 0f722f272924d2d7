"""When a run may begin: the nodes it needs are up, and their listeners have had time to be matched."""

from __future__ import annotations

import math
import time
from typing import Protocol

from affect_core.errors import InputError
from affect_hri.nodes import _topics
from affect_hri.nodes._barrier import Roll
from affect_hri.nodes._health import status_name
from affect_hri.nodes._managed import ManagedNode


class Waiting(Protocol):
    """What a node's settings say of it."""

    @property
    def wait_for(self) -> tuple[str, ...]: ...
    @property
    def ready_timeout_s(self) -> float: ...
    @property
    def start_delay_s(self) -> float: ...


class Gate:
    """Shut until `open` is called; passed once.

    Args:
        node: in its `start`; it hears the diagnostics of the nodes it waits for.
        config: which nodes, how long for them, and how long after them.
    """

    def __init__(self, node: ManagedNode, config: Waiting) -> None:
        self._config = config
        self._roll = Roll(status_name(node.get_namespace(), name) for name in config.wait_for)
        node.listen(_topics.DIAGNOSTICS, self._roll.on_diagnostics)
        self._begin_at_s: float | None = math.inf

    def open(self) -> None:
        """Somebody waits from now on."""
        self._begin_at_s, self._deadline_s = None, time.monotonic() + self._config.ready_timeout_s

    def shut(self) -> None:
        """Nobody waits any more."""
        self._begin_at_s = math.inf

    @property
    def is_awaited(self) -> bool:
        """Whether somebody waits."""
        return self._begin_at_s != math.inf

    def passes(self, lacks: str = "") -> bool:
        """Whether to begin now; it is shut then.

        Args:
            lacks: what is missing besides the nodes.

        Raises:
            InputError: not all came up in time; it is shut.
        """
        if self._begin_at_s is None:
            self._look(lacks)
            return False
        if time.monotonic() < self._begin_at_s:
            return False
        self.shut()
        return True

    def _look(self, lacks: str) -> None:
        if self._roll.complete and not lacks:
            self._begin_at_s = time.monotonic() + self._config.start_delay_s
        elif time.monotonic() > self._deadline_s or self._roll.hopeless:
            self.shut()
            raise InputError(f"not all nodes came up: {self._roll.missing() or lacks}")
