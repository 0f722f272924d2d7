from math import degrees

import numpy as np
import pytest

from affect_core.heads.rig import JOINTS
from affect_core.synth.robots.measures import Measures
from affect_core.synth.robots.poses import GROUPS, draw_shown, plain_pose


@pytest.fixture(scope="module")
def many(table, robot):
    rng = np.random.default_rng(3)
    return [draw_shown(table, robot(), "boredom", (0.45, 1.25), rng) for _ in range(400)]


def test_every_group_has_a_gain():
    assert {f"gain_{group}" for group in GROUPS.values()} <= set(vars(Measures()))


def test_strength_intensity_and_units(many):
    strengths = np.array([shown.strength for shown in many])
    assert strengths.min() > 0.45 and strengths.max() < 1.25
    assert strengths.mean() == pytest.approx(0.85, abs=0.04)
    assert max(shown.intensity for shown in many) == 1.0
    for shown in many[:20]:
        assert shown.action_units["AU43"] == pytest.approx((min(1, 0.8 * shown.strength),) * 2)


def test_half_of_the_pictures_lack_the_recipes_turn_of_the_head(many):
    assert np.mean([shown.with_cue for shown in many]) == pytest.approx(0.5, abs=0.08)
    roll = {
        cue: np.mean([shown.head_deg[2] for shown in many if shown.with_cue is cue and shown.side == "left"])
        for cue in (True, False)
    }
    assert roll[True] > 1.5  # boredom tips the head by 4 degrees towards the side that leads
    assert abs(roll[False]) < 1.5


def test_both_sides_lead(many):
    assert np.mean([shown.side == "left" for shown in many]) == pytest.approx(0.5, abs=0.08)


def test_a_face_at_rest_differs_from_picture_to_picture(table, robot):
    rng = np.random.default_rng(0)
    poses = [draw_shown(table, robot(), "neutral", (0.45, 1.25), rng).pose for _ in range(200)]
    spread = {name: np.std([pose[name] for pose in poses]) for name in poses[0]}
    assert degrees(spread["brow_angle_left"]) == pytest.approx(1.5, abs=0.3)
    assert spread["brow_raise_right"] == pytest.approx(0.0008, abs=0.0002)
    assert degrees(spread["head_yaw"]) == pytest.approx(6.0, abs=1.0)
    assert 4.0 < degrees(spread["eye_yaw"]) < 9.0
    assert poses[0]["brow_raise_left"] != poses[0]["brow_raise_right"]


def test_a_face_at_rest_has_no_intensity(table, robot):
    shown = draw_shown(table, robot(), "neutral", (0.45, 1.25), np.random.default_rng(1))
    assert shown.intensity == 0.0
    assert set(shown.action_units.values()) == {(0.0, 0.0)}


def test_joints_stay_near_their_limits(many):
    for shown in many:
        for name, value in shown.pose.items():
            joint = JOINTS[name]
            more = 0.25 * (joint.high - joint.low)
            assert joint.low - more <= value <= joint.high + more


def test_gains_are_the_robots_own(table, robot):
    weak, strong = (Measures(gain_corner_raise=gain) for gain in (0.6, 1.2))
    frowns = [
        plain_pose(table, robot(size=size), "disapproval")["corner_raise_left"] for size in (weak, strong)
    ]
    assert frowns[1] == pytest.approx(2 * frowns[0])
    assert frowns[0] == pytest.approx(0.6 * table.pose("disapproval")["corner_raise_left"])


def test_a_plain_pose_looks_ahead(table, robot):
    pose = plain_pose(table, robot(), "skepticism")
    assert (pose["head_yaw"], pose["head_pitch"], pose["head_roll"]) == (0, 0, 0)
