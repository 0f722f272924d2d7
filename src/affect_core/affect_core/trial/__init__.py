"""Trial protocols, their schedules, and sessions."""

from affect_core.trial.protocol import KINDS, ORDERS, Protocol, load_protocol
from affect_core.trial.schedule import EventKind, Schedule, Step, TrialEvent, frame_stamp_ns, schedule
from affect_core.trial.session import CLOCKS, Session, session_id

__all__ = [
    "CLOCKS",
    "KINDS",
    "ORDERS",
    "EventKind",
    "Protocol",
    "Schedule",
    "Session",
    "Step",
    "TrialEvent",
    "frame_stamp_ns",
    "load_protocol",
    "schedule",
    "session_id",
]
