import pytest

from affect_core.avatar import Pinhole
from affect_core.avatar.avatar import Avatar, AvatarConfig


def test_focal_length_from_the_field_of_view():
    # tan 45 deg = 1: half the height away, half the height is seen
    assert Pinhole.from_fovy(200, 100, 90.0) == Pinhole(
        200, 100, pytest.approx(50), pytest.approx(50), 100, 50
    )


def test_a_known_point_lands_on_its_pixel():
    camera = Pinhole.from_fovy(200, 100, 90.0)
    assert camera.project((0, 0, 3)).tolist() == [100, 50]
    assert camera.project((1, -0.5, 2)) == pytest.approx((100 + 50 * 0.5, 50 - 50 * 0.25))
    assert camera.project([[[1, 1, 1]], [[1, 1, 2]]]).shape == (2, 1, 2)


def test_the_avatar_projects_from_its_camera():
    avatar = Avatar(AvatarConfig(width=200, height=100, fovy_deg=90.0, distance_m=2.0))
    # 0.5 m to the robot's left is 0.5 / 2 x 50 px to the right of the middle, 0.25 m up is 6.25 px above
    assert avatar.project((0.5, 0, 0.25)) == pytest.approx((112.5, 43.75))
    assert avatar.project((0.5, 2, 0.25)) == pytest.approx((106.25, 46.875))
