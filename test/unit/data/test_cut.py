import json
import logging
import shutil
from dataclasses import replace
from math import nan

import numpy as np
import pytest
from PIL import Image

from affect_core.avatar import Segment
from affect_core.data.crop_set import NO_SEGMENT, load_crop_set
from affect_core.data.cut import SETTINGS_FILE, SKIPPED_FILE, cut
from affect_core.errors import ConfigError, InputError
from affect_core.faces.crop import CropSpec

SPEC = CropSpec(32, 0.0)
LABELS = ("neutral", "boredom")


def skipped(folder):
    return json.loads((folder / SKIPPED_FILE).read_text())


def test_what_is_cut_out(painted_set, tmp_path):
    blend = {"boredom": 0.75, "neutral": 0.25}
    manifest = painted_set(
        ["neutral", "boredom"],
        intensity=(nan, 0.5),
        valence=(-0.25, nan),
        soft_label=(None, blend),
        lighting=("even", "dim"),
        head_deg=(None, (1.0, 2.0, 3.0)),
        attributes=({"glasses": "round"}, {"age": 30.0}),
    )
    crops = cut(manifest, SPEC, LABELS, tmp_path / "crops")
    assert crops.images_rgb[:, 16, 16].tolist() == [[0, 100, 200], [1, 100, 200]]
    assert crops.labels.tolist() == [0, 1]
    assert crops.soft_labels.tolist() == [[1.0, 0.0], [0.25, 0.75]]
    np.testing.assert_array_equal(crops.regression, np.float32([[-0.25, nan, nan], [nan, nan, 0.5]]))
    assert crops.info["lighting"].tolist() == ["even", "dim"]
    assert crops.info["set"].tolist() == ["painted"] * 2
    assert crops.info["image"].tolist() == ["images/0.png", "images/1.png"]
    assert crops.info["glasses"].tolist() == ["round", ""]
    np.testing.assert_array_equal(crops.info["age"], [nan, 30.0])
    np.testing.assert_array_equal(crops.info["pitch_deg"], [nan, 2.0])
    assert skipped(tmp_path / "crops") == {"records": 2, "skipped": {}, "first": []}


def test_segments_are_not_mixed_at_their_edges(painted_set, tmp_path):
    # A crop with a margin shows the picture smaller: a third of it on every side is outside the picture.
    crops = cut(painted_set(["neutral"]), CropSpec(32, 1.0), LABELS, tmp_path / "crops")
    segments = crops.segments[0]
    assert set(np.unique(segments)) == {Segment.WALL, Segment.SKIN}
    assert (segments[12:20, 12:15] == Segment.SKIN).all()
    assert (segments[:, 17:] == Segment.WALL).all()
    assert (segments[:9] == Segment.WALL).all()


def test_without_a_mask_the_landmarks_tell_the_face(painted_set, tmp_path):
    crops = cut(painted_set(["neutral"], masks=False), SPEC, LABELS, tmp_path / "crops")
    right_eye = np.round(np.array([38.2946, 51.6963]) * 32 / 112 - 0.5).astype(int)
    assert crops.segments[0, right_eye[1], right_eye[0]] == Segment.EYE
    assert crops.segments[0, 31, 0] == NO_SEGMENT
    assert Segment.WALL not in crops.segments


