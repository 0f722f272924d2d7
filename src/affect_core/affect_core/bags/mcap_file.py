"""The messages of one mcap file, as a `Storage`."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from affect_core.bags.base import FACTS, Contents, Flaw, TopicInfo
from affect_core.bags.mcap_records import DamagedRecord
from affect_core.bags.mcap_scan import Block, McapScan, block_bytes, scan
from affect_core.errors import InputError

_CACHED_CHUNKS = 3


class McapStorage:
    """An mcap file, open for its messages. See `Storage`."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        try:
            self.found = scan(self._file)
        except InputError as error:
            self._file.close()
            raise InputError(f"{path}: {error}") from error
        self.contents = contents_of(path, self.found)
        self._cache: OrderedDict[int, bytes] = OrderedDict()

    def read(self, row: NDArray[np.int64]) -> bytes:
        """The message of one row of the index: block and number within it."""
        block = self.found.blocks[int(row[2])]
        start, end = block.rows[int(row[3]), 2:]
        return self._bytes_of(int(row[2]))[int(start) : int(end)]

    def close(self) -> None:
        """Let go of the file."""
        self._cache.clear()
        self._file.close()

    def _bytes_of(self, number: int) -> bytes:
        if number not in self._cache:
            try:
                self._cache[number] = block_bytes(self._file, self.found.blocks[number])
            except (DamagedRecord, OSError) as error:
                raise InputError(f"a part that was there cannot be read any more: {error}") from error
            if len(self._cache) > _CACHED_CHUNKS:
                self._cache.popitem(last=False)
        self._cache.move_to_end(number)
        return self._cache[number]


def contents_of(path: Path, found: McapScan) -> Contents:
    """What a scan found, as every storage says it."""
    contents = Contents(path)
    for number, channel in found.channels.items():
        schema = found.schemas.get(channel.schema_id)
        contents.topics[number] = TopicInfo(
            channel.topic,
            schema.name if schema else "",
            schema.data.decode(errors="replace") if schema else "",
            schema.encoding if schema else "",
            channel.metadata.get("topic_type_hash", ""),
            channel.metadata.get("offered_qos_profiles", ""),
            channel.message_encoding,
        )
    for _, _, record in found.metadata:
        if record.name == FACTS:
            contents.facts.update(record.metadata)
    if found.message_count:
        contents.index = np.concatenate([_index_of(n, block) for n, block in enumerate(found.blocks)])
    contents.flaws.extend(_flaws(found))
    contents.index_damaged = not found.complete or bool(found.holes)
    return contents


def _index_of(number: int, block: Block) -> NDArray[np.int64]:
    count = len(block.rows)
    return np.column_stack([block.rows[:, :2], np.full(count, number), np.arange(count)])


def _flaws(found: McapScan) -> Iterator[Flaw]:
    data_holes = [hole for hole in found.holes if hole[0] < found.good_end or not found.data_ended]
    for start, end, why in data_holes:
        after_ns = _last_before(found, start)
        if end == found.size:
            yield Flaw(after_ns, f"it ends there ({why})")
        else:
            yield Flaw(after_ns, f"{end - start} bytes are damaged there ({why})")
    if not found.data_ended and not any(end == found.size for _, end, _ in data_holes):
        yield Flaw(_last_before(found, found.size), "it ends there: the recording was cut off")
    lacking = (found.expected or 0) - found.message_count
    if lacking > 0:
        yield Flaw(_last_before(found, found.size), f"{lacking} of {found.expected} messages are missing")


def _last_before(found: McapScan, place: int) -> int | None:
    times = [int(block.rows[:, 0].max()) for block in found.blocks if block.start < place and len(block.rows)]
    return max(times, default=None)
