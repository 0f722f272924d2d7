import math

import numpy as np
import pytest

from affect_core.faces.smooth import LandmarkFilter, OneEuro, smoothing

STEP_S = 1 / 30


def run(values, filter_):
    return np.array([filter_(np.array([float(value)]), STEP_S)[0] for value in values])


def test_weight_by_hand():
    # A cutoff of 1 / (2 pi) Hz has a time constant of 1 s: in steps of 1 s half of the way each.
    assert smoothing(np.array(1 / (2 * math.pi)), 1.0) == pytest.approx(0.5)
    assert smoothing(np.array(1.0), STEP_S) == pytest.approx(1 / (1 + 30 / (2 * math.pi)))


def test_two_steps_by_hand():
    # 1 Hz at 1 s: a = 2 pi / (1 + 2 pi). Values 0, 1: speed 1, filtered a; cutoff 1 + 3 a.
    a = 2 * math.pi / (1 + 2 * math.pi)
    cutoff = 1 + 3 * a
    expected = 2 * math.pi * cutoff / (1 + 2 * math.pi * cutoff)
    filter_ = OneEuro(cutoff_hz=1.0, speed_gain=3.0, lag_frames=100.0)
    assert filter_(np.array([0.0]), 1.0)[0] == 0.0
    assert filter_(np.array([1.0]), 1.0)[0] == pytest.approx(expected)


def test_a_step_is_half_done_at_once_and_nearly_done_after_four_frames():
    out = run([0, 0, 0, 1, 1, 1, 1], OneEuro(1.0, 0.0, lag_frames=1.0))
    np.testing.assert_allclose(out[2:], [0, 0.5, 0.75, 0.875, 0.9375])


@pytest.mark.parametrize("speed", [0.001, 0.05, 1.0, 20.0])
@pytest.mark.parametrize("gain", [0.0, 30.0])
def test_a_ramp_is_at_most_one_frame_late(speed, gain):
    ramp = speed * np.arange(200)
    late = (ramp - run(ramp, OneEuro(1.0, gain, lag_frames=1.0))) / speed
    assert late.max() <= 1.0 + 1e-9
    assert late[-1] == pytest.approx(1.0 if gain == 0.0 else late[-2], abs=1e-3)


def test_without_lag_there_is_no_filter_and_slow_noise_is_damped_with_one():
    noise = np.random.default_rng(0).normal(0, 0.005, 2000)
    np.testing.assert_allclose(run(noise, OneEuro(1.0, 30.0, lag_frames=0.0)), noise, atol=1e-15)
    # half of the new value each: the variance falls to a / (2 - a) = 1/3
    damped = run(noise, OneEuro(1.0, 0.0, lag_frames=1.0))
    assert damped.std() / noise.std() == pytest.approx(math.sqrt(1 / 3), rel=0.05)


def test_faces_are_steadied_one_by_one_and_start_afresh_after_a_gap(face_at):
    filter_ = LandmarkFilter(1.0, 0.0, 1.0)

    def first_x(faces, stamp, **options):
        return [round(f.landmarks_xy[0, 0], 6) for _, f in filter_.update(faces, stamp, **options)]

    assert first_x([("a", face_at(0)), ("b", face_at(500))], 0) == [30, 530]
    assert first_x([("b", face_at(500)), ("a", face_at(10))], 1) == [530, 35]
    assert first_x([("b", face_at(500))], 2) == [530]
    assert first_x([("a", face_at(90))], 3) == [120]  # it was missing
    assert first_x([("a", face_at(0))], 3) == [30]  # the stamp does not grow
    assert first_x([("a", face_at(100))], 4, restart=True) == [130]


def test_near_and_far_faces_are_treated_alike(face_at):
    def shares(size):
        filter_ = LandmarkFilter(1.0, 30.0, 3.0)
        filter_.update([("a", face_at(0, size=size))], 0)
        ((_, face),) = filter_.update([("a", face_at(size * 0.03, size=size))], 33_000_000)
        return (face.landmarks_xy / size).tolist()

    np.testing.assert_allclose(shares(100.0), shares(300.0))
