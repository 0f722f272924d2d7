"""What claims to be huge is refused before memory is taken for it: measured by what the process may still allocate."""

import io
import json
import struct
import subprocess
import sys
import zipfile
import zlib

import numpy as np
import pytest

from affect_core.array_files import ArrayFile, read_array
from affect_core.cameras import CameraConfig
from affect_core.cameras.folder import Folder
from affect_core.config import load_yaml
from affect_core.data.manifest import read_records
from affect_core.data.pictures import read_picture
from affect_core.emotion.weights import read_weights
from affect_core.errors import CameraError, ConfigError, InputError, ModelError
from affect_core.heads.motor_definitions import load_motor_definitions
from affect_core.images import PackedImage, pack, rgb_from_compressed
from affect_core.limits import LIMITS
from affect_core.texts import parse_json, parse_yaml
from affect_core.trial import Session, TrialScene
from affect_core.trial.scene import read_scenes

BILLION = "\n".join(
    [
        "a0: &a0 [x, x, x, x, x, x, x, x, x]",
        *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)),
    ]
)
"""Ten lines that stand for 9^10 values."""

MERGES = "\n".join(
    ["a0: &a0 {k: 1}", *(f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}" for n in range(1, 10))]
)


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width, height):
    """Some hundred bytes of a grey PNG that claims any size."""
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def jpeg(width, height):
    """A real JPEG whose frame header claims another size; before it stand padding, stray bytes and a comment."""
    import cv2

    data = cv2.imencode(".jpg", np.zeros((8, 8, 3), np.uint8))[1].tobytes()
    place = data.index(b"\xff\xc0")
    size = struct.pack(">HH", height, width)
    comment = b"\xff\xfe\x00\x0c\xff\xc0\x00\x11\x08\x00\x01\x00\x01\x03"  # looks like a small frame header
    return (
        data[:place] + comment + b"\x00\x12\xff\xff" + data[place + 1 : place + 5] + size + data[place + 9 :]
    )


@pytest.mark.parametrize("make", [png, jpeg])
@pytest.mark.parametrize(
    ("size", "message"),
    [
        ((60_000, 60_000), r"at most 16,384 pixels on an edge in an image of 60000x60000, got 60,000"),
        ((16_000, 16_000), r"at most 40,000,000 pixels in an image of 16000x16000, got 256,000,000"),
    ],
)
def test_a_small_file_that_claims_a_huge_picture(make, size, message, tmp_path):
    data = make(*size)
    assert len(data) < 2000
    with pytest.raises(InputError, match=message):
        rgb_from_compressed(data)
    (tmp_path / f"bomb.{make.__name__}").write_bytes(data)
    folder = Folder(CameraConfig(path=str(tmp_path)), lambda: 0)
    with pytest.raises(CameraError, match="all damaged"):
        folder.open()
    with pytest.raises(InputError, match=r"16,384|40,000,000|exceeds limit"):
        read_picture(tmp_path / f"bomb.{make.__name__}")


def test_pictures_of_usual_sizes_are_read_as_before():
    import cv2

    picture = np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8)
    for suffix in (".png", ".jpg"):
        data = cv2.imencode(suffix, picture)[1].tobytes()
        expected = cv2.cvtColor(cv2.imdecode(np.frombuffer(data, np.uint8), 1), cv2.COLOR_BGR2RGB)
        np.testing.assert_array_equal(rgb_from_compressed(data), expected)


@pytest.mark.parametrize(
    "data", [b"", b"\xff\xd8", b"\xff\xd8" + b"\xff" * 50, b"BM" + bytes(100), png(8, 8)[:30]]
)
def test_what_is_no_picture(data):
    with pytest.raises(InputError, match=f"expected JPEG or PNG data, got {len(data)} bytes"):
        rgb_from_compressed(data)


def test_a_png_whose_chunk_claims_gigabytes():
    data = png(8, 8)
    place = data.index(b"IDAT") - 4
    with pytest.raises(InputError, match="expected JPEG or PNG data"):
        rgb_from_compressed(data[:place] + struct.pack(">I", 0x7FFFFFF0) + data[place + 4 :])


def test_a_raw_image_of_impossible_size():
    image = PackedImage(1, 2**32 - 1, "mono8", False, 2**32 - 1, np.zeros(10, np.uint8))
    with pytest.raises(InputError, match="at most 16,384 pixels on an edge"):
        pack(image)


