"""Single records of an mcap file: their shapes, and their content where it is whole (https://mcap.dev/spec)."""

from __future__ import annotations

import struct
from io import BytesIO

import zstandard
from lz4.frame import LZ4FrameDecompressor  # type: ignore[import-untyped]
from mcap.data_stream import ReadDataStream
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
from mcap.stream_reader import get_chunk_data_stream

from affect_core.limits import LIMITS

MAGIC = b"\x89MCAP0\r\n"
_CHUNK_HEAD_BYTES = 32
"""Two times, the size without compression, a checksum, and the length of the compression's name."""
HEAD = struct.Struct("<BQ")
MESSAGE = struct.Struct("<HIQQ")
PARSED: dict[int, type[McapRecord]] = {
    Opcode.HEADER: Header,
    Opcode.SCHEMA: Schema,
    Opcode.CHANNEL: Channel,
    Opcode.CHUNK: Chunk,
    Opcode.METADATA: Metadata,
    Opcode.STATISTICS: Statistics,
    Opcode.DATA_END: DataEnd,
    Opcode.FOOTER: Footer,
}


class DamagedRecord(Exception):
    """Bytes that are no record; internal."""


def bound(claimed_bytes: int, what: str) -> None:
    """Raises DamagedRecord where a record claims more than any of ours needs."""
    if claimed_bytes > LIMITS.bag_record_bytes:
        raise DamagedRecord(
            f"a {what} claims {claimed_bytes:,} bytes, expected at most {LIMITS.bag_record_bytes:,}"
        )


def parsed(opcode: int, body: bytes) -> McapRecord:
    """The record of this body; raises DamagedRecord where the two do not fit."""
    stream = ReadDataStream(BytesIO(body))
    try:
        record: McapRecord = PARSED[opcode].read(stream)  # type: ignore[attr-defined]
    except Exception as error:  # whatever damaged bytes make of the library
        raise DamagedRecord(f"a {Opcode(opcode).name} record cannot be read") from error
    if stream.count != len(body) or (
        isinstance(record, Chunk) and _said_length(record, body) != len(record.data)
    ):
        raise DamagedRecord(f"a {Opcode(opcode).name} record has a wrong length")
    return record


def _said_length(chunk: Chunk, body: bytes) -> int:
    """Of a chunk's data. The library takes what there is, whatever the record says."""
    (length,) = struct.unpack_from("<Q", body, _CHUNK_HEAD_BYTES + len(chunk.compression))
    return int(length)


def message_row(data: bytes, begin: int, stop: int) -> tuple[int, int, int, int]:
    """Log time ns, channel, begin and end of the CDR of the message record between ``begin`` and ``stop``."""
    if stop - begin < MESSAGE.size:
        raise DamagedRecord("a message is too short")
    channel, _, log_ns, _ = MESSAGE.unpack_from(data, begin)
    if log_ns >= 1 << 63:
        raise DamagedRecord("a message has an impossible time")
    return log_ns, channel, begin + MESSAGE.size, stop


def chunk_data(record: McapRecord) -> bytes:
    """What a chunk holds, decompressed and checked; raises DamagedRecord."""
    if not isinstance(record, Chunk) or record.compression not in ("", "zstd", "lz4"):
        raise DamagedRecord(f"a chunk has an unknown compression, {getattr(record, 'compression', '')!r}")
    bound(record.uncompressed_size, "chunk")
    try:
        _check_frame(record)
        stream, length = get_chunk_data_stream(record, validate_crc=True)
        data = stream.read(length)
    except DamagedRecord:
        raise
    except Exception as error:  # whatever damaged bytes make of the library
        raise DamagedRecord("a chunk cannot be decompressed, or its checksum is wrong") from error
    if len(data) != record.uncompressed_size:
        raise DamagedRecord("a chunk has a wrong size")
    return data


def _check_frame(chunk: Chunk) -> None:
    """The compressed data say themselves how large they become, and the library believes them."""
    unpacked = chunk.uncompressed_size
    if chunk.compression == "zstd":
        said = zstandard.frame_content_size(chunk.data)
        unpacked = said if said >= 0 else unpacked  # else no more is unpacked than the chunk says
    elif chunk.compression == "lz4":
        unpacked = len(LZ4FrameDecompressor().decompress(chunk.data, max_length=unpacked + 1))
    if unpacked != chunk.uncompressed_size:
        raise DamagedRecord(f"a chunk says {chunk.uncompressed_size:,} bytes, its data say otherwise")
