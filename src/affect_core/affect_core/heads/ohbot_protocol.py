"""The OhBot's serial protocol: what is sent and how a reply is read. Bytes only, no port.

One ASCII command per line, ended by ``\\n``; no checksum and no acknowledgement. Written after the firmware's
behaviour (version 1.8); see `fake_firmware` for the other end.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from affect_core.errors import HeadError

BAUD: Final = 19200
"""Nominal (the board is native USB). Never 1200: that sends the board into its bootloader."""

IDENTIFY: Final = b"v\n"
KEEP_ALIVE: Final = b"\n"

SPEED_MIN: Final = 1.0
SPEED_MAX: Final = 10.0
FULL_SPEED: Final = 0
"""Raw speed that means "at once"."""

DEG_S_PER_RAW: Final = 0.5 * 50 * 180 / (2400 - 544)
"""Servo speed per raw unit: 0.5 us of pulse per 20 ms, where 544..2400 us are 180 degrees; 2.42."""

_RAW_PER_SPEED = 25
_VERSION = re.compile(rb"SVer:v(\d+(?:\.\d+)*)((?:,[^,\s]*)*)")


@dataclass(frozen=True)
class Firmware:
    """What the board says it is: version, e.g. (1, 8), and the fields behind it, e.g. ("0",)."""

    version: tuple[int, ...]
    fields: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "v" + ".".join(map(str, self.version))


def parse_firmware(line: bytes) -> Firmware | None:
    """The firmware named in a line such as ``Servo Control SVer:v1.8`` or ``SVer:v2.10.12,0``; else None."""
    match = _VERSION.search(line)
    if match is None:
        return None
    version = tuple(int(part) for part in match[1].split(b"."))
    return Firmware(version, tuple(part.decode("latin-1") for part in match[2].split(b",")[1:]))


def move(socket: int, degrees: int, speed_raw: int) -> bytes:
    """Move one servo to whole degrees. ``speed_raw``: 1 is the slowest, 250 fast, 0 at once."""
    _expect(0 <= degrees <= 180, "0 to 180 degrees", degrees)  # the firmware takes more as microseconds
    _expect(0 <= speed_raw <= 250, "raw speed 0 to 250", speed_raw)
    return b"m%02d,%d,%d\n" % (_socket(socket), degrees, speed_raw)


def attach(socket: int) -> bytes:
    """Energise one servo. It goes to its last target at full speed: send `move` first."""
    return b"a%02d\n" % _socket(socket)


def detach(socket: int) -> bytes:
    """Switch one servo off; it goes limp."""
    return b"d%02d\n" % _socket(socket)


def light(index: int, red: int, green: int, blue: int) -> bytes:
    """Set LED 0 or 1, 0..255 per channel."""
    _expect(index in (0, 1), "LED 0 or 1", index)
    _expect(all(0 <= value <= 255 for value in (red, green, blue)), "colours 0 to 255", (red, green, blue))
    return b"l%02d,%d,%d,%d\n" % (index, red, green, blue)


def raw_speed(speed: float) -> int:
    """Raw speed of the OhBot speed scale: 1 is 61 degrees/s, 10 is 606 degrees/s.

    Below 1 it stays at 1: the scale's 0 would be the FASTEST, since raw 0 means "at once".
    """
    return round(_RAW_PER_SPEED * min(max(speed, SPEED_MIN), SPEED_MAX))


def _socket(socket: int) -> int:
    _expect(0 <= socket < 12, "servo 0 to 11", socket)
    return socket


def _expect(condition: bool, expected: str, got: object) -> None:
    if not condition:
        raise HeadError(f"expected {expected}, got {got}")
