import re

import pytest
import yaml

from affect_core.emotion import EmotionConfig, EmotionStage, load_card, load_model
from affect_core.errors import ConfigError, ModelError


def edit(card, **changes):
    path = card.folder / "card.yaml"
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | changes))


def test_what_is_saved_is_loaded(model_folder):
    card = model_folder()
    assert load_card(card.folder) == card


def test_unknown_model_lists_the_known_ones(model_folder, monkeypatch, tmp_path):
    card = model_folder()
    (tmp_path / "share" / "models").mkdir(parents=True)
    card.folder.rename(tmp_path / "share" / "models" / "some_model")
    monkeypatch.setenv("AFFECT_HRI_SHARE", str(tmp_path / "share"))
    with pytest.raises(ConfigError, match=r"'other'.*some_model"):
        load_card("other")
    assert load_card("some_model").name == card.name


def test_missing_card(tmp_path):
    with pytest.raises(ModelError, match=r"card\.yaml.*found none"):
        load_card(tmp_path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"labels": ["neutral"]}, "two or more"),
        ({"labels": ["neutral", "neutral"]}, "different labels"),
        ({"mean": [0.5]}, "three channels"),
        ({"std": [0.1, 0.0, 0.1]}, "above 0"),
        ({"colour_order": "BGR"}, "RGB"),
        ({"crop": {"size_px": 4}}, "size_px"),
        ({"crop": {"template": "passport"}}, "arcface"),
        ({"weights": {"file": "w", "dtype": "int8"}}, "float16"),
        ({"flavour": "vanilla"}, "flavour"),
    ],
)
def test_wrong_cards_say_what_is_wrong(model_folder, changes, message):
    card = model_folder()
    edit(card, **changes)
    with pytest.raises(ModelError, match=message):
        load_card(card.folder)


def test_incomplete_card(model_folder):
    card = model_folder()
    (card.folder / "card.yaml").write_text("name: x\n")
    with pytest.raises(ModelError, match="architecture"):
        load_card(card.folder)


def test_missing_weights(model_folder):
    card = model_folder()
    card.weights_path.unlink()
    with pytest.raises(ModelError, match=r"expected weights at .*found no file"):
        EmotionStage(EmotionConfig(model=str(card.folder)))


@pytest.mark.parametrize("keep", [0, 5, 100, -1])
def test_truncated_weights(model_folder, keep):
    card = model_folder()
    data = card.weights_path.read_bytes()
    card.weights_path.write_bytes(data[:keep])
    with pytest.raises(ModelError, match=r"truncated|not a complete safetensors file"):
        load_model(card)


def test_weights_of_another_card(model_folder):
    card = model_folder()
    data = bytearray(card.weights_path.read_bytes())
    data[-1] ^= 1
    card.weights_path.write_bytes(bytes(data))
    with pytest.raises(ModelError, match=r"expected sha256 .* got"):
        load_model(card)


def test_another_number_of_labels(model_folder):
    card = model_folder()
    edit(card, labels=["neutral", "happy", "sad"])
    with pytest.raises(
        ModelError, match=re.escape("expected 3 outputs for the labels neutral, happy, sad, got 6")
    ):
        load_model(load_card(card.folder))


def test_weights_of_another_architecture(model_folder):
    card = model_folder()
    edit(card, architecture="resnet50", options={})
    with pytest.raises(ModelError, match=r"does not fit the architecture resnet50.*missing"):
        load_model(load_card(card.folder))


def test_unknown_architecture_and_runtime(model_folder):
    card = model_folder()
    with pytest.raises(ConfigError, match="torch"):
        EmotionStage(EmotionConfig(model=str(card.folder), runtime="abacus"))
    edit(card, architecture="perceptron")
    with pytest.raises(
        ConfigError,
        match=r"amal, efficientnet_v2_s, effnet_transformer, inception_v3, maxvit_t, resnet18, resnet50, vgg16",
    ):
        load_model(load_card(card.folder))


def test_the_columns_of_the_estimates(model_folder):
    from affect_core.emotion import REGRESSION

    card = model_folder()
    assert card.regression == REGRESSION == ("valence", "arousal", "intensity")
    assert "regression" not in (card.folder / "card.yaml").read_text()  # older readers know no such key
    edit(card, regression=["valence", "arousal", "dominance"])
    assert load_card(card.folder).regression == ("valence", "arousal", "dominance")
    for wrong in (["valence", "mood"], ["valence", "valence"]):
        edit(card, regression=wrong)
        with pytest.raises(ModelError, match="expected regression with different ones of valence"):
            load_card(card.folder)
