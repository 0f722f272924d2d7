import json

import numpy as np
import pytest
from click.testing import CliRunner

from affect_core.commands.quantise import quantise as command
from affect_core.data.crop_set import CropSet, save_part
from affect_core.emotion import load_card
from affect_core.errors import InputError, Unavailable
from affect_core.faces import CropSpec
from affect_core.labels import COMPLEX_6
from affect_core.training import quantise
from affect_core.training.quantise import LosesTooMuch, Named, quantise_model


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path):
    monkeypatch.setenv("AFFECT_HRI_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def card(untrained):
    return load_card(untrained("random", options={"trunk": "resnet18"}, crop=CropSpec(32, 0.0)))


@pytest.fixture
def f1(monkeypatch):
    """Sets what macro F1 is measured as; whether the runtimes can be built is still found out."""
    real = quantise._macro_f1

    def fake(**after):
        def macro_f1(runtime, card, crops, precision="fp32"):
            real(runtime, card, crops.take(np.arange(2)), precision)
            return after.get(runtime, 0.9)

        monkeypatch.setattr(quantise, "_macro_f1", macro_f1)

    return fake


def test_ranges_are_those_of_the_crops(card, coloured_set):
    crops = coloured_set(48)
    ranges = quantise.calibrate(card, crops)
    values = crops.images_rgb / 255.0
    assert ranges["batch"] == pytest.approx(
        ((values.min() - 0.5) / 0.25, (values.max() - 0.5) / 0.25), rel=1e-4
    )
    assert all(low <= 0.0 <= high for low, high in ranges.values())


def test_a_small_loss_is_accepted_and_written_down(card, coloured_set, f1):
    f1(onnxruntime=0.896, openvino=0.9)
    int8 = quantise_model(card, Named("train", coloured_set(96)), Named("val", coloured_set(24, 1)), limit=48)
    assert int8.loss_points == 0.4
    written = json.loads((card.folder / "int8.json").read_text())
    assert written["macro_f1"] == {"torch-fp32": 0.9, "onnxruntime-int8": 0.896, "openvino-int8": 0.9}
    assert written["crops"] == {
        "calibration": {"set": "train", "n": 48},
        "validation": {"set": "val", "n": 24},
    }
    assert written["weights_sha256"] == card.weights.sha256
    assert load_card(card.folder).results == {"int8": "int8.json"}


def test_a_large_loss_is_refused_and_nothing_is_written(card, coloured_set, f1):
    f1(onnxruntime=0.9, openvino=0.894)
    before = {path: path.read_bytes() for path in card.folder.iterdir()}
    with pytest.raises(
        LosesTooMuch, match=r"loses 0\.6 points.*openvino-int8: 0\.894.*n = 24.*nothing was written"
    ):
        quantise_model(card, Named("train", coloured_set(96)), Named("val", coloured_set(24, 1)), limit=48)
    assert {path: path.read_bytes() for path in card.folder.iterdir()} == before
    assert LosesTooMuch.exit_code == 3


def test_crops_of_another_size_or_of_other_classes(card, coloured_set):
    other = CropSet(
        np.zeros((1, 40, 40, 3), np.uint8),
        np.zeros(1, np.int64),
        np.zeros((1, 40, 40), np.uint8),
        COMPLEX_6,
        CropSpec(40, 0.0),
    )
    with pytest.raises(InputError, match=r"small: expected crops of .*size_px=32.*got .*size_px=40"):
        quantise_model(card, Named("train", coloured_set(6)), Named("small", other))


def test_no_runtime_for_int8(card, coloured_set, f1, monkeypatch):
    f1()
    real = quantise._macro_f1

    def none(runtime, card, crops, precision="fp32"):
        if precision == "int8":
            raise Unavailable("not here")
        return real(runtime, card, crops, precision)

    monkeypatch.setattr(quantise, "_macro_f1", none)
    with pytest.raises(Unavailable, match="expected one of the runtimes onnxruntime, openvino"):
        quantise_model(card, Named("train", coloured_set(48)), Named("val", coloured_set(6)))
    assert not (card.folder / "int8.json").exists()


def test_command(card, coloured_set, f1, tmp_path):
    f1(onnxruntime=0.899)
    for name, count in (("train", 48), ("validation", 12)):
        save_part(coloured_set(count), tmp_path / name, 0)
    arguments = [
        str(card.folder),
        "--crops",
        str(tmp_path / "train"),
        "--validation",
        str(tmp_path / "validation"),
    ]
    result = CliRunner().invoke(command, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1] == "random: int8 loses 0.1 points of macro F1, accepted"
