"""Balanced orders, counted by hand."""

import random
from collections import Counter
from itertools import pairwise

import pytest

from affect_core.labels import COMPLEX_5
from affect_core.trial import ORDERS, Protocol, latin_square, participant_number, schedule


def test_four_labels_by_hand():
    assert latin_square(("a", "b", "c", "d")) == [
        ("a", "b", "d", "c"),
        ("b", "c", "a", "d"),
        ("c", "d", "b", "a"),
        ("d", "a", "c", "b"),
    ]


def test_three_labels_and_their_mirror_by_hand():
    assert latin_square(("a", "b", "c")) == [
        ("a", "b", "c"),
        ("b", "c", "a"),
        ("c", "a", "b"),
        ("c", "b", "a"),
        ("a", "c", "b"),
        ("b", "a", "c"),
    ]


@pytest.mark.parametrize("count", range(2, 9))
def test_every_label_has_every_position_and_every_neighbour_equally_often(count):
    labels = tuple("abcdefgh"[:count])
    square = latin_square(labels)
    often = 1 if count % 2 == 0 else 2
    assert len(square) == often * count
    places = Counter((place, label) for row in square for place, label in enumerate(row))
    assert set(places.values()) == {often}
    assert len(places) == count * count
    neighbours = Counter(pair for row in square for pair in pairwise(row))
    assert set(neighbours.values()) == {often}
    assert len(neighbours) == count * (count - 1)


def test_no_labels_and_one():
    assert latin_square(()) == []
    assert ORDERS.build("latin_square", (), 2, random.Random(0), 0) == []
    assert ORDERS.build("latin_square", ("a",), 3, random.Random(0), 5) == ["a", "a", "a"]


def test_each_repetition_is_the_next_row():
    sequence = ORDERS.build("latin_square", ("a", "b", "c", "d"), 2, random.Random(0), 3)
    assert sequence == ["d", "a", "c", "b", "a", "b", "d", "c"]


def test_the_participant_picks_the_row(onsets_s):
    protocol = Protocol(name="p", labels=COMPLEX_5, order="latin_square", rest_s=0.0, lead_in_s=0.0)
    for row, wanted in enumerate(latin_square(COMPLEX_5)):
        labels = [event.label for event in schedule(protocol, onsets_s, 9, row).events if event.label]
        assert tuple(labels) == wanted
    assert schedule(protocol, onsets_s, 9) == schedule(protocol, onsets_s, 1, 9)


@pytest.mark.parametrize(("name", "number"), [("P07", 7), ("2026-anna-3", 3), ("anna", 11), ("", 11)])
def test_the_participants_number(name, number):
    assert participant_number(name, 11) == number
