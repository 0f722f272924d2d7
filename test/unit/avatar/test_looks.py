"""What holds for every look in every colour, light and with every occluder; then the OhBot look by hand."""

import itertools
from math import radians

import numpy as np
import pytest

from affect_core.avatar import (
    COLOURS,
    LIGHTINGS,
    LOOKS,
    MASKS,
    OCCLUSIONS,
    Avatar,
    AvatarConfig,
    Scene,
    Segment,
)
from affect_core.avatar.looks.ohbot import PAINTS, OhbotLook
from affect_core.avatar.strands import LIP_POINTS, centre_lines
from affect_core.errors import ConfigError, UnknownName
from affect_core.heads.rig import RIG, rest_pose
from affect_core.labels import BASIC_8, COMPLEX_6

KITS = [(look, colour) for look in LOOKS.names() for colour in (COLOURS if look == "ohbot" else COLOURS[:1])]
MIDDLE = LIP_POINTS // 2
SIZE = {"width": 480, "height": 270}


@pytest.fixture(scope="module")
def kit():
    """The avatar of a look and colour, made once."""
    made = {}

    def get(look, colour=COLOURS[0], **size):
        key = (look, colour, *size.items())
        if key not in made:
            made[key] = Avatar(AvatarConfig(look=look, colour=colour, **(size or SIZE)))
        return made[key]

    return get


def inside(one, points):
    height, width = one.segments.shape
    good = points[~np.isnan(points[:, 0])]
    return (good >= 0).all() and (good < (width, height)).all()


def test_names():
    assert LOOKS.names() == ("face", "ohbot")
    assert set(PAINTS) == set(COLOURS)
    assert len({paint.body for paint in PAINTS.values()}) == len(COLOURS)
    with pytest.raises(UnknownName, match="unknown look 'dog'; known: face, ohbot"):
        AvatarConfig(look="dog")
    with pytest.raises(
        ConfigError, match=r"AvatarConfig\.colour: expected one of blue, red, white, black, got 'pink'"
    ):
        AvatarConfig(colour="pink")


@pytest.mark.parametrize(("look", "colour"), KITS)
@pytest.mark.parametrize("lighting", LIGHTINGS.names())
def test_every_look_in_every_colour_and_light(kit, table, look, colour, lighting):
    avatar = kit(look, colour)
    one = avatar.render(table.pose("skepticism"), Scene(lighting))
    assert inside(one, one.landmarks_xy)
    assert inside(one, one.landmarks68_xy)
    face = one.mask("face")
    assert 3 < one.image_rgb[face].mean() < 252
    for region in MASKS:
        mask = one.mask(region)
        assert mask.sum() > 8
        assert not (mask & ~face).any()
    rows, columns = np.nonzero(face)
    seen = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
    assert one.box_xyxy == pytest.approx(seen, abs=1)
    again = avatar.render(table.pose("skepticism"), Scene(lighting))
    assert (again.image_rgb == one.image_rgb).all()
    assert (again.segments == one.segments).all()


@pytest.mark.parametrize("look", LOOKS.names())
@pytest.mark.parametrize("occlusion", OCCLUSIONS.names())
def test_every_occluder_on_every_look(kit, table, look, occlusion):
    avatar = kit(look)
    hides = {"mouth": "mouth", "eye": "brows", "glasses": "", "none": ""}[occlusion]
    for name in COMPLEX_6:
        free, one = (avatar.render(table.pose(name), Scene(occlusion=kind)) for kind in ("none", occlusion))
        assert one.box_xyxy == pytest.approx(free.box_xyxy)
        assert one.landmarks_xy == pytest.approx(free.landmarks_xy)
        assert (one.segments == Segment.OCCLUDER).any() == (occlusion != "none")
        if hides == "mouth":
            assert not one.mask("mouth").any()
        if hides == "brows":
            middle = int(one.landmarks_xy[2, 0]) - 10
            assert not one.mask("brows")[:, :middle].any()


