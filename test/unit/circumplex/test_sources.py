"""From manifests to samples."""

from dataclasses import replace
from math import nan

import cv2
import numpy as np
import pytest

from affect_core.circumplex.sources import face_samples, person_samples
from affect_core.data.manifest import Manifest, Record
from affect_core.data.real import RealSetConfig, import_set
from affect_core.errors import ConfigError, InputError

LANDMARKS = ((25.0, 30.0), (55.0, 30.0), (40.0, 45.0), (28.0, 60.0), (52.0, 60.0))


@pytest.fixture
def faces(tmp_path):
    cv2.imwrite(str(tmp_path / "face.png"), np.full((80, 80, 3), 120, np.uint8))
    cv2.imwrite(str(tmp_path / "other.png"), np.full((80, 80, 3), 60, np.uint8))
    rows = [("face.png", "happy", 0.5), ("other.png", "sad", nan), ("face.png", "contempt", -0.5)]
    records = tuple(
        Record(image, label, valence=value, arousal=0.25, landmarks_xy=LANDMARKS, subject=label,
               box_xyxy=(i, 0, 80, 80), attributes={"split": "train"})
        for i, (image, label, value) in enumerate(rows)
    )  # fmt: skip
    return Manifest(tmp_path, "mine", ("happy", "sad", "contempt"), records, synthetic=True)


def test_faces_are_cut_out_with_their_place(faces, tmp_path):
    made = face_samples(faces, 32, tmp_path / "crops", without=["contempt"])
    assert made.label_names == ("happy", "sad") and made.labels.tolist() == [0, 1]
    np.testing.assert_array_equal(made.affect, np.float32([[0.5, 0.25], [nan, 0.25]]))
    assert made.images_rgb.shape == (2, 32, 32, 3) and made.subjects.tolist() == ["happy", "sad"]
    assert made.given.tolist() == ["train", "train"]
    assert "config/affect_map.yaml" in made.notes[0]


def test_classes_that_are_not_there_and_too_few_of_them(faces, tmp_path):
    with pytest.raises(ConfigError, match="leave out some of happy, sad, contempt"):
        face_samples(faces, 32, tmp_path / "crops", without=["bored"])
    with pytest.raises(ConfigError, match="keep two or more"):
        face_samples(faces, 32, tmp_path / "crops", without=["sad", "contempt"])


def test_a_set_without_valence_is_refused(faces, tmp_path):
    blind = replace(faces, records=tuple(replace(r, valence=nan) for r in faces.records))
    with pytest.raises(InputError, match="pictures with valence, found none of 3"):
        face_samples(blind, 32, tmp_path / "crops")


def test_people_are_their_boxes_with_all_their_labels(circumplex_emotic, tmp_path):
    made = import_set("emotic_csv", circumplex_emotic, tmp_path / "people", RealSetConfig(region="person"))
    assert len(made.manifest) == 20 and not made.left_out
    assert made.manifest.records[3].categories[:2] == ("Happiness", "Pleasure")
    samples = person_samples(made.manifest, 32)
    assert samples.images_rgb.shape == (20, 32, 32, 3) and len(samples.present_names) == 26
    third = {name for name, here in zip(samples.present_names, samples.present[3], strict=True) if here}
    assert third == {"Happiness", "Pleasure"}
    # 8, 6 and 7 of 1 to 10: 2 (v - 1) / 9 - 1.
    np.testing.assert_allclose(samples.affect[3], [14 / 9 - 1, 10 / 9 - 1, 12 / 9 - 1], rtol=1e-6)
    assert (samples.labels == -1).all() and samples.dimensions[-1] == "dominance"
    assert samples.given.tolist().count("test") == 4


def test_a_set_of_faces_has_no_people(faces):
    with pytest.raises(InputError, match="people with boxes and categories, found none of 3"):
        person_samples(faces, 32)
