"""Finding the records of mcap files of which parts may be missing or damaged (https://mcap.dev/spec).

A file is read from its beginning to its end, and never by the index at its end: that is missing after a kill, and
wrong where bytes are. What cannot be read is left out and told; the next whole chunk is searched for.
"""

from __future__ import annotations

import re
import struct
import zlib
from dataclasses import dataclass, field
from typing import BinaryIO

import numpy as np
from mcap.opcode import Opcode
from mcap.records import (
    Channel,
    Chunk,
    DataEnd,
    Footer,
    Header,
    McapRecord,
    Metadata,
    Schema,
    Statistics,
)
from numpy.typing import NDArray

from affect_core.bags.mcap_records import (
    HEAD,
    MAGIC,
    PARSED,
    DamagedRecord,
    bound,
    chunk_data,
    message_row,
    parsed,
)
from affect_core.errors import InputError

_CRC_BYTES = 4
_CHUNK = struct.Struct("<QQQII")
_MESSAGE_INDEX = struct.Struct("<HI")
_OPCODES = frozenset(Opcode)
_PRIVATE = 0x80
_RUN_BYTES = 4 << 20
_RUN_MESSAGES = 256
_WINDOW_BYTES = 16 << 20
# A chunk's opcode, then a length below 2^40.
_MAYBE_CHUNK = re.compile(rb"\x06(?=.{5}\x00\x00\x00)", re.DOTALL)


@dataclass
class Block:
    """A chunk, or a run of messages that are in no chunk.

    Attributes:
        start, end: in the file, bytes.
        rows: (N, 4): log time ns, channel, begin and end of the CDR within the block's (decompressed) bytes.
        offsets: (N,) begin of each message's record within them.
        index_offsets: channel -> place in the file of its MessageIndex, where all of them are there.
        index_end: where these end; `end` without any.
        orphans: messages in it, not among the rows, whose channel is described nowhere.
    """

    start: int
    end: int
    chunked: bool
    rows: NDArray[np.int64]
    offsets: NDArray[np.int64]
    compression: str = ""
    stored_bytes: int = 0
    raw_bytes: int = 0
    index_offsets: dict[int, int] = field(default_factory=dict)
    index_end: int = 0
    orphans: int = 0

    @property
    def channels(self) -> set[int]:
        """Numbers of the channels that have messages in it."""
        return set(np.unique(self.rows[:, 1]).tolist())


@dataclass
class McapScan:
    """Everything in a file that can be read.

    Attributes:
        kept: (start, end) of whole records beside the blocks and their indexes: metadata and attachments.
        holes: (start, end, why) of what cannot be read.
        data_ended: the data section was closed.
        complete: the file ends as it should.
        expected: number of messages the file itself claims; None = it does not say.
        footer: start, end and content.
    """

    size: int = 0
    header: Header | None = None
    schemas: dict[int, Schema] = field(default_factory=dict)
    channels: dict[int, Channel] = field(default_factory=dict)
    blocks: list[Block] = field(default_factory=list)
    metadata: list[tuple[int, int, Metadata]] = field(default_factory=list)
    attachments: list[tuple[int, int]] = field(default_factory=list)
    holes: list[tuple[int, int, str]] = field(default_factory=list)
    data_ended: bool = False
    complete: bool = False
    expected: int | None = None
    footer: tuple[int, int, Footer] | None = None

    @property
    def message_count(self) -> int:
        """Messages found."""
        return sum(len(block.rows) for block in self.blocks)

    @property
    def orphans(self) -> int:
        """Messages that nobody can understand."""
        return sum(block.orphans for block in self.blocks)

    @property
    def good_end(self) -> int:
        """Where the last whole record of the data section ends (a chunk's own indexes left out)."""
        ends = [block.end for block in self.blocks]
        ends += [end for _, end, _ in self.metadata] + [end for _, end in self.attachments]
        return max(ends, default=0)


