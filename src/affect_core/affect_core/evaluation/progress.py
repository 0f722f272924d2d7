"""What a session has finished, kept on disk while it runs, so that an interrupted one need not begin anew.

One file per block, each there whole or not at all: whatever ends the program, what it had finished stays.
"""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from affect_core.errors import InputError
from affect_core.evaluation.collector import FinishedBlock, FrameCounts
from affect_core.evaluation.records import FrameRecord, TruthEvent
from affect_core.files import write_whole
from affect_core.texts import read_json
from affect_core.trial import EventKind, Session, TrialScene

FOLDER: Final = "progress"
_TIMES: Final = ("latency_ms", "detect_ms", "track_ms", "infer_ms", "render_ms")
_AFFECT: Final = ("valence", "arousal", "dominance")


@dataclass(frozen=True)
class Begun:
    """How a session began: who and what, and the stamp of its start in ns."""

    session: Session
    start_ns: int


class Progress:
    """The finished blocks of one session.

    Args:
        report: folder of the session's report.
    """

    def __init__(self, report: Path) -> None:
        self.folder = report / FOLDER

    def begin(self, session: Session, start_ns: int) -> None:
        """Forget what is there and note how the session begins."""
        self.clear()
        content = {"session": json.loads(session.to_json()), "start_ns": start_ns}
        write_whole(self.folder / "session.json", json.dumps(content, indent=1) + "\n")

    def begun(self) -> Begun | None:
        """How the session began; None if nothing was begun here.

        Raises:
            InputError: the note cannot be read.
        """
        path = self.folder / "session.json"
        if not path.is_file():
            return None
        content = _load(path)
        return Begun(Session.from_json(json.dumps(content["session"])), int(content["start_ns"]))

    def add(self, block: FinishedBlock) -> None:
        """Keep a block."""
        write_whole(self._path(block.events[0].index), json.dumps(_to_json(block), allow_nan=False))

    def has(self, index: int) -> bool:
        """Whether the block that begins with the event of this index is kept."""
        return self._path(index).is_file()

    def finished(self, firsts: Iterable[int]) -> int:
        """How many of the first blocks are kept, without a gap.

        Args:
            firsts: index of the first event of each block of the schedule.
        """
        count = 0
        for index in firsts:
            if not self.has(index):
                break
            count += 1
        return count

    def blocks(self) -> list[FinishedBlock]:
        """All kept blocks in order.

        Raises:
            InputError: one cannot be read; delete it, and it is shown again.
        """
        return [_from_json(_load(path), path) for path in sorted(self.folder.glob("block_*.json"))]

    def drop_from(self, index: int) -> None:
        """Forget the blocks that begin with the event of this index or a later one: they are shown again."""
        for path in self.folder.glob("block_*.json"):
            if int(path.stem.removeprefix("block_")) >= index:
                path.unlink()

    def clear(self) -> None:
        """Forget everything."""
        if self.folder.exists():
            shutil.rmtree(self.folder)

    def _path(self, index: int) -> Path:
        return self.folder / f"block_{index:05d}.json"


def _load(path: Path) -> dict[str, Any]:
    try:
        return dict(read_json(path))
    except (InputError, ValueError, TypeError) as error:
        raise InputError(f"expected progress of a session in {path}: {error}; delete the file") from error


def _to_json(block: FinishedBlock) -> dict[str, Any]:
    content = dataclasses.asdict(block)
    for record in content["records"]:
        record |= {
            time: None if record[time] != record[time] else record[time] for time in (*_TIMES, *_AFFECT)
        }
    return content


def _from_json(content: Mapping[str, Any], path: Path) -> FinishedBlock:
    try:
        return FinishedBlock(
            tuple(_event(one) for one in content["events"]),
            tuple(_record(one) for one in content["records"]),
            FrameCounts(**content["counts"]),
            content["model"],
            content["model_sha256"],
            content["runtime"],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"expected a finished block in {path}: {error!r}; delete the file") from error


def _event(values: Mapping[str, Any]) -> TruthEvent:
    scene = TrialScene(**values["scene"]) if values["scene"] else None
    return TruthEvent(**{**values, "kind": EventKind(values["kind"]), "scene": scene})


def _record(values: Mapping[str, Any]) -> FrameRecord:
    times = {time: float("nan") if values[time] is None else values[time] for time in _TIMES}
    # Progress that was kept before models estimated these has no such keys.
    times |= {name: float("nan") if values.get(name) is None else values[name] for name in _AFFECT}
    shares = values["probabilities"]
    return FrameRecord(
        values["stamp_ns"],
        values["faces"],
        tuple(values["labels"]),
        None if shares is None else tuple(shares),
        **times,
    )
