import hashlib
import shutil
import tarfile
import threading
import zipfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from click.testing import CliRunner

from affect_core.cli import commands
from affect_core.errors import InputError
from affect_core.synth.humans.ict import find_ict, load_face_model
from affect_core.synth.humans.ict_import import ICT_SHA256, ICT_URL, download_ict, import_ict, read_obj


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def server(tmp_path):
    served = tmp_path / "served"
    served.mkdir()
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=served)) as made:
        thread = threading.Thread(target=made.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{made.server_port}", served
        made.shutdown()
        thread.join()


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_checkout_becomes_the_model(checkout, tiny_ict, tmp_path):
    path = import_ict(checkout.root, tmp_path / "model.npz")
    got, wanted = load_face_model(path), load_face_model(tiny_ict)
    assert np.allclose(got.mean_cm, wanted.mean_cm, atol=1e-5)
    assert np.allclose(got.identity_cm, wanted.identity_cm, atol=1e-4)
    assert set(got.blendshapes) == set(wanted.blendshapes)
    for name, shape in wanted.blendshapes.items():
        assert got.blendshapes[name].vertices.tolist() == shape.vertices.tolist()
        assert np.allclose(got.blendshapes[name].moves_cm, shape.moves_cm, atol=1e-4)
    assert got.faces.tolist() == wanted.faces.tolist()
    assert [got.materials[i] for i in got.face_material] == [
        wanted.materials[i] for i in wanted.face_material
    ]
    assert got.landmarks.tolist() == wanted.landmarks.tolist()


def test_quads_are_split(tmp_path):
    path = tmp_path / "quad.obj"
    path.write_text(
        "v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\nvt 0 0\nvt 1 0\nvt 1 1\nvt 0 1\nusemtl skin\nf 1/1/1 2/2/1 3/3/1 4/4/1\n"
    )
    mesh = read_obj(path)
    assert mesh.faces.tolist() == [[0, 1, 2], [0, 2, 3]]
    assert mesh.faces_uv.tolist() == [[0, 1, 2], [0, 2, 3]]
    assert mesh.materials == ("skin",)


def damaged(checkout, tmp_path):
    copy = tmp_path / "damaged"
    shutil.copytree(checkout.root, copy)
    return copy


def test_a_mesh_of_another_form_is_refused(checkout, tmp_path):
    copy = damaged(checkout, tmp_path)
    path = copy / "FaceXModel" / "jawOpen.obj"
    path.write_text("\n".join(path.read_text().splitlines()[5:]))
    with pytest.raises(InputError, match=r"jawOpen\.obj: expected .* vertices"):
        import_ict(copy, tmp_path / "model.npz")
    assert not (tmp_path / "model.npz").exists()


def test_a_damaged_number_is_named(checkout, tmp_path):
    copy = damaged(checkout, tmp_path)
    path = copy / "FaceXModel" / "browDown_L.obj"
    path.write_text(path.read_text().replace("v ", "v x", 1))
    with pytest.raises(InputError, match=r"browDown_L\.obj: expected 3 numbers"):
        import_ict(copy, tmp_path / "model.npz")


def test_a_folder_without_meshes(tmp_path):
    with pytest.raises(InputError, match="git clone"):
        import_ict(tmp_path, tmp_path / "model.npz")


@pytest.mark.parametrize("kind", ["npz", "zip", "tar.gz"])
def test_download_of_our_file_and_of_an_archive(kind, server, checkout, tiny_ict, tmp_path):
    url, served = server
    file = served / f"model.{kind}"
    if kind == "npz":
        shutil.copy(tiny_ict, file)
    elif kind == "zip":
        with zipfile.ZipFile(file, "w") as archive:
            for path in checkout.folder.iterdir():
                archive.write(path, f"ICT-FaceKit-abc/FaceXModel/{path.name}")
    else:
        with tarfile.open(file, "w:gz") as tar:
            tar.add(checkout.root, "ICT-FaceKit-abc")
    target = tmp_path / "cache" / "ict_facekit.npz"
    assert download_ict(f"{url}/{file.name}", sha256(file), target) == target
    assert load_face_model(target).landmarks.tolist() == load_face_model(tiny_ict).landmarks.tolist()
    assert [path.name for path in target.parent.iterdir()] == [target.name]


def test_nothing_is_kept_of_a_bad_download(server, tiny_ict, tmp_path):
    url, served = server
    target = tmp_path / "cache" / "ict_facekit.npz"
    shutil.copy(tiny_ict, served / "model.npz")
    with pytest.raises(InputError, match="expected sha256 0000"):
        download_ict(f"{url}/model.npz", "0" * 64, target)
    (served / "text").write_text("not a model")
    with pytest.raises(InputError, match="expected an archive"):
        download_ict(f"{url}/text", sha256(served / "text"), target)
    cut = served / "cut.npz"
    cut.write_bytes(tiny_ict.read_bytes()[:-3000])
    with pytest.raises(InputError):
        download_ict(f"{url}/cut.npz", sha256(cut), target)
    with pytest.raises(InputError, match="check the network"):
        download_ict("http://127.0.0.1:9/model.npz", "0" * 64, target)
    assert list(target.parent.iterdir()) == []


def test_the_default_address_is_pinned():
    assert ICT_URL.startswith("https://github.com/ICT-VGL/ICT-FaceKit/archive/")
    assert len(ICT_SHA256) == 64


def test_the_commands(server, checkout, tiny_ict, tmp_path, monkeypatch):
    url, served = server
    monkeypatch.setenv("AFFECT_HRI_CACHE", str(tmp_path / "cache"))
    shutil.copy(tiny_ict, served / "model.npz")
    command = ["synth", "download-ict", "--url", f"{url}/model.npz", "--sha256", sha256(tiny_ict)]
    done = CliRunner().invoke(commands, command, catch_exceptions=False)
    path = tmp_path / "cache" / "ict_facekit.npz"
    assert done.stdout.splitlines()[-1] == str(path)
    path.unlink()
    done = CliRunner().invoke(commands, ["synth", "import-ict", str(checkout.root)], catch_exceptions=False)
    assert done.stdout.splitlines()[-1] == str(path)
    monkeypatch.delenv("AFFECT_HRI_ICT", raising=False)
    monkeypatch.setattr("affect_core.synth.humans.ict.share_roots", list)
    assert find_ict() == path
    done = CliRunner().invoke(commands, ["synth", "download-ict", "--url", url])
    assert done.exit_code == 2
    assert "together" in done.output