@pytest.mark.parametrize("text", [BILLION, MERGES])
def test_a_billion_laughs(text):
    with pytest.raises(ConfigError, match=r"at most 200,000 values, aliases written out, got [\d,]+"):
        parse_yaml(text)


def test_aliases_of_our_own_files_are_read():
    assert parse_yaml("a: &x [1, 2]\nb: *x\nc: {<<: {d: 3}}") == {"a": [1, 2], "b": [1, 2], "c": {"d": 3}}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[" * 5000, "at most 32 levels"),
        ("a: &a [*a]", "an alias to what it stands in"),
        ("!!python/object/apply:os.system ['true']", "could not determine a constructor"),
        ("!!python/name:os.system", "could not determine a constructor"),
        ("a: !!int abc", "a value cannot be read: ValueError"),
        ("a: !!bool maybe", "a value cannot be read: KeyError"),
        ("a: !!timestamp x", "a value cannot be read: AttributeError"),
        ("a: 2001-99-99", "a value cannot be read: ValueError"),
        (f"a: {'9' * 5000}", "a value cannot be read: ValueError"),
        ("? [a, {b: c}]\n: d", "unhashable key"),
    ],
)
def test_yaml_that_is_refused(text, message):
    with pytest.raises(ConfigError, match=message):
        parse_yaml(text)


def test_a_yaml_file_that_is_too_large(tmp_path):
    path = tmp_path / "large.yaml"
    path.write_text("a: 1\n" + "#" * LIMITS.yaml_bytes)
    with pytest.raises(ConfigError, match=r"large.yaml.*at most 524,288 bytes in large.yaml, got 524,293"):
        load_yaml(path)
    path.write_bytes(b"a: \xff\xfe")
    with pytest.raises(ConfigError, match="is not valid YAML: UnicodeDecodeError"):
        load_yaml(path)


def test_an_endless_file_is_not_read_to_its_end():
    from pathlib import Path

    with pytest.raises(ConfigError, match="at most 524,288 bytes in zero"):
        load_yaml(Path("/dev/zero"))


@pytest.mark.parametrize("text", ["[" * 200_000, '{"a":' * 200_000, "nonsense", "9" * 5000])
def test_json_that_is_refused(text):
    with pytest.raises(InputError, match="expected JSON, got"):
        parse_json(text)


@pytest.mark.parametrize("kind", [Session, TrialScene])
@pytest.mark.parametrize("text", ['{"a":' * 100_000, json.dumps({"protocol": "x" * LIMITS.text_bytes})])
def test_sessions_and_scenes_in_messages(kind, text):
    with pytest.raises(InputError, match="expected a s"):
        kind.from_json(text)


def test_scenes_that_multiply():
    with pytest.raises(ConfigError, match=r"at most 1,000 scenes in a protocol, got 100,000,000"):
        read_scenes({name: [name] * 10_000 for name in ("lighting", "occlusion")})


# --- motor files ---------------------------------------------------------------------------------------------

ENTITIES = '<!DOCTYPE m [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><Motors><Motor Name="&b;"/></Motors>'


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (ENTITIES.encode(), "document type"),
        (ENTITIES.encode("utf-16"), "document type"),
        (b'<!DOCTYPE m SYSTEM "file:///etc/passwd"><Motors/>', "document type"),
        (b"<Motors>" + b" " * 300_000 + b"</Motors>", "at most 262,144 bytes"),
        (b'<?xml version="1.0" encoding="no-such"?><Motors/>', "expected XML"),
        (
            b'<Motors><Motor Name="EYETURN" Motor="1e999" Min="0" Max="9"/></Motors>',
            "a finite number for Motor",
        ),
        (
            b'<Motors><Motor Name="EYETURN" Motor="nan" Min="0" Max="9"/></Motors>',
            "a finite number for Motor",
        ),
    ],
)
def test_motor_files_that_are_refused(tmp_path, content, message):
    path = tmp_path / "robot.omd"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=message) as caught:
        load_motor_definitions(path)
    assert str(path) in str(caught.value)


# --- weights and arrays --------------------------------------------------------------------------------------


