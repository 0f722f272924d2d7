"""Trial protocols, their schedules, and sessions."""

from affect_core.trial.protocol import KINDS, ORDERS, Protocol, latin_square, load_protocol
from affect_core.trial.scene import TrialScene
from affect_core.trial.schedule import EventKind, Schedule, Step, TrialEvent, frame_stamp_ns, schedule
from affect_core.trial.session import CLOCKS, Session, participant_number, session_id

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
    "TrialScene",
    "frame_stamp_ns",
    "latin_square",
    "load_protocol",
    "participant_number",
    "schedule",
    "session_id",
]
