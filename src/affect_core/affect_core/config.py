"""How defaults are written down: frozen dataclasses whose fields carry their description, unit and range.

A default has one home: the dataclass of its stage (`FaceConfig`, `AvatarConfig`, ...). Nodes declare their ROS
parameters from it, YAML files override it, `check` refuses what is out of range.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, cast

from affect_core.errors import ConfigError


def setting(
    default: Any,
    doc: str,
    *,
    low: float | None = None,
    high: float | None = None,
    choices: Sequence[str] | None = None,
) -> Any:
    """A dataclass field with a description (units included) and, where it has one, its range or its choices."""
    metadata = {"doc": doc, "low": low, "high": high, "choices": tuple(choices) if choices else None}
    return dataclasses.field(default=default, metadata=metadata)


class Settings:
    """Base of all configuration dataclasses: checks types and ranges once, when it is made."""

    def __post_init__(self) -> None:
        for item in dataclasses.fields(cast(Any, self)):
            _check(type(self).__name__, item, getattr(self, item.name))


S = TypeVar("S", bound=Settings)


def from_mapping(kind: type[S], values: Mapping[str, Any], source: str = "the configuration") -> S:
    """Build a settings object; an unknown key is an error that lists the known keys.

    Integers are accepted where a float is expected, lists where a tuple is.
    """
    known = {item.name: item for item in dataclasses.fields(cast(Any, kind))}
    if not isinstance(values, Mapping):
        raise ConfigError(f"{source}: expected a mapping, got {type(values).__name__}")
    unknown = sorted(str(key) for key in values if key not in known)
    if unknown:
        raise ConfigError(
            f"{source}: unknown key {', '.join(unknown)}; {kind.__name__} knows: {', '.join(known)}"
        )
    return kind(**{key: _coerce(known[key].default, value) for key, value in values.items()})


def names_of(kind: type[Settings]) -> tuple[str, ...]:
    """The names of all its settings."""
    return tuple(item.name for item in dataclasses.fields(cast(Any, kind)))


def load_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML file that holds a mapping; raises ConfigError with the file's name. See `affect_core.texts`."""
    from affect_core.texts import read_yaml

    content = read_yaml(path)
    if not isinstance(content, dict):
        raise ConfigError(f"{path}: expected a mapping at the top, got {type(content).__name__}")
    return content


def _coerce(default: Any, value: Any) -> Any:
    if isinstance(default, float) and isinstance(value, int) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:
            raise ConfigError(f"expected a number, got one of {value.bit_length()} bits") from None
    if isinstance(default, tuple) and isinstance(value, list):
        return tuple(value)
    return value


def _check(owner: str, item: dataclasses.Field[Any], value: Any) -> None:
    if item.default is not dataclasses.MISSING and not isinstance(value, type(item.default)):
        expected = type(item.default).__name__
        raise ConfigError(f"{owner}.{item.name}: expected {expected}, got {type(value).__name__} {value!r}")
    low, high, choices = (item.metadata.get(key) for key in ("low", "high", "choices"))
    if (low is not None and value < low) or (high is not None and value > high):
        raise ConfigError(f"{owner}.{item.name}: expected {_range(low, high)}, got {value!r}")
    if choices and value not in choices:
        raise ConfigError(f"{owner}.{item.name}: expected one of {', '.join(choices)}, got {value!r}")


def _range(low: float | None, high: float | None) -> str:
    if low is None:
        return f"at most {high}"
    return f"at least {low}" if high is None else f"{low} to {high}"
