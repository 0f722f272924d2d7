from math import radians

import pytest

from affect_core.errors import ConfigError
from affect_core.heads.motor_definitions import MOTORS
from affect_core.heads.rig import JOINTS, RIG, clamp, mirror, rest_pose, sided_joints


def test_every_joint_rests_within_its_limits():
    assert len(JOINTS) == len(RIG)
    for joint in RIG:
        assert joint.low <= joint.rest <= joint.high
        assert joint.rate > 0
        assert joint.unit in ("rad", "m", "1")


def test_axes_are_unit_vectors_of_what_moves():
    for joint in RIG:
        assert sum(value**2 for value in joint.axis) == (0.0 if joint.unit == "1" else 1.0)


def test_axes_by_hand():
    """Right-hand rule, x ahead, y left, z up."""
    assert JOINTS["head_yaw"].axis == (0, 0, 1)  # x turns to y
    assert JOINTS["head_pitch"].axis == (0, -1, 0)  # x turns to z
    assert JOINTS["head_roll"].axis == (-1, 0, 0)  # z turns to y
    assert JOINTS["upper_lid_right"].axis == JOINTS["upper_lid_left"].axis == (0, 1, 0)  # x turns to -z
    assert JOINTS["brow_angle_left"].axis == (1, 0, 0)  # the outer end, at +y, turns to z
    assert JOINTS["brow_angle_right"].axis == (-1, 0, 0)
    assert (JOINTS["brow_in_left"].axis, JOINTS["brow_in_right"].axis) == ((0, -1, 0), (0, 1, 0))
    assert (JOINTS["corner_stretch_left"].axis, JOINTS["corner_stretch_right"].axis) == (
        (0, 1, 0),
        (0, -1, 0),
    )
    assert JOINTS["lower_lip_open"].axis == (0, 0, -1)


def test_eight_motors_move_joints():
    assert {joint.motor for joint in RIG} - {""} == set(MOTORS)
    assert [name for name, joint in JOINTS.items() if joint.motor == "LIDBLINK"] == [
        "upper_lid_right",
        "upper_lid_left",
    ]


def test_rest_pose_is_closed_mouth_and_open_lids():
    pose = rest_pose()
    assert set(pose) == set(JOINTS)
    assert pose["upper_lid_left"] == radians(-24)
    assert pose["lower_lid_right"] == radians(-20)
    assert {name for name, value in pose.items() if value} == {
        "upper_lid_right",
        "upper_lid_left",
        "lower_lid_right",
        "lower_lid_left",
    }


def test_clamp_limits_and_names_what_it_limited():
    pose, limited = clamp(
        {"head_yaw": 2.0, "head_pitch": -0.1, "lip_press": -0.5, "corner_raise_left": 0.012}
    )
    assert pose == {"head_yaw": radians(70), "head_pitch": -0.1, "lip_press": 0.0, "corner_raise_left": 0.012}
    assert limited == ("head_yaw", "lip_press")


def test_clamp_refuses_a_name_that_is_no_joint():
    with pytest.raises(ConfigError, match="unknown joint 'jaw'; known: head_yaw"):
        clamp({"jaw": 0.1})


def test_mirror_exchanges_sides_and_turns_yaw_and_roll():
    pose = {
        "head_yaw": 0.1,
        "head_pitch": 0.2,
        "head_roll": -0.3,
        "eye_yaw": 0.4,
        "dimple_left": 1.0,
        "furrow": 0.5,
    }
    expected = {
        "head_yaw": -0.1,
        "head_pitch": 0.2,
        "head_roll": 0.3,
        "eye_yaw": -0.4,
        "dimple_right": 1.0,
        "furrow": 0.5,
    }
    assert mirror(pose) == expected
    assert mirror(mirror(pose)) == pose


def test_a_name_without_side_stands_for_both_sides():
    assert sided_joints("brow_raise") == ("brow_raise_right", "brow_raise_left")
    assert sided_joints("head_yaw") == ("head_yaw",)
    assert sided_joints("brow") == ()
