import hashlib
import json
import stat
import threading

import pytest
import yaml

from affect_core.errors import ConfigError, InputError
from affect_core.files import claim, file_sha256, whole, write_whole

SETTINGS = {"seed": 1, "rate": 1e-05, "labels": ("joy", "fear"), "light": {"even": 0.5}}


@pytest.mark.parametrize(
    ("content", "expected"), [(b"\x00\xff", b"\x00\xff"), ("gr\u00fcn\n", b"gr\xc3\xbcn\n"), ("", b"")]
)
def test_bytes_and_text_are_written_into_a_new_folder(tmp_path, content, expected):
    path = tmp_path / "a" / "b" / "file.txt"
    write_whole(path, content)
    assert path.read_bytes() == expected
    assert [item.name for item in path.parent.iterdir()] == ["file.txt"]


def test_a_file_has_the_rights_that_any_new_file_has(tmp_path):
    (tmp_path / "plain").touch()
    write_whole(tmp_path / "ours", b"")
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("plain", "ours")]
    assert modes[0] == modes[1]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_interrupted_write_leaves_the_old_file_and_nothing_else(tmp_path, error):
    path = tmp_path / "file.txt"
    write_whole(path, "old")
    with pytest.raises(error), whole(path) as unfinished:
        unfinished.write_text("ne")
        raise error
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_write_that_never_began_leaves_nothing(tmp_path):
    with pytest.raises(ValueError), whole(tmp_path / "file.txt"):
        raise ValueError
    assert list(tmp_path.iterdir()) == []


def test_the_old_file_is_there_until_the_new_one_is_whole(tmp_path):
    path = tmp_path / "file.txt"
    write_whole(path, "old")
    with whole(path) as unfinished:
        unfinished.write_text("new")
        assert unfinished.parent == tmp_path and unfinished.name.startswith(".")
        assert path.read_text() == "old"
    assert path.read_text() == "new"


def test_writers_of_one_file_do_not_disturb_each_other(tmp_path):
    path = tmp_path / "file.txt"
    contents = [str(k) * 100_000 for k in range(8)]
    threads = [threading.Thread(target=write_whole, args=(path, content)) for content in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_text() in contents
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_a_file(tmp_path):
    (tmp_path / "taken").touch()
    with pytest.raises(InputError, match=r"expected to write .*taken/file.*choose another output folder"):
        write_whole(tmp_path / "taken" / "file", b"")


def test_the_hash_of_a_file(tmp_path):
    (tmp_path / "file").write_bytes(b"abc")
    assert file_sha256(tmp_path / "file") == hashlib.sha256(b"abc").hexdigest()


@pytest.mark.parametrize(("name", "read"), [("s.json", json.loads), ("s.yaml", yaml.safe_load)])
def test_a_folder_is_claimed_by_its_settings(tmp_path, name, read):
    path = tmp_path / "set" / name
    claim(path, SETTINGS)
    assert read(path.read_text()) == SETTINGS | {"labels": ["joy", "fear"]}
    before = path.stat().st_mtime_ns
    claim(path, SETTINGS)  # the same again
    assert path.stat().st_mtime_ns == before
    with pytest.raises(ConfigError, match="other settings"):
        claim(path, SETTINGS | {"seed": 2})
    assert read(path.read_text())["seed"] == 1
