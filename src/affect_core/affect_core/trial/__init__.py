"""Trial protocols, their schedules, and sessions."""

from affect_core.trial.library import Composition, Part, load_composition, load_protocol, parts_of
from affect_core.trial.protocol import KINDS, ORDERS, Protocol, latin_square, protocol_from
from affect_core.trial.scene import TrialScene
from affect_core.trial.schedule import (
    EventKind,
    Schedule,
    Step,
    TrialEvent,
    frame_stamp_ns,
    schedule,
    starts_block,
)
from affect_core.trial.session import CLOCKS, Session, participant_number, session_id

__all__ = [
    "CLOCKS",
    "KINDS",
    "ORDERS",
    "Composition",
    "EventKind",
    "Part",
    "Protocol",
    "Schedule",
    "Session",
    "Step",
    "TrialEvent",
    "TrialScene",
    "frame_stamp_ns",
    "latin_square",
    "load_composition",
    "load_protocol",
    "participant_number",
    "parts_of",
    "protocol_from",
    "schedule",
    "session_id",
    "starts_block",
]
