from math import degrees, radians

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from affect_core.heads.expressions import load_expressions
from affect_core.heads.motor_definitions import DEFAULT_MOTORS, MOTORS
from affect_core.heads.ohbot_projection import load_projection
from affect_core.heads.rig import JOINTS, rest_pose

PROJECTION = load_projection(None, MOTORS)
POSES = st.fixed_dictionaries({name: st.floats(joint.low, joint.high) for name, joint in JOINTS.items()})


def test_rest():
    rest = dict.fromkeys(MOTORS, 5.0) | {"LIDBLINK": 8.0}
    assert PROJECTION.positions(rest_pose()) == rest
    assert PROJECTION.visible(rest_pose()) == rest_pose()


def test_head_turn_stops_where_its_motor_does():
    # gain 0.11 per degree: position 10 is 5 / 0.11 = 45.45 degrees to the left
    visible = PROJECTION.visible(rest_pose() | {"head_yaw": radians(70)})
    assert degrees(visible["head_yaw"]) == pytest.approx(45.4545, abs=1e-3)
    assert PROJECTION.positions(visible)["HEADTURN"] == pytest.approx(10)


def test_one_servo_for_both_lids_and_none_for_brows():
    pose = rest_pose() | {"upper_lid_left": radians(-4), "brow_raise_right": 0.01, "lower_lid_left": 0.0}
    visible = PROJECTION.visible(pose)
    assert degrees(visible["upper_lid_left"]) == pytest.approx(-14)  # mean of -4 and -24
    assert degrees(visible["upper_lid_right"]) == pytest.approx(-14)
    assert visible["brow_raise_right"] == 0.0
    assert visible["lower_lid_left"] == JOINTS["lower_lid_left"].rest
    assert PROJECTION.positions(visible)["LIDBLINK"] == pytest.approx(8 - 0.27 * 10)


def test_smile_lowers_both_lips_alike():
    smile = rest_pose() | {"corner_raise_right": 0.01, "corner_raise_left": 0.01}
    positions = PROJECTION.positions(PROJECTION.visible(smile))
    assert (positions["TOPLIP"], positions["BOTTOMLIP"]) == pytest.approx((3, 7))  # 0.2 per mm


def test_robot_without_roll_leaves_it_at_rest():
    projection = load_projection(None, set(MOTORS) - {"HEADROLL"})
    pose = rest_pose() | {"head_roll": radians(10), "head_yaw": radians(10)}
    assert projection.visible(pose) == pytest.approx(rest_pose() | {"head_yaw": radians(10)})
    assert "HEADROLL" not in projection.positions(pose)


def test_named_expressions_go_where_the_table_says():
    table = load_expressions()
    for name in table.names():
        visible = PROJECTION.visible(table.pose(name))
        assert PROJECTION.positions(visible) == pytest.approx(table.motor_positions(name)), name


@settings(max_examples=200, deadline=None)
@given(POSES)
def test_no_pose_leaves_a_motors_range_or_breaks_the_lip_rule(pose):
    visible = PROJECTION.visible(pose)
    positions = PROJECTION.positions(visible)
    assert positions["TOPLIP"] + positions["BOTTOMLIP"] >= 10 - 1e-9
    for name, position in positions.items():
        assert -1e-9 <= position <= 10 + 1e-9
        ends = sorted((DEFAULT_MOTORS[name].degrees(0), DEFAULT_MOTORS[name].degrees(10)))
        assert ends[0] <= DEFAULT_MOTORS[name].degrees(position) <= ends[1]
    assert PROJECTION.visible(visible) == pytest.approx(visible)
    for name, value in visible.items():
        assert JOINTS[name].low - 1e-12 <= value <= JOINTS[name].high + 1e-12
