"""Records, chunks and messages of bags that claim more than anybody may ask memory for."""

import struct

import lz4.frame
import pytest
import zstandard
from mcap.opcode import Opcode

from affect_core.bags.reader import unpacked
from affect_core.errors import InputError
from affect_core.limits import LIMITS

GIB = 1 << 30


def first_chunk(data):
    """Where it begins: opcode, length, two times, two sizes and a checksum, then the compression's name."""
    return next(p for p in range(len(data)) if data[p] == Opcode.CHUNK and data[p + 41 : p + 45] == b"zstd")


def with_chunk(bag, compression, data, claimed):
    """The bag with one more chunk before its first one."""
    (file,) = bag.glob("*.mcap")
    name = compression.encode()
    body = struct.pack("<QQQII", 0, 0, claimed, 0, len(name)) + name + struct.pack("<Q", len(data)) + data
    whole = file.read_bytes()
    place = first_chunk(whole)
    record = bytes([Opcode.CHUNK]) + struct.pack("<Q", len(body)) + body
    file.write_bytes(whole[:place] + record + whole[place:])
    return bag


BOMBS = {
    "zstd": (zstandard.ZstdCompressor().compress(bytes(64 << 20)), 100),
    "lz4": (lz4.frame.compress(bytes(64 << 20)), 100),
}


@pytest.mark.parametrize("compression", BOMBS)
def test_a_chunk_whose_data_are_larger_than_it_says(maker, tmp_path, compression):
    data, claimed = BOMBS[compression]
    bag = with_chunk(maker.ours(tmp_path / "bag", maker.messages()), compression, data, claimed)
    _, frames, _, _, flaws = maker.read(bag)
    assert len(frames) == 20
    assert any("a chunk says 100 bytes, its data say otherwise" in flaw for flaw in flaws), flaws


def test_a_chunk_that_claims_gigabytes(maker, tmp_path):
    bag = with_chunk(maker.ours(tmp_path / "bag", maker.messages()), "zstd", b"", 4 * GIB)
    _, frames, _, _, flaws = maker.read(bag)
    assert len(frames) == 20
    assert any(
        "a chunk claims 4,294,967,296 bytes, expected at most 1,073,741,824" in flaw for flaw in flaws
    ), flaws


def test_a_record_that_claims_too_much(maker, tmp_path, monkeypatch):
    monkeypatch.setattr("affect_core.bags.mcap_records.LIMITS", type(LIMITS)(bag_record_bytes=1 << 20))
    bag = maker.ours(tmp_path / "bag", maker.messages())
    (file,) = bag.glob("*.mcap")
    data = file.read_bytes()
    place = first_chunk(data)
    head = bytes([Opcode.SCHEMA]) + struct.pack("<Q", 3 << 20)
    file.write_bytes(data[:place] + head + data[place:] + bytes(4 << 20))
    _, frames, _, _, flaws = maker.read(bag)
    assert len(frames) == 20
    assert any("a record claims 3,145,728 bytes, expected at most 1,048,576" in flaw for flaw in flaws), flaws


def test_a_message_that_unpacks_to_gigabytes():
    head = zstandard.ZstdCompressor().compress(bytes(1000))
    huge = zstandard.FRAME_HEADER + bytes([0b11100000]) + struct.pack("<Q", 1 << 40) + head[8:]
    with pytest.raises(InputError, match=r"at most 1,073,741,824 bytes in a message, got 1,099,511,627,776"):
        unpacked(huge)
    stream = zstandard.ZstdCompressor().compressobj()  # does not say how much it will be
    with pytest.raises(InputError, match="cannot be decompressed"):
        unpacked(stream.compress(bytes(80 << 20)) + stream.flush())
    assert unpacked(zstandard.ZstdCompressor().compress(b"usual")) == b"usual"


def test_a_file_that_unpacks_to_too_much(maker, tmp_path, monkeypatch):
    bag = maker.make("mcap_file_zstd", tmp_path / "bag", maker.messages())
    monkeypatch.setattr("affect_core.bags.reader.LIMITS", type(LIMITS)(unpacked_bag_bytes=5000))
    with pytest.raises(InputError, match=r"at most 5,000 bytes in .*zstd, unpacked, got"):
        maker.read(bag)


def test_a_message_in_a_database(maker, tmp_path, monkeypatch):
    bag = maker.make("sqlite3", tmp_path / "bag", maker.messages())
    monkeypatch.setattr("affect_core.bags.sqlite_file.LIMITS", type(LIMITS)(bag_record_bytes=2000))
    with pytest.raises(InputError, match=r"none can be read.*at most 2,000 bytes in message"):
        maker.read(bag)