def scan(file: BinaryIO) -> McapScan:
    """Read a whole file.

    Raises:
        InputError: it does not begin as an mcap file and holds no chunk of one.
    """
    result = McapScan(size=file.seek(0, 2))
    start = _begin(file, result)
    position = start
    while position < result.size and not result.complete:
        try:
            position = _take(file, position, result)
        except DamagedRecord as error:
            after = _next_chunk(file, position + 1, result.size)
            result.holes.append((position, after, str(error)))
            position = after
    if not result.blocks and not result.channels and not result.data_ended and start == 0:
        raise InputError("it is no mcap file")
    _drop_unknown(result)
    if result.complete and result.footer is not None:
        _check_summary(file, result, *result.footer)
    return result


def _check_summary(file: BinaryIO, result: McapScan, start: int, end: int, footer: Footer) -> None:
    """The index at the end: we read without it, others by it alone."""
    if not footer.summary_start or not footer.summary_crc:  # as the format allows
        return
    begin = min(footer.summary_start, start)
    file.seek(begin)
    if zlib.crc32(file.read(end - _CRC_BYTES - begin)) != footer.summary_crc:
        result.holes.append((max(begin, result.good_end), result.size, "the index at the end is damaged"))
        result.complete = False


def block_bytes(file: BinaryIO, block: Block) -> bytes:
    """The (decompressed) bytes of a block that was read before."""
    file.seek(block.start)
    data = file.read(block.end - block.start)
    return chunk_data(parsed(Opcode.CHUNK, data[HEAD.size :])) if block.chunked else data


def _begin(file: BinaryIO, result: McapScan) -> int:
    file.seek(0)
    if file.read(len(MAGIC)) == MAGIC:
        return len(MAGIC)
    start = _next_chunk(file, 0, result.size)
    if start == result.size:
        raise InputError("it is no mcap file" if result.size else "the file is empty")
    result.holes.append((0, start, "the beginning is not that of an mcap file"))
    return start


def _take(file: BinaryIO, position: int, result: McapScan) -> int:
    """Read the record at ``position`` into ``result``; where the next one begins."""
    file.seek(position)
    head = file.read(HEAD.size)
    if head[: len(MAGIC)] == MAGIC and result.data_ended:
        result.complete = True
        return result.size
    if len(head) < HEAD.size:
        raise DamagedRecord("a record's head is cut off")
    opcode, length = HEAD.unpack(head)
    end = position + HEAD.size + length
    if opcode not in _OPCODES and opcode < _PRIVATE:
        raise DamagedRecord(f"no record begins with {opcode:#04x}")
    if end > result.size:
        raise DamagedRecord("a record goes on behind the end of the file")
    if opcode != Opcode.ATTACHMENT:  # which is left where it is
        bound(length, "record")
    if opcode == Opcode.MESSAGE:
        _take_message(file, position, length, result)
    elif opcode == Opcode.MESSAGE_INDEX:
        _take_message_index(file.read(length), position, end, result)
    elif opcode in PARSED:
        _keep(parsed(opcode, file.read(length)), position, end, result)
    elif opcode == Opcode.ATTACHMENT:
        result.attachments.append((position, end))
    return int(end)


def _keep(record: McapRecord, start: int, end: int, result: McapScan) -> None:
    match record:
        case Header():
            result.header = record
        case Schema():
            result.schemas.setdefault(record.id, record)
        case Channel():
            result.channels.setdefault(record.id, record)
        case Chunk():
            result.blocks.append(_block_of(record, start, end, result))
        case Metadata():
            result.metadata.append((start, end, record))
        case Statistics():
            result.expected = record.message_count
        case DataEnd():
            result.data_ended = True
        case Footer():
            result.footer = (start, end, record)


