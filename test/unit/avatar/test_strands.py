from math import radians, tan

import numpy as np
import pytest

from affect_core.avatar.shape import HeadShape
from affect_core.avatar.strands import LIP_POINTS, centre_lines, strands
from affect_core.heads.rig import mirror, rest_pose

SHAPE = HeadShape()
MIDDLE = LIP_POINTS // 2


def laid(**joints):
    return strands({**rest_pose(), **joints}, SHAPE)


def test_mouth_corners_by_hand():
    lips = laid(corner_raise_left=0.004, corner_stretch_left=0.003, corner_stretch_right=-0.002)
    for name in ("upper_lip", "lower_lip"):
        line = lips[name]
        assert (line.x[0], line.z[0]) == pytest.approx(
            (-(SHAPE.mouth_half_width - 0.002), SHAPE.mouth_z), abs=1e-6
        )
        assert (line.x[-1], line.z[-1]) == pytest.approx(
            (SHAPE.mouth_half_width + 0.003, SHAPE.mouth_z + 0.004), abs=1e-6
        )


def test_lips_open_in_the_middle_by_the_joint():
    closed, opened = laid(), laid(upper_lip_open=0.002, lower_lip_open=0.007)
    assert opened["upper_lip"].z[MIDDLE] - closed["upper_lip"].z[MIDDLE] == pytest.approx(0.002)
    assert opened["lower_lip"].z[MIDDLE] - closed["lower_lip"].z[MIDDLE] == pytest.approx(-0.007)


def test_pressing_thins_the_lips():
    ratio = laid(lip_press=1.0)["upper_lip"].radius / laid()["upper_lip"].radius
    assert ratio == pytest.approx(np.full(LIP_POINTS, 0.35))


def test_brow_by_hand():
    flat, tilted = laid()["brow_left"], laid(brow_angle_left=radians(10), brow_raise_left=0.003)["brow_left"]
    # the inner end lies half the brow's length inside its middle
    assert tilted.z[0] - flat.z[0] == pytest.approx(0.003 - tan(radians(10)) * SHAPE.brow_length / 2)
    assert tilted.z[-1] - flat.z[-1] == pytest.approx(0.003 + tan(radians(10)) * SHAPE.brow_length / 2)
    assert laid(brow_in_left=0.002)["brow_left"].x == pytest.approx(flat.x - 0.002)


def test_brows_are_on_their_sides():
    lines = laid()
    assert (lines["brow_right"].x < 0).all()
    assert (lines["brow_left"].x > 0).all()


def test_folds_come_out_with_their_amount():
    for name, joint in (
        ("dimple_left", "dimple_left"),
        ("furrow_right", "furrow"),
        ("chin_fold", "chin_raise"),
    ):
        sunk, out = laid()[name], laid(**{joint: 1.0})[name]
        assert (sunk.lift + sunk.radius < 0).all()
        assert (out.lift + out.radius > 0).all()


def test_mirrored_pose_gives_mirrored_strands(table):
    pose = table.pose("skepticism")
    one, other = strands(pose, SHAPE), strands(mirror(pose), SHAPE)
    for name in ("brow", "dimple", "furrow"):
        assert one[f"{name}_left"].z == pytest.approx(other[f"{name}_right"].z)
        assert one[f"{name}_left"].x == pytest.approx(-other[f"{name}_right"].x)
    assert one["upper_lip"].z == pytest.approx(other["upper_lip"].z[::-1])


def test_lowered_brows_pass_over_the_lids():
    lines = laid(brow_raise_left=-0.010, brow_raise_right=-0.010)
    points = centre_lines(lines, SHAPE)
    assert points.shape == (sum(len(line.x) for line in lines.values()), 3)
    x, y, z = points.T
    assert (y < SHAPE.lid_front_y(x, z) + 0.0018)[: 2 * LIP_POINTS].all()
    brow = slice(2 * LIP_POINTS, 2 * LIP_POINTS + len(lines["brow_right"].x))
    assert (y[brow] < SHAPE.lid_front_y(x[brow], z[brow])).all()
    assert (y[brow] < SHAPE.front_y(x[brow], z[brow])).all()
