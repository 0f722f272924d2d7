"""P3's balanced sets: as many of every expression and group."""

import numpy as np
import pytest

from affect_core.errors import ConfigError, InputError
from affect_core.subgroups.balance import balance
from affect_core.subgroups.groups import UNDETERMINED, find_groups
from affect_core.subgroups.rounds import FIRST, MATCHED, MIXED, SECOND, Fold, training_set

LABELS = ("happy", "sad")
ROWS = [
    *(("happy", "female", f"a{n}") for n in range(5)),
    *(("happy", "male", f"b{n}") for n in range(4)),
    *(("sad", "female", f"c{n}") for n in range(3)),
    *(("sad", "male", f"d{n}") for n in range(6)),
    ("sad", "", "nobody"),
]


def test_equal_counts_without_duplicates_and_undetermined(subgroups_set):
    # Rows 0 and 1, both happy and female, are the same picture: 4 are left. The rarest cell is sad, female: 3.
    made = subgroups_set(ROWS, same=(0, 1))
    groups = find_groups(made, "gender")
    found = balance(made, LABELS, groups)
    picked = [made.records[index] for index in found.chosen]
    counts = {
        (label, gender): sum(r.label == label and r.attributes["gender"] == gender for r in picked)
        for label in LABELS
        for gender in ("female", "male")
    }
    assert set(counts.values()) == {3} and len(picked) == 12
    assert not {0, 1} <= set(found.chosen) and 18 not in found.chosen


def test_the_counts_table_is_that_of_p3(subgroups_set):
    made = subgroups_set(ROWS, same=(0, 1))
    happy, sad = balance(made, LABELS, find_groups(made, "gender")).counts
    assert (happy.total, happy.duplicates, happy.of_groups, happy.undetermined, happy.chosen) == (
        9,
        1,
        (4, 4),
        0,
        3,
    )
    assert (sad.total, sad.duplicates, sad.of_groups, sad.undetermined, sad.chosen) == (10, 0, (3, 6), 1, 3)


def test_the_same_picture_with_another_box_is_another_face(subgroups_set):
    from dataclasses import replace

    made = subgroups_set(ROWS, same=(0, 1))
    records = list(made.records)
    records[1] = replace(records[1], box_xyxy=(0.0, 0.0, 9.0, 9.0))
    made = replace(made, records=tuple(records))
    assert balance(made, LABELS, find_groups(made, "gender")).counts[0].duplicates == 0


def test_fewer_if_wanted_and_the_seed_chooses(subgroups_set):
    made = subgroups_set(ROWS)
    groups = find_groups(made, "gender")
    few = [balance(made, LABELS, groups, most=2, seed=seed).chosen.tolist() for seed in (0, 0, 1, 2)]
    assert len(few[0]) == 8 and few[0] == few[1] and len({tuple(one) for one in few}) > 1


def test_an_empty_class_is_named(subgroups_set):
    made = subgroups_set([row for row in ROWS if row[:2] != ("sad", "female")])
    with pytest.raises(InputError, match=r"none of sad \(female\)"):
        balance(made, LABELS, find_groups(made, "gender"))


def test_mixed_is_the_union_and_the_matched_control_is_half_of_it(subgroups_faces):
    faces = subgroups_faces(per_cell=4)
    fold = Fold(0, np.arange(len(faces)), np.empty(0, np.int64))
    sets = {name: training_set(faces, fold, name, seed=0) for name in (MIXED, FIRST, SECOND, MATCHED)}
    assert sorted([*sets[FIRST], *sets[SECOND]]) == sorted(sets[MIXED])
    assert len(sets[MATCHED]) == len(sets[FIRST]) == len(sets[SECOND]) == 8
    assert np.bincount(faces.strata[sets[MATCHED]]).tolist() == [2, 2, 2, 2]


def test_groups_are_named_like_p3(subgroups_set):
    groups = find_groups(subgroups_set(ROWS), "gender")
    assert groups.names == ("female", "male") and groups.codes == ("FE", "MA")
    assert groups.of[[0, 5, 18]].tolist() == [0, 1, UNDETERMINED]


def test_numbers_are_cut_at_their_median(subgroups_set):
    from dataclasses import replace

    made = subgroups_set(ROWS[:5])
    tones = (0.1, 0.9, 0.5, 0.4, 0.6)
    records = [replace(r, attributes={"tone": t}) for r, t in zip(made.records, tones, strict=True)]
    groups = find_groups(replace(made, records=tuple(records)), "tone")
    assert groups.of.tolist() == [0, 1, 0, 0, 1] and "median 0.5" in groups.about


def test_a_coin_falls_evenly_and_keeps_people_together(subgroups_set):
    rows = [("happy" if n % 2 else "sad", "", f"s{n // 4}") for n in range(40)]
    made = subgroups_set(rows)
    groups = find_groups(made, "random", seed=3)
    sides = {(row[2], side) for row, side in zip(rows, groups.of.tolist(), strict=True)}
    assert len(sides) == 10 and abs(int(groups.of.sum()) - 20) <= 4
    assert find_groups(made, "random", seed=3).of.tolist() == groups.of.tolist()


def test_attributes_that_do_not_make_two_groups(subgroups_set):
    made = subgroups_set(ROWS)
    with pytest.raises(ConfigError, match=r"no record has it; there are: face_shape, gender, random"):
        find_groups(made, "age")
    with pytest.raises(ConfigError, match=r"female \(8\)|male \(10\)"):
        find_groups(made, "gender", ("female", "other"))
    only = subgroups_set(ROWS[:5], folder="women")
    with pytest.raises(ConfigError, match=r"got 1: female \(5\)"):
        find_groups(only, "gender")
    with pytest.raises(ConfigError, match="rendered humans"):
        find_groups(made, "face_shape")
