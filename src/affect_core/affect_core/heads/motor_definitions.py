"""Which servo moves what, and how far: the OhBot's motors and the parser of its `.omd` calibration files.

Positions are 0..10, as in every OhBot program. Calibrations differ widely between robots (some even reverse
a motor), so a real robot should be driven with its own `.omd` file; the built-in table fits a fresh kit.
"""

from __future__ import annotations

import math
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from affect_core.errors import ConfigError
from affect_core.limits import LIMITS
from affect_core.texts import read_whole, values_of

MOTORS: Final = (
    "HEADNOD",  # 0 down .. 10 up
    "HEADTURN",  # 0 to the robot's right .. 10 to its left
    "EYETURN",  # 0 to the robot's right .. 10 to its left; both eyes on one servo
    "LIDBLINK",  # 0 closed .. 10 open; both lids on one servo
    "TOPLIP",  # 0 pushed down .. 10 raised, 5 touching
    "BOTTOMLIP",  # 0 pushed up .. 10 lowered, 5 touching
    "EYETILT",  # 0 down .. 10 up
    "HEADROLL",  # robots before 2024 have none
)
"""Names in the order of the servo sockets of a standard robot."""

LIPS: Final = ("TOPLIP", "BOTTOMLIP")
"""The pair that can collide."""

POSITION_MAX: Final = 10.0
CENTRE: Final = 5.0

_RAW_MAX = 1000
_MIN_TRAVEL_RAW = 100  # a file saved with Min == Max freezes the motor without a word
_SOCKETS = 12
_RETIRED = frozenset({"MOUTHOPEN"})  # socket 7 of old files; no such motor was ever sold


@dataclass(frozen=True)
class MotorDefinition:
    """One servo and its calibration.

    Attributes:
        name: one of `MOTORS`.
        socket: number of the servo on the board, 0..11.
        low_raw, high_raw: ends of the travel, 0..1000 for 0..180 degrees of the servo.
        reverse: position 0 lies at `high_raw`.
        rest: position at rest, 0..10.
        centre_raw: where position 5 lies, if not half way (for lips: just touching); None = half way.
        avoid: name of the motor it can collide with, or empty.

    Raises:
        ConfigError: a value out of range, or less than 100 raw of travel.
    """

    name: str
    socket: int
    low_raw: int
    high_raw: int
    reverse: bool = False
    rest: float = CENTRE
    centre_raw: int | None = None
    avoid: str = ""

    def __post_init__(self) -> None:
        self._expect(self.name in MOTORS, f"a name of {', '.join(MOTORS)}", self.name)
        self._expect(0 <= self.socket < _SOCKETS, f"Motor 0 to {_SOCKETS - 1}", self.socket)
        raw = (self.low_raw, self.high_raw)
        self._expect(min(raw) >= 0 and max(raw) <= _RAW_MAX, f"Min and Max in 0 to {_RAW_MAX}", raw)
        self._expect(self.high_raw - self.low_raw >= _MIN_TRAVEL_RAW, f"Max >= Min + {_MIN_TRAVEL_RAW}", raw)
        self._expect(0.0 <= self.rest <= POSITION_MAX, "RestPosition in 0 to 10", self.rest)
        if self.centre_raw is not None:
            self._expect(
                self.low_raw <= self.centre_raw <= self.high_raw, "Min <= Center <= Max", self.centre_raw
            )

    def degrees(self, position: float) -> int:
        """Servo angle of a position; positions outside 0..10 are taken as the nearest end.

        Whole degrees, cut off as the vendor's library does, so that both drive a robot to the same place.
        """
        position = min(max(position, 0.0), POSITION_MAX)
        if self.reverse:
            position = POSITION_MAX - position
        low, high = _raw_degrees(self.low_raw), _raw_degrees(self.high_raw)
        if self.centre_raw is None:
            return int(low + (high - low) * position / POSITION_MAX)
        centre = _raw_degrees(self.centre_raw)
        if position <= CENTRE:
            return int(low + (centre - low) * position / CENTRE)
        return int(centre + (high - centre) * (position - CENTRE) / CENTRE)

    def _expect(self, condition: bool, expected: str, got: object) -> None:
        if not condition:
            raise ConfigError(f"motor {self.name}: expected {expected}, got {got}; calibrate it again")


MotorTable = Mapping[str, MotorDefinition]
"""Motor name -> definition. A motor that the robot lacks is not in the table."""

