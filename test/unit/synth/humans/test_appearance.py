import json
from collections import Counter
from dataclasses import astuple

import numpy as np
import pytest

from affect_core.synth.humans.appearance import BALD, BEARDS, HAIRCUTS, NO_BEARD, attributes, draw_appearance


@pytest.fixture(scope="module")
def people():
    rng = np.random.default_rng(0)
    return [draw_appearance(rng) for _ in range(1500)]


def test_the_same_seed_is_the_same_person():
    first, again, other = (draw_appearance(np.random.default_rng(seed)) for seed in (4, 4, 5))
    assert first == again and first != other


def test_shares(people):
    cuts = Counter(person.haircut for person in people)
    beards = Counter(person.beard for person in people)
    assert set(cuts) == set(HAIRCUTS) and set(beards) == set(BEARDS)
    # a share p of 1500 people has a standard error of at most 0.013
    for name, share in HAIRCUTS.items():
        assert cuts[name] / 1500 == pytest.approx(share, abs=0.04)
    assert cuts[BALD] / 1500 == pytest.approx(0.12, abs=0.03)
    assert beards[NO_BEARD] / 1500 == pytest.approx(0.74, abs=0.04)
    assert sum(HAIRCUTS.values()) == pytest.approx(1) and sum(BEARDS.values()) == pytest.approx(1)


def test_skin_tones_are_even_and_the_dark_ones_darker(people):
    tones = np.array([person.skin_tone for person in people])
    light = np.array([np.mean(person.skin) for person in people])
    assert np.histogram(tones, 4, (0, 1))[0].min() > 300
    assert light[tones < 0.2].min() > light[tones > 0.8].max()


def test_nobody_wears_beard_and_make_up(people):
    assert any(person.made_up for person in people)
    assert not any(person.made_up and person.beard != NO_BEARD for person in people)


def test_bare_faces_have_no_cover(people):
    for person in people:
        assert (person.beard_cover == 0) == (person.beard == NO_BEARD)
        assert person.made_up or person.lid_cover == 0


def test_brows_are_darker_than_skin_and_hair(people):
    for person in people:
        assert all(b <= 0.62 * s + 1e-9 for b, s in zip(person.brow, person.skin, strict=True))
        assert all(b <= h + 1e-9 for b, h in zip(person.brow, person.hair, strict=True))


def test_colours_are_colours(people):
    for person in people:
        for colour in (value for value in astuple(person) if isinstance(value, tuple)):
            assert len(colour) == 3 and min(colour) >= 0 and max(colour) <= 1


def test_attributes_can_be_written_down(people):
    told = attributes(people[0])
    assert json.loads(json.dumps(told)) == told
    assert told["haircut"] == people[0].haircut and told["beard"] == people[0].beard
    assert 0 <= told["skin_tone"] <= 1
    assert all(isinstance(value, str | float) for value in told.values())
