"""Relevances to ranks. The rows are the bin counts printed in P1's Tables 3 and 4."""

import numpy as np
import pytest

from affect_core.errors import InputError, UnknownName
from affect_core.intensity import NORMALISERS, RULES, RankConfig, histogram, rank
from affect_core.intensity.rank import balance, group_sums, positive_share, rank_of_counts
from affect_core.types import IntensityRank as Rank

JAFFE_PIXELS, AFFECTNET_PIXELS = 3 * 224**2, 3 * 255**2
MINIMAL, AVERAGE, STRONG = Rank.MINIMAL, Rank.AVERAGE, Rank.STRONG
PRINTED = [
    ([1, 9, 38, 728, 149542, 174, 23, 8, 2, 2], (150318, 150475, 209), AVERAGE),
    ([0, 0, 0, 3, 1, 7, 18, 139, 150155, 204], (4, 168, 150523), STRONG),
    ([1, 1, 2, 2, 6, 9, 18, 82, 147342, 3064], (12, 117, 150515), STRONG),
    ([341, 148454, 1455, 196, 51, 16, 6, 6, 1, 1], (150497, 275, 30), MINIMAL),
    ([1, 3, 11, 283, 147445, 2720, 47, 12, 2, 3], (147743, 150507, 2784), AVERAGE),
    ([1, 42, 149906, 473, 62, 21, 10, 5, 5, 2], (150484, 571, 43), MINIMAL),
    ([1, 0, 6, 14, 39, 209, 3959, 145999, 292, 8], (60, 150220, 150467), STRONG),
    ([3, 32, 325, 146183, 3601, 295, 72, 11, 2, 3], (150144, 150162, 383), AVERAGE),
    ([3, 0, 7, 11, 69, 366, 189996, 4532, 83, 7], (90, 194974, 194984), STRONG),  # sad_18
    ([43, 193132, 1756, 103, 25, 8, 4, 1, 1, 1], (195059, 141, 15), MINIMAL),  # surprise_134
    ([2, 5, 15, 796, 193695, 497, 54, 6, 1, 3], (194513, 195048, 561), AVERAGE),  # happy_68
    ([2, 5, 17, 26, 129, 476, 192818, 1512, 73, 16], (179, 194961, 194895), AVERAGE),  # fear_11, C3 corrected
    ([2, 87, 181651, 12657, 548, 93, 19, 12, 3, 2], (194945, 13329, 129), MINIMAL),  # contempt_37
    ([1, 5, 13, 33, 96, 369, 190975, 3500, 67, 15], (148, 194973, 194926), AVERAGE),  # fear_216
    ([1, 3, 7, 8, 28, 73, 330, 187173, 7354, 97], (47, 187612, 195027), STRONG),  # surprise_349
]
SURPRISE_240 = [315, 194212, 388, 87, 44, 18, 2, 4, 2, 2]


def _scores(counts, top=True):
    """Scores with these bin counts, each in the middle of its bin; ``top``: and one of exactly 1."""
    middles = np.repeat((np.arange(10) + 0.5) / 10.0, counts)
    return np.append(middles, 1.0) if top else middles


def _relevances(counts):
    """Signed relevances whose min-max scores have these bin counts: 0 and 1 are the ends, the first is in I1."""
    values = np.repeat((np.arange(10) + 0.5) / 10.0, counts)
    values[0] = 0.0
    return 7.5 * (np.append(values, 1.0) - 0.4)


@pytest.mark.parametrize(("counts", "sums", "expected"), PRINTED)
def test_item_5_printed_rows_give_the_printed_sums_and_ranks(counts, sums, expected):
    assert group_sums(np.array(counts)) == sums
    assert rank_of_counts(np.array(counts)) is expected
    assert sum(counts) + 1 in (JAFFE_PIXELS, AFFECTNET_PIXELS)


def test_item_5_surprise_240_is_minimal_by_its_own_counts_though_printed_average():
    # 315 + 194212 + 388 + 87 + 44 = 195046; 87 + 44 + 18 + 2 + 4 = 155 (printed 55); 18 + 2 + 4 + 2 + 2 = 28
    assert group_sums(np.array(SURPRISE_240)) == (195046, 155, 28)
    assert rank_of_counts(np.array(SURPRISE_240)) is MINIMAL


@pytest.mark.parametrize("row", [3, 5, 7])
def test_item_5_from_relevances_to_the_printed_row(row):
    counts, sums, expected = PRINTED[row]
    found = rank(_relevances(counts), RankConfig(strict_halfopen=True))
    assert found.counts.tolist() == counts
    assert (found.sums, found.rank) == (sums, expected)


@pytest.mark.parametrize(
    ("score", "place"),
    [(0.0, 0), (0.0999999, 0), (0.1, 1), (0.3, 3), (0.6, 6), (0.7, 7), (0.9, 9), (0.9999999, 9), (1.0, 9)],
)
def test_item_6_bins_are_half_open_and_the_last_is_closed(score, place):
    expected = np.zeros(10, int)
    expected[place] = 1
    assert histogram(np.array([score])).tolist() == expected.tolist()


