"""The OhBot's serial protocol: what is sent and how a reply is read. Bytes only, no port.

One ASCII command per line, ended by ``\\n``; no checksum and no acknowledgement. Written after the behaviour
of firmware 1.8 and 2.10; see `fake_firmware` for the other end.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from affect_core.errors import HeadError

BAUD: Final = 19200
"""Nominal (the board is native USB). Never 1200: that sends the board into its bootloader."""

IDENTIFY: Final = b"v\n"
"""Who are you? Every firmware answers at once, so it also tells whether the board is still alive."""

NAME_ROBOT: Final = b"R\n"
"""Which robot were you set up as? Only firmware 2.09 to 2.18 answers, see `Firmware.names_robot`."""

PINS: Final = 6
"""Analogue inputs A0..A5."""

OHBOT, PICOH = "ohbot", "picoh"

Colour = tuple[int, int, int]
"""Red, green, blue; 0..255 each."""

SPEED_MIN: Final = 1.0
SPEED_MAX: Final = 10.0
FULL_SPEED: Final = 0
"""Raw speed that means "at once"."""

DEG_S_PER_RAW: Final = 0.5 * 50 * 180 / (2400 - 544)
"""Servo speed per raw unit: 0.5 us of pulse per 20 ms, where 544..2400 us are 180 degrees; 2.42."""

_RAW_PER_SPEED = 25
_VERSION = re.compile(rb"SVer:v(\d+(?:\.\d+)*)((?:,[^,\s]*)*)")
_FLASHED = re.compile(rb"FLASHED:[^:]*:[^:]*:([a-z]+)", re.IGNORECASE)
_READING = re.compile(rb"v(\d{1,2}),(\d{1,4})\s*")
_READING_MAX = 1023


@dataclass(frozen=True)
class Firmware:
    """What the board says it is: version, e.g. (1, 8), and the fields behind it, e.g. ("0",)."""

    version: tuple[int, ...]
    fields: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "v" + ".".join(map(str, self.version))

    @property
    def robot(self) -> str:
        """Whose firmware it is, "ohbot" or "picoh", told apart as the vendor's own programs do.

        Version 1 ran on OhBots only; later versions say 0 or 1 behind the version on an OhBot.
        """
        return OHBOT if self.version[0] == 1 or self.fields[:1] in (("0",), ("1",)) else PICOH

    @property
    def names_robot(self) -> bool:
        """Whether the board answers `NAME_ROBOT`; that answer counts more than `robot`."""
        return self.robot == OHBOT and (2, 9) <= self.version[:2] <= (2, 18)


def parse_firmware(line: bytes) -> Firmware | None:
    """The firmware named in a line such as ``Servo Control SVer:v1.8`` or ``SVer:v2.10.12,0``; else None."""
    match = _VERSION.search(line)
    if match is None:
        return None
    version = tuple(int(part) for part in match[1].split(b"."))
    return Firmware(version, tuple(part.decode("latin-1") for part in match[2].split(b",")[1:]))


def parse_robot(line: bytes) -> str | None:
    """The robot in an answer to `NAME_ROBOT`, ``FLASHED:..:..:ohbot``: lower case; else None."""
    match = _FLASHED.search(line)
    return match[1].decode("ascii").lower() if match else None


def parse_reading(line: bytes) -> tuple[int, float] | None:
    """Pin and share of full scale, 0..1, of an answer to `read_pin`, ``v3,512``; else None."""
    match = _READING.fullmatch(line)
    if match is None or int(match[1]) >= PINS or int(match[2]) > _READING_MAX:
        return None
    return int(match[1]), int(match[2]) / _READING_MAX


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


def colour(red: float, green: float, blue: float) -> Colour:
    """LED channels 0..1 as the 0..255 of `light`; cut off like the vendor's, so that colours agree."""
    shares = (red, green, blue)
    _expect(all(0.0 <= share <= 1.0 for share in shares), "LED channels 0 to 1", shares)
    return int(255 * red), int(255 * green), int(255 * blue)


def read_pin(pin: int) -> bytes:
    """Ask for an analogue input, 0..5; the answer is for `parse_reading`."""
    _expect(0 <= pin < PINS, f"sensor pin 0 to {PINS - 1}", pin)
    return b"i%02d\n" % pin


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
