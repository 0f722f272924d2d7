"""A recording of one or more files, as one stream of messages in the order of their log times."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Self

import numpy as np
import zstandard

from affect_core.bags.base import Contents, Storage, TopicInfo
from affect_core.bags.mcap_file import McapStorage
from affect_core.bags.metadata import NAME, read_metadata
from affect_core.bags.sqlite_file import SqliteStorage
from affect_core.errors import InputError
from affect_core.limits import LIMITS, expect_at_most

STORAGES: dict[str, type[McapStorage] | type[SqliteStorage]] = {".mcap": McapStorage, ".db3": SqliteStorage}
MOST_FLAWS = 40
_PACKED = ".zstd"
_UNSAID_BYTES = 64 << 20
"""A message whose compressed form does not say how large it is may have this many bytes."""


class Recording:
    """A bag's folder, or one of its files. A context manager.

    Files that metadata.yaml does not name, or all of them where it is missing, are found by their names. What cannot
    be read is left out; `flaws` says what and when.

    Attributes:
        facts: what the recorder wrote about the recording, key -> text.
        flaws: sentences; empty = the recording is whole.
        missing_files: named in metadata.yaml, and not there.

    Raises:
        InputError: nothing in it can be read.
    """

    def __init__(self, path: Path) -> None:
        if not path.exists():
            raise InputError(f"expected a bag (a folder with {NAME}) at {path}, there is nothing")
        self.path = path
        self.facts: dict[str, str] = {}
        self.flaws: list[str] = []
        self.missing_files: list[str] = []
        self._metadata: dict[str, Any] = {}
        self._storages: list[Storage] = []
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with self._stack:
            try:
                self._read_metadata()
                self._open_files()
            except OSError as error:
                raise InputError(f"the bag {self.path} cannot be read: {error}") from error
            self._check()
            self._stack = self._stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def contents(self) -> list[Contents]:
        """What each file holds, in the order of recording."""
        return [storage.contents for storage in self._storages]

    @cached_property
    def topics(self) -> tuple[TopicInfo, ...]:
        """All topics, each once."""
        found: dict[tuple[str, str], TopicInfo] = {}
        for contents in self.contents:
            for topic in contents.topics.values():
                found.setdefault((topic.name, topic.type_name), topic)
        return tuple(found.values())

    @cached_property
    def span_ns(self) -> tuple[int, int]:
        """Log times of the first and the last message; (0, 0) without any."""
        spans = [contents.span_ns for contents in self.contents if len(contents.index)]
        return (min(first for first, _ in spans), max(last for _, last in spans)) if spans else (0, 0)

    def count(self, topic: TopicInfo | None = None) -> int:
        """Messages of a topic, or of all."""
        chosen = self.topics if topic is None else (topic,)
        return len(self._rows(chosen))

    def messages(self, topics: Collection[TopicInfo]) -> Iterator[tuple[TopicInfo, int, bytes]]:
        """Topic, log time in ns and CDR of every message of ``topics`` in the order of log times.

        A message that cannot be read is left out and told in `flaws`.
        """
        packed = self._metadata.get("compression_mode", "").lower() == "message"
        rows = self._rows(topics)
        for row in rows[np.argsort(rows[:, 0], kind="stable")]:
            storage = self._storages[int(row[4])]
            topic = storage.contents.topics[int(row[1])]
            try:
                data = storage.read(row)
                data = unpacked(data) if packed else data
            except InputError as error:
                self.tell(f"{error}, {self.when(int(row[0]))}")
                continue
            yield topic, int(row[0]), data

    def when(self, log_ns: int | None) -> str:
        """A log time in words, counted from the recording's start."""
        if log_ns is None:
            return "at its very beginning"
        return f"{(log_ns - self.span_ns[0]) / 1e9:.1f} s after its start"

    def tell(self, flaw: str) -> None:
        """Add a sentence to `flaws`, once; of very many the first ones."""
        if flaw not in self.flaws and len(self.flaws) <= MOST_FLAWS:
            self.flaws.append(flaw if len(self.flaws) < MOST_FLAWS else "and more")

    def _rows(self, topics: Collection[TopicInfo]) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Rows of the files' indexes, the number of the file as their fifth column."""
        wanted = {(topic.name, topic.type_name) for topic in topics}
        parts = [np.empty((0, 5), np.int64)]
        for number, contents in enumerate(self.contents):
            mine = [n for n, topic in contents.topics.items() if (topic.name, topic.type_name) in wanted]
            rows = contents.index[np.isin(contents.index[:, 1], mine)]
            parts.append(np.column_stack([rows, np.full(len(rows), number, np.int64)]))
        return np.concatenate(parts)

    def _read_metadata(self) -> None:
        if not self.path.is_dir():
            return
        try:
            self._metadata = read_metadata(self.path)
        except InputError as error:
            if not storage_files(self.path):
                raise InputError(f"{self.path} is not a bag that can be read: {error}") from error
            missing = not (self.path / NAME).exists()
            self.tell(f"{NAME} is missing: the recording was cut off" if missing else str(error))
        custom = self._metadata.get("custom_data")
        if isinstance(custom, dict):
            self.facts.update({str(key): str(value) for key, value in custom.items()})
        if not isinstance(self._metadata.get("compression_mode", ""), str):
            self._metadata.pop("compression_mode")

    def _open_files(self) -> None:
        paths = storage_files(self.path) if self.path.is_dir() else [self.path]
        named = self._metadata.get("relative_file_paths")
        for name in named if isinstance(named, list) else []:
            if Path(str(name)).name not in {path.name for path in paths}:
                self.missing_files.append(str(name))
                self.tell(f"the file {name} is missing")
        problems = []
        for path in paths:
            try:
                self._open(path)
            except (InputError, OSError) as error:
                problems.append(str(error))
                self.tell(f"{path.name} is left out: {error}")
        if not self._storages:
            found = "; ".join(problems) or "no .mcap or .db3 file in it"
            raise InputError(f"the bag {self.path} cannot be read: {found}")

    def _open(self, path: Path) -> None:
        if path.suffix == _PACKED:
            folder = Path(self._stack.enter_context(TemporaryDirectory()))
            path = _unpack(path, folder / path.stem)
        if path.suffix not in STORAGES:
            raise InputError(f"expected a file named *{' or *'.join(STORAGES)}, got {path.name}")
        storage = STORAGES[path.suffix](path)
        self._stack.callback(storage.close)
        self._storages.append(storage)
        self.facts = {**storage.contents.facts, **self.facts}

    def _check(self) -> None:
        for contents in self.contents:
            for flaw in contents.flaws:
                self.tell(f"{contents.path.name}, {self.when(flaw.after_ns)}: {flaw.what}")
        if self._stated() > self.count() and not self.flaws:
            self.tell(
                f"{self._stated() - self.count()} of {self._stated()} messages are missing; "
                f"the last is {self.when(self.span_ns[1])}"
            )
        if not self.count():
            told = "; ".join(self.flaws)
            raise InputError(f"the bag {self.path} holds no message{f': {told}' if told else ''}")

    def _stated(self) -> int:
        """How many messages metadata.yaml speaks of."""
        stated = self._metadata.get("message_count", 0)
        return stated if isinstance(stated, int) else 0


