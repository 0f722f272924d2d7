"""Training heads share no part with the robot nobody trains on, and the card says so."""

import json
from dataclasses import fields

import numpy as np
import pytest

from affect_core.avatar.looks.ohbot_body import OhbotShape
from affect_core.synth.robots import OHBOT_PART_TYPES, card_entry, part_types, ranges
from affect_core.synth.robots.measures import CREASELESS, Measures, draw_measures
from affect_core.synth.robots.robot_set import robot_of
from affect_core.synth.robots.unseen import FACE_PART_TYPES, excluded


def test_no_part_type_is_the_ohbots():
    ours = part_types()
    assert set(ours) == set(OHBOT_PART_TYPES)
    for place, theirs in OHBOT_PART_TYPES.items():
        assert theirs and not set(theirs) & set(ours[place])


def test_at_least_five_sizes_of_the_ohbot_look_lie_outside_the_ranges():
    shape, limits = vars(OhbotShape()), ranges()
    outside = {
        name for name, (low, high) in limits.items() if name in shape and not low <= shape[name] <= high
    }
    assert len(outside) >= 5
    assert outside <= set(excluded())


def test_the_ohbots_mouth_brows_and_lids_lie_outside_the_ranges():
    assert {"mouth_fixed", "mouth_arc", "brow_float", "lid_ratio"} <= set(excluded())


def test_the_excluded_values_are_the_looks_own():
    from affect_core.avatar.looks import ohbot

    shape = OhbotShape()
    values = excluded()
    assert values["brow_float"] == ohbot._BROW_GAP
    assert values["lid_ratio"] == pytest.approx(shape.lid_radius / shape.eye_radius)
    assert values["half_width"] == shape.half_width


def test_no_robot_leaves_the_ranges_or_has_an_excluded_value():
    limits = ranges()
    for head in range(60):
        size = vars(robot_of(5, head).size)
        for name, (low, high) in limits.items():
            assert low <= size[name] <= high or (name == "crease" and size[name] == 0)


def test_about_fifty_numbers_are_drawn():
    assert 45 <= len(ranges()) == len(fields(Measures)) <= 60


def test_what_is_shared_with_the_face_look_is_named():
    ours = part_types()
    assert all(kind in ours[place] for place, kind in FACE_PART_TYPES.items())


def test_the_card_entry_is_plain_data():
    entry = card_entry()
    assert json.loads(json.dumps(entry))["ranges"]["half_width"] == list(ranges()["half_width"])
    assert set(entry) == {"part_types", "ranges", "ohbot_excluded"}


def test_a_third_of_the_robots_have_no_folds():
    rng = np.random.default_rng(0)
    without = np.mean([draw_measures(rng).crease == 0 for _ in range(600)])
    assert without == pytest.approx(CREASELESS, abs=0.06)
