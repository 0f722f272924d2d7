"""A pickle that would write a file when it is loaded, given wherever weights, arrays and checkpoints are read.

Everything runs in the test's own process: were the pickle loaded, the file would be there.
"""

import io
import pickle
import zipfile
from dataclasses import replace

import numpy as np
import pytest
import torch

from affect_core.array_files import ArrayFile, read_array
from affect_core.data.crop_set import MANIFEST_FILE, load_crop_set
from affect_core.data.real.affectnet import _landmarks, _scalar
from affect_core.emotion import load_card, load_model
from affect_core.emotion.architectures.pretrained import initialise
from affect_core.emotion.card import save_card
from affect_core.emotion.weights import read_tensors, read_weights
from affect_core.errors import InputError, ModelError
from affect_core.experiment.predictions import load_predictions
from affect_core.faces import CropSpec
from affect_core.files import file_sha256
from affect_core.synth.humans.ict import load_face_model
from affect_core.training.initial import read_checkpoint, read_start
from affect_core.training.module import IDENTITY


class Trap:
    """Writes a file when it is unpickled."""

    def __init__(self, path):
        self._path = path

    def __reduce__(self):
        return open, (str(self._path), "w")


@pytest.fixture
def sprung(tmp_path):
    return tmp_path / "sprung"


@pytest.fixture(autouse=True)
def nothing_ran(sprung):
    yield
    assert not sprung.exists(), "the pickle was loaded"


@pytest.fixture
def trap(sprung):
    return Trap(sprung)


def test_the_trap_works(trap, sprung):
    pickle.loads(pickle.dumps(trap)).close()
    assert sprung.exists()
    sprung.unlink()


def torch_file(content):
    buffer = io.BytesIO()
    torch.save(content, buffer)
    return buffer.getvalue()


@pytest.fixture(params=["plain pickle", "torch archive", "torch tensors and more"])
def malicious(request, trap):
    """The bytes of a file."""
    if request.param == "plain pickle":
        return pickle.dumps(trap)
    if request.param == "torch archive":
        return torch_file({IDENTITY: trap, "state_dict": trap})
    return torch_file({IDENTITY: {}, "state_dict": {"network.a": torch.zeros(1)}, "callbacks": trap})


@pytest.mark.parametrize("suffix", [".ckpt", ".pt", ".pth"])
def test_checkpoints(malicious, suffix, tmp_path):
    path = tmp_path / f"last{suffix}"
    path.write_bytes(malicious)
    with pytest.raises(ModelError, match=r"expected a checkpoint of affect-hri train, cannot read it"):
        read_checkpoint(path)
    with pytest.raises(ModelError, match=r"last"):
        read_start(path) if suffix == ".ckpt" else initialise(torch.nn.Linear(1, 1), str(path), "resnet18")


def test_pickles_named_safetensors(malicious, tmp_path):
    path = tmp_path / "weights.safetensors"
    path.write_bytes(malicious)
    for read in (read_weights, read_tensors):
        with pytest.raises(ModelError, match=r"safetensors"):
            read(path)


def test_a_model_folder_whose_card_vouches_for_it(malicious, tmp_path, tiny_model):
    """The hash is right, and proves nothing."""
    path = tmp_path / "weights.safetensors"
    path.write_bytes(malicious)
    card = load_card(tiny_model)
    weights = replace(card.weights, sha256=file_sha256(path))
    save_card(replace(card, folder=tmp_path, weights=weights))
    with pytest.raises(ModelError, match=r"safetensors"):
        load_model(load_card(tmp_path))


@pytest.fixture
def object_array(trap, tmp_path):
    path = tmp_path / "objects.npy"
    np.save(path, np.array([trap], object), allow_pickle=True)
    return path


def test_arrays(object_array, malicious, tmp_path):
    for read in (read_array, _landmarks):
        with pytest.raises(InputError, match=r"only a pickle can: it is not loaded"):
            read(object_array)
    plain = tmp_path / "plain.npy"
    plain.write_bytes(malicious)
    with pytest.raises(InputError, match=r"plain.npy"):
        read_array(plain)
    (tmp_path / "annotations").mkdir()
    object_array.rename(tmp_path / "annotations" / "7_exp.npy")
    with pytest.raises(InputError, match=r"not loaded"):
        _scalar(tmp_path, "7", "exp")


def test_archives_of_arrays(object_array, malicious, tmp_path):
    path = tmp_path / "part_0000.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(object_array, "images_rgb.npy")
    with pytest.raises(InputError, match=r"images_rgb.npy holds Python objects"):
        ArrayFile(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("data.pkl", malicious)
    with pytest.raises(InputError, match=r"expected only \*.npy in it, got 'data.pkl'"):
        ArrayFile(path)
    path.write_bytes(malicious)
    for read in (ArrayFile, load_predictions, load_face_model):
        with pytest.raises(InputError, match=r"part_0000.npz"):
            read(path)


def test_crop_sets(object_array, tmp_path):
    (tmp_path / MANIFEST_FILE).write_text(f"label_names: [a, b]\ncrop: {vars(CropSpec())}\n")
    with zipfile.ZipFile(tmp_path / "part_0000.npz", "w") as archive:
        archive.write(object_array, "images_rgb.npy")
    with pytest.raises(InputError, match=r"not loaded"):
        load_crop_set(tmp_path)
