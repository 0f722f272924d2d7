"""What is to be explained, found in pictures, sets and bags."""

import numpy as np
import pytest
from PIL import Image

from affect_core.data.manifest import Manifest, Record, save_manifest
from affect_core.errors import InputError
from affect_core.explain.subjects import evenly, find_subjects

LANDMARKS = ((10.0, 12.0), (22.0, 12.0), (16.0, 18.0), (12.0, 24.0), (20.0, 24.0))


def save(path, pixels):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


@pytest.fixture
def a_set(tmp_path):
    """Three pictures of joy in even light, one in dim light, and one of fear; only the first says where its face is."""
    rows = [("joy", "even"), ("joy", "even"), ("joy", "dim"), ("joy", "even"), ("fear", "even")]
    records = []
    for index, (label, lighting) in enumerate(rows):
        save(tmp_path / "s" / f"images/{label}/{index}.png", np.full((32, 40, 3), index, np.uint8))
        places = {"landmarks_xy": LANDMARKS, "mask": "masks/0.png"} if index == 0 else {}
        records.append(Record(f"images/{label}/{index}.png", label, lighting=lighting, **places))
    save(tmp_path / "s/masks/0.png", np.full((32, 40), 2, np.uint8))
    save_manifest(Manifest(tmp_path / "s", "s", ("joy", "fear"), tuple(records)))
    return tmp_path / "s"


def test_a_set_gives_the_first_of_each_class_and_light(a_set):
    found = find_subjects([a_set], limit=2)
    assert [(one.name, one.truth, one.facts["lighting"]) for one in found] == [
        ("joy_0", "joy", "even"),
        ("joy_1", "joy", "even"),
        ("joy_2", "joy", "dim"),
        ("fear_4", "fear", "even"),
    ]
    assert [one.name for one in find_subjects([a_set], limit=1)] == ["joy_0", "joy_2", "fear_4"]


def test_what_a_set_says_about_a_face(a_set):
    first, second = (one.read() for one in find_subjects([a_set], 2)[:2])
    assert (first.image_rgb == 0).all()
    np.testing.assert_array_equal(first.detection.landmarks_xy, LANDMARKS)
    np.testing.assert_array_equal(
        first.detection.box_xyxy, [4.0, 6.0, 28.0, 30.0]
    )  # twice their extent of 12 x 12
    assert (first.segments == 2).all()
    assert (second.image_rgb == 1).all()
    assert second.detection is None
    assert second.segments is None


def test_a_mask_of_another_size(a_set):
    save(a_set / "masks/0.png", np.zeros((8, 8), np.uint8))
    with pytest.raises(InputError, match=r"expected a mask of \(32, 40\).*got \(8, 8\)"):
        find_subjects([a_set], 1)[0].read()


def test_pictures_and_folders_of_them(tmp_path):
    for name in ("b.png", "a.png", "deeper/c.png"):
        save(tmp_path / "p" / name, np.zeros((4, 4, 3), np.uint8))
    found = find_subjects([tmp_path / "p", tmp_path / "p/b.png"], limit=1)
    assert [one.name for one in found] == ["a", "b", "b_2"]
    assert {one.truth for one in found} == {""}
    assert found[2].source == str(tmp_path / "p/b.png")


def test_a_bag_gives_frames_evenly_spread_with_what_was_shown(request):
    bag = request.config.rootpath / "bags" / "short_even"
    found = find_subjects([bag], limit=4)
    assert len(found) == 4
    assert [one.name.rsplit("_", 1)[0] for one in found] == ["short_even"] * 4
    assert {one.truth for one in found} >= {"neutral", "confusion"}
    pictures = [one.read().image_rgb for one in found]
    assert pictures[0].shape == pictures[3].shape
    assert (pictures[0] != pictures[3]).any()


@pytest.mark.parametrize(
    ("total", "wanted", "chosen"),
    [(10, 2, [2, 7]), (20, 4, [2, 7, 12, 17]), (3, 5, [0, 1, 2]), (7, 1, [3]), (0, 4, []), (5, 0, [])],
)
def test_evenly(total, wanted, chosen):
    assert evenly(total, wanted) == chosen