def test_item_6_strict_halfopen_drops_the_largest():
    values = np.random.default_rng(0).normal(size=(3, 20, 30))
    assert rank(values).counts.sum() == 1800
    assert rank(values, RankConfig(strict_halfopen=True)).counts.sum() == 1799


def test_item_7_positive_scaling_changes_nothing():
    values = np.random.default_rng(1).standard_cauchy(size=(3, 40, 40))
    for factor in (1e-6, 0.37, 41.0):
        assert rank(factor * values).counts.tolist() == rank(values).counts.tolist()


def test_item_7_negation_swaps_the_first_and_third_sum():
    values = np.random.default_rng(2).standard_cauchy(size=(3, 40, 40))
    first, negated = rank(values).sums, rank(-values).sums
    assert (negated[0], negated[2]) == (first[2], first[0])


def test_item_7_negation_of_strong_with_the_bulk_on_top_is_minimal():
    values = _relevances([1, 0, 0, 3, 1, 7, 18, 139, 2000, 204])
    assert rank(values).rank is STRONG
    assert rank(-values).rank is MINIMAL


def test_item_7_negation_of_minimal_can_be_average_because_the_groups_are_not_symmetric():
    # Bulk in I3, mirrored: I8, which G2 and G3 share; G2 also has I4..I5, mirrored I6..I7, G3 has I9..I10.
    values = _relevances([1, 0, 2000, 0, 0, 300, 300, 0, 0, 0])
    assert (rank(values).rank, rank(-values).rank) == (MINIMAL, AVERAGE)


def test_item_7_relevances_that_are_never_negative_are_minimal():
    values = np.abs(np.random.default_rng(3).standard_cauchy(size=(3, 40, 40)))
    assert rank(values).rank is MINIMAL
    assert balance(np.append(values, 0.0)) == 0.0


def test_item_7_the_mean_rule_always_says_strong():
    random = np.random.default_rng(4)
    config = RankConfig(rule="mean")
    shapes = [random.normal, random.standard_cauchy, random.laplace]
    assert {rank(shape(size=(3, 16, 16)), config).rank for shape in shapes for _ in range(20)} == {STRONG}
    assert {rank(_relevances(row), config).rank for row in ([9, 1, 0, 0, 0, 0, 0, 0, 0, 0],)} == {STRONG}


@pytest.mark.parametrize("normaliser", NORMALISERS.names())
def test_item_8_a_constant_map_has_no_rank(normaliser):
    found = rank(np.full((3, 8, 8), -2.0), RankConfig(normaliser=normaliser))
    assert found.rank is Rank.UNKNOWN
    assert found.plain() == {"rank": "unknown", "counts": [0] * 10, "sums": [0, 0, 0]}


@pytest.mark.parametrize("values", [np.array([]), np.array([0.0, np.nan]), np.array([1.0, np.inf])])
def test_item_8_what_is_not_finite_is_refused(values):
    with pytest.raises(InputError, match="expected finite relevances"):
        rank(values)


def test_ties_go_to_the_lower_rank():
    # All in I4 and I5: C1 = C2 = 10, C3 = 0; all in I6: C2 = C3.
    assert rank_of_counts(np.array([0, 0, 0, 4, 6, 0, 0, 0, 0, 0])) is MINIMAL
    assert rank_of_counts(np.array([0, 0, 0, 0, 0, 5, 0, 0, 0, 0])) is AVERAGE


def test_the_clipped_rank_does_not_hang_on_one_pixel():
    values = np.random.default_rng(5).normal(size=(3, 40, 40))
    spiked = values.copy()
    spiked[0, 0, 0] = -1000.0  # now nearly all scores are near 1
    config = RankConfig(normaliser="clipped", clip_percent=1.0)
    assert (rank(values).rank, rank(spiked).rank) != (rank(spiked).rank, rank(values).rank)
    assert rank(spiked).rank is STRONG
    assert rank(spiked, config).rank is rank(values, config).rank
    assert np.abs(rank(spiked, config).counts - rank(values, config).counts).max() < 100


def test_positive_relevances_alone_are_minimal():
    values = np.random.default_rng(6).standard_cauchy(size=(3, 40, 40))
    assert rank(values, RankConfig(normaliser="positive")).rank is MINIMAL


def test_measures_of_a_map():
    values = np.array([-1.0, 0.0, 3.0])
    assert positive_share(values) == 0.75  # 3 of 1 + 3
    assert balance(values) == 0.25  # 1 / (3 + 1)
    assert np.isnan(positive_share(np.zeros(3)))
    assert np.isnan(balance(np.ones(3)))


def test_unknown_names_list_the_known():
    assert RULES.names() == ("count", "mean")
    with pytest.raises(UnknownName, match="clipped, minmax, positive"):
        rank(np.arange(4.0), RankConfig(normaliser="log"))