def safetensors(header, body=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + body


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            struct.pack("<Q", 2**60) + b"{}",
            r"at most 8,388,608 bytes in the header.*got 1,152,921,504,606,846,976",
        ),
        (safetensors(b"[" * 100_000), "not a complete safetensors file"),
        (safetensors({"a": {"data_offsets": [0]}}), "not a complete safetensors file"),
        (safetensors({"a": {"data_offsets": [0, "x"]}}), "not a complete safetensors file"),
        (safetensors({"a": {"data_offsets": [0, 1e999]}}), "not a complete safetensors file"),
        (
            safetensors({"a": {"dtype": "F32", "shape": [2**40], "data_offsets": [0, 4]}}, bytes(4)),
            "not a usable",
        ),
        (
            safetensors({"a": {"dtype": "F99", "shape": [1], "data_offsets": [0, 4]}}, bytes(4)),
            "not a usable",
        ),
    ],
)
def test_weights_that_are_refused(tmp_path, data, message):
    path = tmp_path / "weights.safetensors"
    path.write_bytes(data)
    with pytest.raises(ModelError, match=message):
        read_weights(path)


def npy(shape, body=b"", descr="<f8"):
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, {"descr": descr, "fortran_order": False, "shape": shape})
    return buffer.getvalue() + body


def test_arrays_that_claim_more_than_there_is(tmp_path):
    path = tmp_path / "a.npy"
    path.write_bytes(npy((10**12,), bytes(80)))
    with pytest.raises(InputError, match=r"expected 8,000,000,000,000 bytes for shape .* got 80"):
        read_array(path)
    packed = tmp_path / "a.npz"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("x.npy", npy((10**12,), bytes(80)))
    with pytest.raises(InputError, match=r"x.npy: expected 8,000,000,000,000 bytes"):
        ArrayFile(packed)


def test_an_archive_that_unpacks_to_too_much(tmp_path, monkeypatch):
    monkeypatch.setattr("affect_core.array_files.LIMITS", type(LIMITS)(arrays_bytes=1 << 20))
    path = tmp_path / "a.npz"
    np.savez_compressed(path, x=np.zeros(1 << 20))
    assert path.stat().st_size < 20_000
    with pytest.raises(InputError, match=r"at most 1,048,576 bytes in a.npz, got 8,388,736"):
        ArrayFile(path)


def test_arrays_of_ours_are_read(tmp_path):
    path = tmp_path / "a.npz"
    values = {
        "x": np.arange(6.0).reshape(2, 3),
        "names": np.array(["a", "bcd"]),
        "none": np.zeros((0, 4)),
        "one": 3,
    }
    np.savez_compressed(path, **values)
    with ArrayFile(path) as stored:
        assert list(stored) == list(values)
        for name, value in values.items():
            np.testing.assert_array_equal(stored[name], value)
    np.save(tmp_path / "b.npy", values["x"].T)
    np.testing.assert_array_equal(read_array(tmp_path / "b.npy"), values["x"].T)


def test_a_record_that_is_too_long(tmp_path):
    path = tmp_path / "records.jsonl"
    path.write_text('{"image": "a.png"}\n{"image": "' + "b" * LIMITS.json_line_bytes + '"}\n')
    with pytest.raises(InputError, match=r"at most 1,048,576 characters in line 2 of"):
        read_records(path)
    path.write_text('{"image":' + "[" * 100_000)
    with pytest.raises(InputError, match=r"records.jsonl:1: expected a record"):
        read_records(path)


UNDER_A_LIMIT = """
import resource, sys
from affect_core.images import rgb_from_compressed
from affect_core.array_files import read_array
from affect_core.texts import parse_yaml
from affect_core.errors import AffectError
from pathlib import Path
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + (64 << 20),) * 2)
folder = Path(sys.argv[1])
for work in (lambda: rgb_from_compressed((folder / "bomb.png").read_bytes()),
             lambda: read_array(folder / "bomb.npy"),
             lambda: parse_yaml((folder / "bomb.yaml").read_text())):
    try:
        work()
    except AffectError as error:
        print(type(error).__name__)
"""


def test_bombs_are_refused_with_little_memory(tmp_path):
    """In a process that may take 64 MB more: the smallest of them asks for eight gigabytes."""
    (tmp_path / "bomb.png").write_bytes(png(60_000, 60_000))
    (tmp_path / "bomb.npy").write_bytes(npy((10**9,), bytes(80)))
    (tmp_path / "bomb.yaml").write_text(BILLION)
    done = subprocess.run(
        [sys.executable, "-c", UNDER_A_LIMIT, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.split()) == (0, ["InputError", "InputError", "ConfigError"]), (
        done.stderr
    )


def test_every_limit_says_what_it_limits():
    import dataclasses

    for item in dataclasses.fields(LIMITS):
        assert item.metadata["doc"], item.name
        assert getattr(LIMITS, item.name) > 0
