"""Sets of many pictures are made in parts: by several processes, and from where an interrupted run stopped."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tqdm import tqdm

from affect_core.data.manifest import Record, read_records, to_lines
from affect_core.files import claim, file_sha256, write_whole
from affect_core.processes import spread

PARTS: Final = "parts"
JPEG_QUALITY: Final = 95
"""Of the pictures of a set."""

_SETTINGS: Final = "settings.json"


@dataclass(frozen=True)
class Made:
    """What there is after a run: all records in order, and how many of the pictures were made by this run."""

    records: tuple[Record, ...]
    new: int


def make_in_parts(
    make: Callable[[range], Sequence[Record]],
    folder: Path,
    total: int,
    settings: Mapping[str, Any],
    workers: int = 1,
    part: int = 100,
) -> Made:
    """Make pictures 0 .. ``total`` - 1 of a set; parts that are there, whole, stay.

    Args:
        make: writes some pictures (and masks) below ``folder`` and returns their records, which name the files
            relative to it. It must depend on nothing but the indices; other processes call it, so it is a function
            of a module, or a `functools.partial` of one.
        settings: what the pictures depend on.
        workers: processes; 1 = this one.
        part: pictures in a part.

    Raises:
        ConfigError: the folder holds a set with other settings.
    """
    claim(folder / PARTS / _SETTINGS, settings)
    ranges = [range(start, min(start + part, total)) for start in range(0, total, part)]
    known = {indices.start: _intact(folder, indices) for indices in ranges}
    missing = [indices for indices in ranges if known[indices.start] is None]
    done = total - sum(map(len, missing))
    with tqdm(total=total, initial=done, desc=folder.name, unit="picture") as bar:
        for indices, records in spread(make, missing, workers):
            known[indices.start] = _keep(folder, indices, records)
            bar.update(len(indices))
    return Made(tuple(record for indices in ranges for record in known[indices.start] or ()), total - done)


def forget(folder: Path) -> None:
    """Remove what is known of the parts of a set, so that all of it is made anew."""
    shutil.rmtree(folder / PARTS, ignore_errors=True)


def _names(folder: Path, indices: range) -> tuple[Path, Path]:
    """A part's records, and the hashes of its files; the hashes are written last."""
    stem = folder / PARTS / f"{indices.start:06d}-{indices.stop:06d}"
    return stem.with_suffix(".jsonl"), stem.with_suffix(".sha256")


def _keep(folder: Path, indices: range, records: Sequence[Record]) -> tuple[Record, ...]:
    """Store what is known of a part; the records as a later run reads them."""
    listed, hashes = _names(folder, indices)
    write_whole(listed, to_lines(records))
    write_whole(hashes, _hashes(folder, records))
    return read_records(listed)


def _intact(folder: Path, indices: range) -> tuple[Record, ...] | None:
    """The records of a finished part; None if something of it is missing or damaged."""
    listed, hashes = _names(folder, indices)
    if not (listed.is_file() and hashes.is_file()):
        return None
    records = read_records(listed)
    try:
        whole = len(records) == len(indices) and hashes.read_text() == _hashes(folder, records)
    except FileNotFoundError:
        return None
    return records if whole else None


def _hashes(folder: Path, records: Sequence[Record]) -> str:
    """One line for each file of a part, as `sha256sum` writes and checks them."""
    names = [name for record in records for name in (record.image, record.mask) if name]
    return "".join(f"{file_sha256(folder / name)}  {name}\n" for name in names)