@pytest.mark.parametrize("look", LOOKS.names())
@pytest.mark.parametrize("name", COMPLEX_6 + BASIC_8[1:])
def test_landmarks_lie_on_their_parts(kit, table, look, name):
    one = kit(look, width=1280, height=720).render(table.pose(name))
    places = {"eyes": (36, 48), "brows": (17, 27), "mouth": (48, 68)}
    for part, (start, stop) in places.items():
        mask = one.mask(part)
        for x, y in one.landmarks68_xy[start:stop]:
            assert mask[int(y) - 6 : int(y) + 7, int(x) - 6 : int(x) + 7].any(), part
    assert one.landmarks68_xy[30] == pytest.approx(one.landmarks_xy[2])
    right, left = one.landmarks68_xy[36:42].mean(axis=0), one.landmarks68_xy[42:48].mean(axis=0)
    for eye, mean in zip(one.landmarks_xy[:2], (right, left), strict=True):
        assert np.hypot(*(eye - mean)) < 12


@pytest.mark.parametrize("look", LOOKS.names())
def test_landmarks_run_in_the_order_of_their_scheme(kit, look):
    points = kit(look, width=1280, height=720).render().landmarks68_xy
    for start, stop in ((17, 27), (31, 36), (48, 55), (60, 65)):  # from the image's left to its right
        assert (np.diff(points[start:stop, 0]) > 0).all()
    assert (np.diff(points[27:31, 1]) > 0).all()  # down the nose
    assert points[36, 0] < points[37, 0] < points[38, 0] < points[39, 0] < points[42, 0] < points[45, 0]
    assert points[37, 1] < points[41, 1]
    mirrored = np.stack([1280 - points[:, 0], points[:, 1]], 1)
    assert points[36:40] == pytest.approx(mirrored[[45, 44, 43, 42]])


def test_the_face_has_a_jaw_and_the_ohbot_none(kit):
    size = {"width": 1280, "height": 720}
    face, ohbot = (kit(look, **size).render() for look in ("face", "ohbot"))
    jaw = face.landmarks68_xy[:17]
    assert jaw[:, 1].argmax() == 8  # the chin
    assert (np.diff(jaw[:, 0]) > 0).all()
    left, _, right, bottom = face.box_xyxy
    assert jaw[8] == pytest.approx((640, bottom), abs=6)
    assert (jaw[0, 0], jaw[16, 0]) == pytest.approx((left, right), abs=8)
    assert np.isnan(ohbot.landmarks68_xy[:17]).all()
    assert not np.isnan(ohbot.landmarks68_xy[17:]).any()


def test_ear_plates_base_and_rim_are_no_face(kit):
    one = kit("ohbot").render()
    for part in (Segment.EAR, Segment.BODY):
        assert (one.segments == part).any()
        assert not (one.mask("face") & (one.segments == part)).any()
    ears = np.nonzero((one.segments == Segment.EAR).any(axis=0))[0]
    left, _, right, _ = one.box_xyxy
    assert ears.min() < left - 2
    assert ears.max() > right + 2


def test_the_colour_is_the_bodys(kit):
    means = {c: kit("ohbot", c).render() for c in COLOURS}
    red, green, blue = means["red"].image_rgb[means["red"].segments == Segment.BODY].mean(axis=0)
    assert red > 2 * max(green, blue)
    red, green, blue = means["blue"].image_rgb[means["blue"].segments == Segment.BODY].mean(axis=0)
    assert blue > 2 * max(red, green)
    bright = {c: one.image_rgb[one.segments == Segment.BODY].mean() for c, one in means.items()}
    assert bright["black"] < 60 < 120 < bright["white"]


def test_seeds_vary_the_ohbot_too(table):
    images = [
        Avatar(AvatarConfig(look="ohbot", vary=True, seed=seed, **SIZE))
        .render(table.pose("boredom"))
        .image_rgb
        for seed in (1, 1, 2)
    ]
    assert (images[0] == images[1]).all()
    assert (images[0] != images[2]).any()


