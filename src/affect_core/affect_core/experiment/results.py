"""The committed file of a finished run: its rows, how it was made, and on what machine."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from affect_core.errors import InputError
from affect_core.files import write_whole

Result = dict[str, Any]


def read_result(path: Path) -> Result:
    """The file of a run, or an empty mapping if there is none; raises InputError if it cannot be read."""
    if not path.is_file():
        return {}
    try:
        content: Result = json.loads(path.read_text())
    except ValueError as error:
        raise InputError(
            f"{path} is not a run's result: {error}; remove it, and the run is done again"
        ) from error
    return content


def write_result(path: Path, result: Mapping[str, Any]) -> None:
    """Whole or not at all; one line per row, so that a change of a row is a change of a line."""
    write_whole(path, to_text(result))


def to_text(result: Mapping[str, Any]) -> str:
    """JSON with one line per key, and per entry of a list of mappings."""
    parts = [f" {json.dumps(key)}: {_value(value)}" for key, value in result.items()]
    return "{\n" + ",\n".join(parts) + "\n}\n"


def machine(threads: int, seconds: float) -> dict[str, Any]:
    """What a duration depends on."""
    return {
        "cores": os.cpu_count(),
        "threads": threads,
        "seconds": round(seconds),
        "python": platform.python_version(),
        "torch": version("torch"),
    }


def _value(value: Any) -> str:
    if isinstance(value, list) and value and isinstance(value[0], Mapping):
        return "[\n" + ",\n".join(f"  {json.dumps(entry)}" for entry in value) + "\n ]"
    return json.dumps(value)
