from math import radians

from affect_core.heads import HEADS, RIG, HeadConfig


def test_every_joint_is_shown_as_commanded():
    half = {joint.name: (joint.low + joint.high) / 2 for joint in RIG}
    with HEADS.build("avatar", HeadConfig()) as head:
        assert head.command(half) == half


def test_one_sided_poses_are_shown():
    with HEADS.build("avatar", HeadConfig()) as head:
        applied = head.command({"upper_lid_left": radians(5)})
        assert applied["upper_lid_left"] == radians(5)
        assert applied["upper_lid_right"] == radians(-24)
