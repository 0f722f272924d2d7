"""Who works on what: one lock file per step. The lock dies with its process, so that nothing stays locked.

The operating system holds the lock (`fcntl.lockf`) and frees it when the process ends, however it ends; the number of
the process stands in the file for the reader. Child processes do not inherit such a lock.
"""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


class Locks:
    """Lock files below a folder, which is made if it is not there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def hold(self, name: str) -> Iterator[bool]:
        """True inside while this process has the lock; False if another process has it."""
        with self._open(name) as file:
            if not _lock(file):
                yield False
                return
            file.truncate(0)
            file.write(f"{os.getpid()}\n")
            file.flush()
            try:
                yield True
            finally:
                file.truncate(0)

    def holder(self, name: str) -> int | None:
        """Number of the other process that works on ``name``; None if nobody does."""
        if not self.path(name).exists():
            return None
        with self._open(name) as file:
            if _lock(file):
                return None
            file.seek(0)
            text = file.read().strip()
            return int(text) if text.isdigit() else 0

    def path(self, name: str) -> Path:
        """The lock file of ``name``."""
        return self._folder / f"{re.sub(r'[^A-Za-z0-9_.-]+', '-', name)}.lock"

    def _open(self, name: str) -> IO[str]:
        return self.path(name).open("a+")


def _lock(file: IO[str]) -> bool:
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
