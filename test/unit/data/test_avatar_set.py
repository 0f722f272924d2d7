import numpy as np
import pytest

from affect_core.avatar import Rendering, Segment
from affect_core.avatar.truth import FACE
from affect_core.data import avatar_set
from affect_core.data.avatar_set import AvatarSetConfig, generate, sample
from affect_core.errors import ConfigError
from affect_core.faces import CropSpec
from affect_core.heads.expressions import load_expressions
from affect_core.heads.rig import JOINTS, rest_pose
from affect_core.labels import COMPLEX_6
from affect_core.types import Detection

CALM = {"joint_noise": 0.0, "turn_deg": 0.0}


@pytest.fixture(scope="module")
def table():
    return load_expressions()


@pytest.fixture(scope="module")
def small_set(tmp_path_factory):
    config = AvatarSetConfig(images=12, vary=False, images_per_head=12, intensity_low=1.0, onset_share=0.0)
    folder = tmp_path_factory.mktemp("avatar")
    return config, folder, generate(config, CropSpec(64, 0.0), COMPLEX_6, folder)


def distance(pose, other):
    return max(abs(pose[j] - other[j]) / (JOINTS[j].high - JOINTS[j].low) for j in pose)


def draw(table, label, seed, **settings):
    return sample(AvatarSetConfig(**settings), table, label, "even", np.random.default_rng(seed))


def test_settled_samples_show_the_expression(table):
    settings = CALM | {"onset_share": 0.0, "intensity_low": 1.0}
    for seed in range(10):
        pose = draw(table, "skepticism", seed, **settings).pose
        sides = [table.pose("skepticism", 1.0, side) for side in ("right", "left")]
        assert min(distance(pose, side) for side in sides) < 1e-9


def test_both_sides_lead(table):
    settings = CALM | {"onset_share": 0.0}
    right = [draw(table, "skepticism", s, **settings).pose["brow_raise_right"] > 0.002 for s in range(20)]
    assert 4 < sum(right) < 16


def test_neutral_is_the_rest_pose_once_settled(table):
    for seed in range(10):
        assert distance(draw(table, "neutral", seed, **CALM, onset_share=0.0).pose, rest_pose()) < 1e-9


def test_late_onsets_are_nearer_to_the_expression_than_to_rest(table):
    settings = CALM | {"onset_share": 1.0, "intensity_low": 1.0}
    for seed in range(20):
        pose = draw(table, "disapproval", seed, **settings).pose
        assert pose["corner_raise_right"] < 0.5 * table.pose("disapproval")["corner_raise_right"]


def test_noise_stays_within_the_joints_limits(table):
    poses = [draw(table, "boredom", seed, joint_noise=0.2).pose for seed in range(10)]
    assert all(JOINTS[j].low <= value <= JOINTS[j].high for pose in poses for j, value in pose.items())
    assert distance(poses[0], poses[1]) > 0.05


def test_intensity_and_turn_stay_within_their_ranges(table):
    drawn = [draw(table, "confusion", seed, turn_deg=6.0) for seed in range(50)]
    assert 0.5 <= min(d.intensity for d in drawn) < 0.6 < 0.9 < max(d.intensity for d in drawn) <= 1.0
    assert 4.0 < max(abs(d.scene.yaw_deg) for d in drawn) <= 6.0
    assert max(abs(d.scene.roll_deg) for d in drawn) <= 3.0


def test_a_generated_set_is_balanced_and_found_by_the_detector(small_set):
    _, _, crops = small_set
    assert crops.counts() == dict.fromkeys(COMPLEX_6, 2)
    assert crops.info["lighting"].tolist() == ["even"] * 6 + ["dim"] * 6
    assert set(crops.info["landmarks"]) == {"detected"}
    assert crops.images_rgb[:6].mean() > 1.5 * crops.images_rgb[6:].mean()
    middle, corner = crops.segments[:, 32, 32], crops.segments[:, 0, 0]
    assert np.isin(middle, FACE).all()
    assert (corner == Segment.WALL).all()
    np.testing.assert_array_equal(crops.regression[:, 2], crops.info["intensity"].astype(np.float32))


def test_parts_that_are_there_are_kept(small_set):
    config, folder, crops = small_set
    (part,) = folder.glob("part_*.npz")
    before = part.stat().st_mtime_ns
    again = generate(config, CropSpec(64, 0.0), COMPLEX_6, folder)
    assert part.stat().st_mtime_ns == before
    np.testing.assert_array_equal(again.images_rgb, crops.images_rgb)


def test_a_folder_with_other_settings_is_refused(small_set):
    config, folder, _ = small_set
    with pytest.raises(ConfigError, match="other settings"):
        generate(config, CropSpec(64, 0.1), COMPLEX_6, folder)


class _Finds:
    def __init__(self, *boxes):
        self.found = [Detection(np.array(box, float), np.full((5, 2), 50.0), 0.9) for box in boxes]

    def detect(self, image_rgb):
        return self.found


@pytest.mark.parametrize(
    ("boxes", "found"),
    [([[0, 0, 10, 10], [100, 100, 200, 200]], True), ([[0, 0, 10, 10]], False), ([], False)],
)
def test_where_the_detector_misses_the_truth_with_jitter_steps_in(boxes, found):
    truth = np.array([[120.0, 130], [180, 130], [150, 160], [130, 180], [170, 180]])
    image, segments = np.zeros((300, 300, 3), np.uint8), np.zeros((300, 300), np.uint8)
    rendering = Rendering(image, np.array([100.0, 100, 200, 200]), truth, segments, 1.0)
    landmarks, was_found = avatar_set._landmarks(_Finds(*boxes), rendering, np.random.default_rng(0))
    assert was_found is found
    if found:
        np.testing.assert_array_equal(landmarks, np.full((5, 2), 50.0))
    else:
        assert 0.1 < np.abs(landmarks - (truth - 0.5)).max() < 8.0  # jitter of 2 px on a face of 100 px
