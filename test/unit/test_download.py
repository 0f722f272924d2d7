import hashlib
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from affect_core.download import cache_folder
from affect_core.download import fetch as fetch_at_most
from affect_core.errors import InputError
from affect_core.files import file_sha256

CONTENT = bytes(range(256)) * 9000  # more than two chunks
HASH = hashlib.sha256(CONTENT).hexdigest()
fetch = partial(fetch_at_most, most_bytes=len(CONTENT))


class Quiet(SimpleHTTPRequestHandler):
    requests = 0
    sent = 0

    def do_GET(self):
        Quiet.requests += 1
        if self.path == "/endless":
            self.send_response(200)
            self.end_headers()  # no length: only counting what comes helps
            try:
                while True:
                    self.wfile.write(bytes(1 << 16))
                    Quiet.sent += 1 << 16
            except OSError:  # the other side has had enough
                return
        if self.path == "/cut":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"half")
            return
        super().do_GET()

    def log_message(self, *_):
        pass


@pytest.fixture
def server(tmp_path):
    (tmp_path / "served").mkdir()
    (tmp_path / "served" / "file.bin").write_bytes(CONTENT)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=tmp_path / "served")) as made:
        thread = threading.Thread(target=made.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{made.server_port}"
        made.shutdown()
        thread.join()


@pytest.mark.parametrize("digits", [64, 8])
def test_the_file_comes_whole_and_only_once(server, tmp_path, digits):
    target = tmp_path / "new" / "folder" / "file.bin"
    assert fetch(f"{server}/file.bin", HASH[:digits], target) == target
    assert target.read_bytes() == CONTENT
    assert file_sha256(target) == HASH
    before = Quiet.requests
    fetch(f"{server}/file.bin", HASH[:digits].upper(), target)
    assert Quiet.requests == before


def test_a_damaged_file_is_fetched_again(server, tmp_path):
    target = tmp_path / "file.bin"
    target.write_bytes(b"damaged")
    assert fetch(f"{server}/file.bin", HASH, target).read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("path", "sha256", "message"),
    [
        ("file.bin", "0" * 64, "expected sha256 0000.*got " + HASH),
        ("none.bin", HASH, "could not get it"),
        ("endless", HASH, f"at most {len(CONTENT):,} bytes from .*endless, got"),
        ("cut", HASH, "could not get it.*4 of 1000 bytes"),
    ],
)
def test_nothing_is_left_of_a_failed_download(server, tmp_path, path, sha256, message):
    folder = tmp_path / "target"
    with pytest.raises(InputError, match=message):
        fetch(f"{server}/{path}", sha256, folder / "file.bin")
    assert list(folder.iterdir()) == []


def test_without_a_network(tmp_path):
    with pytest.raises(InputError, match="check the network"):
        fetch("http://127.0.0.1:9/file.bin", HASH, tmp_path / "file.bin")


def test_a_hash_that_proves_nothing_is_refused(tmp_path):
    with pytest.raises(ValueError, match="at least 8"):
        fetch("http://127.0.0.1:9/file.bin", "abc", tmp_path / "file.bin")


def test_the_cache_can_be_moved(monkeypatch, tmp_path):
    monkeypatch.setenv("AFFECT_HRI_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.delenv("AFFECT_HRI_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "affect_hri"


def test_a_file_that_says_it_is_too_large_is_not_begun(server, tmp_path):
    with pytest.raises(
        InputError, match=r"at most 1,000,000 bytes from .*file.bin, got 2,304,000; it is not the file"
    ):
        fetch_at_most(f"{server}/file.bin", HASH, tmp_path / "file.bin", most_bytes=1_000_000)
    assert list(tmp_path.glob("*file.bin*")) == []


def test_an_answer_without_end_is_broken_off(server, tmp_path):
    Quiet.sent = 0
    with pytest.raises(InputError, match=r"at most 3,000,000 bytes"):
        fetch_at_most(f"{server}/endless", HASH, tmp_path / "file.bin", most_bytes=3_000_000)
    assert Quiet.sent < 3_000_000 + (32 << 20)  # what the system holds between the two ends


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/file.bin", "data:text/plain,hello", "/etc/passwd"])
def test_other_kinds_of_addresses(url, tmp_path):
    with pytest.raises(InputError, match="expected an address that begins with https, http, file"):
        fetch(url, HASH, tmp_path / "file.bin")


def test_torchvisions_weights_have_a_size_each():
    from affect_core.emotion.architectures import pretrained

    assert set(pretrained._MIB) == set(pretrained._FILES)