# The OhBot's mechanics, numbers worked out by hand


def laid(**joints):
    look = OhbotLook()
    return look.strands(look.adapted({**rest_pose(), **joints}))


def test_a_smile_lowers_the_middles_and_leaves_the_ends():
    rest, smile = laid(), laid(corner_raise_right=0.005, corner_raise_left=0.005)
    for lip in ("upper_lip", "lower_lip"):
        change = smile[lip].z - rest[lip].z
        assert change[MIDDLE] == pytest.approx(-1.2 * 0.005)
        assert change[[0, -1]] == pytest.approx(0, abs=1e-12)
        assert smile[lip].x == pytest.approx(rest[lip].x)


def test_only_the_difference_of_the_corners_moves_the_ends():
    rest, smirk = laid(), laid(corner_raise_left=0.006)
    change = smirk["upper_lip"].z - rest["upper_lip"].z
    # mean 3 mm lowers the middle, + and - 3 mm are left for the ends
    assert change[[0, MIDDLE, -1]] == pytest.approx([-0.003, -0.0036, 0.003])


def test_lips_open_by_the_joint_and_stay_before_the_mask():
    look, shape = OhbotLook(), OhbotLook().shape
    rest, opened = laid(), laid(upper_lip_open=0.002, lower_lip_open=0.007)
    assert opened["upper_lip"].z[MIDDLE] - rest["upper_lip"].z[MIDDLE] == pytest.approx(0.002)
    assert opened["lower_lip"].z[MIDDLE] - rest["lower_lip"].z[MIDDLE] == pytest.approx(-0.007)
    x, y, z = centre_lines(opened, shape)[: 2 * LIP_POINTS].T
    assert (y <= shape.front_y(x, z) - shape.lip_radius + 1e-9).all()
    assert look.mouth(np.zeros((2, LIP_POINTS, 3)))[1:-1, :, 1] == pytest.approx(0.002)  # behind the lips


def test_brows_are_straight_bars_before_the_mask(table):
    shape = OhbotLook().shape
    for name in COMPLEX_6:
        lines = OhbotLook().strands(table.pose(name))
        points = centre_lines(lines, shape)
        start = 2 * LIP_POINTS
        for side in ("right", "left"):
            bar = points[start : start + len(lines[f"brow_{side}"].x)]
            start += len(bar) + len(lines[f"furrow_{side}"].x)
            x, y, z = bar.T
            assert (y < shape.front_y(x, z) - 0.004).all(), name
            assert np.diff(z, 2) == pytest.approx(0, abs=1e-12)


def test_lids_by_hand():
    rest = rest_pose()
    adapted = OhbotLook().adapted({**rest, "upper_lid_left": radians(-4), "lower_lid_right": radians(-10)})
    assert adapted["upper_lid_right"] == pytest.approx(radians(-24 + 7))
    assert adapted["upper_lid_left"] == pytest.approx(radians(-24 + 7 + 1.45 * 20))
    assert adapted["lower_lid_left"] == pytest.approx(radians(-20 - 32))
    assert adapted["lower_lid_right"] == pytest.approx(radians(-20 - 32 + 2 * 10))
    unchanged = set(rest) - {"upper_lid_left", "upper_lid_right", "lower_lid_left", "lower_lid_right"}
    assert all(adapted[name] == rest[name] for name in unchanged)


def test_every_joint_shows_on_every_look(kit, table):
    """Each joint moved on its own changes the picture."""
    moves = {"rad": 0.2, "m": 0.005, "1": 1.0}
    for look, joint in itertools.product(LOOKS.names(), RIG):
        avatar = kit(look, width=640, height=360)
        rest = rest_pose()
        moved = {**rest, joint.name: rest[joint.name] + moves[joint.unit]}
        assert (avatar.render(moved).image_rgb != avatar.render(rest).image_rgb).any(), (look, joint.name)
