"""Where the lists of a set lie, and their rows."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from affect_core.errors import InputError


def first_folder(root: Path, candidates: Sequence[str], files: Sequence[str] = ()) -> Path:
    """The first of the folders that exists and, where ``files`` are named, holds one of them.

    Raises:
        InputError: none does.
    """
    for name in candidates:
        folder = root / name
        if folder.is_dir() and (not files or any((folder / file).is_file() for file in files)):
            return folder.resolve() if name == ".." else folder
    wanted = " or ".join(files) or "a folder"
    raise InputError(
        f"expected {wanted} in one of {', '.join(str(root / name) for name in candidates)}, found none; "
        "give the folder that the set was unpacked into"
    )


def rows_of(path: Path, columns: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Line number and row of a CSV file; a file without the header is read as if it had ``columns``.

    A row that is too short has "" for what is missing.

    Raises:
        InputError: the file cannot be read, or its header lacks one of the columns.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            lines = list(csv.reader(stream))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"expected a CSV file at {path}: {error}") from error
    header = tuple(name.strip() for name in lines[0]) if lines else ()
    if columns[0] in header:
        missing = [name for name in columns if name not in header]
        if missing:
            raise InputError(
                f"{path}: expected the columns {', '.join(columns)}, missing {', '.join(missing)}"
            )
        return _rows(lines[1:], header, 2)
    if len(header) != len(columns):
        raise InputError(
            f"{path}: expected the columns {', '.join(columns)}, got {', '.join(header) or 'none'}"
        )
    return _rows(lines, tuple(columns), 1)


def _rows(
    lines: Sequence[Sequence[str]], header: Sequence[str], first: int
) -> Iterator[tuple[int, dict[str, str]]]:
    for number, line in enumerate(lines, first):
        if line:
            padded = [*line, *[""] * (len(header) - len(line))]
            yield number, dict(zip(header, padded, strict=False))
