import dataclasses
import subprocess
import sys
from importlib.util import find_spec

import pytest

from affect_core.emotion import export, load_model, save_weights
from affect_core.emotion.cache import kept
from affect_core.emotion.export import exported, file_stem
from affect_core.errors import ModelError


@pytest.fixture
def made(monkeypatch):
    """Exports are replaced by a text and listed."""
    made = []

    def export_text(card):
        made.append(card.name)
        return f"network of {card.weights.sha256}".encode() * 100

    monkeypatch.setattr(export, "export", export_text)
    return made


def test_the_second_time_nothing_is_exported(model_folder, own_cache, made):
    card = model_folder()
    first = exported(card)
    assert exported(card) == first
    assert len(made) == 1
    (file,) = own_cache.iterdir()  # and nothing unfinished beside it
    assert file.read_bytes() == first
    assert card.weights.sha256[:12] in file.name


def test_other_weights_are_another_file(model_folder, own_cache, made):
    card = model_folder()
    first = exported(card)
    state = load_model(card).state_dict()
    state["classifier.bias"] += 1.0
    other = dataclasses.replace(card, weights=save_weights(state, card.folder))
    assert exported(other) != first
    assert len(made) == 2
    assert len(list(own_cache.iterdir())) == 2


@pytest.mark.parametrize(
    "damage", [lambda data: data[:1000], lambda data: data[:-1] + b"x", lambda data: b""]
)
def test_a_damaged_file_is_made_again(model_folder, own_cache, made, damage, caplog):
    card = model_folder()
    first = exported(card)
    (file,) = own_cache.iterdir()
    file.write_bytes(damage(first))
    assert exported(card) == first
    assert len(made) == 2
    assert "damaged" in caplog.text
    assert [path.read_bytes() for path in own_cache.iterdir()] == [first]


def test_a_cache_that_cannot_be_written(model_folder, monkeypatch, tmp_path, made, caplog):
    (tmp_path / "file").write_text("")  # no folder can be made below a file, not even by root
    monkeypatch.setenv("AFFECT_HRI_CACHE", str(tmp_path / "file"))
    card = model_folder()
    assert exported(card) == exported(card)
    assert len(made) == 2
    assert "AFFECT_HRI_CACHE" in caplog.text


def test_a_kept_file_does_not_hide_wrong_weights(model_folder):
    card = model_folder()
    exported(card)
    data = card.weights_path.read_bytes()
    card.weights_path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(ModelError, match=r"expected sha256 .* got"):
        exported(card)
    card.weights_path.unlink()
    with pytest.raises(ModelError, match="found no file"):
        exported(card)


def test_what_a_file_depends_on(model_folder):
    card = model_folder()
    stem = file_stem(card, "fp32")
    assert stem == file_stem(card, "fp32")
    others = [
        file_stem(dataclasses.replace(card, options={"trunk": "resnet34"}), "fp32"),
        file_stem(card, "int8"),
        file_stem(card, "fp32", "more"),
    ]
    assert len({stem, *others}) == 4


def test_several_settings_are_kept_apart(own_cache):
    assert kept("a", ".json", lambda: b"1") == b"1"
    assert kept("ab", ".json", lambda: b"2") == b"2"
    assert kept("a", ".txt", lambda: b"3") == b"3"
    assert kept("a", ".json", lambda: b"4") == b"1"


@pytest.mark.parametrize("runtime", ["onnxruntime", "openvino"])
def test_once_exported_torch_is_not_loaded(model_folder, runtime):
    if find_spec(runtime) is None:
        pytest.skip(f"{runtime} is not installed")
    card = model_folder()
    exported(card)
    program = (
        "import sys\n"
        "from affect_core.emotion import EmotionConfig, EmotionStage\n"
        f"EmotionStage(EmotionConfig(model={str(card.folder)!r}, runtime={runtime!r}))\n"
        "sys.exit('torch' in sys.modules)\n"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
