import cv2
import numpy as np
import pytest

from affect_core.avatar import Avatar, AvatarConfig
from affect_core.avatar.truth import FACE
from affect_core.data.manifest import load_manifest
from affect_core.errors import ConfigError
from affect_core.heads.expressions import load_expressions
from affect_core.labels import COMPLEX_6
from affect_core.synth.ohbot_set import OhbotSetConfig, draw
from affect_core.synth.robots import OhbotManifestConfig, generate_ohbot, shots_config
from affect_core.synth.robots.ohbot import SHOT_LIGHT_GAIN, SHOT_LIGHT_TURN_DEG, SHOT_YAW_DEG, shot_draw

SMALL = OhbotManifestConfig(images=1, labels=("neutral", "skepticism"), seed=3)
SHOTS = shots_config(SMALL, 2)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return generate_ohbot(SMALL, tmp_path_factory.mktemp("ohbot"))


@pytest.fixture(scope="module")
def shots(tmp_path_factory):
    return generate_ohbot(SHOTS, tmp_path_factory.mktemp("shots"))


def test_the_full_set_is_what_the_paper_has():
    config = OhbotManifestConfig()
    assert config.source == OhbotSetConfig()
    assert config.labels == COMPLEX_6 and config.lightings == ("even", "dim") and config.images == 100


def test_the_pictures_are_those_of_the_ohbot_set(made):
    record = next(r for r in made.records if r.label == "skepticism" and r.lighting == "dim")
    item = draw(SMALL.source, load_expressions(), "dim", "skepticism", 0)
    rendering = Avatar(AvatarConfig(look="ohbot", width=640, height=480)).render(item.pose, item.scene)
    image = cv2.imread(str(made.image_path(record)))[:, :, ::-1]
    segments = cv2.imread(str(made.mask_path(record)), cv2.IMREAD_UNCHANGED)
    assert (image == rendering.image_rgb).all()
    assert (segments == rendering.segments).all()
    assert record.intensity == pytest.approx(item.intensity, abs=1e-3)
    lead = ("right", "left").index(item.side)
    assert record.action_units["AU2"][lead] == pytest.approx(item.intensity, abs=1e-3)
    assert record.action_units["AU2"][1 - lead] == 0


def test_landmarks_are_the_detectors_or_say_so(made):
    assert load_manifest(made.folder).records == made.records
    assert [record.lighting for record in made.records] == ["even", "even", "dim", "dim"]
    missed = [record for record in made.records if record.attributes["landmarks"] == "true"]
    assert made.settings["missed"] == len(missed) <= 2
    assert f"{4 - len(missed)} of 4" in made.description
    for record in made.records:
        segments = cv2.imread(str(made.mask_path(record)), cv2.IMREAD_UNCHANGED)
        columns, rows = np.round(record.landmarks_xy).astype(int).T
        assert np.isin(segments[rows, columns], FACE).all()


def test_where_the_detector_misses_the_truth_stands_in(tmp_path, monkeypatch):
    from affect_core import faces

    class Blind:
        def detect(self, image_rgb):
            return []

    monkeypatch.setattr(faces, "build_detector", lambda config: Blind())
    one = OhbotManifestConfig(images=1, labels=("neutral",), lightings=("even",))
    made = generate_ohbot(one, tmp_path)
    item = draw(one.source, load_expressions(), "even", "neutral", 0)
    rendering = Avatar(AvatarConfig(look="ohbot", width=640, height=480)).render(item.pose, item.scene)
    assert made.settings["missed"] == 1
    assert np.array(made.records[0].landmarks_xy) == pytest.approx(rendering.landmarks_xy - 0.5, abs=1e-3)


def test_shots_share_no_angle_light_or_seed_with_the_test():
    assert SHOT_YAW_DEG[0] > OhbotSetConfig().turn_deg
    assert SHOT_LIGHT_TURN_DEG[0] > 0  # the test's light is not turned
    assert all(not low <= 1.0 <= high for low, high in SHOT_LIGHT_GAIN)  # nor weaker or stronger
    assert SHOTS.source.seed != SMALL.source.seed
    table = load_expressions()
    yaws = set()
    for index in range(40):
        item, relit = shot_draw(SHOTS, draw(SHOTS.source, table, "dim", "neutral", index), index)
        studio = relit(Avatar(AvatarConfig(look="ohbot", width=64, height=48)).look.studio)
        assert SHOT_YAW_DEG[0] <= abs(item.scene.yaw_deg) <= SHOT_YAW_DEG[1]
        assert SHOT_LIGHT_TURN_DEG[0] <= abs(studio.light_turn_deg[0]) <= SHOT_LIGHT_TURN_DEG[1]
        assert any(low <= studio.light_gain <= high for low, high in SHOT_LIGHT_GAIN)
        yaws.add(item.scene.yaw_deg > 0)
    assert yaws == {True, False}


def test_shots_are_pictures_of_the_same_robot(made, shots):
    assert {record.subject for record in shots.records} == {record.subject for record in made.records}
    assert [record.label for record in shots.records] == ["neutral", "skepticism"] * 2
    pictures = [
        {manifest.image_path(record).read_bytes() for record in manifest.records}
        for manifest in (made, shots)
    ]
    assert not pictures[0] & pictures[1]


def test_the_pool_is_shared_by_the_lights():
    assert shots_config(OhbotManifestConfig(), 20).images == 10
    with pytest.raises(ConfigError, match="2 lights"):
        shots_config(OhbotManifestConfig(), 5)
