"""Where the 68 landmarks of a picture come from."""

import json
from dataclasses import replace

import numpy as np
import pytest

from affect_core.errors import InputError
from affect_core.subgroups.landmarks import FILE, ORDER, SOURCES68, find_landmarks
from affect_core.subgroups.points import five_of

ROWS = [("happy", "female", ""), ("sad", "male", "")]


def test_every_source_has_its_place():
    assert set(ORDER) == set(SOURCES68)


def test_a_file_of_the_set_comes_first(subgroups_set):
    made = subgroups_set(ROWS)
    points = np.arange(136.0).reshape(68, 2)
    (made.folder / FILE).write_text(json.dumps({"000.png": points.tolist()}))
    name, find = find_landmarks(made)
    assert name == "file" and find(made.records[1]) is None
    np.testing.assert_array_equal(find(made.records[0]), points)


@pytest.mark.parametrize("content", ['{"000.png": [[1, 2]]}', "[1, 2]", "no json"])
def test_a_file_that_cannot_be_used(subgroups_set, content):
    made = subgroups_set(ROWS)
    (made.folder / FILE).write_text(content)
    with pytest.raises(InputError, match=FILE):
        find_landmarks(made)


def test_five_landmarks_are_fitted(subgroups_set):
    made = subgroups_set(ROWS)
    name, find = find_landmarks(made)
    points = find(made.records[0])
    assert name == "fitted" and points.shape == (68, 2)
    # In the least-squares sense: the middle of the five is kept, each is within a few pixels.
    wanted = np.array(made.records[0].landmarks_xy)
    np.testing.assert_allclose(five_of(points).mean(axis=0), wanted.mean(axis=0), atol=1e-9)
    assert np.abs(five_of(points) - wanted).max() < 6.0
    assert find(replace(made.records[0], landmarks_xy=None)) is None


def test_rendered_heads_are_posed_once_more(tmp_path):
    """The landmarks found without drawing are those that the renderer wrote down."""
    from affect_core.synth.humans.ict import find_ict

    if find_ict() is None:
        pytest.skip("needs the ICT face model")
    from affect_core.subgroups.groups import find_groups
    from affect_core.subgroups.landmarks import resting_landmarks
    from affect_core.synth.humans.base import HumanSetConfig
    from affect_core.synth.humans.human_set import generate

    made = generate(HumanSetConfig(labels="basic-6", images=6, seed=3, size_px=64), tmp_path / "faces")
    name, find = find_landmarks(made)
    assert name == "rendered"
    for record in made.records:
        found = find(record)
        np.testing.assert_allclose(five_of(found), record.landmarks_xy, atol=0.01)
        box = np.concatenate([found.min(axis=0), found.max(axis=0)])
        np.testing.assert_allclose(box, record.box_xyxy, atol=0.01)
    # Another picture's numbers do not fit: no landmarks rather than wrong ones.
    assert find(replace(made.records[0], attributes=dict(made.records[1].attributes))) is None
    rest = resting_landmarks(made)
    np.testing.assert_allclose(rest[:, 36:42].mean(axis=1), [[-0.5, 0.0]] * 6, atol=0.02)
    groups = find_groups(made, "face_shape")
    extent = np.ptp(rest, axis=1)
    ratio = extent[:, 0] / extent[:, 1]
    wide = groups.of == groups.names.index("wide")
    assert ratio[wide].mean() > ratio[~wide].mean()
