"""Making a recording that was cut off a whole bag again: every mcap file, and metadata.yaml from what is in them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from affect_core.bags.mcap_mend import mend
from affect_core.bags.metadata import NAME, FileNumbers, write_metadata
from affect_core.bags.reader import Recording, storage_files
from affect_core.bags.writer import RESERVE
from affect_core.errors import InputError

EMPTY_BYTES = 4096
"""An mcap file of that size holds at most its header."""


@dataclass(frozen=True)
class Repaired:
    """What `repair` did.

    Attributes:
        messages: in the bag now.
        seconds: from the first to the last of them.
        flaws: what was wrong before; empty = nothing, and nothing was changed.
        lost: something that was in the middle of the recording is lost, not only its end.
        kept: damaged files that lie beside the repaired ones.
    """

    path: Path
    messages: int
    seconds: float
    flaws: tuple[str, ...]
    lost: bool = False
    kept: tuple[Path, ...] = ()


def repair(path: Path) -> Repaired:
    """Mend a bag in its folder.

    Raises:
        InputError: nothing in it can be read; it is sqlite3 and damaged; or it cannot be written.
    """
    try:
        return _repair(path if path.is_dir() else path.parent)
    except OSError as error:
        raise InputError(f"expected to write into {path}: {error}; make room and call it again") from error


def _repair(folder: Path) -> Repaired:
    with Recording(folder) as bag:
        flaws, lost = tuple(bag.flaws), bool(bag.missing_files)
        flaws += tuple(
            f"the index at the end of {contents.path.name} is damaged"
            for contents in bag.contents
            if contents.index_damaged and contents.whole
        )
        if not flaws and (folder / NAME).exists():
            return _result(folder, bag, flaws, lost)
        suffixes = {contents.path.suffix for contents in bag.contents}
        broken = [contents.path for contents in bag.contents if not contents.whole]
    if suffixes == {".mcap"}:
        for file in storage_files(folder):
            lost |= _mend_or_set_aside(file)
    elif broken:
        raise InputError(
            f"only mcap files can be repaired; `affect-hri evaluate` reads what is left in {broken[0]}"
        )
    _rebuild_metadata(folder, "mcap" if suffixes == {".mcap"} else "sqlite3")
    (folder / RESERVE).unlink(missing_ok=True)
    with Recording(folder) as bag:
        return _result(folder, bag, flaws, lost)


def _mend_or_set_aside(file: Path) -> bool:
    """Whether more than its end is lost. A file that was just begun, with nothing in it yet, is set aside."""
    try:
        found = mend(file)
    except InputError:
        size = file.stat().st_size
        file.rename(file.with_name(f"{file.name}.damaged"))
        return size > EMPTY_BYTES
    missing = (found.expected or 0) - found.message_count
    return missing > 0 or any(end < found.size for _, end, _ in found.holes)


def _rebuild_metadata(folder: Path, storage: str) -> None:
    with Recording(folder) as bag:
        files = [FileNumbers.of(contents) for contents in bag.contents]
        write_metadata(folder, files, bag.topics, bag.facts, storage)


def _result(folder: Path, bag: Recording, flaws: tuple[str, ...], lost: bool) -> Repaired:
    first_ns, last_ns = bag.span_ns
    kept = tuple(sorted(folder.glob("*.damaged")))
    return Repaired(folder, bag.count(), (last_ns - first_ns) / 1e9, flaws, lost, kept)
