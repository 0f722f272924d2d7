import cv2
import numpy as np
import pytest

from affect_core.avatar.truth import FACE, Segment
from affect_core.data.manifest import load_manifest
from affect_core.errors import ConfigError, UnknownName
from affect_core.faces.crop import CropSpec, align, fit_similarity, template_px
from affect_core.labels import BASIC_8, COMPLEX_6
from affect_core.synth.robots import RobotSetConfig, generate, ranges
from affect_core.synth.robots.robot_set import robot_of


def everything(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "set.yaml"  # has the folder's name
    }


def segments_of(manifest, record):
    return cv2.imread(str(manifest.mask_path(record)), cv2.IMREAD_UNCHANGED)


def test_the_manifest_comes_back_as_it_was_written(small_set):
    read = load_manifest(small_set.folder)
    assert len(read) == 42
    assert read.records == small_set.records
    assert read.labels == COMPLEX_6
    assert read.synthetic and read.stand_in == ""
    assert read.settings["ranges"]["half_width"] == list(ranges()["half_width"])
    assert read.settings["seed"] == 11


def test_pictures_and_segments_have_the_size_and_values_they_should(small_set):
    for record in small_set.records[::5]:
        image = cv2.imread(str(small_set.image_path(record)))
        segments = segments_of(small_set, record)
        assert image.shape == (112, 112, 3)
        assert segments.shape == (112, 112)
        assert segments.max() <= max(Segment)
        assert np.isin(segments, FACE).mean() > 0.08
        assert (segments == Segment.WALL).any()


def test_workers_do_not_change_the_bytes(small_config, small_set, tmp_path):
    generate(small_config, tmp_path, workers=2)
    assert everything(tmp_path) == everything(small_set.folder)


def test_an_interrupted_run_goes_on(small_config, small_set, tmp_path):
    folder = tmp_path / "again"
    generate(small_config, folder)
    whole = everything(folder)
    kept = (folder / small_set.records[0].image).stat().st_mtime_ns
    (folder / small_set.records[-1].image).unlink()  # the last part is made again, the first is not
    (folder / "records.jsonl").unlink()
    again = generate(small_config, folder)
    assert everything(folder) == whole
    assert again.records == small_set.records
    assert (folder / small_set.records[0].image).stat().st_mtime_ns == kept


def test_a_folder_with_other_settings_is_refused(small_set):
    with pytest.raises(ConfigError, match="other settings"):
        generate(RobotSetConfig(heads=7, images_per_head=6, seed=12, size_px=112), small_set.folder)


def test_an_unknown_label_is_refused():
    with pytest.raises(UnknownName, match="smugness"):
        RobotSetConfig(labels=("neutral", "smugness"))


def test_labels_come_in_turn_and_heads_keep_their_name(small_set):
    assert [record.label for record in small_set.records[:6]] == list(COMPLEX_6)
    assert [record.subject for record in small_set.records[::6]] == [f"robot-11-{k:05d}" for k in range(7)]
    kinds = [{k: r.attributes[k] for k in ("eye", "lid", "mouth")} for r in small_set.records]
    assert kinds[0] == kinds[5]


def test_seeds_share_no_head():
    one, other = ({robot_of(seed, head).size for head in range(30)} for seed in (1, 2))
    assert len(one) == len(other) == 30
    assert not one & other


def test_the_label_says_which_units_move(small_set, table):
    for record in small_set.records:
        units = record.action_units
        recipe = table.get(record.label).led_by(record.attributes["side"]).action_units
        strength = record.attributes["strength"]
        assert record.intensity == (0.0 if record.label == "neutral" else min(1.0, strength))
        assert set(recipe) <= set(units)
        for name, sides in units.items():
            for k, side in enumerate(("right", "left")):
                expected = min(1.0, strength * recipe.get(name, {}).get(side, 0.0))
                assert sides[k] == pytest.approx(expected, abs=2e-3)


def test_an_uneven_expression_is_uneven_in_its_units(small_set):
    skeptical = next(record for record in small_set.records if record.label == "skepticism")
    lead = ("right", "left").index(skeptical.attributes["side"])
    assert skeptical.action_units["AU2"][lead] > skeptical.action_units["AU2"][1 - lead] == 0.0


def test_landmarks_are_on_their_parts(small_set):
    parts = {0: (Segment.EYE, Segment.LID), 1: (Segment.EYE, Segment.LID), 2: (Segment.NOSE, Segment.SKIN)}
    parts |= {3: (Segment.LIP, Segment.MOUTH), 4: (Segment.LIP, Segment.MOUTH)}
    right = []
    for record in small_set.records:
        if record.attributes["cover"] != "none":
            continue
        segments = segments_of(small_set, record)
        for index, (x, y) in enumerate(record.landmarks_xy):
            column, row = round(x), round(y)
            near = segments[max(0, row - 2) : row + 3, max(0, column - 2) : column + 3]
            right.append(np.isin(near, parts[index]).any())
    assert np.mean(right) > 0.98


def test_landmarks_stand_as_in_a_face(small_set):
    for record in small_set.records:
        right_eye, left_eye, nose, right_mouth, left_mouth = np.array(record.landmarks_xy)
        assert right_eye[0] < left_eye[0] and right_mouth[0] < left_mouth[0]
        assert max(right_eye[1], left_eye[1]) < min(right_mouth[1], left_mouth[1])
        left, top, right, bottom = record.box_xyxy
        assert left < nose[0] < right and top < nose[1] < bottom


def test_the_tight_crop_is_wide_enough_and_the_loose_one_mostly_inside(small_set):
    tight, loose = (CropSpec(size_px=112, margin=margin) for margin in (0.05, 0.35))
    inside = []
    for record in small_set.records:
        points = np.array(record.landmarks_xy)
        scale = np.hypot(*fit_similarity(points, template_px(tight))[0, :2])
        assert 112 / scale >= 56 - 1e-6  # half of the picture
        image = np.full((112, 112, 3), 255, np.uint8)
        inside.append((align(image, points, loose).image_rgb.min(axis=2) > 0).mean())
    assert np.mean(inside) > 0.97
    assert np.mean(np.array(inside) > 0.95) > 0.85


def test_true_landmarks_are_centred_on_pixels(robot, night):
    """Two shining rings in the dark: their brightness is balanced about the landmarks of the eyes."""
    shot = night(robot(eye="led_ring", lid="shutter"))
    light = np.where(shot.segments == Segment.EYE, shot.image_rgb.sum(axis=2), 0)
    column = (light.sum(axis=0) * np.arange(light.shape[1])).sum() / light.sum()
    assert column == pytest.approx(shot.landmarks_xy[:2, 0].mean(), abs=0.15)


def test_light_and_background_are_named(small_set):
    lights = [record.lighting for record in small_set.records]
    assert set(lights) == {"even", "dim"}
    assert len({record.background for record in small_set.records}) > 2
    brightness = {
        name: np.mean(
            [
                cv2.imread(str(small_set.image_path(record))).mean()
                for record in small_set.records
                if record.lighting == name
            ]
        )
        for name in ("even", "dim")
    }
    assert brightness["dim"] < 0.75 * brightness["even"]


def test_basic_expressions_stand_in_for_humans_and_say_so(tmp_path):
    config = RobotSetConfig(labels=BASIC_8, heads=1, images_per_head=8, stands_in=True, size_px=112)
    made = load_manifest(generate(config, tmp_path).folder)
    assert [record.label for record in made.records] == list(BASIC_8)
    assert "in place of human faces" in made.stand_in
