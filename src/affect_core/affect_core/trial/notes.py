"""What an operator notes during a session: stamped lines in a JSON file beside the report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from affect_core.errors import InputError
from affect_core.files import write_whole

NAME: Final = "notes.json"


class Notes:
    """The notes of one session.

    Args:
        folder: of the session's report.
        keep: go on with the notes that are there.

    Raises:
        InputError: these cannot be read.
    """

    def __init__(self, folder: Path, keep: bool = False) -> None:
        self._path = folder / NAME
        self._rows: list[dict[str, object]] = _read(self._path) if keep and self._path.is_file() else []

    def add(self, stamp_ns: int, elapsed_s: float, text: str) -> None:
        """A note; it is on disk when this returns.

        Args:
            stamp_ns: of the clock that stamps frames.
            elapsed_s: of the schedule.
            text: what was noted.
        """
        self._rows.append({"stamp_ns": stamp_ns, "elapsed_s": round(elapsed_s, 3), "text": text})
        write_whole(self._path, json.dumps(self._rows, indent=1, ensure_ascii=False) + "\n")


def _read(path: Path) -> list[dict[str, object]]:
    try:
        return list(json.loads(path.read_text()))
    except (OSError, ValueError) as error:
        raise InputError(f"expected notes in {path}: {error}; move the file away") from error
