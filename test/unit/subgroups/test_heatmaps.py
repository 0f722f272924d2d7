"""Merged heatmaps, their distances, their tree, and the differences of the groups."""

import numpy as np
import pytest

from affect_core.errors import InputError
from affect_core.subgroups.heatmaps import Mean, difference, distance, distances, grow, merged, same_tree

LABELS = ("happiness", "sadness", "surprise", "fear", "disgust", "anger")


@pytest.fixture(scope="module")
def masks():
    return np.random.default_rng(0).random((7, 20, 16)) < 0.3


def test_identical_masks_merge_to_the_mask(masks):
    np.testing.assert_array_equal(merged([masks[0]] * 4), masks[0])


def test_a_heatmap_lies_in_0_to_1_whatever_the_order(masks):
    made = merged(masks)
    assert made.min() >= 0.0 and made.max() <= 1.0
    np.testing.assert_array_equal(made, merged(masks[::-1]))


def test_one_after_the_other_is_all_at_once(masks):
    mean = Mean()
    for mask in masks:
        mean.add(mask)
    np.testing.assert_allclose(mean.value(), masks.mean(axis=0))
    assert mean.count == 7


def test_nothing_to_merge():
    with pytest.raises(InputError, match="at least one mask"):
        merged([])


def test_distance_by_hand():
    rng = np.random.default_rng(1)
    one, other = rng.random((2, 9, 7))
    assert distance(one, one) == pytest.approx(0.0, abs=1e-12)
    assert distance(one, 3.5 * one + 0.2) == pytest.approx(0.0, abs=1e-12)
    assert distance(one, -one) == pytest.approx(2.0)
    assert distance(one, other) == pytest.approx(distance(other, one))
    # Centred: (-1, 0, 1) and (0, -1, 1). Their product is 1, their lengths sqrt(2): 1 - 1/2.
    assert distance(np.array([0.0, 1.0, 2.0]), np.array([1.0, 0.0, 2.0])) == pytest.approx(0.5)
    assert 1.0 - np.corrcoef(one.ravel(), other.ravel())[0, 1] == pytest.approx(distance(one, other))


def test_a_constant_map_has_no_distance_and_no_place_in_the_tree():
    rng = np.random.default_rng(2)
    maps = {"A-A happy": rng.random((4, 4)), "A-A sad": np.full((4, 4), 0.4), "B-A happy": rng.random((4, 4))}
    assert np.isnan(distance(maps["A-A happy"], maps["A-A sad"]))
    tree = grow(maps)
    assert tree.left_out == ("A-A sad",) and tree.names == ("A-A happy", "B-A happy")
    with pytest.raises(InputError, match="two heatmaps or more"):
        grow({"A-A sad": np.zeros((4, 4))})


def test_distances_are_symmetric_with_a_zero_diagonal():
    made = distances(list(np.random.default_rng(3).random((5, 6, 6))))
    np.testing.assert_array_equal(made, made.T)
    assert not np.diag(made).any() and made.min() >= 0.0 and made.max() <= 2.0


@pytest.fixture(scope="module")
def planted():
    """36 maps: every expression has its own region, trainings and tests only add noise."""
    rng = np.random.default_rng(4)
    maps = {}
    for training in ("FE", "MI", "MA"):
        for test in ("FE", "MA"):
            for place, label in enumerate(LABELS):
                heat = np.clip(rng.normal(0.1, 0.05, (30, 24)), 0.0, 1.0)
                heat[5 * place : 5 * place + 5, 4:20] += 0.6
                maps[f"{training}-{test} {label}"] = heat
    return maps


@pytest.mark.parametrize("kind", ["correlation", "root"])
def test_the_tree_recovers_planted_expressions(planted, kind):
    tree = grow(planted, kind)
    clusters = tree.clusters(6)
    found = {}
    for name, cluster in zip(tree.names, clusters, strict=True):
        found.setdefault(cluster, set()).add(name.split()[1])
    assert len(found) == 6 and all(len(labels) == 1 for labels in found.values())


def test_the_dendrogram_is_a_picture_with_p3s_names(planted):
    import io

    from PIL import Image

    from affect_core.subgroups.figures import dendrogram_png

    tree = grow(planted)
    assert "FE-MA happiness" in tree.names and sorted(tree.order) == sorted(planted)
    content = dendrogram_png(tree)
    picture = np.asarray(Image.open(io.BytesIO(content)).convert("L"))
    assert content == dendrogram_png(tree) and picture.shape[0] > 600 and (picture < 128).sum() > 2000


def test_the_nearest_map_shows_the_same_expression(planted):
    from affect_core.subgroups.looks import nearest

    assert nearest(grow(planted))["expression"] == 1.0


def test_trees_are_compared_by_what_they_join():
    line = {
        name: np.eye(4)[0] + place * np.eye(4)[1] for name, place in zip("abcd", (0, 1, 10, 30), strict=True)
    }
    near, far = grow(line), grow({name: line[name] for name in "dcba"})
    assert same_tree(near, far)
    other = grow({**line, "b": line["d"] * 1.01})
    assert not same_tree(near, other)


def test_differences_are_disjoint_and_sum_to_the_absolute_one():
    f, m = np.random.default_rng(5).random((2, 8, 8))
    made = difference(f, m)
    assert not ((made.first > 0) & (made.second > 0)).any()
    np.testing.assert_allclose(made.first + made.second, np.abs(f - m))
    np.testing.assert_allclose(made.absolute, np.abs(f - m))
    # By hand: 0.7 - 0.2 = 0.5 for the first group, nothing for the second.
    one = difference(np.array([[0.7]]), np.array([[0.2]]))
    assert (one.first[0, 0], one.second[0, 0]) == (pytest.approx(0.5), 0.0)
