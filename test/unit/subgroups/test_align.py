"""Faces are turned until the eyes are level."""

import numpy as np
import pytest

from affect_core.errors import InputError
from affect_core.faces.crop import apply_affine
from affect_core.subgroups.align import AlignConfig, align, tilt_rad
from affect_core.subgroups.faces import load_faces
from affect_core.subgroups.groups import find_groups
from affect_core.subgroups.landmarks import find_landmarks
from affect_core.subgroups.points import EYES, five_of, mean_face
from affect_core.subgroups.space import FaceSpace


def turned(angle_deg, scale=40.0, shift=(120.0, 110.0)):
    angle = np.radians(angle_deg)
    affine = [
        [scale * np.cos(angle), -scale * np.sin(angle), shift[0]],
        [scale * np.sin(angle), scale * np.cos(angle), shift[1]],
    ]
    return apply_affine(np.array(affine), mean_face())


@pytest.mark.parametrize("angle_deg", [-170.0, -35.0, -5.0, 0.0, 12.0, 60.0])
def test_eyes_are_level_within_a_pixel_at_224(angle_deg):
    points = turned(angle_deg)
    assert np.degrees(tilt_rad(points)) == pytest.approx(angle_deg)
    made = align(np.zeros((240, 260, 3), np.uint8), points, AlignConfig())
    right, left = (made.landmarks_xy[eye].mean(axis=0) for eye in EYES)
    assert made.image_rgb.shape == (224, 224, 3) and made.image_rgb.dtype == np.uint8
    assert abs(left[1] - right[1]) < 1.0 and left[0] > right[0]
    assert made.landmarks_xy.min() > 0.0 and made.landmarks_xy.max() < 223.0


def test_the_pixels_go_where_the_landmarks_go():
    image = np.zeros((240, 260, 3), np.uint8)
    points = turned(30.0)
    x, y = np.rint(points[30]).astype(int)
    image[y - 2 : y + 3, x - 2 : x + 3] = 255  # the tip of the nose
    made = align(image, points, AlignConfig())
    rows, columns = np.nonzero(made.image_rgb[..., 0] > 128)
    assert [columns.mean(), rows.mean()] == pytest.approx(made.landmarks_xy[30], abs=1.0)


def test_points_that_are_no_face():
    image = np.zeros((50, 50, 3), np.uint8)
    with pytest.raises(InputError, match="68 finite"):
        align(image, np.full((68, 2), np.nan), AlignConfig())
    with pytest.raises(InputError, match=r"68 finite.*\(5, 2\)"):
        align(image, np.zeros((5, 2)), AlignConfig())
    with pytest.raises(InputError, match="two different ends"):
        align(image, np.ones((68, 2)), AlignConfig())


def test_missing_landmarks_and_pictures_are_counted_drops(subgroups_set):
    from dataclasses import replace

    rows = [
        (label, gender, "") for label in ("happy", "sad") for gender in ("female", "male") for _ in range(3)
    ]
    made = subgroups_set(rows)
    records = list(made.records)
    records[0] = replace(records[0], landmarks_xy=None)
    records[4] = replace(records[4], landmarks_xy=((1.0, 1.0),) * 5)
    (made.folder / records[7].image).unlink()
    made = replace(made, records=tuple(records))
    groups, (name, find) = find_groups(made, "gender"), find_landmarks(made)
    faces = load_faces(
        made, np.arange(12), ("happy", "sad"), groups, find, AlignConfig(size_px=32), FaceSpace()
    )
    assert name == "fitted" and len(faces) == 9
    assert dict(faces.dropped) == {"no landmarks": 2, "picture cannot be read": 1}
    assert faces.images_rgb.shape == (9, 32, 32, 3) and faces.points_xy.shape == (9, 89, 2)
    # The label, group and name of a face are still those of its own picture.
    assert faces.names[0] == "001.png" and faces.labels.tolist() == [0] * 4 + [0] * 0 + [1] * 5


def test_nothing_left_of_a_class_is_said(subgroups_set):
    from dataclasses import replace

    rows = [(label, gender, "") for label in ("happy", "sad") for gender in ("female", "male")]
    made = subgroups_set(rows)
    made = replace(made, records=(replace(made.records[0], landmarks_xy=None), *made.records[1:]))
    groups, (_, find) = find_groups(made, "gender"), find_landmarks(made)
    with pytest.raises(InputError, match=r"none is left of happy \(female\).*no landmarks"):
        load_faces(made, np.arange(4), ("happy", "sad"), groups, find, AlignConfig(), FaceSpace())


def test_five_landmarks_are_kept_by_the_68_fitted_to_them():
    from affect_core.subgroups.points import sixty_eight

    points = turned(20.0)
    np.testing.assert_allclose(sixty_eight(five_of(points)), points, atol=1e-9)
