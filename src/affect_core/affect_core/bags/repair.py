"""Making a recording that was cut off a whole bag again: every mcap file, and metadata.yaml from what is in them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from affect_core.bags.base import TopicInfo
from affect_core.bags.mcap_mend import mend
from affect_core.bags.metadata import NAME, FileNumbers, write_metadata
from affect_core.bags.reader import Recording, storage_files
from affect_core.bags.writer import RESERVE
from affect_core.errors import InputError


@dataclass(frozen=True)
class Repaired:
    """What `repair` did.

    Attributes:
        messages: in the bag now.
        seconds: from the first to the last of them.
        flaws: what was wrong before; empty = nothing, and nothing was changed.
        kept: damaged files that lie beside the repaired ones.
    """

    path: Path
    messages: int
    seconds: float
    flaws: tuple[str, ...]
    kept: tuple[Path, ...] = ()


def repair(path: Path) -> Repaired:
    """Mend a bag in its folder.

    Raises:
        InputError: there is nothing in it that can be read, or it is sqlite3, of which the end need not be mended.
    """
    folder = path if path.is_dir() else path.parent
    with Recording(folder) as bag:
        flaws = tuple(bag.flaws)
        if not flaws and (folder / NAME).exists():
            return _result(folder, bag, flaws)
        storages = {contents.path.suffix for contents in bag.contents}
    if storages != {".mcap"}:
        if any(NAME not in flaw for flaw in flaws):
            raise InputError(
                f"{folder} is damaged and of another format than mcap; evaluate reads what is in it: {flaws[0]}"
            )
        _rebuild_metadata(folder, "sqlite3")
    else:
        for file in storage_files(folder):
            _mend_or_drop(file)
        _rebuild_metadata(folder, "mcap")
    (folder / RESERVE).unlink(missing_ok=True)
    with Recording(folder) as bag:
        return _result(folder, bag, flaws)


def _mend_or_drop(file: Path) -> None:
    """A file of which nothing is left, such as one that was just begun, is set aside."""
    try:
        mend(file)
    except InputError:
        file.rename(file.with_name(f"{file.name}.damaged"))


def _rebuild_metadata(folder: Path, storage: str) -> None:
    with Recording(folder) as bag:
        topics: list[TopicInfo] = list(bag.topics)
        files = [FileNumbers.of(contents) for contents in bag.contents]
        write_metadata(folder, files, topics, bag.facts, storage)


def _result(folder: Path, bag: Recording, flaws: tuple[str, ...]) -> Repaired:
    first_ns, last_ns = bag.span_ns
    kept = tuple(sorted(folder.glob("*.damaged")))
    return Repaired(folder, bag.count(), (last_ns - first_ns) / 1e9, flaws, kept)
