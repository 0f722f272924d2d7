"""What an OhBot's firmware does, bytes in and bytes out; `fake_firmware` puts it behind a port."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from affect_core.heads.ohbot_protocol import DEG_S_PER_RAW

_LINE_MAX: Final = 50
_FIELD_MAX: Final = 9
_SERVOS: Final = 12
_PINS: Final = (4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 2, 3)
_MIDDLE_DEG: Final = 90.0
_ATTACHED_BY_AX: Final = 7  # "all" means the first seven, and whichever was attached by its own number


@dataclass(frozen=True)
class Dialect:
    """What a firmware calls itself, and the robot it says it was set up as when asked; None = no answer."""

    version: str
    robot: str | None = None


DIALECTS: Final = {
    "v1.8": Dialect("1.8"),
    "v2.10": Dialect("2.10.12,0", "ohbot"),
    "picoh": Dialect("2.10.12"),
}


@dataclass
class Servo:
    """One servo output: constant speed towards its target, no acceleration (the VarSpeedServo library)."""

    low_us: int = 544
    high_us: int = 2400
    attached: bool = False
    in_all: bool = False
    last_target: int = 90
    _start_deg: float = _MIDDLE_DEG
    _target_deg: float = _MIDDLE_DEG
    _speed_raw: int = 0
    _since_s: float = 0.0

    def degrees(self, now_s: float) -> float:
        """Commanded angle at an instant; a detached servo's horn may be anywhere."""
        way = self._target_deg - self._start_deg
        done = DEG_S_PER_RAW * self._speed_raw * (now_s - self._since_s)
        if self._speed_raw == 0 or done >= abs(way):
            return self._target_deg
        return self._start_deg + (done if way > 0 else -done)

    def write(self, target: int, speed_raw: int, now_s: float) -> None:
        """``target``: degrees, or microseconds from 544 on. ``speed_raw`` 0: at once."""
        self._start_deg = self.degrees(now_s)
        self._target_deg = self._as_degrees(target)
        self._speed_raw, self._since_s = speed_raw & 0xFF, now_s

    def attach(self, now_s: float) -> None:
        """Energise: jump to the last target."""
        self.attached = self.in_all = True
        self.write(self.last_target, 0, now_s)

    def _as_degrees(self, target: int) -> float:
        if target < 544:
            return float(min(max(target, 0), 180))
        pulse_us = min(max(target, self.low_us), self.high_us)
        return 180.0 * (pulse_us - self.low_us) / (self.high_us - self.low_us)


class Board:
    """The firmware: commands in, replies out, time as an argument.

    Args:
        dialect: one of `DIALECTS`.

    Attributes:
        servos: 12 servos.
        lights: two RGB LEDs.
        sensors: what the six analogue pins read, 0..1023.
        lines: every line received, without its end.
    """

    def __init__(self, dialect: Dialect = DIALECTS["v1.8"]) -> None:
        self.dialect = dialect
        self.sensors = [0] * 6
        self.lines: list[bytes] = []
        self.power_up()
        self._commands: dict[str, Callable[[list[str], float], bytes]] = {
            "m": self._move,
            "a": self._attach,
            "d": self._detach,
            "l": self._light,
            "i": self._read_pin,
            "x": self._set_pulse,
            "n": self._set_pulse,
            "t": lambda fields, now_s: self._table(),
            "r": self._reset,
            "v": lambda fields, now_s: self._identity(),
            "R": lambda fields, now_s: self._robot(),
        }

    def power_up(self) -> None:
        """Forget everything but what was received: servos are off, lights dark."""
        self.servos = [Servo(in_all=index < _ATTACHED_BY_AX) for index in range(_SERVOS)]
        self.lights = [(0, 0, 0), (0, 0, 0)]
        self._pending = b""

    @property
    def attached(self) -> set[int]:
        """Numbers of the energised servos."""
        return {index for index, servo in enumerate(self.servos) if servo.attached}

    def banner(self) -> bytes:
        """What the board prints when its port is opened for the first time."""
        guid = b"Guid = {29D81537-AF38-4BE3-9BEE-4B6952124806}\r\n"
        return b"Servo Control " + self._identity() + guid + self._table()

    def feed(self, data: bytes, now_s: float) -> bytes:
        """Take what arrived at ``now_s``; returns the replies to the lines it completes."""
        *lines, self._pending = (self._pending + data).split(b"\n")
        return b"".join(self._execute(line, now_s) for line in lines)

    def _execute(self, line: bytes, now_s: float) -> bytes:
        self.lines.append(line)
        fields = line[:_LINE_MAX].decode("latin-1").split(",")
        fields = [field[:_FIELD_MAX] for field in fields]
        command = self._commands.get(fields[0][:1])
        return command(fields, now_s) if command else b""

    def _move(self, fields: list[str], now_s: float) -> bytes:
        servo = self._servo(fields)
        servo.last_target = _atoi(fields[1]) if len(fields) > 1 else 90
        servo.write(servo.last_target, _atoi(fields[2]) if len(fields) > 2 else 0, now_s)
        return b""

    def _attach(self, fields: list[str], now_s: float) -> bytes:
        for servo in self._one_or_all(fields):
            servo.attach(now_s)
        return b""

    def _detach(self, fields: list[str], now_s: float) -> bytes:
        for servo in self._one_or_all(fields):
            servo.attached = False
        return b""

    def _light(self, fields: list[str], now_s: float) -> bytes:
        red, green, blue = (_atoi(field) & 0xFF for field in [*fields[1:4], "", "", ""][:3])
        index = _number(fields[0])
        if index < len(self.lights):
            self.lights[index] = (red, green, blue)
        return b""

    def _read_pin(self, fields: list[str], now_s: float) -> bytes:
        pin = _number(fields[0])
        return b"v%d,%d\r\n" % (pin, self.sensors[pin] if pin < len(self.sensors) else 0)

    def _set_pulse(self, fields: list[str], now_s: float) -> bytes:
        if len(fields) > 1:
            end = {"x": "high_us", "n": "low_us"}[fields[0][0]]
            setattr(self._servo(fields), end, _atoi(fields[1]))
            self._servo(fields).attached = True
        return b""

    def _reset(self, fields: list[str], now_s: float) -> bytes:
        for servo in self.servos:
            if servo.in_all:
                servo.write(90, 0, now_s)
        return b""

    def _identity(self) -> bytes:
        return b"SVer:v%s\r\n" % self.dialect.version.encode()

    def _robot(self) -> bytes:
        return b"FLASHED:1:1:%s\r\n" % self.dialect.robot.encode() if self.dialect.robot else b""

    def _table(self) -> bytes:
        row = b"Servo: %d on pin%d min uS: %d max uS: %d\r\n"
        rows = enumerate(zip(_PINS, self.servos, strict=True))
        return b"".join(row % (index, pin, servo.low_us, servo.high_us) for index, (pin, servo) in rows)

    def _servo(self, fields: list[str]) -> Servo:
        return self.servos[_number(fields[0])]

    def _one_or_all(self, fields: list[str]) -> list[Servo]:
        if fields[0][1:2] == "x":
            return [servo for servo in self.servos if servo.in_all]
        return [self._servo(fields)]


def _number(field: str) -> int:
    """Servo or pin number: two digits after the letter; 9n are the sockets from 10 on; unknown ones are 0."""
    number = _atoi(field[1:3])
    number = number - 80 if number > 89 else number
    return number if 0 <= number < _SERVOS else 0


def _atoi(text: str) -> int:
    match = re.match(r"\s*[+-]?\d+", text)
    return int(match[0]) if match else 0
