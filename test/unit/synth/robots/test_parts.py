"""Every kind of every part: finite geometry, seen in the picture, and servos move what they should."""

import numpy as np
import pytest

from affect_core.avatar.skeleton import Bone
from affect_core.avatar.truth import Segment
from affect_core.heads.rig import rest_pose
from affect_core.synth.robots.base import BROWS, EYES, LIDS, MOUTHS, MOVING, STILL, Lamp
from affect_core.synth.robots.mouths import corners
from affect_core.synth.robots.poses import plain_pose
from affect_core.synth.robots.studio import Studio
from affect_core.synth.robots.trims import skull

SEEN_AS = {
    "brow": (Segment.BROW,),
    "eye": (Segment.EYE,),
    "lid": (Segment.LID,),
    "mouth": (Segment.LIP, Segment.MOUTH),
    "nose": (Segment.NOSE,),
    "ear": (Segment.EAR,),
    "top": (Segment.HAIR,),
    "neck": (Segment.BODY,),
}
NOTHING_TO_SEE = {("lid", "squint"), ("ear", "none"), ("top", "none"), ("neck", "none")}


def parts_of(robot, place, pose):
    kind = robot.kinds[place]
    return MOVING[place].build(kind, robot, pose) if place in MOVING else STILL[place].build(kind, robot)


def pixels(shot, *segments):
    return np.isin(shot.segments, segments).sum()


def test_a_kind_has_finite_geometry_and_is_seen(robot, shoot, place, kind):
    one = robot(**{place: kind})
    parts = parts_of(one, place, rest_pose())
    for part in parts:
        assert np.isfinite(part.mesh.vertices).all() and np.isfinite(part.mesh.normals).all()
        assert part.mesh.faces.max() < len(part.mesh.vertices)
        assert len(part.segments) == len(part.mesh.faces)
        assert np.abs(part.mesh.vertices).max() < 0.6  # metres
        assert all(0 <= channel <= 1 for channel in part.colour)
    if (place, kind) in NOTHING_TO_SEE:
        assert parts == []
    else:
        assert {part.segment for part in parts} & set(SEEN_AS[place])
        assert pixels(shoot(one), *SEEN_AS[place]) > 5


@pytest.mark.parametrize("label", ["confusion", "frustration", "surprise", "boredom", "disgust"])
def test_a_kind_stays_finite_in_every_expression(robot, table, place, kind, label):
    one = robot(**{place: kind})
    for part in parts_of(one, place, plain_pose(table, one, label)):
        assert np.isfinite(part.mesh.vertices).all()
        assert np.linalg.norm(part.mesh.normals, axis=1).max() < 1.01


def test_nothing_turns_about_an_eye_as_balls_and_half_sphere_lids_do(robot, place, kind):
    bones = {part.bone for part in parts_of(robot(**{place: kind}), place, rest_pose())}
    assert bones <= {Bone.WORLD, Bone.NECK, Bone.HEAD}


def test_the_skull_is_closed_behind_and_above(robot):
    one = robot()
    y, z = np.concatenate([part.mesh.vertices for part in skull(one)])[:, 1:].T
    assert y.max() == pytest.approx(one.size.half_depth, rel=0.02)
    assert z.max() == pytest.approx(one.size.half_height, rel=0.01)
    faces = sum(len(part.mesh.faces) for part in skull(one))
    assert faces == len(one.surface.skull().faces)  # skin and shell leave no gap


@pytest.mark.parametrize("eye", EYES.names())
@pytest.mark.parametrize("lid", LIDS.names())
def test_boredom_closes_every_eye(robot, shoot, eye, lid):
    one = robot(eye=eye, lid=lid)
    lamps = eye in ("screen", "led_ring") and lid == "squint"  # the dark glass stays
    shown = [shoot(one, label) for label in ("neutral", "boredom")]
    if lamps:
        open_, shut = (np.abs(shot.image_rgb - shot.image_rgb.mean()).sum() for shot in shown)
        assert open_ != shut
    else:
        open_, shut = (pixels(shot, Segment.EYE) for shot in shown)
        assert shut < 0.75 * open_


@pytest.mark.parametrize("eye", EYES.names())
def test_a_wide_eye_is_open_and_a_shut_one_is_not(robot, shoot, eye):
    one = robot(eye=eye, lid="shutter")
    wide, shut = (
        {
            **rest_pose(),
            **{f"{lid}_lid_{side}": angle for lid in ("upper", "lower") for side in ("right", "left")},
        }
        for angle in (-0.7, 0.1)
    )
    assert pixels(shoot(one, pose=shut), Segment.EYE) < 0.12 * pixels(shoot(one, pose=wide), Segment.EYE)


@pytest.mark.parametrize("brow", BROWS.names())
def test_brows_go_up_and_down(robot, shoot, brow):
    one = robot(brow=brow)
    surprise, neutral, anger = (
        np.argwhere(shoot(one, label).segments == Segment.BROW)[:, 0].mean()
        for label in ("surprise", "neutral", "frustration")
    )
    assert surprise < neutral - 2 < anger - 3


@pytest.mark.parametrize("brow", BROWS.names())
def test_brows_stand_on_the_skin(robot, brow):
    """The ohbot look's float 18 mm before its mask."""
    one = robot(brow=brow)
    points = np.concatenate([part.mesh.vertices for part in BROWS.build(brow, one, rest_pose())])
    x, y, z = points.T
    assert (one.surface.front_y(x, z) - y).max() < 0.012


@pytest.mark.parametrize("mouth", MOUTHS.names())
def test_a_mouth_opens(robot, shoot, mouth):
    one = robot(mouth=mouth)
    wanted = [Segment.LIP] if mouth == "lamps" else SEEN_AS["mouth"]
    rows = [
        np.ptp(np.argwhere(np.isin(shoot(one, label).segments, wanted))[:, 0])
        for label in ("frustration", "surprise")
    ]
    assert rows[1] > rows[0] + 3


@pytest.mark.parametrize("fixed", [0.0, 0.6])
def test_the_corners_of_a_mouth_always_move(robot, table, fixed):
    from dataclasses import replace

    base = robot()
    one = replace(base, size=replace(base.size, mouth_fixed=fixed))
    smile, frown = (corners(one, plain_pose(table, one, label))[:, 2] for label in ("happy", "sad"))
    assert (smile > frown + 0.004).all()


def test_a_skeptical_mouth_is_raised_on_the_side_that_leads(robot, table):
    one = robot()
    right, left = corners(one, plain_pose(table, one, "skepticism", "left"))[:, 2]
    assert left > right + 0.005
    right, left = corners(one, plain_pose(table, one, "skepticism", "right"))[:, 2]
    assert right > left + 0.005


def test_lamps_shine_in_the_dark(robot, night):
    one = robot(eye="led_ring", lid="squint", mouth="lamps", brow="lamps")
    assert any(isinstance(part, Lamp) for part in Studio(one).parts(rest_pose()))
    shot = night(one)
    lit = shot.image_rgb.max(axis=2) > 100
    assert np.isin(shot.segments[lit], [Segment.EYE, Segment.BROW, Segment.LIP]).mean() > 0.7  # but for edges
    assert lit.sum() > 100
    assert night(robot()).image_rgb.max() == 0
