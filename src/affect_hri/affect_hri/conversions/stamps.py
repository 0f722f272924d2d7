"""Time and headers."""

from __future__ import annotations

from builtin_interfaces.msg import Time
from std_msgs.msg import Header

from affect_core.errors import InputError

NS_PER_S = 1_000_000_000


def to_time(stamp_ns: int) -> Time:
    """Nanoseconds to a Time message."""
    return Time(sec=stamp_ns // NS_PER_S, nanosec=stamp_ns % NS_PER_S)


def from_time(stamp: Time) -> int:
    """A Time message to nanoseconds; raises InputError for one that is no instant."""
    if stamp.nanosec >= NS_PER_S:
        raise InputError(f"expected a stamp with nanosec below {NS_PER_S}, got {stamp.nanosec}")
    return int(stamp.sec) * NS_PER_S + int(stamp.nanosec)


def to_header(stamp_ns: int, frame_id: str = "") -> Header:
    """A Header from nanoseconds and a frame."""
    return Header(stamp=to_time(stamp_ns), frame_id=frame_id)
