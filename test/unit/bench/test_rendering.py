import pytest

from affect_core.bench.rendering import RenderTimes, digest_elsewhere, looks, poses, time_look
from affect_core.heads.rig import rest_pose


def test_statistics_by_hand():
    times = RenderTimes("face", tuple(float(k) for k in range(1, 22)), (1.0, 5.0, 2.0), "")
    assert (times.min_ms, times.median_ms, times.p95_ms, times.median_cpu_ms) == (1, 11, 20, 2)


def test_the_head_moves():
    moving = poses(40)
    assert moving[0] == pytest.approx(rest_pose())
    assert len({tuple(pose.values()) for pose in poses(120)}) > 50


@pytest.mark.parametrize("look", looks())
def test_pictures_are_the_same_from_run_to_run(look):
    here = time_look(look, 3)
    assert len(here.frames_ms) == len(here.cpu_ms) == 3
    assert here.digest == time_look(look, 3).digest == digest_elsewhere(look, 3)
    assert here.digest != time_look(look, 60).digest
