"""From a set to judged faces."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from affect_core.curation.config import CurationConfig
from affect_core.curation.faces import action_units, judge, part
from affect_core.data.manifest import Manifest, Record
from affect_core.errors import InputError

SetOf = Callable[..., Manifest]


def test_faces_keep_the_place_of_their_record(
    curation_set: SetOf, curation_config: CurationConfig, tmp_path: Path
) -> None:
    made = curation_set({"happy": 8, "sad": 8})
    records = list(made.records)
    records[3] = replace(records[3], landmarks_xy=None)  # cannot be cut out
    records[9] = records[8]  # listed twice
    manifest = replace(made, records=tuple(records))
    faces = judge(manifest, curation_config, tmp_path / "crops", 0)
    assert faces.records.tolist() == [*range(3), *range(4, 9), *range(10, 16)]
    assert [manifest.records[i].label for i in faces.records] == [faces.classes[c] for c in faces.labels]
    assert faces.classes == ("happy", "sad") and not faces.subjects_known and not faces.blended.any()
    assert any("2 of 16 records are not judged" in note for note in faces.notes)


def test_the_papers_seven_of_eight_classes_are_judged(
    curation_set: SetOf, curation_config: CurationConfig, tmp_path: Path
) -> None:
    """Contempt is the set's eighth; a blend with it stays a blend."""
    names = ("neutral", "happy", "sad", "contempt", "surprise", "fear", "disgust", "anger")
    made = curation_set(dict.fromkeys(names, 4))
    records = list(made.records)
    records[5] = replace(records[5], soft_label={"happy": 0.7, "contempt": 0.3})
    records[9] = replace(records[9], soft_label={"sad": 0.6, "fear": 0.4})
    faces = judge(replace(made, records=tuple(records)), curation_config, tmp_path / "crops", 0)
    assert faces.classes == ("neutral", "happy", "sad", "surprise", "fear", "disgust", "anger")
    assert len(faces) == 28 and faces.crops.counts() == dict.fromkeys(faces.classes, 4)
    assert faces.records[faces.blended].tolist() == [5, 9]


def test_parts_share_no_subject_and_hold_every_class() -> None:
    labels, subjects = np.arange(120) % 4, np.arange(120) // 2
    seen = part(labels, subjects, 0.5, 0)
    assert seen.sum() == 60 and not set(subjects[seen]) & set(subjects[~seen])
    assert np.bincount(labels[seen]).tolist() == np.bincount(labels[~seen]).tolist()
    assert not np.array_equal(part(labels, subjects, 0.5, 1), seen)
    assert np.array_equal(part(labels, subjects, 0.5, 0), seen)


def test_faces_without_a_name_are_different_people(
    curation_set: SetOf, curation_config: CurationConfig, tmp_path: Path
) -> None:
    made = curation_set({"happy": 6, "sad": 6})
    named = [replace(r, subject="ann" if i % 3 == 0 else "") for i, r in enumerate(made.records)]
    faces = judge(replace(made, records=tuple(named)), curation_config, tmp_path / "crops", 0)
    assert len(np.unique(faces.subjects)) == 9 and faces.subjects_known
    assert len(np.unique(faces.subjects[::3])) == 1


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ({"happy": 20, "sad": 0}, "at least two of happy, sad, got happy"),
        ({"happy": 9, "sad": 2}, "2 of sad"),
    ],
)
def test_empty_and_tiny_classes(
    counts: dict[str, int], said: str, curation_set: SetOf, curation_config: CurationConfig, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=said):
        judge(curation_set(counts), curation_config, tmp_path / "crops", 0)


def test_an_empty_class_among_others_is_told(
    curation_set: SetOf, curation_config: CurationConfig, tmp_path: Path
) -> None:
    faces = judge(curation_set({"happy": 6, "fear": 0, "sad": 6}), curation_config, tmp_path / "crops", 0)
    assert faces.classes == ("happy", "sad") and "fear: no faces." in faces.notes


def test_wrong_labels_and_missing_columns_are_left_out_and_counted(
    curation_set: SetOf, curation_config: CurationConfig, tmp_path: Path
) -> None:
    made = curation_set({"happy": 6, "sad": 6})
    records = (*made.records, Record("happy_0.png", "joy"), Record("happy_1.png"), Record("gone.png", "sad"))
    faces = judge(replace(made, records=records), curation_config, tmp_path / "crops", 0)
    assert len(faces) == 12 and any("3 of 15 records are not judged" in note for note in faces.notes)
    nothing = tuple(replace(record, landmarks_xy=None) for record in made.records)
    with pytest.raises(InputError, match="12 missing landmarks"):
        judge(replace(made, records=nothing), curation_config, tmp_path / "other", 0)


def test_a_limit_keeps_the_proportions_of_the_classes(
    curation_set: SetOf, curation_config: CurationConfig, tmp_path: Path
) -> None:
    made = curation_set({"happy": 20, "sad": 10})
    faces = judge(made, replace(curation_config, limit=15), tmp_path / "crops", 0)
    assert faces.crops.counts() == {"happy": 10, "sad": 5} and len(set(faces.records)) == 15
    assert [made.records[i].label for i in faces.records] == [faces.classes[c] for c in faces.labels]
    assert "15 of 30 records are not judged: beyond the limit of 15" in faces.notes[0]


def test_action_units_are_vectors_when_every_face_has_them(curation_set: SetOf) -> None:
    made = curation_set({"happy": 2, "sad": 1})
    assert action_units(made, np.array([0, 1])) is None
    units = ({"AU12": (1.0, 0.5)}, {"AU04": (0.2, 0.2)}, None)
    told = replace(
        made, records=tuple(replace(r, action_units=u) for r, u in zip(made.records, units, strict=True))
    )
    found = action_units(told, np.array([0, 1]))
    assert found is not None and found.tolist() == [[0.0, 0.0, 1.0, 0.5], [0.2, 0.2, 0.0, 0.0]]
    assert action_units(told, np.array([0, 2])) is None
