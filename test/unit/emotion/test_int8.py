import dataclasses
import json

import pytest

from affect_core.emotion import RUNTIMES, load_card
from affect_core.emotion.export import exported
from affect_core.emotion.int8 import Int8, accepted_int8, quantise, quantised, save_int8
from affect_core.errors import ModelError, Unavailable

RUN_INT8 = ("onnxruntime", "openvino")


def measured(card, **changes):
    values = {
        "weights_sha256": card.weights.sha256,
        "ranges": {"batch": (-1.0, 2.5)},
        "macro_f1": {"torch-fp32": 0.9, "onnxruntime-int8": 0.897, "openvino-int8": 0.901},
        "crops": {"validation": {"set": "some", "n": 100}},
        "made_with": {"onnx": "1"},
    }
    return Int8(**values | changes)


def test_loss_by_hand(model_folder):
    card = model_folder()
    assert measured(card).loss_points == 0.3  # of the worst runtime
    assert measured(card).accepted
    assert not measured(card, macro_f1={"torch-fp32": 0.9, "openvino-int8": 0.894}).accepted  # 0.6
    assert measured(card, macro_f1={"torch-fp32": 0.9, "openvino-int8": 0.895}).accepted  # 0.5 is allowed
    assert measured(card, macro_f1={"torch-fp32": 0.9, "openvino-int8": 0.91}).loss_points == 0.0


def test_what_is_written_is_read(model_folder):
    card = model_folder()
    path = save_int8(measured(card), card.folder)
    assert accepted_int8(card) == measured(card)
    assert json.loads(path.read_text())["loss_points"] == 0.3


@pytest.mark.parametrize("runtime", RUN_INT8)
def test_int8_without_a_measurement_is_refused(model_folder, runtime):
    with pytest.raises(Unavailable, match=r"int8\.json.*affect-hri quantise random_amal"):
        RUNTIMES.build(runtime, model_folder(), 1, "int8")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"weights_sha256": "0" * 64}, "other weights"),
        (
            {"macro_f1": {"torch-fp32": 0.9, "openvino-int8": 0.85}},
            "loses 5.0 points of macro F1, at most 0.5",
        ),
    ],
)
@pytest.mark.parametrize("runtime", RUN_INT8)
def test_int8_with_a_wrong_or_bad_measurement_is_refused(model_folder, runtime, changes, message):
    card = model_folder()
    save_int8(measured(card, **changes), card.folder)
    with pytest.raises(Unavailable, match=message):
        RUNTIMES.build(runtime, card, 1, "int8")


def test_int8_of_another_format_is_refused(model_folder):
    card = model_folder()
    path = save_int8(measured(card), card.folder)
    path.write_text(path.read_text().replace('"format": 2', '"format": 1'))
    with pytest.raises(Unavailable, match=r"expected format 2, got 1.*affect-hri quantise random_amal"):
        accepted_int8(card)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"ranges": {"batch": [1]}}'])
def test_a_file_that_cannot_be_read(model_folder, text):
    card = model_folder()
    (card.folder / "int8.json").write_text(text)
    with pytest.raises(ModelError, match=r"int8\.json cannot be read"):
        accepted_int8(card)


def test_ranges_of_another_network(model_folder):
    with pytest.raises(ModelError, match="affect-hri quantise again"):
        quantise(exported(model_folder()), {"batch": (-1.0, 1.0)})


def test_the_quantised_network_is_kept_and_small(own_cache):
    card = load_card("amal_small")
    network = quantised(card)
    assert len(network) < 0.3 * len(exported(card))
    before = sorted(own_cache.iterdir())
    assert quantised(card) == network
    assert sorted(own_cache.iterdir()) == before


def test_other_ranges_are_another_network(own_cache, tmp_path):
    card = load_card("amal_small")
    int8 = accepted_int8(card)
    wider = {name: (2 * low, 2 * high) for name, (low, high) in int8.ranges.items()}
    (tmp_path / "weights.safetensors").symlink_to(card.weights_path.resolve())
    save_int8(dataclasses.replace(int8, ranges=wider), tmp_path)
    assert quantised(dataclasses.replace(card, folder=tmp_path)) != quantised(card)
