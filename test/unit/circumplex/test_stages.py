"""Training in two stages: what the second one takes over, what it sees, how a training goes on."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch

from affect_core.circumplex.recipe import Augmentation
from affect_core.circumplex.samples import balanced
from affect_core.emotion.card import load_card
from affect_core.emotion.weights import load_model
from affect_core.errors import ConfigError, InputError, ModelError
from affect_core.training.circumplex.train import Job, Parts, Place, class_centres, start_from, train
from affect_core.training.progress import read_log

JOB = Job("efficientnet_v2_s", "combined", "toy", 0)


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path / "models", tmp_path / "work")


def test_item_6_the_second_stage_begins_with_the_first_ones_trunk(circumplex_models, circumplex_parts):
    from affect_core.emotion.base import ARCHITECTURES

    first = load_model(load_card(circumplex_models["combined"])).state_dict()
    second = ARCHITECTURES.build("efficientnet_v2_s", 3, 64, mode="va", width=0.2, depth=0.2)
    before = second.outputs.weight.clone()
    start_from(second, first, circumplex_models["combined"])
    shared = [name for name in second.state_dict() if name.startswith(("features.", "head."))]
    assert len(shared) > 50
    assert all(torch.equal(second.state_dict()[name], first[name]) for name in shared)
    assert torch.equal(second.outputs.weight, before)  # two outputs in place of five: new


def test_a_first_stage_of_another_size_is_refused(circumplex_models):
    from affect_core.emotion.base import ARCHITECTURES

    other = ARCHITECTURES.build("efficientnet_v2_s", 3, 64, mode="va", width=0.5, depth=0.2)
    with pytest.raises(ModelError, match="same trunk and size"):
        start_from(other, load_model(load_card(circumplex_models["combined"])).state_dict(), "there")


def test_item_6_the_second_stage_sees_every_class_equally_often():
    labels = np.array([0] * 10 + [1] * 3 + [2] * 7 + [-1] * 4)
    chosen = balanced(labels, seed=0)
    assert np.bincount(labels[chosen]).tolist() == [3, 3, 3]
    assert len(set(chosen)) == 9 and (np.diff(chosen) > 0).all()
    assert chosen.tolist() == balanced(labels, seed=0).tolist() != balanced(labels, seed=1).tolist()
    with pytest.raises(InputError, match="classes to balance"):
        balanced(np.array([-1, -1]), seed=0)


def test_item_6_the_second_stage_is_trained_on_the_balanced_set(
    circumplex_toy, circumplex_recipe, circumplex_models, place, monkeypatch
):
    from affect_core.training.circumplex import train as module

    seen = []
    monkeypatch.setattr(module, "_fit", lambda _m, _mode, shown, *_rest: seen.append(shown))
    monkeypatch.setattr(module, "_save", lambda *_arguments: None)
    toy = circumplex_toy(24)
    uneven = Parts(toy.take(np.array([0, 3, 6, 9, 1, 4, 2, 5, 8])), toy, toy)  # four, two and three
    train(
        replace(JOB, mode="va", start=circumplex_models["combined"]),
        uneven,
        circumplex_recipe,
        Augmentation(),
        place,
    )
    assert seen[0].counts() == [2, 2, 2]


def test_class_centres_by_hand(circumplex_toy):
    toy = circumplex_toy(6, noise=0.0)
    centres, spread = class_centres(toy)
    np.testing.assert_allclose(centres, [[0.0, -0.6], [0.7, 0.3], [-0.6, 0.6]], atol=1e-6)
    assert spread.item() == pytest.approx(1e-3)  # nobody is away from the centre: the least
    lost = replace(toy, affect=np.where(toy.labels[:, None] == 1, np.nan, toy.affect).astype(np.float32))
    with pytest.raises(InputError, match="pictures of glad with valence, arousal"):
        class_centres(lost)


def test_a_model_says_what_it_is(circumplex_models):
    card = load_card(circumplex_models["va"])
    assert (card.architecture, card.options["mode"]) == ("efficientnet_v2_s", "va")
    assert card.regression == ("valence", "arousal")
    assert "nearest" in card.notes and card.labels == ("calm", "glad", "mad")
    assert len(read_log(circumplex_models["va"] / "training_log.csv")) == 2


def test_a_finished_training_is_left_as_it_is(circumplex_models, circumplex_parts, circumplex_recipe):
    folder = circumplex_models["combined"]
    before = (folder / "card.yaml").stat().st_mtime_ns
    place = Place(folder.parent, folder.parent.parent / "work")
    assert train(JOB, circumplex_parts, circumplex_recipe, Augmentation(), place) == folder
    assert (folder / "card.yaml").stat().st_mtime_ns == before
    with pytest.raises(ConfigError, match="other settings"):
        train(JOB, circumplex_parts, replace(circumplex_recipe, alpha=1.0), Augmentation(), place)


def test_an_interrupted_training_goes_on_to_the_same_weights(
    circumplex_parts, circumplex_recipe, circumplex_models, place, monkeypatch
):
    from affect_core.training.circumplex.progress import History

    ended = History.on_train_epoch_end

    def stop(self, trainer, module):
        ended(self, trainer, module)
        if trainer.current_epoch == 1:
            raise RuntimeError("the power went out")

    with monkeypatch.context() as patched:
        patched.setattr(History, "on_train_epoch_end", stop)
        with pytest.raises(RuntimeError, match="power"):
            train(JOB, circumplex_parts, circumplex_recipe, Augmentation(), place)
    assert not (place.models / JOB.name / "card.yaml").exists()
    assert (place.work / JOB.name / "last.ckpt").is_file()
    folder = train(JOB, circumplex_parts, circumplex_recipe, Augmentation(), place)
    whole = load_card(circumplex_models["combined"])
    assert load_card(folder).weights.sha256 == whole.weights.sha256
    assert [row["epoch"] for row in read_log(folder / "training_log.csv")] == ["1", "2"]


def test_a_training_set_without_a_class_is_refused(circumplex_parts, circumplex_recipe, place):
    train_set = circumplex_parts.train
    without = replace(circumplex_parts, train=train_set.take(np.flatnonzero(train_set.labels != 2)))
    with pytest.raises(InputError, match="found none of mad"):
        train(JOB, without, circumplex_recipe, Augmentation(), place)
    shutil.rmtree(place.models)


def test_the_epoch_can_be_chosen_on_the_test_pictures(
    circumplex_parts, circumplex_recipe, place, monkeypatch
):
    from affect_core.training.circumplex import train as module

    watched = []
    monkeypatch.setattr(module, "_fit", lambda _m, _mode, _shown, seen, *_rest: watched.append(seen))
    monkeypatch.setattr(module, "_save", lambda *_arguments: None)
    train(JOB, circumplex_parts, circumplex_recipe, Augmentation(), place)
    chosen = replace(circumplex_recipe, select_on_test=True)
    train(replace(JOB, seed=1), circumplex_parts, chosen, Augmentation(), place)
    assert watched == [circumplex_parts.held_out, circumplex_parts.test]
