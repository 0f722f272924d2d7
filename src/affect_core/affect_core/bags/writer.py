"""Writing a bag so that what was written stays readable, whatever ends the program or the disk."""

from __future__ import annotations

import errno
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from mcap.writer import CompressionType, Writer

from affect_core.bags.base import FACTS, TopicInfo
from affect_core.bags.mcap_mend import LIBRARY, mend
from affect_core.bags.metadata import FileNumbers, write_metadata
from affect_core.errors import InputError

CHUNK_BYTES = 4 << 20
FLUSH_S = 0.5
"""A kill costs at most what came since."""
RESERVE = ".reserve"
RESERVE_BYTES = 4 << 20
"""Kept free for the end of the file and metadata.yaml on a full disk."""


class RawFile(Protocol):
    """An unbuffered file, as ``open(path, "xb", buffering=0)`` gives it."""

    def write(self, data: bytes, /) -> int | None:
        """Write some of the data; how many bytes."""

    def close(self) -> None:
        """Close it."""


class BagFull(InputError):
    """No more can be written; the bag up to there is closed, and readable."""


class BagWriter:
    """A rosbag2 bag of mcap files. A context manager.

    Args:
        path: folder of the bag; must not exist.
        max_bytes: a file that has grown beyond it is closed and the next one begun; 0 = one file.
        flush_s: longest time that `write` and `flush` hold messages back to compress them together.
        open_file: opens a new file, unbuffered.

    Raises:
        InputError: the folder exists.
    """

    def __init__(
        self,
        path: Path,
        max_bytes: int = 0,
        flush_s: float = FLUSH_S,
        open_file: Callable[[Path], RawFile] = lambda path: path.open("xb", buffering=0),
    ) -> None:
        if path.exists():
            raise InputError(f"expected a new folder for the bag, got {path}, which exists; move it away")
        path.mkdir(parents=True)
        self.path = path
        self.full = ""
        """Why nothing more can be written; empty as long as it can."""
        self._max_bytes, self._flush_s, self._open_file = max_bytes, flush_s, open_file
        self._facts: dict[str, str] = {}
        self._topics: dict[str, TopicInfo] = {}
        self._files: list[FileNumbers] = []
        self._file: _McapFile | None = None
        self._guarded(self._reserve)
        self._guarded(self._next_file)

    @property
    def message_count(self) -> int:
        """Messages so far."""
        return sum(file.counts.total() for file in self._files)

    def write(self, topic: TopicInfo, log_ns: int, data: bytes) -> None:
        """Add one serialized message.

        Raises:
            BagFull: it could not be written, and the bag is closed; again for every later message.
        """
        self._guarded(lambda: self._write(topic, log_ns, data))

    def describe(self, key: str, value: str) -> None:
        """What a reader should know: in every file, and in metadata.yaml. The last value of a key counts."""
        if self._facts.get(key) != value:
            self._facts[key] = value
            self._guarded(lambda: self._current().describe({key: value}))

    def flush(self) -> None:
        """Hand what has waited long enough to the system."""
        self._guarded(lambda: self._current().flush_if_due())

    def close(self) -> None:
        """Write the index and metadata.yaml. Nothing happens where the bag is closed already."""
        if self._file is not None:
            self._guarded(self._close)

    def __enter__(self) -> BagWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _write(self, topic: TopicInfo, log_ns: int, data: bytes) -> None:
        file = self._current()
        file.write(self._topics.setdefault(topic.name, topic), log_ns, data)
        if self._max_bytes and file.size > self._max_bytes:
            file.close()
            self._next_file()

    def _current(self) -> _McapFile:
        assert self._file is not None
        return self._file

    def _next_file(self) -> None:
        numbers = FileNumbers(f"{self.path.name}_{len(self._files)}.mcap")
        file = self._open_file(self.path / numbers.name)
        self._files.append(numbers)
        self._file = _McapFile(file, numbers, self._flush_s)
        # Also those that say nothing more: rosbag2 takes a whole bag's definitions from one of its files.
        for topic in self._topics.values():
            self._file.add(topic)
        if self._facts:
            self._file.describe(self._facts)

    def _close(self) -> None:
        self._current().close()
        self._file = None
        self._finish()

    def _finish(self) -> None:
        (self.path / RESERVE).unlink(missing_ok=True)
        write_metadata(self.path, self._files, list(self._topics.values()), self._facts)

    def _reserve(self) -> None:
        with (self.path / RESERVE).open("wb") as file:
            file.write(bytes(RESERVE_BYTES))

    def _guarded(self, work: Callable[[], None]) -> None:
        if self.full:
            raise BagFull(self.full)
        try:
            work()
        except OSError as error:
            self._give_up(error)
            raise BagFull(self.full) from error

    def _give_up(self, error: OSError) -> None:
        """Close what is there: the reserve makes room for the end of the file."""
        what = (
            "the disk is full" if error.errno in (errno.ENOSPC, errno.EDQUOT) else f"writing failed: {error}"
        )
        if self._file is not None:
            self._file.abandon()
        self._file = None
        try:
            self._end_of_the_last()
            state = f"the bag up to there is closed, {self.message_count} messages"
        except (OSError, InputError):
            state = f"call `affect-hri record repair {self.path}` when there is room"
        self.full = f"{what}; nothing more is recorded into {self.path}; {state}"

    def _end_of_the_last(self) -> None:
        (self.path / RESERVE).unlink(missing_ok=True)
        if self._files:
            numbers = self._files[-1]
            found = mend(self.path / numbers.name)
            kept = FileNumbers(numbers.name)
            for block in found.blocks:
                for log_ns, channel in block.rows[:, :2].tolist():
                    kept.add(found.channels[channel].topic, log_ns)
            self._files[-1] = kept
        self._finish()


