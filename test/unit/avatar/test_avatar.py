import hashlib
import subprocess
import sys
from math import radians

import numpy as np
import pytest

from affect_core.avatar import LIGHTINGS, MASKS, OCCLUSIONS, Avatar, AvatarConfig, Plate, Scene, Segment
from affect_core.errors import ConfigError, UnknownName
from affect_core.heads.rig import rest_pose
from affect_core.labels import COMPLEX_6


def bounds(mask):
    rows, columns = np.nonzero(mask)
    return np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1])


def digest(rendering):
    return hashlib.sha256(rendering.image_rgb.tobytes() + rendering.segments.tobytes()).hexdigest()


@pytest.fixture(scope="module")
def renderings(avatar, table):
    return {name: avatar.render(table.pose(name)) for name in COMPLEX_6}


def test_shapes(renderings):
    one = renderings["neutral"]
    assert one.image_rgb.shape == (720, 1280, 3)
    assert one.image_rgb.dtype == np.uint8
    assert one.segments.shape == (720, 1280)
    assert one.box_xyxy.shape == (4,)
    assert one.landmarks_xy.shape == (5, 2)
    assert one.render_ms > 0


@pytest.mark.parametrize("name", COMPLEX_6)
def test_masks_agree_with_the_box(renderings, name):
    assert np.abs(bounds(renderings[name].mask("face")) - renderings[name].box_xyxy).max() <= 1
    for region in MASKS:
        assert renderings[name].mask(region).sum() > 30
        assert not (renderings[name].mask(region) & ~renderings[name].mask("face")).any()


@pytest.mark.parametrize("name", COMPLEX_6)
def test_landmarks_lie_on_their_parts(renderings, name):
    one = renderings[name]
    parts = ("eyes", "eyes", "nose", "mouth", "mouth")
    for (x, y), part in zip(one.landmarks_xy, parts, strict=True):
        assert one.mask("face")[int(y), int(x)]
        around = one.mask(part)[int(y) - 3 : int(y) + 4, int(x) - 3 : int(x) + 4]
        assert around.any()


def test_landmarks_come_in_order(renderings):
    right_eye, left_eye, nose, right_mouth, left_mouth = renderings["neutral"].landmarks_xy
    assert right_eye[0] < nose[0] < left_eye[0]
    assert right_mouth[0] < nose[0] < left_mouth[0]
    assert right_eye[1] < nose[1] < right_mouth[1]
    assert nose[0] == pytest.approx(640)


def test_nose_tip_by_hand(avatar, renderings):
    """At rest the tip lies in the middle plane, at its own distance from the camera."""
    shape, camera = avatar.look.shape, avatar.camera
    tip_y = float(shape.front_y(np.array(0.0), np.array(shape.nose_tip_z)))
    expected = 360 - camera.fy * shape.nose_tip_z / (1.0 + tip_y)
    assert renderings["neutral"].landmarks_xy[2] == pytest.approx((640, expected))


def test_the_other_side_mirrors_the_landmarks(avatar, table):
    left, right = (
        avatar.render(table.pose("skepticism", side=side)).landmarks_xy for side in ("left", "right")
    )
    mirrored = np.stack([1280 - right[:, 0], right[:, 1]], axis=1)[[1, 0, 2, 4, 3]]
    assert left == pytest.approx(mirrored, abs=1e-6)


def test_the_same_pose_gives_the_same_bits(avatar, table, renderings):
    avatar.render(table.pose("boredom"))
    assert digest(avatar.render(table.pose("confusion"))) == digest(renderings["confusion"])
    assert digest(Avatar().render(table.pose("confusion"))) == digest(renderings["confusion"])


