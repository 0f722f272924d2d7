import numpy as np
import pytest

from affect_core.avatar import Avatar, AvatarConfig
from affect_core.data.real import five_of_68
from affect_core.heads.rig import rest_pose


def _points():
    index = np.arange(68.0)
    return np.stack([index, 2 * index], axis=1)


def test_means_and_single_points():
    assert five_of_68(_points()) == ((38.5, 77.0), (44.5, 89.0), (30.0, 60.0), (48.0, 96.0), (54.0, 108.0))


def test_flat_points():
    assert five_of_68(_points().ravel()) == five_of_68(_points())


@pytest.mark.parametrize(
    "points",
    [
        np.zeros(0),
        np.zeros((67, 2)),
        np.zeros((68, 2)),
        np.full((68, 2), np.nan),
        np.stack([np.arange(68.0), np.ones(68)], axis=1),
    ],
)
def test_not_a_face(points):
    assert five_of_68(points) is None


def test_both_kinds_of_landmarks_of_one_head_agree():
    rendering = Avatar(AvatarConfig(look="face", width=320, height=240)).render(rest_pose())
    five = np.array(five_of_68(rendering.landmarks68_xy))
    np.testing.assert_allclose(five, rendering.landmarks_xy, atol=3.0)
