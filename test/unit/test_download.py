import hashlib
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from affect_core.download import cache_folder, fetch
from affect_core.errors import InputError
from affect_core.files import file_sha256

CONTENT = bytes(range(256)) * 9000  # more than two chunks
HASH = hashlib.sha256(CONTENT).hexdigest()


class Quiet(SimpleHTTPRequestHandler):
    requests = 0

    def do_GET(self):
        Quiet.requests += 1
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