def _block_of(chunk: Chunk, start: int, end: int, result: McapScan) -> Block:
    data = chunk_data(chunk)
    rows: list[tuple[int, int, int, int]] = []
    offsets: list[int] = []
    position = 0
    while position < len(data):
        if position + HEAD.size > len(data):
            raise DamagedRecord("a chunk ends within a record")
        opcode, length = HEAD.unpack_from(data, position)
        begin, stop = position + HEAD.size, position + HEAD.size + length
        if stop > len(data):
            raise DamagedRecord("a chunk ends within a record")
        if opcode == Opcode.MESSAGE:
            rows.append(message_row(data, begin, stop))
            offsets.append(position)
        elif opcode in (Opcode.SCHEMA, Opcode.CHANNEL):
            _keep(parsed(opcode, data[begin:stop]), start, end, result)
        position = stop
    return Block(
        start,
        end,
        True,
        np.array(rows, np.int64).reshape(-1, 4),
        np.array(offsets, np.int64),
        chunk.compression,
        len(chunk.data),
        len(data),
        index_end=end,
    )


def _take_message(file: BinaryIO, position: int, length: int, result: McapScan) -> None:
    """A message outside chunks joins the run before it, so that a long file has few blocks."""
    file.seek(position)
    data = file.read(HEAD.size + length)
    last = result.blocks[-1] if result.blocks else None
    if last is None or last.chunked or last.end != position or _is_full(last):
        empty = np.empty((0, 4), np.int64)
        last = Block(position, position, False, empty, np.empty(0, np.int64))
        result.blocks.append(last)
    log_ns, channel, begin, stop = message_row(data, HEAD.size, len(data))
    shift = position - last.start
    last.rows = np.vstack([last.rows, [(log_ns, channel, begin + shift, stop + shift)]])
    last.offsets = np.append(last.offsets, shift)
    last.end = last.index_end = position + len(data)
    last.stored_bytes = last.raw_bytes = last.end - last.start


def _take_message_index(body: bytes, start: int, end: int, result: McapScan) -> None:
    """Where it is; what it says is known from the chunk itself."""
    if len(body) < _MESSAGE_INDEX.size:
        raise DamagedRecord("a message index is too short")
    channel, length = _MESSAGE_INDEX.unpack_from(body)
    if length != len(body) - _MESSAGE_INDEX.size:
        raise DamagedRecord("a message index has a wrong length")
    if result.blocks:
        last = result.blocks[-1]
        last.index_offsets[channel], last.index_end = start, end


def _is_full(run: Block) -> bool:
    return run.end - run.start > _RUN_BYTES or len(run.rows) >= _RUN_MESSAGES


def _next_chunk(file: BinaryIO, start: int, size: int) -> int:
    """Where the next chunk begins whose lengths agree with each other; the file's size if there is none."""
    while start < size:
        file.seek(start)
        window = file.read(_WINDOW_BYTES + HEAD.size)
        for found in _MAYBE_CHUNK.finditer(window):
            if _is_chunk(file, start + found.start(), size):
                return start + found.start()
        start += _WINDOW_BYTES
    return size


def _is_chunk(file: BinaryIO, position: int, size: int) -> bool:
    file.seek(position)
    head = file.read(HEAD.size + _CHUNK.size + 8 + 4)
    if len(head) < HEAD.size + _CHUNK.size + 8:
        return False
    _, length = HEAD.unpack_from(head)
    *_, name_length = _CHUNK.unpack_from(head, HEAD.size)
    if name_length > 4 or position + HEAD.size + length > size:
        return False
    at = HEAD.size + _CHUNK.size + name_length
    if len(head) < at + 8:
        return False
    (stored,) = struct.unpack_from("<Q", head, at)
    return bool(length == _CHUNK.size + name_length + 8 + stored)


def _drop_unknown(result: McapScan) -> None:
    """Messages of a channel whose description is lost cannot be understood by anybody."""
    known = list(result.channels)
    for block in result.blocks:
        keep = np.isin(block.rows[:, 1], known)
        block.orphans = int((~keep).sum())
        block.rows, block.offsets = block.rows[keep], block.offsets[keep]
    if result.orphans:
        result.expected = max(result.expected or 0, result.message_count + result.orphans)
