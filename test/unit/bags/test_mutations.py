"""Bags of which bytes were cut off, flipped, cut out, swapped or written over: read or refused, and nothing else."""

import random
import shutil

import pytest
from mcap.reader import make_reader
from rosbags.rosbag2 import Reader

from affect_core.bags import repair
from affect_core.errors import InputError


def mutated(rng, data):
    """Cut off, bits flipped, a part cut out, two parts swapped, or bytes written over."""
    size = len(data)
    first, second, third = sorted(rng.randrange(size) for _ in range(3))
    match rng.choice(["truncate", "flip", "cut", "swap", "scribble"]):
        case "truncate":
            return data[:first]
        case "flip":
            changed = bytearray(data)
            for _ in range(rng.choice([1, 1, 4, 32])):
                changed[rng.randrange(size)] ^= 1 << rng.randrange(8)
            return bytes(changed)
        case "cut":
            return data[:first] + data[second:]
        case "swap":
            return data[:first] + data[second:third] + data[first:second] + data[third:]
        case _:
            count = min(300, size - first)
            return data[:first] + rng.randbytes(count) + data[first + count :]


def fuzz(maker, tmp_path, seeds):
    """Read mutated bags: frames, or an InputError that names the bag; nothing else. How often each came."""
    messages = maker.messages()
    kinds = ("ours", "sqlite3", "mcap", "mcap_zstd", "message_zstd")
    bags = [maker.make(kind, tmp_path / kind, messages) for kind in kinds]
    outcomes = {"whole": 0, "partial": 0, "unreadable": 0}
    for seed in seeds:
        rng = random.Random(seed)
        work = tmp_path / "work"
        shutil.rmtree(work, ignore_errors=True)
        shutil.copytree(rng.choice(bags), work)
        (storage,) = (path for path in work.iterdir() if path.suffix in (".mcap", ".db3"))
        file = rng.choice([storage] * 5 + [work / "metadata.yaml"])
        file.write_bytes(mutated(rng, file.read_bytes()))
        try:
            _, frames, _, _, flaws = maker.read(work)
        except InputError as error:
            assert str(work) in str(error), f"seed {seed}: {error}"
            outcomes["unreadable"] += 1
            continue
        assert frames, f"seed {seed}"
        outcomes["partial" if flaws else "whole"] += 1
    return outcomes


def test_mutated_bags_are_read_or_refused(maker, tmp_path):
    outcomes = fuzz(maker, tmp_path, range(120))
    assert min(outcomes.values()) > 10, outcomes


@pytest.mark.long
def test_a_thousand_mutated_bags_are_read_or_refused(maker, tmp_path):
    outcomes = fuzz(maker, tmp_path, range(1000, 2000))
    assert min(outcomes.values()) > 50, outcomes


def test_mutations_of_a_bag_with_checksums_change_no_pixel(maker, tmp_path):
    """Ours has a checksum on every chunk: what is read is what was recorded, or it is left out."""
    bag = maker.ours(tmp_path / "bag", maker.messages())
    original = (bag / "bag_0.mcap").read_bytes()
    truth = {maker.start_ns + n * maker.step_ns: maker.pixels(n).tobytes() for n in range(20)}
    read_frames = 0
    for seed in range(60):
        (bag / "bag_0.mcap").write_bytes(mutated(random.Random(seed), original))
        try:
            frames = maker.read(bag)[1]
        except InputError:
            continue
        read_frames += len(frames)
        assert dict(frames).items() <= truth.items(), f"seed {seed}"
    assert read_frames > 400


@pytest.mark.parametrize("seeds", [range(40), pytest.param(range(40, 400), marks=pytest.mark.long)])
def test_repaired_mutations_open_elsewhere(maker, tmp_path, seeds):
    messages = maker.messages(40)
    whole = maker.ours(tmp_path / "whole", messages, max_bytes=20_000)
    known = {(m.topic, m.log_ns, m.data) for m in messages}
    repaired = 0
    for seed in seeds:
        rng = random.Random(seed)
        bag = tmp_path / f"bag{seed}"
        shutil.copytree(whole, bag)
        file = rng.choice(sorted(bag.glob("*.mcap")))
        file.write_bytes(mutated(rng, file.read_bytes()))
        try:
            done = repair(bag)
        except InputError:  # nothing is left of it
            continue
        repaired += bool(done.flaws)
        with Reader(bag) as reader:
            found = {(c.topic, log_ns, bytes(data)) for c, log_ns, data in reader.messages()}
        assert found <= known
        assert len(found) == done.messages
        for part in bag.glob("*.mcap"):
            with part.open("rb") as stream:
                assert {m.data for _, _, m in make_reader(stream, validate_crcs=True).iter_messages()} <= {
                    data for *_, data in known
                }
    assert repaired > len(seeds) // 2


def test_a_damaged_index_is_repaired(maker, tmp_path):
    """We read without it; others read nothing else, and would ask for a compression of another name."""
    messages = maker.messages(6)
    bag = maker.ours(tmp_path / "bag", messages)
    (file,) = bag.glob("*.mcap")
    data = bytearray(file.read_bytes())
    place = data.rindex(b"zstd")
    data[place : place + 4] = b"zStd"
    file.write_bytes(data)
    done = repair(bag)
    assert done.flaws == (f"the index at the end of {file.name} is damaged",)
    assert (done.messages, done.lost) == (len(messages), False)
    with Reader(bag) as reader:
        assert len(list(reader.messages())) == len(messages)
    assert repair(bag).flaws == ()


def test_a_chunk_that_claims_more_than_it_has_is_damaged(maker, tmp_path):
    """We would read it all the same; others ask for that much memory."""
    bag = maker.ours(tmp_path / "bag", maker.messages(6))
    (file,) = bag.glob("*.mcap")
    data = bytearray(file.read_bytes())
    data[data.index(b"zstd") + 4 + 5] ^= 1  # the sixth byte of the length of the first chunk's data
    file.write_bytes(data)
    done = repair(bag)
    assert len(done.flaws) == 2  # that it is damaged, and how many messages are missing
    for part in bag.glob("*.mcap"):
        with part.open("rb") as stream:
            assert len(list(make_reader(stream, validate_crcs=True).iter_messages())) == done.messages
