"""Votes and how well ranks agree with them."""

import math

import numpy as np
import pytest

from affect_core.errors import InputError
from affect_core.intensity.agreement import (
    agreement,
    bootstrap,
    by_emotion,
    quadratic_kappa,
    ranks_of,
    spearman,
)
from affect_core.intensity.votes import fleiss_kappa, majority, matrix, read_votes
from affect_core.types import IntensityRank as Rank

LETTERS = {"m": 1, "a": 2, "s": 3}
TABLE_5 = [  # P1, six pictures of KDEF and ten annotators
    ("mmammmmmam", Rank.MINIMAL),
    ("maasmaaasa", Rank.AVERAGE),
    ("saassassss", Rank.STRONG),
    ("mmmammmmmm", Rank.MINIMAL),
    ("saaaaaassa", Rank.AVERAGE),
    ("mmmamammam", Rank.MINIMAL),
]


def _votes(text):
    return [LETTERS[letter] for letter in text]


@pytest.mark.parametrize(("text", "expected"), TABLE_5)
def test_item_10_the_majority_of_table_5(text, expected):
    assert majority(_votes(text)) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mmmmaasss" + "s", Rank.AVERAGE),  # 4, 2, 4: the fifth and sixth vote are average
        ("mmmmmsssss", Rank.MINIMAL),  # 5, 0, 5: the middle votes differ
        ("aaaaasssss", Rank.AVERAGE),
        ("mas", Rank.AVERAGE),
    ],
)
def test_item_10_ties(text, expected):
    assert majority(_votes(text)) is expected


def test_item_10_kappa_by_hand():
    # Two pictures, three people: (m, m, a) and (s, s, s). Agreeing pairs: 1/3 and 3/3, mean 2/3.
    # Shares 2/6, 1/6, 3/6: by chance 4/36 + 1/36 + 9/36 = 14/36. (24 - 14) / (36 - 14) = 10/22.
    assert fleiss_kappa(np.array([_votes("mma"), _votes("sss")])) == pytest.approx(10 / 22)
    assert fleiss_kappa(np.array([_votes("mm"), _votes("ss")])) == 1.0
    assert math.isnan(fleiss_kappa(np.array([_votes("mm"), _votes("mm")])))


def test_item_10_kappa_of_table_5():
    # Counts of the letters; the table prints one strong vote in the second row, which has two.
    counts = np.array([[8, 2, 0], [2, 6, 2], [0, 3, 7], [9, 1, 0], [0, 7, 3], [7, 3, 0]], float)
    agreed = ((counts**2).sum(1) - 10) / 90
    chance = ((counts.sum(0) / 60) ** 2).sum()
    found = fleiss_kappa(np.array([_votes(text) for text, _ in TABLE_5]))
    assert found == pytest.approx((agreed.mean() - chance) / (1 - chance))


def test_item_10_votes_of_a_file(tmp_path):
    path = tmp_path / "votes.csv"
    path.write_text("image,A1,A2,A3\nsub/one.png,Min,AVG,minimal\ntwo.png,strong,Str,str\n")
    found = read_votes(path)
    assert found == {"one.png": [1, 2, 1], "two.png": [3, 3, 3]}
    assert matrix(found).tolist() == [[1, 2, 1], [3, 3, 3]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "an empty file"),
        ("picture,A1,A2\n", "expected the columns image"),
        ("image,A1\n", "at least two annotators"),
        ("image,A1,A2\na.png,min,weak\n", r"votes\.csv:2: expected 2 votes .* got min, weak"),
        ("image,A1,A2\na.png,min\n", r"votes\.csv:2: expected 2 votes .* got min"),
    ],
)
def test_item_10_votes_that_cannot_be_read(text, message, tmp_path):
    path = tmp_path / "votes.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        read_votes(path)


@pytest.mark.parametrize("votes", [[], [0, 1], [1, 4]])
def test_item_10_no_votes_and_no_ranks_are_refused(votes):
    with pytest.raises(InputError, match="expected votes"):
        majority(votes)


