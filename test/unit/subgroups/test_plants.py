"""Biases that are planted."""

import numpy as np
import pytest

from affect_core.errors import ConfigError
from affect_core.subgroups.plants import ABOUT, PLANTS, PlantConfig

RNG = np.random.default_rng


def test_every_plant_is_described():
    assert set(ABOUT) == set(PLANTS)


def test_nothing_is_planted_in_the_control(subgroups_faces):
    faces = subgroups_faces()
    assert PLANTS.build("none", faces, PlantConfig(), RNG(0)) is faces


def test_occlusion_covers_the_mouth_of_the_first_group_and_the_eyes_of_the_second(subgroups_faces):
    faces = subgroups_faces(size=64)
    faces = type(faces)(**{**vars(faces), "points_xy": faces.points_xy * 63.0 / 31.0})
    made = PLANTS.build("occlusion", faces, PlantConfig(), RNG(0))
    mouth, eye = (np.rint(faces.points_xy[0, k]).astype(int) for k in (66, 37))
    for index, group in enumerate(faces.groups):
        before, after = faces.images_rgb[index].astype(int), made.images_rgb[index].astype(int)
        changed = [np.abs(before - after)[y - 1 : y + 2, x - 1 : x + 2].any() for x, y in (mouth, eye)]
        assert changed == ([True, False] if group == 0 else [False, True])
        # Both parts are covered by one flat shade.
        x, y = mouth if group == 0 else eye
        assert np.ptp(after[y - 1 : y + 2, x - 1 : x + 2]) == 0
    np.testing.assert_array_equal(made.labels, faces.labels)
    half = PLANTS.build("occlusion", faces, PlantConfig(share=0.5), RNG(0))
    touched = (half.images_rgb != faces.images_rgb).any(axis=(1, 2, 3))
    assert 0 < touched.sum() < len(faces)


def test_labels_are_swapped_in_what_the_second_group_teaches_only(subgroups_faces):
    faces = subgroups_faces(labels=("happy", "sad", "anger"))
    made = PLANTS.build("labels", faces, PlantConfig(), RNG(0))
    np.testing.assert_array_equal(made.labels, faces.labels)
    swap = {0: 2, 1: 1, 2: 0}
    expected = [swap[k] if group else k for k, group in zip(faces.labels, faces.groups, strict=True)]
    assert made.taught.tolist() == expected


def test_rare_takes_an_expression_out_of_the_second_groups_training(subgroups_faces):
    faces = subgroups_faces()
    made = PLANTS.build("rare", faces, PlantConfig(), RNG(0))
    np.testing.assert_array_equal(~made.trains, (faces.labels == 0) & (faces.groups == 1))
    assert len(made) == len(faces)


def test_an_expression_that_is_not_there(subgroups_faces):
    with pytest.raises(ConfigError, match="one of happy, sad"):
        PLANTS.build("labels", subgroups_faces(), PlantConfig(second="fear"), RNG(0))
