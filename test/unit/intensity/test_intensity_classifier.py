"""The classifier of P1: what is frozen, what learns, how pictures are split, and that a training goes on."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional

from affect_core.data.cut import cut
from affect_core.emotion import ARCHITECTURES, load_card
from affect_core.emotion.architectures.vgg import FEATURES, VGGRanker, without_batch_norm
from affect_core.emotion.weights import load_model
from affect_core.errors import ConfigError, InputError, ModelError
from affect_core.faces.crop import CropSpec
from affect_core.intensity import classifier
from affect_core.intensity.base import LABELS, ClassifierConfig, TrunkConfig
from affect_core.intensity.splits import repeats_subjects, split
from affect_core.intensity.trunk import Trunk, find_trunk
from affect_core.papers import Request

TRUNK = Trunk("random", (0.5,) * 3, (0.25,) * 3, "random")


@pytest.fixture(scope="module")
def crops(intensity_set, tmp_path_factory):
    return cut(
        intensity_set(subjects=5),
        CropSpec(32, 0.06, "expression"),
        LABELS,
        tmp_path_factory.mktemp("c") / "crops",
    )


@pytest.fixture
def config():
    return ClassifierConfig(image_size_px=32, hidden=24, epochs=6, learning_rate=3e-3, checkpoint_s=0.0)


def _fit(crops, config, work, seed=0):
    card = classifier.card_of("tested", crops, config, TRUNK, work / "model")
    network = classifier.build(card, TRUNK, seed)
    parts = split(crops, config, "picture", seed)
    return card, parts, classifier.fit(card, network, crops, parts, config, seed, work)


def test_item_1_frozen_convolutions_and_the_papers_head():
    with torch.device("meta"):  # 134 million parameters that nobody needs to fill
        network = VGGRanker.__new__(VGGRanker)
        torch.nn.Module.__init__(network)
        from affect_core.emotion.architectures import vgg

        network.hidden, network.classifier = vgg._hidden(4096, 0.5), torch.nn.Linear(4096, 7)
    shapes = [
        tuple(part.weight.shape) for part in [*network.hidden, network.classifier] if hasattr(part, "weight")
    ]
    assert shapes == [(4096, 25088), (4096, 4096), (7, 4096)]
    assert [part.p for part in network.hidden if isinstance(part, torch.nn.Dropout)] == [0.5, 0.5]
    assert FEATURES == 25088
    frozen = ARCHITECTURES.build("vgg16", 7, 224, hidden=8, frozen=True)
    assert sum(p.numel() for p in frozen.features.parameters() if p.requires_grad) == 0
    assert sum(p.numel() for p in frozen.features.parameters()) == 14_714_688  # torchvision's vgg16.features
    assert sum(isinstance(part, torch.nn.Conv2d) for part in frozen.features) == 13
    assert sum(isinstance(part, torch.nn.MaxPool2d) for part in frozen.features) == 5
    assert {name.split(".")[0] for name, p in frozen.named_parameters() if p.requires_grad} == {
        "hidden",
        "classifier",
    }


def test_item_1_the_default_is_the_papers_width():
    config = ClassifierConfig()
    assert (config.hidden, config.dropout, config.weight_decay) == (4096, 0.5, 0.001)
    assert (config.batch_size, config.epochs, config.image_size_px) == (32, 100, 224)
    assert (config.test_share, config.validation_share) == (0.2, 0.2)


@pytest.mark.parametrize("size_px", [224, 255, 96])
def test_every_size_becomes_seven_by_seven_cells(size_px):
    network = ARCHITECTURES.build("vgg16", 7, size_px, hidden=8).eval()
    with torch.inference_mode():
        assert network.embed(torch.zeros(1, 3, size_px, size_px)).shape == (1, 25088)


def test_item_2_a_step_lowers_the_loss_and_changes_the_head_only():
    torch.manual_seed(0)
    network = ARCHITECTURES.build("vgg16", 7, 32, hidden=16, frozen=True).eval()
    batch, labels = torch.randn(14, 3, 32, 32), torch.arange(14) % 7
    before = {name: value.clone() for name, value in network.state_dict().items()}
    optimiser = torch.optim.AdamW(
        [p for p in network.parameters() if p.requires_grad], 1e-3, weight_decay=1e-3
    )
    first = functional.cross_entropy(network(batch).logits, labels)
    first.backward()
    optimiser.step()
    with torch.no_grad():
        assert functional.cross_entropy(network(batch).logits, labels) < first
    changed = {
        name.split(".")[0]
        for name, value in network.state_dict().items()
        if not torch.equal(value, before[name])
    }
    assert changed == {"hidden", "classifier"}


def test_batch_normalisation_is_multiplied_into_the_convolutions():
    torch.manual_seed(0)
    network = ARCHITECTURES.build("vgg16", 7, 32, hidden=0, batch_norm=True)
    network.train()
    for _ in range(3):
        network(torch.randn(8, 3, 32, 32) * 2 + 1)  # so that means and variances are not 0 and 1
    batch = torch.randn(4, 3, 32, 32)
    plain = without_batch_norm(network.features)
    with torch.inference_mode():
        torch.testing.assert_close(plain(batch), network.eval().features(batch), rtol=1e-3, atol=1e-4)
    names = set(plain.state_dict())
    assert names == set(ARCHITECTURES.build("vgg16", 7, 32, hidden=0).features.state_dict())


def test_the_head_learns_what_the_colours_say(crops, config, tmp_path):
    config = replace(config, hidden=64, dropout=0.0, epochs=30, batch_size=16)
    _, parts, fitted = _fit(crops, config, tmp_path)
    right = fitted.logits.argmax(1) == crops.labels
    assert right[parts.test].mean() > 0.8
    assert fitted.history[0]["loss"] > fitted.history[-1]["loss"]
    losses = [entry["validation_loss"] for entry in fitted.history]
    assert losses[fitted.best_epoch - 1] == min(losses)


def test_an_interrupted_training_goes_on_and_ends_the_same(crops, config, tmp_path, monkeypatch):
    _, _, whole = _fit(crops, config, tmp_path / "whole")
    real, epochs = classifier._epoch, []

    def stop_at_the_fourth(*arguments):
        if len(epochs) == 3:
            raise KeyboardInterrupt
        epochs.append(arguments[-1][1])
        return real(*arguments)

    monkeypatch.setattr(classifier, "_epoch", stop_at_the_fourth)
    with pytest.raises(KeyboardInterrupt):
        _fit(crops, config, tmp_path / "cut")
    monkeypatch.setattr(classifier, "_epoch", lambda *a: epochs.append(a[-1][1]) or real(*a))
    _, _, resumed = _fit(crops, config, tmp_path / "cut")
    assert epochs == [0, 1, 2, 3, 4, 5]
    assert resumed.history == whole.history
    np.testing.assert_array_equal(resumed.logits, whole.logits)
    assert not (tmp_path / "cut" / "head_picture" / "unfinished.safetensors").exists()


def test_a_finished_head_is_not_trained_again(crops, config, tmp_path, monkeypatch):
    _, _, first = _fit(crops, config, tmp_path)
    monkeypatch.setattr(classifier, "_epoch", lambda *_: pytest.fail("trained again"))
    monkeypatch.setattr(classifier, "_embed_some", lambda *_: pytest.fail("embedded again"))
    _, _, second = _fit(crops, config, tmp_path)
    np.testing.assert_array_equal(first.logits, second.logits)


def test_a_head_of_other_settings_is_refused(crops, config, tmp_path):
    _fit(crops, config, tmp_path)
    with pytest.raises(ConfigError, match="other settings"):
        _fit(crops, config, tmp_path, seed=1)


def test_a_saved_model_is_a_model_like_any_other(crops, config, tmp_path):
    card, parts, fitted = _fit(crops, config, tmp_path)
    classifier.save_model(card, fitted.network, "a note", "painted", {"accuracy": 0.9})
    loaded = load_card(tmp_path / "model")
    assert (loaded.architecture, loaded.labels, loaded.weights.dtype) == ("vgg16", LABELS, "float16")
    network = load_model(loaded)
    from affect_core.emotion.preprocess import to_batch

    batch = torch.from_numpy(to_batch(list(crops.images_rgb[parts.test]), loaded))
    with torch.inference_mode():
        found = network(batch).logits.numpy()
    np.testing.assert_allclose(
        found, fitted.logits[parts.test], atol=0.2
    )  # weights and features in half precision


def test_splits_hold_every_picture_once_and_the_classes_in_their_shares(crops, config):
    parts = split(crops, config, "picture", 3)
    everything = np.concatenate([parts.train, parts.validation, parts.test])
    assert sorted(everything.tolist()) == list(range(70))
    assert (len(parts.train), len(parts.validation), len(parts.test)) == (
        44,
        12,
        14,
    )  # 70: 14 of it, then 12 of 56
    assert np.bincount(crops.labels[parts.test]).tolist() == [2] * 7
    again = split(crops, config, "picture", 3)
    assert again.plain() == parts.plain()
    assert split(crops, config, "picture", 4).plain() != parts.plain()


def test_splits_by_subject_have_nobody_twice(crops, config):
    assert repeats_subjects(crops)
    parts = split(crops, config, "subject", 0)
    people = [set(crops.info["subject"][part]) for part in (parts.train, parts.validation, parts.test)]
    assert not people[0] & people[1]
    assert not people[0] & people[2]
    assert not people[1] & people[2]


def test_too_few_pictures_of_a_class_are_refused(crops, config):
    kept = np.flatnonzero((crops.labels != 2) | (np.arange(len(crops)) < 14))
    with pytest.raises(InputError, match=f"at least 3 pictures of each class, got . of {LABELS[2]}"):
        split(crops.take(kept), config, "picture", 0)


def test_an_empty_class_is_refused(crops, config):
    with pytest.raises(InputError, match=f"got 0 of {LABELS[0]}"):
        split(crops.take(np.flatnonzero(crops.labels != 0)), config, "picture", 0)


def test_trunks_by_name(tmp_path, monkeypatch):
    monkeypatch.setenv("AFFECT_HRI_CACHE", str(tmp_path / "cache"))
    request = Request(tmp_path)
    found = find_trunk(ClassifierConfig(trunk="random"), TrunkConfig(), request)
    assert found.warning.startswith("Untrained trunk")
    with pytest.raises(ModelError, match="expected a trunk of imagenet, synthetic"):
        find_trunk(ClassifierConfig(trunk="nonesuch"), TrunkConfig(), request)
    path = tmp_path / "vgg16.pth"
    torch.manual_seed(3)
    state = ARCHITECTURES.build("vgg16", 7, 32, hidden=0).features.state_dict()
    torch.save({f"features.{name}": value for name, value in state.items()}, path)
    named = find_trunk(ClassifierConfig(trunk=str(path)), TrunkConfig(), request)
    network = ARCHITECTURES.build("vgg16", 7, 32, hidden=0, init=named.init)
    assert torch.equal(network.features[0].weight, state["0.weight"])
    assert "vgg16.pth" in named.warning


def test_imagenet_weights_in_the_cache_are_used_by_auto(tmp_path, monkeypatch):
    monkeypatch.setenv("AFFECT_HRI_CACHE", str(tmp_path))
    place = tmp_path / "imagenet" / "vgg16-397923af.pth"
    place.parent.mkdir()
    place.write_bytes(b"not the real one")
    with pytest.raises(
        InputError
    ):  # its hash is wrong and there is no network: it is asked for, not stood in for
        monkeypatch.setattr("affect_core.emotion.architectures.pretrained._SITE", "http://127.0.0.1:9/")
        find_trunk(ClassifierConfig(trunk="auto"), TrunkConfig(), Request(tmp_path))


def test_a_synthetic_trunk_is_trained_once_and_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("AFFECT_HRI_CACHE", str(tmp_path / "cache"))
    config = TrunkConfig(pictures=16, validation=8, size_px=32, epochs=1, batch_size=8)
    request = Request(tmp_path, stand_in=True)
    found = find_trunk(ClassifierConfig(trunk="auto"), config, request)
    assert found.warning.startswith(
        "No ImageNet weights were at hand: the convolutions were trained on 16 procedural"
    )
    network = ARCHITECTURES.build("vgg16", 7, 32, hidden=0, init=found.init).eval()
    trained = load_model(load_card(tmp_path / "work" / "trunk" / "model"))
    batch = torch.randn(2, 3, 32, 32)
    with torch.inference_mode():
        torch.testing.assert_close(network.features(batch), trained.features(batch), rtol=1e-2, atol=1e-3)
    monkeypatch.setattr("affect_core.intensity.trunk._train", lambda *_: pytest.fail("trained again"))
    assert find_trunk(ClassifierConfig(trunk="synthetic"), config, request) == found
    log = json.loads((tmp_path / "work" / "trunk" / "model" / "results.json").read_text())
    assert log["train"]["n"] == 16