def test_item_11_matrix_and_scores_by_hand():
    truth, found = np.array([1, 1, 1, 2, 2, 3]), np.array([1, 1, 2, 2, 3, 3])
    made = agreement(truth, found)
    assert made.matrix.tolist() == [[2, 1, 0], [0, 1, 1], [0, 0, 1]]
    minimal, average, strong = made.scores
    assert (minimal.precision, minimal.recall, minimal.f1) == (1.0, pytest.approx(2 / 3), 0.8)
    assert (average.precision, average.recall, average.f1) == (0.5, 0.5, 0.5)
    assert (strong.precision, strong.recall, strong.f1) == (0.5, 1.0, pytest.approx(2 / 3))
    assert minimal.accuracy == pytest.approx(5 / 6)  # one of six is wrong about being minimal
    assert made.accuracy == pytest.approx(4 / 6)
    assert made.macro("precision") == pytest.approx((1 + 0.5 + 0.5) / 3)


def test_item_11_an_empty_class_is_not_available():
    made = agreement(np.array([1, 1]), np.array([1, 2]))
    strong, average = made.scores[2], made.scores[1]
    assert math.isnan(strong.recall)
    assert math.isnan(strong.precision)
    assert math.isnan(strong.f1)
    assert math.isnan(average.f1)  # nobody is average, though one was called so
    assert made.macro("recall") == 0.5  # of minimal alone
    nothing = agreement(np.array([], int), np.array([], int))
    assert math.isnan(nothing.accuracy)
    assert math.isnan(nothing.macro("f1"))
    assert nothing.matrix.tolist() == [[0] * 3] * 3


def test_item_11_one_matrix_for_each_emotion():
    truth, found = np.array([1, 2, 3]), np.array([1, 3, 3])
    made = by_emotion(truth, found, np.array([0, 2, 2]), 3)
    assert [part.matrix.sum() for part in made] == [1, 0, 2]
    assert made[2].matrix.tolist() == [[0, 0, 0], [0, 0, 1], [0, 0, 1]]


def test_item_11_unknown_ranks_are_refused():
    with pytest.raises(InputError, match="expected ranks 1 to 3"):
        agreement(np.array([1]), np.array([0]))
    with pytest.raises(InputError, match="as many truths"):
        agreement(np.array([1, 2]), np.array([1]))


def test_thirds():
    found = ranks_of(np.array([0.0, 0.33, 1 / 3, 0.66, 2 / 3, 1.0, np.nan]), 1 / 3, 2 / 3)
    assert found.tolist() == [1, 1, 2, 2, 3, 3, 0]


def test_measures_of_order():
    truth = np.array([1.0, 2, 3, 1, 2, 3])
    assert spearman(truth, 10 * truth) == pytest.approx(1.0)
    assert spearman(truth, -truth) == pytest.approx(-1.0)
    assert math.isnan(spearman(truth, np.ones(6)))
    assert quadratic_kappa(truth, truth) == 1.0
    # Everybody average: observed 4 pictures one apart = 4; by chance the same 4: no better than chance.
    assert quadratic_kappa(truth, np.full(6, 2.0)) == 0.0
    # Swapped ends: 4 pictures two apart = 16; by chance 2/6 each of 9 cells: (1+4+1+1+4+1) * 6/9 = 8. 1 - 16/8.
    assert quadratic_kappa(truth, 4 - truth) == pytest.approx(-1.0)
    assert math.isnan(quadratic_kappa(np.ones(4), np.ones(4)))


def test_kappa_is_scikit_learns():
    from sklearn.metrics import cohen_kappa_score

    first, second = np.random.default_rng(1).integers(1, 4, size=(2, 200))
    expected = cohen_kappa_score(first, second, weights="quadratic")
    assert quadratic_kappa(first.astype(float), second.astype(float)) == pytest.approx(expected)


def test_intervals_hold_the_value_and_shrink_with_more_pictures():
    random = np.random.default_rng(0)
    x = random.normal(size=400)
    y = x + random.normal(size=400)  # correlation 0.71
    wide, narrow = bootstrap(spearman, x[:25], y[:25], 300), bootstrap(spearman, x, y, 300)
    assert narrow.low < narrow.value < narrow.high
    assert narrow.high - narrow.low < 0.4 * (wide.high - wide.low)
    assert bootstrap(spearman, x, y, 300) == narrow


def test_an_undefined_measure_has_no_interval():
    found = bootstrap(spearman, [1.0, 2, 3], [1.0, 1, 1], 20)
    assert math.isnan(found.value)
    assert math.isnan(found.low)
    assert found.share == 0.0
    assert math.isnan(bootstrap(spearman, [1.0], [1.0], 20).value)
