"""Somebody else who conducts a trial in the same namespace, or is about to: two would spoil each other."""

from __future__ import annotations

import math
import time
import uuid

from diagnostic_msgs.msg import DiagnosticArray

from affect_core.trial import EventKind
from affect_hri.nodes import _topics
from affect_hri.nodes._health import status_name
from affect_hri.nodes._managed import ManagedNode
from affect_hri_interfaces import msg as affect

LISTEN_S = 2.0
"""A trial under way is heard within this."""
CLAIM_S = 3.0
"""A claim holds for so long after its last diagnostics, which come once a second."""
SETTLE_S = 0.5
"""A session that is heard of counts after this: the events of one that is over come one after the other."""
CLAIM = "conducts_since"
SESSION = "session"


class Rival:
    """Listens to the events and diagnostics of other conductors.

    Who wants to conduct says so, and since when, in its diagnostics: of two that begin at the same time the one with
    the later claim gives way, before either has published an event.

    Args:
        node: a conductor, in its `start`; its own events come back to it, and are for it to keep from us.
    """

    def __init__(self, node: ManagedNode) -> None:
        self._node, self._since_s = node, time.monotonic()
        self._name = status_name(node.get_namespace(), node.get_name())
        self._claim = ""
        self._heard, self._heard_s = "", -math.inf
        self._earlier, self._earlier_s = "", -math.inf
        node.listen(_topics.DIAGNOSTICS, self._on_diagnostics)

    def claim(self, session: str) -> None:
        """The node wants to conduct this."""
        self._claim = f"{time.time_ns()}-{uuid.uuid4().hex[:8]}"
        self._node.describe(**{CLAIM: self._claim, SESSION: session})

    def withdraw(self) -> None:
        """It does not, or no longer."""
        self._claim = ""
        self._node.describe(**{CLAIM: "", SESSION: ""})

    def on_event(self, message: affect.TrialEvent) -> None:
        """An event that is not the node's own."""
        over = message.kind in (EventKind.SESSION_END, EventKind.ABORT)
        heard = "" if over else message.session
        if heard != self._heard:
            self._heard, self._heard_s = heard, time.monotonic()

    @property
    def session(self) -> str:
        """What somebody else conducts, and is still there, or claimed before we did; empty = nothing."""
        others = self._node.count_publishers(_topics.TRIAL_EVENTS.name) > 1
        if self._heard and others and not self.undecided:
            return self._heard
        return self._earlier if time.monotonic() - self._earlier_s < CLAIM_S else ""

    @property
    def undecided(self) -> bool:
        """Whether something was heard of just now that may be over already."""
        return bool(self._heard) and time.monotonic() - self._heard_s < SETTLE_S

    @property
    def unheard(self) -> bool:
        """Whether there would have been time to hear of it, and there was nothing."""
        return not self.session and not self.undecided and time.monotonic() - self._since_s > LISTEN_S

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        for status in message.status:
            if status.name != self._name:
                continue
            said = {item.key: item.value for item in status.values}
            claim = said.get(CLAIM, "")
            if claim and claim < self._claim:
                self._earlier, self._earlier_s = said.get(SESSION, ""), time.monotonic()
