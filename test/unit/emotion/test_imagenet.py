"""ImageNet weights by address and hash, from a server of our own."""

import hashlib
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
import torch

from affect_core import torch_compat
from affect_core.emotion import ARCHITECTURES
from affect_core.emotion.architectures import pretrained
from affect_core.errors import InputError


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def published(tmp_path, monkeypatch):
    """Publishes weights of resnet18 in place of torchvision's; returns them. Downloads go to ``tmp_path/cache``."""
    torch.manual_seed(5)
    state = torch_compat.torchvision().models.resnet18(weights=None).state_dict()
    (tmp_path / "served").mkdir()
    file = tmp_path / "served" / "resnet18-new.pth"
    torch.save(state, file)
    entry = (file.name, hashlib.sha256(file.read_bytes()).hexdigest())
    monkeypatch.setitem(pretrained._FILES, "resnet18", entry)
    monkeypatch.setitem(pretrained._MIB, "resnet18", file.stat().st_size / 2**20)
    monkeypatch.setenv("AFFECT_HRI_CACHE", str(tmp_path / "cache"))
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=file.parent)) as server:
        monkeypatch.setattr(pretrained, "_SITE", f"http://127.0.0.1:{server.server_port}/")
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield state
        server.shutdown()
        thread.join()


def build():
    return ARCHITECTURES.build("amal", 6, 64, trunk="resnet18", init="imagenet")


def test_a_trunk_starts_from_what_was_fetched_and_later_from_the_cache(published, tmp_path):
    assert torch.equal(build().trunk[0].weight, published["conv1.weight"])
    (tmp_path / "served" / "resnet18-new.pth").unlink()
    assert torch.equal(build().trunk[7][1].conv2.weight, published["layer4.1.conv2.weight"])


def test_a_file_that_has_changed_is_refused(published, tmp_path):
    (tmp_path / "served" / "resnet18-new.pth").write_bytes(b"something else")
    with pytest.raises(InputError, match=r"resnet18-new\.pth: expected sha256 .*got"):
        build()
    assert list((tmp_path / "cache" / "imagenet").iterdir()) == []