def test_every_kind_of_bad_record_is_counted(painted_set, tmp_path, caplog):
    manifest = painted_set(["neutral"] * 10)
    records = list(manifest.records)
    (manifest.folder / "images/1.png").write_bytes(b"not a picture")
    whole = (manifest.folder / "images/2.png").read_bytes()
    (manifest.folder / "images/2.png").write_bytes(whole[: len(whole) // 2])
    (manifest.folder / "images/3.png").unlink()
    records[4] = replace(records[4], label="rage")
    records[5] = replace(records[5], landmarks_xy=None)
    records[6] = replace(records[6], landmarks_xy=((4.0, 4.0),) * 5)
    records[7] = records[0]
    (manifest.folder / "masks/8.png").unlink()
    Image.new("L", (8, 8)).save(manifest.folder / "masks/9.png")
    records.append(replace(records[0], image="images/x.png", soft_label={"neutral": 0.5, "rage": 0.5}))
    with caplog.at_level(logging.WARNING):
        crops = cut(replace(manifest, records=tuple(records)), SPEC, LABELS, tmp_path / "crops")
    assert len(crops) == 1
    report = skipped(tmp_path / "crops")
    assert report["records"] == 11
    assert report["skipped"] == {
        "corrupt image": 2,
        "missing image": 1,
        "unknown label": 2,
        "missing landmarks": 1,
        "unusable landmarks": 1,
        "duplicate path": 1,
        "missing mask": 1,
        "mask of another size": 1,
    }
    details = {entry["image"]: entry["detail"] for entry in report["first"]}
    assert str(manifest.folder / "images") in details["images/3.png"]
    assert details["images/4.png"] == "'rage'"
    assert "left out 10 of 11 records: 2 corrupt image" in caplog.text
    assert "no pictures of boredom" in caplog.text


def test_a_picture_too_large_to_open_is_left_out(painted_set, tmp_path, monkeypatch):
    manifest = painted_set(["neutral", "neutral"])
    Image.new("RGB", (64, 64)).save(manifest.folder / "images/1.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1024)  # Pillow refuses what is more than twice as large
    assert len(cut(manifest, SPEC, LABELS, tmp_path / "crops")) == 1
    assert skipped(tmp_path / "crops")["skipped"] == {"corrupt image": 1}


def test_two_people_in_one_picture_are_no_duplicates(painted_set, tmp_path):
    manifest = painted_set(["neutral"], box_xyxy=((0.0, 0.0, 9.0, 9.0),))
    other = replace(manifest.records[0], box_xyxy=(20.0, 0.0, 29.0, 9.0))
    crops = cut(replace(manifest, records=(*manifest.records, other)), SPEC, LABELS, tmp_path / "crops")
    assert len(crops) == 2


def test_a_set_that_moved_says_where_it_was_expected(painted_set, tmp_path):
    manifest = painted_set(["neutral", "boredom"])
    shutil.rmtree(manifest.folder / "images")
    with pytest.raises(InputError, match=rf"all 2 records.*2 missing image.*{manifest.folder}/images.*moved"):
        cut(manifest, SPEC, LABELS, tmp_path / "crops")
    assert not (tmp_path / "crops").exists()


def test_crops_are_cut_once_and_anew_when_the_set_changes(painted_set, tmp_path, caplog):
    manifest, folder = painted_set(["neutral", "boredom"]), tmp_path / "crops"
    cut(manifest, SPEC, LABELS, folder)
    part = next(folder.glob("part_*.npz"))
    before = part.stat().st_mtime_ns
    cut(manifest, SPEC, LABELS, folder)
    assert part.stat().st_mtime_ns == before
    changed = replace(manifest, records=(manifest.records[0], replace(manifest.records[1], label="neutral")))
    with caplog.at_level(logging.WARNING):
        assert cut(changed, SPEC, LABELS, folder).labels.tolist() == [0, 0]
    assert "cutting it anew" in caplog.text
    assert len(load_crop_set(folder)) == 2
    assert cut(changed, CropSpec(16, 0.0), LABELS, folder).images_rgb.shape == (2, 16, 16, 3)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["crops", "painted"]  # nothing half done


def test_interrupted_crops_are_not_taken_for_whole(painted_set, tmp_path):
    manifest, folder = painted_set(["neutral", "boredom"]), tmp_path / "crops"
    cut(manifest, SPEC, LABELS, folder)
    (folder / SETTINGS_FILE).unlink()
    with pytest.raises(ConfigError, match="name another folder"):
        cut(manifest, SPEC, LABELS, folder)


def test_nothing_of_others_is_deleted(painted_set, tmp_path):
    (tmp_path / "crops").mkdir()
    (tmp_path / "crops" / "diary.txt").write_text("mine")
    with pytest.raises(ConfigError, match="name another folder"):
        cut(painted_set(["neutral"]), SPEC, LABELS, tmp_path / "crops")
    assert (tmp_path / "crops" / "diary.txt").read_text() == "mine"


def test_landmark_noise_moves_the_crop_and_repeats(painted_set, tmp_path):
    manifest = painted_set(["neutral"])
    noisy = [
        cut(manifest, CropSpec(32, 1.0), LABELS, tmp_path / str(i), landmark_jitter=0.1, seed=seed).segments
        for i, seed in enumerate((0, 0, 1))
    ]
    np.testing.assert_array_equal(noisy[0], noisy[1])
    assert (noisy[0] != noisy[2]).any()
