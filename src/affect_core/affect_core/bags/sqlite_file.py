"""Reading sqlite3 files of rosbag2 (schemas 1 to 4), also damaged ones as far as they go."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from affect_core.bags.base import Contents, Flaw, TopicInfo
from affect_core.errors import InputError
from affect_core.limits import LIMITS, expect_at_most

_TOPIC_COLUMNS = (
    "id",
    "name",
    "type",
    "serialization_format",
    "offered_qos_profiles",
    "type_description_hash",
)
_ERRORS = (sqlite3.Error, UnicodeDecodeError, MemoryError)
"""What a damaged database raises; its messages may hold bytes of the damage."""


class SqliteStorage:
    """A sqlite3 file, open for its messages. See `Storage`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._database = _connect(path)
        self.contents = Contents(path)
        try:
            self.contents.topics.update(_topics(self._database))
        except (*_ERRORS, ValueError, TypeError) as error:
            self._database.close()
            raise InputError(
                f"{path} is no sqlite3 bag, or its list of topics is damaged: {error}"
            ) from error
        self._take_index()

    def read(self, row: NDArray[np.int64]) -> bytes:
        """The message of one row of the index: its id."""
        try:
            (size,) = self._database.execute(
                "SELECT length(data) FROM messages WHERE id = ?", (int(row[2]),)
            ).fetchone() or (0,)
            expect_at_most(LIMITS.bag_record_bytes, size or 0, f"bytes in message {int(row[2])}")
            found = self._database.execute(
                "SELECT data FROM messages WHERE id = ?", (int(row[2]),)
            ).fetchone()
        except _ERRORS as error:
            raise InputError(f"message {int(row[2])} cannot be read: {error}") from error
        if found is None or not isinstance(found[0], bytes):
            raise InputError(f"message {int(row[2])} is damaged")
        return found[0]

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def _take_index(self) -> None:
        """All rows from the front; where that breaks off, as many as there are from the back."""
        rows, why = _rows(self._database, "ASC")
        if why:
            known = {row[2] for row in rows}
            tail = [row for row in _rows(self._database, "DESC")[0] if row[2] not in known]
            after_ns = max((row[0] for row in rows), default=None)
            told = f"the database is damaged there ({why})"
            self.contents.flaws.append(Flaw(after_ns, told if tail else f"it ends there: {told}"))
            rows += reversed(tail)
        else:
            missing = sum(later[2] - earlier[2] - 1 for earlier, later in pairwise(rows))
            if missing:
                last_ns = max(row[0] for row in rows)
                self.contents.flaws.append(Flaw(last_ns, f"{missing} messages are missing"))
        good = [row for row in rows if row[1] in self.contents.topics]
        if len(good) < len(rows):
            after_ns = max((row[0] for row in good), default=None)
            lost = f"{len(rows) - len(good)} messages belong to no topic"
            self.contents.flaws.append(Flaw(after_ns, lost))
        self.contents.index = np.array([(*row, 0) for row in good], np.int64).reshape(-1, 4)


def _connect(path: Path) -> sqlite3.Connection:
    # A recorder that was killed leaves a journal beside the file, which only a connection that may write takes in.
    reason = ""
    for mode in ("mode=ro", "immutable=1"):
        # Nodes set up in one thread and are closed from another; never two at a time.
        database = sqlite3.connect(f"{path.resolve().as_uri()}?{mode}", uri=True, check_same_thread=False)
        try:
            database.execute("PRAGMA cell_size_check = ON")
            database.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except _ERRORS as error:
            reason = str(error)
            database.close()
            continue
        return database
    raise InputError(f"{path} is no sqlite3 bag that can be opened: {reason}")


def _columns(database: sqlite3.Connection, table: str) -> set[str]:
    return {row[1] for row in database.execute(f"PRAGMA table_info({table})")}


def _topics(database: sqlite3.Connection) -> Iterator[tuple[int, TopicInfo]]:
    present = _columns(database, "topics")
    if not {"id", "name", "type"} <= present or not _columns(database, "messages"):
        raise InputError("it has no tables of topics and messages")
    columns = ", ".join(name if name in present else "''" for name in _TOPIC_COLUMNS)
    definitions = {}
    if _columns(database, "message_definitions"):
        definitions = {
            name: (encoding, text)
            for name, encoding, text in database.execute(
                "SELECT topic_type, encoding, encoded_message_definition FROM message_definitions"
            )
        }
    for number, name, kind, serialization, qos, type_hash in database.execute(
        f"SELECT {columns} FROM topics ORDER BY id"
    ):
        encoding, definition = definitions.get(kind, ("", ""))
        texts = (name, kind, definition, encoding, type_hash, qos, serialization)
        yield int(number), TopicInfo(*map(str, texts))


def _rows(database: sqlite3.Connection, order: str) -> tuple[list[tuple[int, int, int]], str]:
    """(log time, topic, id) of all messages until the first that cannot be read, and why that one cannot."""
    rows: list[tuple[int, int, int]] = []
    step = 1 if order == "ASC" else -1
    try:
        for number, topic, log_ns in database.execute(
            f"SELECT id, topic_id, timestamp FROM messages ORDER BY id {order}"
        ):
            # A damaged tree of pages may lead back to where one came from.
            if rows and (number - rows[-1][2]) * step <= 0:
                return rows, "its messages come in no order"
            if not isinstance(topic, int) or not isinstance(log_ns, int) or log_ns < 0:
                return rows, f"message {number} has no topic or no time"
            rows.append((log_ns, topic, number))
    except _ERRORS as error:
        return rows, str(error)
    return rows, ""