def storage_files(folder: Path) -> list[Path]:
    """The bag's files in a folder, in the order of recording."""
    names = [path for path in folder.iterdir() if path.name.removesuffix(_PACKED).endswith(tuple(STORAGES))]
    # rosbag2 numbers them without leading zeros.
    return sorted(names, key=lambda path: [(len(part), part) for part in re.split(r"(\d+)", path.name)])


def unpacked(data: bytes) -> bytes:
    """A message that was compressed by itself."""
    try:
        # A frame need not say how large its content is; then the library takes what it is told here.
        claimed = zstandard.frame_content_size(data)
        expect_at_most(LIMITS.bag_record_bytes, claimed, "bytes in a message")
        return bytes(zstandard.ZstdDecompressor().decompress(data, max_output_size=_UNSAID_BYTES))
    except (zstandard.ZstdError, MemoryError) as error:
        raise InputError(f"a message cannot be decompressed: {error}") from error


def _unpack(path: Path, target: Path) -> Path:
    """A file that was compressed as a whole; as much of it as there is."""
    with path.open("rb") as source, target.open("wb") as file:
        reader = zstandard.ZstdDecompressor().stream_reader(source)
        try:
            while block := reader.read(1 << 20):
                expect_at_most(
                    LIMITS.unpacked_bag_bytes, file.tell() + len(block), f"bytes in {path}, unpacked"
                )
                file.write(block)
        except zstandard.ZstdError as error:
            if not file.tell():
                raise InputError(f"{path} cannot be decompressed: {error}") from error
    return target
