from math import cos, radians, sin

import numpy as np
import pytest

from affect_core.avatar.shape import HeadShape
from affect_core.avatar.skeleton import Bone, bone_matrices
from affect_core.heads.rig import rest_pose

SHAPE = HeadShape()


def from_pivot(x, y, z):
    """A point relative to where the neck turns."""
    return np.array((x, 0.02 + y, -0.10 + z))


def moved(bone, point, offset_deg=(0.0, 0.0, 0.0), **joints):
    matrix = bone_matrices({**rest_pose(), **joints}, SHAPE, offset_deg)[bone]
    return matrix[:3, :3] @ point + matrix[:3, 3]


def test_at_rest_the_head_is_where_it_was_made():
    assert moved(Bone.HEAD, (0.01, 0.02, 0.03)) == pytest.approx((0.01, 0.02, 0.03))
    assert moved(Bone.EYE_LEFT, (0, 0, 0)) == pytest.approx((SHAPE.eye_x, SHAPE.eye_y, SHAPE.eye_z))
    assert moved(Bone.EYE_RIGHT, (0, 0, 0)) == pytest.approx((-SHAPE.eye_x, SHAPE.eye_y, SHAPE.eye_z))


def test_yaw_turns_the_face_to_the_robots_left():
    ahead = from_pivot(0, -0.1, 0)
    expected = from_pivot(0.1 * sin(0.3), -0.1 * cos(0.3), 0)
    assert moved(Bone.HEAD, ahead, head_yaw=0.3) == pytest.approx(expected)
    assert moved(Bone.NECK, ahead, head_yaw=0.3) == pytest.approx(expected)


def test_pitch_lifts_the_face():
    ahead = from_pivot(0, -0.1, 0)
    expected = from_pivot(0, -0.1 * cos(0.3), 0.1 * sin(0.3))
    assert moved(Bone.HEAD, ahead, head_pitch=0.3) == pytest.approx(expected)
    assert moved(Bone.NECK, ahead, head_pitch=0.3) == pytest.approx(ahead)


def test_roll_leans_the_head_to_the_robots_left():
    above = from_pivot(0, 0, 0.1)
    assert moved(Bone.HEAD, above, head_roll=0.3) == pytest.approx(
        from_pivot(0.1 * sin(0.3), 0, 0.1 * cos(0.3))
    )


def test_offset_adds_to_the_joint():
    point = (0.03, -0.1, 0.05)
    assert moved(Bone.HEAD, point, (10.0, -5.0, 3.0), head_yaw=0.1) == pytest.approx(
        moved(Bone.HEAD, point, head_yaw=0.1 + radians(10), head_pitch=radians(-5), head_roll=radians(3))
    )


def test_eyes_look_left_and_up():
    centre = moved(Bone.EYE_LEFT, (0, 0, 0))
    left = moved(Bone.EYE_LEFT, (0, -0.01, 0), eye_yaw=0.2) - centre
    up = moved(Bone.EYE_RIGHT, (0, -0.01, 0), eye_pitch=0.2) - moved(Bone.EYE_RIGHT, (0, 0, 0))
    assert left == pytest.approx((0.01 * sin(0.2), -0.01 * cos(0.2), 0))
    assert up == pytest.approx((0, -0.01 * cos(0.2), 0.01 * sin(0.2)))


@pytest.mark.parametrize(
    ("bone", "joint", "sign"),
    [
        (Bone.UPPER_LID_LEFT, "upper_lid_left", -1),
        (Bone.UPPER_LID_RIGHT, "upper_lid_right", -1),
        (Bone.LOWER_LID_LEFT, "lower_lid_left", 1),
        (Bone.LOWER_LID_RIGHT, "lower_lid_right", 1),
    ],
)
def test_lids_close_towards_each_other(bone, joint, sign):
    centre = moved(bone, (0, 0, 0))
    edge = moved(bone, (0, -0.01, 0), **{joint: 0.2}) - centre
    assert edge == pytest.approx((0, -0.01 * cos(0.2), sign * 0.01 * sin(0.2)))