def test_another_process_gives_the_same_bits(renderings):
    program = (
        "import hashlib\n"
        "from affect_core.avatar import Avatar\n"
        "one = Avatar().render()\n"
        "print(hashlib.sha256(one.image_rgb.tobytes() + one.segments.tobytes()).hexdigest())\n"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == digest(renderings["neutral"])


def test_joints_left_out_are_at_rest(avatar, renderings):
    assert digest(avatar.render()) == digest(avatar.render(rest_pose())) == digest(renderings["neutral"])


def test_all_pictures_differ(renderings):
    assert len({digest(one) for one in renderings.values()}) == len(COMPLEX_6)


def test_dim_is_darker_than_even(avatar, renderings):
    dim = avatar.render(scene=Scene(lighting="dim"))
    face = dim.mask("face")
    assert (face == renderings["neutral"].mask("face")).all()
    assert dim.image_rgb[face].mean() < 0.5 * renderings["neutral"].image_rgb[face].mean()


@pytest.mark.parametrize("lighting", LIGHTINGS.names())
@pytest.mark.parametrize("occlusion", OCCLUSIONS.names())
def test_every_scene_renders(small_avatar, lighting, occlusion):
    one = small_avatar.render(scene=Scene(lighting=lighting, occlusion=occlusion))
    assert 3 < one.image_rgb[one.mask("face")].mean() < 252
    assert (one.segments == Segment.OCCLUDER).any() == (occlusion != "none")


def test_occluders_hide_their_part_and_keep_the_truth(avatar, renderings):
    free = renderings["neutral"]
    eye = avatar.render(scene=Scene(occlusion="eye"))
    mouth = avatar.render(scene=Scene(occlusion="mouth"))
    middle = 640
    assert not eye.mask("eyes")[:, :middle].any()
    assert not eye.mask("brows")[:, :middle].any()
    assert (eye.mask("eyes")[:, middle:] == free.mask("eyes")[:, middle:]).all()
    assert not mouth.mask("mouth").any()
    assert (mouth.mask("eyes") == free.mask("eyes")).all()
    for one in (eye, mouth):
        assert one.box_xyxy == pytest.approx(free.box_xyxy)
        assert one.landmarks_xy == pytest.approx(free.landmarks_xy)


def test_glasses_hide_only_their_rims(avatar, renderings):
    free, worn = renderings["neutral"], avatar.render(scene=Scene(occlusion="glasses"))
    eyes, still = (one.segments == Segment.EYE for one in (free, worn))
    assert still.sum() > 0.95 * eyes.sum()
    assert not (worn.segments == Segment.OCCLUDER)[
        int(free.landmarks_xy[3, 1]) :
    ].any()  # nothing at the mouth
    assert worn.landmarks68_xy == pytest.approx(free.landmarks68_xy)


def test_an_occluder_over_the_whole_face_does_not_shrink_the_box(avatar, renderings, monkeypatch):
    wall = (Plate(centre=(0.0, -0.2, 0.0), half_size=(0.2, 0.002, 0.2)),)
    monkeypatch.setitem(OCCLUSIONS._builders, "wall", lambda shape: wall)
    covered = avatar.render(scene=Scene(occlusion="wall"))
    assert not covered.mask("face").any()
    assert covered.box_xyxy == pytest.approx(renderings["neutral"].box_xyxy)


@pytest.mark.parametrize("name", COMPLEX_6)
def test_occluders_hide_their_part_in_every_expression(avatar, table, name):
    for side in ("left", "right"):
        pose = table.pose(name, side=side)
        assert not avatar.render(pose, Scene(occlusion="mouth")).mask("mouth").any()
        one = avatar.render(pose, Scene(occlusion="eye"))
        nose_x = int(one.landmarks_xy[2, 0])
        assert one.mask("brows")[:, : nose_x - 25].sum() == 0


def test_half_closed_eyes_show_less_eye(renderings):
    assert (renderings["boredom"].segments == Segment.EYE).sum() < 0.7 * (
        renderings["neutral"].segments == Segment.EYE
    ).sum()


def test_ears_and_hair_are_no_face(renderings):
    one = renderings["neutral"]
    for part in (Segment.EAR, Segment.HAIR, Segment.BODY):
        assert (one.segments == part).any()
        assert not (one.mask("face") & (one.segments == part)).any()


def test_scene_offset_turns_the_head(small_avatar):
    ahead, turned = (small_avatar.render(scene=Scene(yaw_deg=yaw)).landmarks_xy for yaw in (0.0, 20.0))
    assert turned[2, 0] > ahead[2, 0] + 5  # to the robot's left, the image's right


def test_the_back_of_the_head_has_no_box(avatar):
    one = avatar.render({"head_yaw": radians(90)}, Scene(yaw_deg=90.0))
    assert (one.segments == Segment.NAPE).any()
    assert not one.mask("face").any()
    assert np.isnan(one.box_xyxy).all()


def test_an_open_mouth_is_dark_without_holes(avatar):
    one = avatar.render({"upper_lip_open": 0.006, "lower_lip_open": 0.014})
    _, _, _, *corners = one.landmarks_xy
    x, y = np.mean(corners, axis=0).astype(int)
    column = one.segments[y - 40 : y + 40, x]
    mouth = np.nonzero(column == Segment.MOUTH)[0]
    assert len(mouth) > 15
    assert (column[mouth[0] : mouth[-1] + 1] == Segment.MOUTH).all()
    assert one.image_rgb[one.segments == Segment.MOUTH].mean() < 60


def test_seeds_vary_the_look_only_when_asked(table):
    size = {"width": 320, "height": 180}
    pose = table.pose("confusion")
    plain = [digest(Avatar(AvatarConfig(seed=seed, **size)).render(pose)) for seed in (0, 1)]
    varied = [digest(Avatar(AvatarConfig(seed=seed, vary=True, **size)).render(pose)) for seed in (0, 1, 1)]
    assert plain[0] == plain[1]
    assert varied[1] == varied[2]
    assert len({plain[0], *varied}) == 3


@pytest.mark.parametrize("seed", range(8))
def test_varied_heads_keep_their_truth(table, seed):
    one = Avatar(AvatarConfig(seed=seed, vary=True)).render(table.pose(COMPLEX_6[seed % 6]))
    for x, y in one.landmarks_xy:
        assert one.mask("face")[int(y), int(x)]


def test_settings_are_checked():
    with pytest.raises(ConfigError, match=r"AvatarConfig\.width: expected 16 to 7680, got 0"):
        AvatarConfig(width=0)


def test_unknown_mask(renderings):
    with pytest.raises(UnknownName, match="unknown mask 'ear'; known: brows, eyes, face, mouth, nose"):
        renderings["neutral"].mask("ear")


def test_importing_is_light():
    program = (
        "import sys, affect_core.avatar; print([m for m in ('numba', 'torch', 'cv2') if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
