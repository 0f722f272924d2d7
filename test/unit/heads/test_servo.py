import itertools
from math import radians

import pytest

from affect_core.errors import ConfigError
from affect_core.heads.action_units import Motor
from affect_core.heads.expressions import load_expressions
from affect_core.heads.motion import Motion
from affect_core.heads.motor_definitions import MotorDefinition
from affect_core.heads.rig import JOINTS, rest_pose
from affect_core.heads.servo import arrival_s, ease, servo_rates, trailing_ease
from affect_core.labels import BASIC_8, COMPLEX_6

S = 1_000_000_000
ALL = COMPLEX_6 + BASIC_8[1:]


@pytest.fixture(scope="module")
def table():
    return load_expressions()


def test_rates_by_hand():
    """0..1000 raw is 180 degrees of the servo, so 18 per position; 0.1 position per degree of the joint: 1.8."""
    motors = {"HEADTURN": Motor(5.0, {"head_yaw": 0.1 / radians(1)})}
    rates = servo_rates(motors, 10, {"HEADTURN": MotorDefinition("HEADTURN", 1, 0, 1000)})
    assert rates == {"head_yaw": pytest.approx(radians(24.2457 / 1.8), rel=1e-5)}  # 10 x 2.42457 deg/s


def test_both_lids_are_one_servo():
    """A motor's gain is split between the lids, so moving both moves it by the whole."""
    motors = {"LIDBLINK": Motor(8.0, {"upper_lid_right": -1.0, "upper_lid_left": -1.0})}
    rates = servo_rates(motors, 100, {"LIDBLINK": MotorDefinition("LIDBLINK", 3, 0, 500)})
    assert rates["upper_lid_left"] == rates["upper_lid_right"] == pytest.approx(242.457 / (2 * 9), rel=1e-5)


def test_every_joint_with_a_motor_has_a_rate(table):
    assert set(servo_rates(table.motors, 125)) == {name for name, joint in JOINTS.items() if joint.motor}


@pytest.mark.parametrize("speed_raw", [0, -1, 251])
def test_speeds_have_a_range(table, speed_raw):
    with pytest.raises(ConfigError, match="expected a raw servo speed of 1 to 250"):
        Motion(table, servo_speed_raw=speed_raw)


def test_a_fast_servo_follows_the_easing():
    assert [trailing_ease(t, 1.0, -2.0, 3.0) for t in (0, 0.25, 0.5, 1, 2)] == [0, -0.3125, -1, -2, -2]
    assert arrival_s(1.0, -2.0, 3.0) == 1.0


def test_a_slow_servo_by_hand():
    """Way 1 in 1 s at 9/8 per s: 6 u (1 - u) = 9/8 at u = 1/4, where the way is 5/32; from there straight."""
    at = [trailing_ease(t, 1.0, 1.0, 1.125) for t in (0.125, 0.25, 0.5, 0.75, 0.95, 1.0)]
    straight = [5 / 32 + 1.125 * (t - 0.25) for t in (0.25, 0.5, 0.75)]
    assert at == pytest.approx([ease(0.125), *straight, 0.94375, 1.0])
    # (1 - 5/32) / (9/8) = 0.75 s after 0.25 s
    assert arrival_s(1.0, 1.0, 1.125) == pytest.approx(1.0)
    # half that speed: 6 u (1 - u) = 9/16
    late = arrival_s(1.0, 1.0, 0.5625)
    assert late > 1.5
    assert trailing_ease(late, 1.0, 1.0, 0.5625) == pytest.approx(1.0)
    assert trailing_ease(late - 0.1, 1.0, 1.0, 0.5625) == pytest.approx(1.0 - 0.05625)


@pytest.mark.parametrize("speed_raw", [5, 25, 125, 250])
def test_no_servo_is_faster_than_its_law(table, speed_raw):
    motion, rates = Motion(table, speed_raw), servo_rates(table.motors, speed_raw)
    for k, name in enumerate(ALL):
        motion.command(name, start_ns=k * S)
    poses = [motion.pose(k * S // 100) for k in range(len(ALL) * 100)]
    for before, after in itertools.pairwise(poses):
        for name, rate in rates.items():
            assert abs(after[name] - before[name]) <= rate / 100 + 1e-12


def test_only_joints_with_a_servo_are_slowed(table):
    slow, free = Motion(table, servo_speed_raw=2), Motion(table)
    for motion in (slow, free):
        motion.command("surprise", start_ns=0)
    settled_ns = slow.settled_at_ns
    assert slow.pose(settled_ns)["brow_raise_left"] == free.pose(settled_ns)["brow_raise_left"]
    assert slow.pose(settled_ns)["lower_lip_open"] < 0.5 * free.pose(settled_ns)["lower_lip_open"]
    assert slow.pose(60 * S)["lower_lip_open"] == pytest.approx(free.pose(60 * S)["lower_lip_open"])


def test_without_a_speed_nothing_changes(table):
    motion = Motion(table)
    assert motion.pose(0) == rest_pose()
    motion.command("confusion", start_ns=0, onset_s=0.01)
    assert motion.pose(41_250_000)["head_roll"] == pytest.approx(radians(5.5))
