"""Giving an mcap file the end it lacks, and taking out what is damaged. What is whole is copied as it is."""

from __future__ import annotations

import errno
import struct
import zlib
from collections import Counter
from pathlib import Path
from typing import BinaryIO

from mcap.data_stream import RecordBuilder
from mcap.opcode import Opcode
from mcap.records import (
    ChunkIndex,
    DataEnd,
    Footer,
    Header,
    McapRecord,
    MessageIndex,
    MetadataIndex,
    Statistics,
    SummaryOffset,
)

from affect_core.bags.mcap_records import MAGIC
from affect_core.bags.mcap_scan import Block, McapScan, block_bytes, scan
from affect_core.errors import InputError

LIBRARY = "affect_hri"


def mend(path: Path) -> McapScan:
    """Make a file readable for every mcap reader; a whole file is left alone.

    Where nothing but the end is missing it is written in place, which takes next to no space. Otherwise the file is
    written anew, and the damaged one stays beside it as ``<name>.damaged``.

    Returns:
        What was found before.

    Raises:
        InputError: there is nothing in it that could be kept.
        OSError: the disk is full, or not to be written; nothing is lost by that.
    """
    with path.open("rb") as file:
        found = scan(file)
    if not found.channels:
        raise InputError(f"{path} holds no topic that can be read; there is nothing to repair")
    if found.complete and not found.holes and not found.orphans:
        return found
    only_end = all(start >= found.good_end for start, _, _ in found.holes)
    if found.header is not None and only_end and not found.orphans:
        _end_in_place(path, found)
    else:
        _write_anew(path, found)
    return found


def _end_in_place(path: Path, found: McapScan) -> None:
    with path.open("r+b", buffering=0) as file:
        end = max(found.good_end, _definitions_end(found))
        file.truncate(end)
        file.seek(end)
        last = max(found.blocks, key=lambda block: block.end, default=None)
        indexes = b""
        if last is not None and last.end == end and last.chunked:
            indexes = _message_indexes(last)
        rest = indexes + _ending(found, end + len(indexes))
        written = file.write(rest) or 0
        if written < len(rest):
            file.truncate(end)
            raise OSError(errno.ENOSPC, f"expected room for {len(rest)} more bytes, got {written}", str(path))


def _definitions_end(found: McapScan) -> int:
    """Where a file without any message can be cut: behind its header."""
    assert found.header is not None
    return len(MAGIC) + len(_bytes_of(found.header))


def _write_anew(path: Path, found: McapScan) -> None:
    new, damaged = path.with_name(f"{path.name}.new"), path.with_name(f"{path.name}.damaged")
    try:
        with path.open("rb") as source, new.open("wb") as target:
            target.write(MAGIC + _bytes_of(found.header or Header("ros2", LIBRARY)))
            # In front of all: the chunk that brought them may be the one that is lost.
            target.write(_bytes_of(*found.schemas.values(), *found.channels.values()))
            _copy(source, target, found)
            target.write(_ending(found, target.tell()))
    except OSError:
        new.unlink(missing_ok=True)
        raise
    path.rename(damaged)
    new.rename(path)


def _copy(source: BinaryIO, target: BinaryIO, found: McapScan) -> None:
    """Blocks and metadata in their order; ``found`` then says where they are in the new file."""
    found.attachments.clear()
    for block in found.blocks:
        start = target.tell()
        if block.orphans:
            _copy_understood(source, target, block)
        else:
            _copy_bytes(source, target, block.start, block.end)
        block.start, block.end = start, target.tell()
        if block.chunked:
            target.write(_message_indexes(block))
    for number, (begin, end, record) in enumerate(found.metadata):
        start = target.tell()
        _copy_bytes(source, target, begin, end)
        found.metadata[number] = (start, target.tell(), record)


def _copy_understood(source: BinaryIO, target: BinaryIO, block: Block) -> None:
    """The messages of known channels, outside chunks: other readers give up at any other."""
    data = block_bytes(source, block)
    for begin, end in zip(block.offsets.tolist(), block.rows[:, 3].tolist(), strict=True):
        target.write(data[begin:end])
    block.chunked = False


def _copy_bytes(source: BinaryIO, target: BinaryIO, start: int, end: int) -> None:
    source.seek(start)
    target.write(source.read(end - start))


def _message_indexes(block: Block) -> bytes:
    """The records that follow a chunk; ``block`` then knows where they are."""
    data = b""
    block.index_offsets = {}
    for channel in sorted(block.channels):
        mine = block.rows[:, 1] == channel
        entries = list(zip(block.rows[mine, 0].tolist(), block.offsets[mine].tolist(), strict=True))
        block.index_offsets[channel] = block.end + len(data)
        data += _bytes_of(MessageIndex(channel, entries))
    block.index_end = block.end + len(data)
    return data


def _ending(found: McapScan, start: int) -> bytes:
    """Everything from DataEnd to the last byte of a file whose data section ends at ``start``."""
    data_end = _bytes_of(DataEnd(0))
    summary_start = start + len(data_end)
    groups: list[tuple[Opcode, list[McapRecord]]] = [
        (Opcode.SCHEMA, [*found.schemas.values()]),
        (Opcode.CHANNEL, [*found.channels.values()]),
        (Opcode.STATISTICS, [_statistics(found)]),
        (Opcode.CHUNK_INDEX, [_chunk_index(block) for block in found.blocks if block.chunked]),
        (Opcode.METADATA_INDEX, [MetadataIndex(a, b - a, record.name) for a, b, record in found.metadata]),
    ]
    body = b""
    offsets: list[McapRecord] = []
    for opcode, records in groups:
        data = _bytes_of(*records)
        if data:
            offsets.append(SummaryOffset(opcode, summary_start + len(body), len(data)))
        body += data
    offsets_start = summary_start + len(body)
    body += _bytes_of(*offsets)
    crc = zlib.crc32(body + struct.pack("<BQQQ", Opcode.FOOTER, 20, summary_start, offsets_start))
    return data_end + body + _bytes_of(Footer(summary_start, offsets_start, crc)) + MAGIC


def _statistics(found: McapScan) -> Statistics:
    counts: Counter[int] = Counter()
    for block in found.blocks:
        counts.update(block.rows[:, 1].tolist())
    times = [(int(b.rows[:, 0].min()), int(b.rows[:, 0].max())) for b in found.blocks if len(b.rows)]
    return Statistics(
        attachment_count=len(found.attachments),
        channel_count=len(found.channels),
        channel_message_counts=dict(counts),
        chunk_count=sum(block.chunked for block in found.blocks),
        message_count=found.message_count,
        message_start_time=min((first for first, _ in times), default=0),
        message_end_time=max((last for _, last in times), default=0),
        metadata_count=len(found.metadata),
        schema_count=len(found.schemas),
    )


def _chunk_index(block: Block) -> ChunkIndex:
    times = block.rows[:, 0]
    return ChunkIndex(
        chunk_length=block.end - block.start,
        chunk_start_offset=block.start,
        compression=block.compression,
        compressed_size=block.stored_bytes,
        message_start_time=int(times.min()) if len(times) else 0,
        message_end_time=int(times.max()) if len(times) else 0,
        message_index_offsets=dict(block.index_offsets),
        message_index_length=block.index_end - block.end,
        uncompressed_size=block.raw_bytes,
    )


def _bytes_of(*records: McapRecord) -> bytes:
    builder = RecordBuilder()
    for record in records:
        record.write(builder)
    return bytes(builder.end())  # type: ignore[no-untyped-call] # the library types in part
