"""Files and folders that can be trusted: whole or not there, known by their hash, made with known settings."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import Any

import yaml

from affect_core.config import load_yaml
from affect_core.errors import ConfigError, InputError


def write_whole(path: Path, content: bytes | str) -> None:
    """Write a file so that it is there whole or not at all; its folder is made.

    Args:
        path: an older file there stays as it is until the new one is whole.
        content: text is written as UTF-8.

    Raises:
        InputError: the folder cannot be written.
    """
    data = content.encode() if isinstance(content, str) else content
    try:
        with whole(path) as unfinished:
            unfinished.write_bytes(data)
    except OSError as error:
        raise InputError(
            f"expected to write {path}: {error.strerror}; choose another output folder"
        ) from error


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A hidden file beside ``path`` to write to; it takes that place at the end, unless there was an error.

    Its name is another one each time, so processes that write the same file do not disturb each other.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{token_hex(4)}.part")
    try:
        yield unfinished
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def file_sha256(path: Path) -> str:
    """Hash of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def claim(path: Path, settings: Mapping[str, Any]) -> None:
    """Write down what a folder's content is made with, before it is made; refuse a folder of other settings.

    Args:
        path: the file of the settings, .json or .yaml.
        settings: numbers, texts, lists and mappings; tuples count as lists.

    Raises:
        ConfigError: the file is there with other settings.
    """
    wanted = json.loads(json.dumps(settings))
    is_yaml = path.suffix == ".yaml"
    if not path.exists():
        text = yaml.safe_dump(wanted, sort_keys=False) if is_yaml else json.dumps(wanted, indent=1) + "\n"
        write_whole(path, text)
    elif wanted != (load_yaml(path) if is_yaml else json.loads(path.read_text())):
        raise ConfigError(
            f"{path} says that the folder was made with other settings; delete the folder or use another one"
        )
