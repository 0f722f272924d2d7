"""Reads and checks `config/expressions.yaml`. Every error names the place in the file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import radians
from typing import Any, Final

from affect_core.errors import ConfigError
from affect_core.heads.action_units import OTHER_SIDE, SHAPES, Angles, Cycle, Expression, Motor, project
from affect_core.heads.rig import JOINTS, clamp, sided_joints
from affect_core.labels import NEUTRAL

HEAD_LIMIT_DEG: Final = 20.0
"""No expression turns the head further, its motion included: face detectors are sure up to here."""

MOTOR_HIGH: Final = 10.0
_UNIT_SUFFIXES: Final[dict[str, tuple[str, float]]] = {"_deg": ("rad", radians(1)), "_mm": ("m", 0.001)}


@dataclass(frozen=True)
class Content:
    """The file, checked.

    Attributes:
        unit_gains: action unit -> joint -> what amount 1 adds, in the joint's unit.
    """

    expressions: Mapping[str, Expression]
    unit_gains: Mapping[str, Mapping[str, float]]
    motors: Mapping[str, Motor]


def parse(content: Mapping[str, Any]) -> Content:
    """The checked content of a parsed file; raises ConfigError."""
    _known_keys(content, "the top level", ("action_units", "motors", "blendshapes", "expressions"))
    units = {
        str(name): _unit_gains(f"action_units.{name}", entry)
        for name, entry in _mapping(content, "action_units").items()
    }
    motors = {
        str(name): _motor(f"motors.{name}", entry) for name, entry in _mapping(content, "motors").items()
    }
    missing_motors = {"TOPLIP", "BOTTOMLIP"} - set(motors)
    _expect(not missing_motors, "motors", "TOPLIP and BOTTOMLIP among the motors", sorted(motors))
    rows = {
        str(name): _expression(str(name), entry or {}, units)
        for name, entry in _mapping(content, "expressions").items()
    }
    _expect(NEUTRAL in rows, "expressions", f"an expression {NEUTRAL!r}", sorted(rows))
    for row in rows.values():
        _check_reach(row, units)
    return Content(rows, units, motors)


def _unit_gains(where: str, entry: Any) -> dict[str, float]:
    _known_keys(entry, where, ("name", "joints"))
    gains: dict[str, float] = {}
    for key, value in _mapping(entry, "joints", where).items():
        gains |= _joint_values(f"{where}.joints", key, _number(where, key, value))
    return gains


def _motor(where: str, entry: Any) -> Motor:
    _known_keys(entry, where, ("rest", "joints"))
    gains: dict[str, float] = {}
    for key, value in _mapping(entry, "joints", where).items():
        _, scale = _unit(key)
        joints = _joint_values(f"{where}.joints", key, 1.0)
        gains |= {joint: _number(where, key, value) / scale / len(joints) for joint in joints}
    return Motor(_number(where, "rest", entry.get("rest"), 0.0, MOTOR_HIGH), gains)


def _expression(name: str, entry: Any, units: Mapping[str, Any]) -> Expression:
    where = f"expressions.{name}"
    known = ("lead", "action_units", "head", "gaze", "onset_s", "hold_s", "offset_s", "motion")
    _known_keys(entry, where, known)
    lead = entry.get("lead", "left")
    _expect(lead in OTHER_SIDE, f"{where}.lead", "right or left", lead)
    head = _angles(f"{where}.head", entry.get("head", {}), ("yaw_deg", "pitch_deg", "roll_deg"))
    gaze = _angles(f"{where}.gaze", entry.get("gaze", {}), ("yaw_deg", "pitch_deg"))
    return Expression(
        name=name,
        lead=lead,
        action_units=_amounts(f"{where}.action_units", entry.get("action_units", {}), units, lead),
        head=head if lead == "left" else head.mirrored(),
        gaze=gaze if lead == "left" else gaze.mirrored(),
        motion=_motion(f"{where}.motion", entry.get("motion", []), lead),
        onset_s=_number(where, "onset_s", entry.get("onset_s"), 0.05, 10.0),
        hold_s=_number(where, "hold_s", entry.get("hold_s"), 0.0, 60.0),
        offset_s=_number(where, "offset_s", entry.get("offset_s"), 0.05, 10.0),
    )


def _amounts(where: str, entry: Any, units: Mapping[str, Any], lead: str) -> dict[str, dict[str, float]]:
    _known_keys(entry, where, tuple(units), "action unit")
    amounts = {}
    for unit, value in entry.items():
        pair = value if isinstance(value, dict) else {"lead": value, "other": value}
        _known_keys(pair, f"{where}.{unit}", ("lead", "other"))
        numbers = {key: _number(f"{where}.{unit}", key, pair.get(key), 0.0, 1.0) for key in ("lead", "other")}
        amounts[unit] = {lead: numbers["lead"], OTHER_SIDE[lead]: numbers["other"]}
    return amounts


def _angles(where: str, entry: Any, keys: tuple[str, ...]) -> Angles:
    _known_keys(entry, where, keys)
    return Angles(
        **{
            key: _number(where, key, value, -HEAD_LIMIT_DEG * 1.5, HEAD_LIMIT_DEG * 1.5)
            for key, value in entry.items()
        }
    )


def _motion(where: str, entries: Any, lead: str) -> tuple[Cycle, ...]:
    _expect(isinstance(entries, list), where, "a list", entries)
    cycles = tuple(cycle for entry in entries for cycle in _cycles(where, entry))
    return cycles if lead == "left" else tuple(cycle.mirrored() for cycle in cycles)


def _cycles(where: str, entry: Any) -> tuple[Cycle, ...]:
    """One line of the table; a joint named without its side moves on both."""
    amplitude_keys = [key for key in ("amplitude_deg", "amplitude_mm", "amplitude") if key in entry]
    _known_keys(entry, where, ("joint", "frequency_hz", "shape", *amplitude_keys))
    _expect(len(amplitude_keys) == 1, where, "one of amplitude_deg, amplitude_mm, amplitude", list(entry))
    shape = entry.get("shape")
    _expect(shape in SHAPES, f"{where}.shape", f"one of {', '.join(SHAPES)}", shape)
    frequency_hz = _number(where, "frequency_hz", entry.get("frequency_hz"), 0.01, 5.0)
    value = _number(where, amplitude_keys[0], entry[amplitude_keys[0]])
    suffix = amplitude_keys[0].removeprefix("amplitude")
    values = _joint_values(where, f"{entry.get('joint')}{suffix}", value)
    return tuple(Cycle(joint, amplitude, frequency_hz, shape) for joint, amplitude in values.items())


def _check_reach(row: Expression, units: Mapping[str, Mapping[str, float]]) -> None:
    """The pose at intensity 1 fits the joints, and the head stays where detectors see it."""
    where = f"expressions.{row.name}"
    full = {joint: JOINTS[joint].rest + delta for joint, delta in project(row, units).items()}
    _, limited = clamp(full)
    _expect(not limited, where, "a pose within the joints' limits", f"too much of {', '.join(limited)}")
    for axis in ("head_yaw", "head_pitch", "head_roll"):
        swing = sum(abs(cycle.amplitude) for cycle in row.motion if cycle.joint == axis)
        reach_deg = (abs(full[axis]) + swing) / radians(1)
        _expect(reach_deg <= HEAD_LIMIT_DEG, f"{where}.{axis}", f"at most {HEAD_LIMIT_DEG:g} deg", reach_deg)


def _joint_values(where: str, key: str, value: float) -> dict[str, float]:
    """``brow_raise_mm: 5`` -> both brow_raise joints, in metres."""
    name, scale = _unit(key)
    joints = sided_joints(name)
    unit = next((unit for suffix, (unit, _) in _UNIT_SUFFIXES.items() if key.endswith(suffix)), "1")
    fitting = [joint for joint in joints if JOINTS[joint].unit == unit]
    _expect(bool(fitting), where, f"a joint and its unit (of: {', '.join(_yaml_names())})", key)
    return dict.fromkeys(fitting, value * scale)


def _unit(key: str) -> tuple[str, float]:
    for suffix, (_, scale) in _UNIT_SUFFIXES.items():
        if key.endswith(suffix):
            return key.removesuffix(suffix), scale
    return key, 1.0


def _yaml_names() -> list[str]:
    """Joint names as they are written in the table: without sides, with the unit's suffix."""
    suffixes = {unit: suffix for suffix, (unit, _) in _UNIT_SUFFIXES.items()}
    names = {
        joint.name.removesuffix("_right").removesuffix("_left") + suffixes.get(joint.unit, "")
        for joint in JOINTS.values()
    }
    return sorted(names)


def _mapping(entry: Any, key: str, where: str = "the top level") -> dict[str, Any]:
    value = entry.get(key, {}) if isinstance(entry, dict) else None
    _expect(isinstance(value, dict), f"{where}.{key}", "a mapping", value)
    return dict(value or {})


def _known_keys(entry: Any, where: str, known: tuple[str, ...], kind: str = "key") -> None:
    _expect(isinstance(entry, dict), where, "a mapping", entry)
    unknown = sorted(str(key) for key in entry if key not in known)
    _expect(not unknown, where, f"{kind}s among {', '.join(known)}", f"unknown {kind} {', '.join(unknown)}")


def _number(where: str, key: str, value: Any, low: float = -1e9, high: float = 1e9) -> float:
    good = isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high
    wanted = "a number" if low <= -1e9 else f"a number from {low:g} to {high:g}"
    _expect(good, f"{where}.{key}", wanted, value)
    return float(value)


def _expect(condition: bool, where: str, expected: str, got: object) -> None:
    if not condition:
        raise ConfigError(f"{where}: expected {expected}, got {got}")