DEFAULT_MOTORS: Final[MotorTable] = {
    motor.name: motor
    for motor in (
        MotorDefinition("HEADNOD", 0, 140, 700, reverse=True),
        MotorDefinition("HEADTURN", 1, 0, 1000),
        MotorDefinition("EYETURN", 2, 380, 780),
        MotorDefinition("LIDBLINK", 3, 35, 305, rest=10.0),
        MotorDefinition("TOPLIP", 4, 0, 550, reverse=True, avoid="BOTTOMLIP"),
        MotorDefinition("BOTTOMLIP", 5, 0, 550, reverse=True, avoid="TOPLIP"),
        MotorDefinition("EYETILT", 6, 520, 920),
        MotorDefinition("HEADROLL", 7, 350, 750, reverse=True),
    )
}
"""A fresh kit of 2026: eight servos."""


def load_motor_definitions(path: Path) -> dict[str, MotorDefinition]:
    """Read an `.omd` file (XML: ``<Motors><Motor Name Min Max Motor Reverse RestPosition Avoid [Center]/>``).

    Speed and Acceleration are ignored, as the vendor's library ignores them.

    Raises:
        ConfigError: unreadable, not XML, an unknown or repeated motor, or a value out of range;
            the message names the file and the motor.
    """
    with values_of(path):
        motors: dict[str, MotorDefinition] = {}
        try:
            for element in _read(path).iter("Motor"):
                if element.get("Name", "").upper() not in _RETIRED:
                    _add(motors, _definition(element))
            _check_avoid(motors)
        except ConfigError as error:
            raise ConfigError(f"{path}: {error}") from error
        return motors


def _raw_degrees(raw: int) -> int:
    # In this order on purpose: 700 becomes 125 and not 126, as in the vendor's library.
    return int(raw / _RAW_MAX * 180)


class _NoDoctype(ElementTree.TreeBuilder):
    """No calibration has a document type, and only there can entities be declared that stand for gigabytes."""

    def doctype(self, *_: object) -> None:
        raise ConfigError("expected plain XML, got one with a document type; delete the line <!DOCTYPE ...>")


def _read(path: Path) -> ElementTree.Element:
    try:
        data = read_whole(path, LIMITS.motor_file_bytes, ConfigError)
        root = ElementTree.fromstring(data, ElementTree.XMLParser(target=_NoDoctype()))
    except OSError as error:
        raise ConfigError(f"expected a readable motor definition file: {error.strerror}") from error
    except (ElementTree.ParseError, ValueError, LookupError) as error:  # the last two: of its encoding
        raise ConfigError(f"expected XML, got: {error}") from error
    if root.tag != "Motors" or root.find("Motor") is None:
        raise ConfigError(f"expected <Motors> with <Motor .../> inside, got <{root.tag}>")
    return root


def _add(motors: dict[str, MotorDefinition], motor: MotorDefinition) -> None:
    if motor.name in motors:
        raise ConfigError(f"motor {motor.name} is defined twice; delete one")
    for other in motors.values():
        if other.socket == motor.socket:
            raise ConfigError(f"motors {other.name} and {motor.name} both have Motor={motor.socket}")
    motors[motor.name] = motor


def _definition(element: ElementTree.Element) -> MotorDefinition:
    name = element.get("Name", "").upper()
    reverse = element.get("Reverse", "False")
    if reverse not in ("True", "False"):
        raise ConfigError(f"motor {name}: expected Reverse True or False, got {reverse!r}")
    return MotorDefinition(
        name=name,
        socket=_whole_number(element, "Motor"),
        low_raw=_whole_number(element, "Min"),
        high_raw=_whole_number(element, "Max"),
        reverse=reverse == "True",
        rest=_number(element, "RestPosition", "5"),
        centre_raw=_whole_number(element, "Center") if element.get("Center") else None,
        avoid=element.get("Avoid", "").upper(),
    )


def _whole_number(element: ElementTree.Element, key: str) -> int:
    number = _number(element, key)
    if not math.isfinite(number):
        raise ConfigError(f"motor {element.get('Name')}: expected a finite number for {key}, got {number}")
    return int(number)


def _number(element: ElementTree.Element, key: str, default: str | None = None) -> float:
    text = element.get(key, default)
    try:
        return float(text if text is not None else "")
    except ValueError:
        raise ConfigError(f"motor {element.get('Name')}: expected a number for {key}, got {text!r}") from None


def _check_avoid(motors: MotorTable) -> None:
    for motor in motors.values():
        if motor.avoid and (motor.avoid not in motors or motor.avoid == motor.name):
            raise ConfigError(f"motor {motor.name}: expected Avoid to name another motor, got {motor.avoid}")
