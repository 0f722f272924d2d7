"""Counting what DDS replaced, from the numbers of the publishers."""

import pytest

from affect_hri.nodes._missed import PUBLISHERS, Missed


def counted(numbers):
    missed = Missed()
    return [missed.before(number) for number in numbers]


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ([1, 2, 3], [0, 0, 0]),
        ([7, 8], [0, 0]),  # who comes late has missed nothing that it asked for
        ([1, 4, 5, 9], [0, 2, 0, 3]),
        ([30_000, 5, 30_001, 6, 30_004], [0, 0, 0, 0, 2]),  # two cameras
        ([30_000, 1, 2, 3], [0, 0, 0, 0]),  # started again
        ([5, 30_000, 6, 30_001], [0, 0, 0, 0]),  # another one, long at work
        ([None, 0, None], [0, 0, 0]),  # a middleware that does not count
    ],
)
def test_gaps_in_the_count_of_each_publisher(numbers, expected):
    assert counted(numbers) == expected


def test_who_was_not_heard_for_long_is_forgotten():
    others = range(10_000, 10_000 * (PUBLISHERS + 1), 10_000)
    assert counted([5, *others[1:], 8])[-1] == 2
    assert counted([5, *others, 8])[-1] == 0
