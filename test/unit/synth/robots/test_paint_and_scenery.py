import numpy as np
import pytest

from affect_core.avatar.truth import Segment
from affect_core.synth.robots.paint import MATERIALS, draw_paint, hsv
from affect_core.synth.robots.scenery import draw_cover, draw_light, draw_view, expose


def test_hues_are_where_they_should_be():
    assert hsv(0, 1, 1) == pytest.approx((1, 0, 0))
    assert hsv(60, 1, 0.5) == pytest.approx((0.5, 0.5, 0))
    assert hsv(120, 1, 1) == pytest.approx((0, 1, 0))
    assert hsv(240, 0.5, 1) == pytest.approx((0.5, 0.5, 1))
    assert hsv(-120, 1, 1) == pytest.approx((0, 0, 1))


def test_brows_stand_out_and_materials_have_their_shares():
    rng = np.random.default_rng(0)
    drawn = [draw_paint(rng, "dome") for _ in range(500)]
    for _, paint in drawn:
        brow, skin = np.array(paint.brow), np.array(paint.skin)
        assert abs(brow.mean() - skin.mean()) > 0.15 or np.abs(brow - skin).max() > 0.3
        lid, ball = np.array(paint.lid), np.array(paint.ball)
        assert abs(lid.mean() - ball.mean()) > 0.15 or np.abs(lid - ball).max() > 0.3
    for name, share in MATERIALS.items():
        assert np.mean([material == name for material, _ in drawn]) == pytest.approx(share, abs=0.07)


def test_dim_light_is_dim():
    rng = np.random.default_rng(0)
    lights = [draw_light(0.4, rng) for _ in range(400)]
    assert np.mean([light.name == "dim" for light in lights]) == pytest.approx(0.4, abs=0.07)
    levels = {name: np.mean([x.level for x in lights if x.name == name]) for name in ("dim", "even")}
    assert levels["dim"] < 0.6 * levels["even"]
    for light in lights:
        assert np.linalg.norm(light.rows[[0, 2]], axis=1) == pytest.approx([1, 1], abs=1e-6)
        assert light.rows[0, 1] < 0  # from the front
    assert len({tuple(light.rows[0]) for light in lights}) == 400


def test_views_are_near_enough():
    rng = np.random.default_rng(0)
    for _ in range(50):
        view = draw_view(224, rng)
        assert view.tight_px >= 112 and 0.7 <= view.distance_m <= 1.6


def test_covers_have_their_share_and_can_be_seen(robot, table):
    from affect_core.heads.rig import rest_pose
    from affect_core.synth.robots.scenery import SHOWROOM
    from affect_core.synth.robots.studio import Studio, View

    rng = np.random.default_rng(1)
    one = robot()
    names = [draw_cover(one, 0.08, rng)[0] for _ in range(600)]
    assert np.mean([name in ("bar", "blob", "plate") for name in names]) == pytest.approx(0.08, abs=0.03)
    assert np.mean([name == "glasses" for name in names]) == pytest.approx(0.10, abs=0.04)
    seen = {}
    while len(seen) < 5:
        name, before = draw_cover(one, 0.7, rng)
        shot = Studio(one).draw(
            rest_pose(), View(112, 1.2, 60.0, (0, 0), (0, 0)), SHOWROOM, np.full((112, 112, 3), 0.5), before
        )
        seen[name] = (shot.segments == Segment.OCCLUDER).sum()
    assert seen.pop("none") == 0
    assert min(seen.values()) > 20


def test_a_camera_keeps_the_mean():
    picture = np.full((64, 64, 3), 100.0, np.float32)
    image = expose(picture, np.random.default_rng(0))
    assert image.dtype == np.uint8
    assert image.mean() == pytest.approx(100, abs=1)
