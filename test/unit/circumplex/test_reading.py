"""The interface for whoever uses a trained network."""

from math import isnan

import numpy as np
import pytest

from affect_core.circumplex.reading import Reader
from affect_core.emotion import EmotionConfig, EmotionStage


def test_item_12_a_reader_says_class_shares_and_place(circumplex_models, circumplex_toy):
    toy = circumplex_toy(3, seed=9)
    reader = Reader(circumplex_models["combined"])
    answers = reader.read(list(toy.images_rgb))
    assert len(answers) == 3
    for answer in answers:
        assert set(answer.probs) == {"calm", "glad", "mad"}
        assert answer.label == max(answer.probs, key=answer.probs.get)
        assert sum(answer.probs.values()) == pytest.approx(1.0, abs=1e-6)
        assert -1.0 <= answer.valence <= 1.0 and -1.0 <= answer.arousal <= 1.0
        assert isnan(answer.dominance)
    assert isnan(Reader(circumplex_models["discrete"]).read(list(toy.images_rgb[:1]))[0].valence)


def test_item_12_size_and_time(circumplex_models):
    from affect_core.emotion.weights import load_model

    reader = Reader(circumplex_models["combined"])
    network = load_model(reader.card)
    assert reader.parameters == sum(p.numel() for p in network.parameters())
    assert 0.0 < reader.latency_ms(repeats=2) < 60_000.0


def test_a_va_network_names_the_nearest_class(circumplex_models, circumplex_toy):
    toy = circumplex_toy(6, seed=4)
    reader = Reader(circumplex_models["va"])
    answers = reader.read(list(toy.images_rgb))
    # Medians of the training pictures of seed 1, 8 of each class.
    train = circumplex_toy(24, 1)
    centres = np.array([np.median(train.affect[train.labels == label], axis=0) for label in range(3)])
    for answer in answers:
        apart = np.linalg.norm(centres - [answer.valence, answer.arousal], axis=1)
        assert answer.label == train.label_names[int(apart.argmin())]


def test_a_model_is_one_for_the_live_stage(circumplex_models):
    stage = EmotionStage(EmotionConfig(model=str(circumplex_models["va"])))
    assert stage.card.regression == ("valence", "arousal") and stage.crop_spec.size_px == 64
