"""How sets are divided, and what they refuse."""

from dataclasses import replace

import numpy as np
import pytest

from affect_core.circumplex.samples import split
from affect_core.errors import InputError


def test_a_split_keeps_subjects_together_and_classes_in_proportion(circumplex_toy):
    toy = circumplex_toy(120)
    subjects = replace(toy, subjects=np.array([f"s{i // 6}" for i in range(120)]))  # two of every class each
    made = split(subjects, 0.1, 0.2, seed=0)
    parts = [set(subjects.subjects[made.part(name)]) for name in ("train", "held_out", "test")]
    assert sum(map(len, parts)) == len(set.union(*parts)) == 20
    assert [len(made.part(name)) for name in ("train", "held_out", "test")] == [84, 12, 24]
    assert np.bincount(toy.labels[made.test]).tolist() == [8, 8, 8]


def test_affectnets_val_is_the_test_set(circumplex_toy):
    toy = replace(circumplex_toy(60), given=np.array(["train"] * 40 + ["val"] * 20))
    made = split(toy, 0.1, 0.2, seed=0)
    assert made.test.tolist() == list(range(40, 60))
    assert len(made.held_out) == 4 and set(made.train) | set(made.held_out) == set(range(40))


def test_emotics_three_parts_stay(circumplex_toy):
    given = np.array(["train"] * 20 + ["val"] * 4 + ["test"] * 6)
    made = split(replace(circumplex_toy(30), given=given), 0.1, 0.2, seed=0)
    assert (made.train.tolist(), made.held_out.tolist()) == (list(range(20)), list(range(20, 24)))
    assert made.test.tolist() == list(range(24, 30))


def test_sets_that_cannot_be_divided(circumplex_toy):
    toy = circumplex_toy(12)
    with pytest.raises(InputError, match="at least two subjects"):
        split(replace(toy, subjects=np.full(12, "one")), 0.1, 0.2, seed=0)
    with pytest.raises(InputError, match="pictures for test, got none"):
        split(replace(toy, given=np.full(12, "train")), 0.1, 0.2, seed=0)


def test_wrong_labels_and_values_are_refused(circumplex_toy):
    toy = circumplex_toy(6)
    with pytest.raises(InputError, match="expected labels -1 to 2"):
        replace(toy, labels=toy.labels + 1)
    with pytest.raises(InputError, match="valence, arousal of -1 to 1, got 3"):
        replace(toy, affect=toy.affect * 0 + 3)
    with pytest.raises(InputError, match=r"expected affect \(6, 2\)"):
        replace(toy, affect=toy.affect[:, :1])
