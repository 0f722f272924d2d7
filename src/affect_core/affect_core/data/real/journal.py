"""What became of every picture that was opened, so that an interrupted import goes on where it stopped."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final, TextIO

from affect_core.data.real.base import Reason
from affect_core.data.real.find_face import Found

JOURNAL_FILE: Final = "import.jsonl"


class Journal:
    """Outcomes by sample and state of its picture; a picture that changed is looked at again.

    Args:
        path: of the file; what is in it is read, and it grows with every outcome.
    """

    def __init__(self, path: Path) -> None:
        self._known = _read(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._stream: TextIO = path.open("a")
        if self._stream.tell():
            self._stream.write("\n")  # ends a line that an interruption cut off

    def close(self) -> None:
        """Everything is on disk after this."""
        self._stream.close()

    def get(self, key: str, image: Path) -> Found | Reason | None:
        """What became of it; None = not known."""
        outcome = self._known.get(f"{key} {state(image)}")
        if outcome is None:
            return None
        if isinstance(outcome, str):
            return Reason[outcome]
        box, points, distance = outcome
        return Found(tuple(box), tuple((x, y) for x, y in points), distance)

    def add(self, key: str, image: Path, outcome: Found | Reason) -> None:
        """Remember it."""
        plain = (
            outcome.name
            if isinstance(outcome, Reason)
            else [outcome.box_xyxy, outcome.landmarks_xy, outcome.distance]
        )
        self._known[f"{key} {state(image)}"] = plain
        self._stream.write(json.dumps([f"{key} {state(image)}", plain]) + "\n")
        self._stream.flush()


def state(image: Path) -> str:
    """Changes when the file does."""
    status = image.stat()
    return f"{status.st_size} {status.st_mtime_ns}"


def _read(path: Path) -> dict[str, Any]:
    """A line that an interruption cut off is passed over."""
    known: dict[str, Any] = {}
    for line in path.read_text().splitlines() if path.is_file() else ():
        try:
            key, outcome = json.loads(line)
        except ValueError:
            continue
        known[key] = outcome
    return known
