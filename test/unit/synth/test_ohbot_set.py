import json
from math import degrees

import cv2
import numpy as np
import pytest

from affect_core.avatar import Avatar, AvatarConfig
from affect_core.errors import ConfigError, UnknownName
from affect_core.heads.expressions import load_expressions
from affect_core.labels import COMPLEX_6
from affect_core.synth import OhbotSetConfig, generate
from affect_core.synth.ohbot_set import draw

SMALL = OhbotSetConfig(images=2, seed=7, width=160, height=120)


def everything(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("set")
    return folder, json.loads(generate(SMALL, folder).read_text())


def test_the_full_set_is_what_the_paper_has():
    config = OhbotSetConfig()
    assert config.labels == COMPLEX_6
    assert config.lightings == ("even", "dim")
    assert config.total == 6 * 2 * 100


def test_every_label_and_lighting_has_its_images(made):
    folder, manifest = made
    rows = manifest["images"]
    assert len(rows) == 2 * 6 * 2
    for lighting in ("even", "dim"):
        for label in COMPLEX_6:
            assert sum(row["label"] == label and row["lighting"] == lighting for row in rows) == 2
    assert len({row["sha256"] for row in rows}) == len(rows)
    for row in rows:
        assert cv2.imread(str(folder / row["file"])).shape == (120, 160, 3)


def test_a_row_says_what_the_picture_shows(made):
    folder, manifest = made
    table = load_expressions()
    row = next(row for row in manifest["images"] if row["label"] == "skepticism" and row["lighting"] == "dim")
    item = draw(SMALL, table, "dim", "skepticism", 0)
    avatar = Avatar(AvatarConfig(look="ohbot", width=160, height=120))
    rendering = avatar.render(item.pose, item.scene)
    assert (cv2.imread(str(folder / row["file"]))[:, :, ::-1] == rendering.image_rgb).all()
    assert row["box_xyxy"] == pytest.approx(rendering.box_xyxy, abs=0.01)
    assert row["landmarks_xy"] == [pytest.approx(point, abs=0.01) for point in rendering.landmarks_xy]
    assert row["landmarks68_xy"][0] == [None, None]  # no jaw
    assert row["landmarks68_xy"][30] == pytest.approx(row["landmarks_xy"][2])
    assert row["head_deg"]["yaw"] == pytest.approx(
        degrees(item.pose["head_yaw"]) + item.scene.yaw_deg, abs=1e-3
    )
    raised = row["action_units"]["AU2"]
    assert raised == {item.side: row["intensity"], {"left": "right", "right": "left"}[item.side]: 0.0}


def test_draws_stay_in_their_ranges():
    table = load_expressions()
    items = [draw(OhbotSetConfig(), table, "even", "boredom", index) for index in range(100)]
    for item in items:
        assert 0.7 <= item.intensity <= 1
        assert max(abs(item.scene.yaw_deg), abs(item.scene.pitch_deg)) <= 8
        assert abs(item.scene.roll_deg) <= 4
    assert {item.side for item in items} == {"left", "right"}
    assert np.ptp([item.scene.yaw_deg for item in items]) > 12


def test_two_runs_give_the_same_bytes(made, tmp_path):
    folder, _ = made
    generate(SMALL, tmp_path / "again")
    assert everything(tmp_path / "again") == everything(folder)


def test_an_interrupted_run_goes_on_and_ends_the_same(made, tmp_path):
    folder, manifest = made
    generate(SMALL, tmp_path)
    whole = everything(tmp_path)
    spared = tmp_path / manifest["images"][0]["file"]
    stamp = spared.stat().st_mtime_ns
    (tmp_path / "manifest.json").unlink()
    (tmp_path / manifest["images"][-1]["file"]).write_bytes(b"cut off")
    (tmp_path / "records" / "even_boredom.json").write_text("[")
    generate(SMALL, tmp_path)
    assert everything(tmp_path) == whole == everything(folder)
    assert spared.stat().st_mtime_ns == stamp  # was not drawn again


def test_another_seed_gives_other_pictures_and_needs_another_folder(made, tmp_path):
    folder, manifest = made
    other = OhbotSetConfig(
        images=1, seed=8, width=160, height=120, labels=("confusion",), lightings=("even",)
    )
    with pytest.raises(ConfigError, match="other settings"):
        generate(other, folder)
    rows = json.loads(generate(other, tmp_path).read_text())["images"]
    assert rows[0]["sha256"] not in {row["sha256"] for row in manifest["images"]}


def test_unknown_names():
    with pytest.raises(UnknownName, match="unknown lighting 'disco'"):
        OhbotSetConfig(lightings=("disco",))
    with pytest.raises(UnknownName, match="unknown look 'dog'"):
        OhbotSetConfig(look="dog")


def test_unknown_expressions_are_refused_before_anything_is_written(tmp_path):
    with pytest.raises(UnknownName, match="unknown expression 'delight'"):
        generate(OhbotSetConfig(labels=("delight",)), tmp_path)
    assert not list(tmp_path.iterdir())
