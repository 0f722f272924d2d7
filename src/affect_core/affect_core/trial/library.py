"""The protocols of ``config/trials``: plain ones, and compositions, whose parts are protocols of their own.

A composition is a file with ``parts``. Each part says which protocol it uses and what is different in it:

    name: p0
    description: ...
    parts:
      - {name: single_dim, use: p0_single, fps: 10, scenes: [{lighting: dim}]}

A part is called ``p0:single_dim``, and that name is a protocol wherever one is asked for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from affect_core.config import load_yaml
from affect_core.errors import ConfigError
from affect_core.paths import find_named
from affect_core.texts import values_of
from affect_core.trial.protocol import Protocol, protocol_from

FOLDER: Final = "config/trials"
SEPARATOR: Final = ":"
_KEYS: Final = ("name", "description", "parts")


@dataclass(frozen=True)
class Part:
    """A protocol with its name in a composition."""

    name: str
    protocol: Protocol


@dataclass(frozen=True)
class Composition:
    """Protocols that are conducted one after another, each with a session, a bag and a report of its own."""

    name: str
    description: str
    parts: tuple[Part, ...]


def load_protocol(name_or_path: str | Path) -> Protocol:
    """The protocol of that name in ``config/trials``, or the one in that YAML file, or a part of a composition.

    Raises:
        ConfigError: unknown name (the message lists the known ones), an unknown key or a bad value, or a composition
            as a whole.
    """
    with values_of(name_or_path):
        whole, separator, part = str(name_or_path).rpartition(SEPARATOR)
        if separator and not Path(name_or_path).exists():
            return _part_of(load_composition(whole), part)
        path, values = _read(name_or_path)
        if "parts" in values:
            raise ConfigError(
                f"protocol {path} has parts: expected one of them, such as {name_or_path}{SEPARATOR}{_first(values)}; "
                f"`affect-hri trial --protocol {name_or_path}` conducts all of them"
            )
        return protocol_from(values, str(path))


def parts_of(name_or_path: str | Path) -> Composition | None:
    """The composition of that name or in that file; None for a plain protocol or a part.

    Raises:
        ConfigError: as `load_protocol`.
    """
    with values_of(name_or_path):
        separated = SEPARATOR in str(name_or_path) and not Path(name_or_path).exists()
        if separated or "parts" not in _read(name_or_path)[1]:
            return None
        return load_composition(name_or_path)


def load_composition(name_or_path: str | Path) -> Composition:
    """The composition of that name in ``config/trials``, or the one in that YAML file.

    Raises:
        ConfigError: unknown name, no parts, a part with an unknown key, or two parts of one name.
    """
    with values_of(name_or_path):
        path, values = _read(name_or_path)
        unknown = sorted(set(values) - set(_KEYS))
        if unknown:
            raise ConfigError(
                f"{path}: unknown key {', '.join(unknown)}; a composition knows: {', '.join(_KEYS)}"
            )
        rows = values.get("parts")
        if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
            raise ConfigError(f"{path}: expected parts, a list of mappings with name and use, got {rows!r}")
        if not isinstance(values.get("name"), str) or not values["name"]:
            raise ConfigError(f"{path}: expected a name, got {values.get('name')!r}; add `name: ...`")
        parts = tuple(_part(row, values["name"], path) for row in rows)
        names = [part.name for part in parts]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ConfigError(
                f"{path}: part {', '.join(twice)} appears twice; every part has a report of its own"
            )
        return Composition(values["name"], str(values.get("description", "")), parts)


def _read(name_or_path: str | Path) -> tuple[Path, dict[str, Any]]:
    path = find_named(FOLDER, str(name_or_path), ".yaml")
    return path, load_yaml(path)


def _part(row: Mapping[str, Any], composition: str, path: Path) -> Part:
    name, used = row.get("name"), row.get("use")
    if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z0-9_.-]+", name):
        raise ConfigError(
            f"{path}: expected a name of letters, digits, - and _ for every part, got {name!r}; it names a folder"
        )
    if not isinstance(used, str):
        raise ConfigError(f"{path}, part {name}: expected `use: PROTOCOL`, got {used!r}")
    base_path, base = _read(used)
    if "parts" in base:
        raise ConfigError(f"{path}, part {name}: {base_path} has parts itself; expected a plain protocol")
    changes = {key: value for key, value in row.items() if key not in ("name", "use")}
    values = {**base, **changes, "name": f"{composition}{SEPARATOR}{name}"}
    return Part(name, protocol_from(values, f"{path}, part {name}"))


def _part_of(composition: Composition, name: str) -> Protocol:
    parts = {part.name: part.protocol for part in composition.parts}
    if name not in parts:
        raise ConfigError(f"protocol {composition.name} has no part {name!r}; known: {', '.join(parts)}")
    return parts[name]


def _first(values: Mapping[str, Any]) -> str:
    rows = values["parts"]
    first = rows[0] if isinstance(rows, list) and rows and isinstance(rows[0], dict) else {}
    return str(first.get("name", "NAME"))
