"""Files that this machine makes once and can make again: exported networks, chosen runtimes.

They lie in the user's cache folder, see `affect_core.download.cache_folder`. A file appears when it is complete, and
its name holds the hash of its content, so one that is damaged is noticed and made again.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from affect_core.download import cache_folder

_DIGITS: Final = 16
_log = logging.getLogger(__name__)


def key_of(*parts: Any) -> str:
    """Digits that stand for some settings."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:_DIGITS]


def kept(stem: str, suffix: str, make: Callable[[], bytes]) -> bytes:
    """The content of a kept file; made and kept if it is not there, or not whole.

    Args:
        stem: everything the content depends on, as a file name without wildcards.
        suffix: of the file.
        make: computes the content. Where the folder cannot be written, it is called every time.
    """
    content = found(stem, suffix)
    if content is None:
        content = make()
        _keep(_folder(), stem, suffix, content)
    return content


def found(stem: str, suffix: str) -> bytes | None:
    """The content of a kept file; None if it is not there, or not whole."""
    return _find(_folder(), stem, suffix)


def _folder() -> Path:
    return cache_folder() / "runtimes"


def _find(folder: Path, stem: str, suffix: str) -> bytes | None:
    for path in folder.glob(f"{stem}.{'?' * _DIGITS}{suffix}"):
        try:
            content = path.read_bytes()
        except OSError as error:
            _log.warning("%s: cannot be read (%s); making it again", path, error.strerror)
            continue
        if path.name == _name(stem, suffix, content):
            return content
        _log.warning("%s is damaged; making it again", path)
    return None


def _keep(folder: Path, stem: str, suffix: str, content: bytes) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _replace(folder, stem, suffix, content)
    except OSError as error:
        _log.warning(
            "%s cannot be written (%s), so every start does this work again; set AFFECT_HRI_CACHE to a folder "
            "that can",
            *(folder, error.strerror),
        )


def _replace(folder: Path, stem: str, suffix: str, content: bytes) -> None:
    """Write the file; what was damaged goes."""
    path = folder / _name(stem, suffix, content)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        unfinished.write_bytes(content)
        for old in folder.glob(f"{stem}.{'?' * _DIGITS}{suffix}"):
            old.unlink(missing_ok=True)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _name(stem: str, suffix: str, content: bytes) -> str:
    return f"{stem}.{hashlib.sha256(content).hexdigest()[:_DIGITS]}{suffix}"