class _McapFile:
    """One file of the bag."""

    def __init__(self, file: RawFile, numbers: FileNumbers, flush_s: float) -> None:
        self._output, self._numbers, self._flush_s = _Output(file), numbers, flush_s
        self._writer = Writer(self._output, chunk_size=CHUNK_BYTES, compression=CompressionType.ZSTD)  # type: ignore[arg-type]
        self._writer.start(profile="ros2", library=LIBRARY)
        self._writer.flush()  # type: ignore[no-untyped-call] # the library types in part
        self._schemas: dict[str, int] = {}
        self._channels: dict[str, int] = {}
        self._flushed_s = time.monotonic()

    @property
    def size(self) -> int:
        return self._output.size

    def write(self, topic: TopicInfo, log_ns: int, data: bytes) -> None:
        channel = self._channels.get(topic.name) or self.add(topic)
        self._writer.add_message(channel, log_ns, data, log_ns)
        self._numbers.add(topic.name, log_ns)
        self.flush_if_due()

    def add(self, topic: TopicInfo) -> int:
        if topic.type_name not in self._schemas:
            self._schemas[topic.type_name] = self._writer.register_schema(
                topic.type_name, topic.encoding, topic.definition.encode()
            )
        described = {"offered_qos_profiles": topic.qos, "topic_type_hash": topic.type_hash}
        self._channels[topic.name] = self._writer.register_channel(
            topic.name, topic.serialization, self._schemas[topic.type_name], described
        )
        return self._channels[topic.name]

    def describe(self, facts: dict[str, str]) -> None:
        self._writer.add_metadata(FACTS, facts)

    def flush_if_due(self) -> None:
        if time.monotonic() - self._flushed_s >= self._flush_s:
            self._writer.flush()  # type: ignore[no-untyped-call]
            self._flushed_s = time.monotonic()

    def close(self) -> None:
        self._writer.finish()  # type: ignore[no-untyped-call]
        self._output.close()

    def abandon(self) -> None:
        self._output.close()


class _Output:
    """What the mcap library writes to: every write goes to the system at once, and wholly."""

    def __init__(self, file: RawFile) -> None:
        self._file = file
        self.size = 0

    def write(self, data: bytes) -> int:
        rest = memoryview(data)
        while rest:
            count = self._file.write(rest) or 0  # type: ignore[arg-type]
            self.size += count
            rest = rest[count:]
        return len(data)

    def tell(self) -> int:
        return self.size

    def flush(self) -> None:
        """Nothing is held back here."""

    def close(self) -> None:
        self._file.close()
