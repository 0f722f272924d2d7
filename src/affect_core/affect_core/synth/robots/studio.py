"""One picture of a random robot, with its truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from math import cos, sin
from typing import Final

import numpy as np
from numpy.typing import NDArray

from affect_core.avatar import raster
from affect_core.avatar.arrays import Arrays, join_parts, vertex_counts
from affect_core.avatar.camera import PIXEL_MIDDLE
from affect_core.avatar.lights import Singles, light_view
from affect_core.avatar.part import Part
from affect_core.avatar.shape import SIDES, Array
from affect_core.avatar.skeleton import Bone
from affect_core.avatar.truth import FACE, Segment
from affect_core.faces.crop import CropSpec, fit_similarity, template_px
from affect_core.synth.robots.base import MOVING, STILL, Lamp, Pose, Robot
from affect_core.synth.robots.eyes import eye_y
from affect_core.synth.robots.mouths import corners, folds
from affect_core.synth.robots.noses import nose_tip
from affect_core.synth.robots.trims import skull
from affect_core.types import Floats

TIGHT: Final = CropSpec(size_px=112, margin=0.05, template="arcface")
LOOSE_OVER_TIGHT: Final = 1.7 / 1.1
"""Edge of the loose crop (margin 0.35) over that of the tight one."""

_SHADOW_SIZE: Final = 320
_SHADOW_SPAN_M: Final = 0.8
_NECK_PIVOT: Final = np.array((0.0, 0.02, -0.10))


@dataclass(frozen=True, eq=False)
class Shot:
    """One picture and its truth.

    Attributes:
        image_rgb: float32 (S, S, 3), 0..255, before the camera.
        segments: uint8 (S, S), `Segment` values.
        landmarks_xy: (5, 2) pixels, centres of pixels are integers.
        box_xyxy: (4,) of the face, pixels.
    """

    image_rgb: NDArray[np.float32]
    segments: NDArray[np.uint8]
    landmarks_xy: Floats
    box_xyxy: Floats


@dataclass(frozen=True, eq=False)
class View:
    """Where the camera stands and what it looks at.

    Attributes:
        distance_m: to the middle of the head.
        tight_px: edge of the tight crop in the picture; less where the loose crop would leave it.
        shift_px: of the crop's middle from the picture's.
        offset_m: of the camera from straight ahead, across and up.
    """

    size_px: int
    distance_m: float
    tight_px: float
    shift_px: tuple[float, float]
    offset_m: tuple[float, float]


@dataclass(frozen=True, eq=False)
class _Arrays(Arrays):
    """Parts; ``shining``: bool (n,), whether a vertex is as bright as its colour whatever the light."""

    shining: NDArray[np.bool_]


class Studio:
    """Draws one robot. Parts that no servo moves are made once."""

    def __init__(self, robot: Robot) -> None:
        self.robot = robot
        still = [part for place, kinds in STILL.items() for part in kinds.build(robot.kinds[place], robot)]
        self._still = _arrays([*skull(robot), *still])
        self._tip = nose_tip(robot)

    def draw(
        self, pose: Pose, view: View, lights: Singles, backdrop: Array, before: Sequence[Part] = ()
    ) -> Shot:
        """A picture.

        Args:
            lights: (5, 3), see `raster.shade`. backdrop: (S, S, 3) 0..1, as bright as it shall be.
            before: what covers some of the face.
        """
        bones = bone_matrices(pose)
        landmarks = self._landmarks(pose) @ bones[Bone.HEAD, :3, :3].T + bones[Bone.HEAD, :3, 3]
        eye, focal, centre = _camera(landmarks, view)
        head = _merged([self._still, _arrays(self.parts(pose))])
        all_of_it = _merged([head, _arrays(list(before))]) if before else head
        screen, lit = _lit(all_of_it, bones.astype(np.float32), eye, focal, centre, lights)
        image, segments, box = _fill(all_of_it, len(head.faces), screen, lit, view.size_px, backdrop)
        return Shot(
            image, segments, _project(landmarks, eye, focal, centre) - PIXEL_MIDDLE, box - PIXEL_MIDDLE
        )

    def parts(self, pose: Pose) -> list[Part]:
        """What servos move, in a pose."""
        robot = self.robot
        moving = [
            part for place, kinds in MOVING.items() for part in kinds.build(robot.kinds[place], robot, pose)
        ]
        return [*moving, *folds(robot, pose)]

    def _landmarks(self, pose: Pose) -> Array:
        """(5, 3) in the head's frame, in the order of `affect_core.types.LANDMARKS`."""
        size = self.robot.size
        y = float(eye_y(self.robot, np.zeros(1), np.zeros(1))[0])
        eyes = [np.array((sign * size.eye_x, y, size.eye_z)) for sign in SIDES.values()]
        return np.array([*eyes, self._tip, *corners(self.robot, pose)])


def bone_matrices(pose: Pose) -> Array:
    """(len(Bone), 4, 4) to the world; these robots have only the world, the neck and the head."""
    yaw, pitch, roll = pose["head_yaw"], pose["head_pitch"], pose["head_roll"]
    turn = _turn_z(yaw)
    matrices = np.tile(np.eye(4), (len(Bone), 1, 1))
    for bone, rotation in ((Bone.NECK, turn), (Bone.HEAD, turn @ _turn_x(-pitch) @ _turn_y(roll))):
        matrices[bone, :3, :3] = rotation
        matrices[bone, :3, 3] = _NECK_PIVOT - rotation @ _NECK_PIVOT
    return matrices


def _turn_x(angle: float) -> Array:
    return np.array([[1, 0, 0], [0, cos(angle), -sin(angle)], [0, sin(angle), cos(angle)]])


def _turn_y(angle: float) -> Array:
    return np.array([[cos(angle), 0, sin(angle)], [0, 1, 0], [-sin(angle), 0, cos(angle)]])


def _turn_z(angle: float) -> Array:
    return np.array([[cos(angle), -sin(angle), 0], [sin(angle), cos(angle), 0], [0, 0, 1]])


def _arrays(parts: list[Part]) -> _Arrays:
    shining = np.repeat([isinstance(part, Lamp) for part in parts], vertex_counts(parts))
    return _Arrays(**vars(join_parts(parts)), shining=shining)


def _merged(groups: list[_Arrays]) -> _Arrays:
    starts = np.cumsum([0, *(len(group.vertices) for group in groups)])
    columns = {item.name: np.concatenate([getattr(g, item.name) for g in groups]) for item in fields(_Arrays)}
    faces = np.concatenate([g.faces + start for g, start in zip(groups, starts, strict=False)])
    return _Arrays(**columns | {"faces": faces.astype(np.int32)})


def _camera(landmarks: Array, view: View) -> tuple[Singles, float, Floats]:
    """(eye, focal length, principal point) so that the tight crop is as large and where the view wants it."""
    across, up = view.offset_m
    eye = np.array((across, -view.distance_m, up), np.float32)
    flat = _project(landmarks, eye, 1.0, np.zeros(2))
    affine = fit_similarity(flat, template_px(TIGHT))
    edge = TIGHT.size_px / float(np.hypot(affine[0, 0], affine[1, 0]))
    tilt = abs(float(np.arctan2(affine[1, 0], affine[0, 0])))
    widest = 0.98 * view.size_px / LOOSE_OVER_TIGHT / (cos(tilt) + sin(tilt))
    focal = max(min(view.tight_px, widest), 0.5 * view.size_px) / edge
    middle = np.full(2, (TIGHT.size_px - 1) / 2)
    at = np.linalg.solve(affine[:, :2], middle - affine[:, 2])
    centre = view.size_px / 2 + np.array(view.shift_px) - focal * at
    return eye, focal, centre


def _project(points: Array, eye: Singles, focal: float, centre: Floats) -> Floats:
    x, y, z = np.moveaxis(points - eye.astype(np.float64), -1, 0)
    return np.asarray(np.stack([centre[0] + focal * x / y, centre[1] - focal * z / y], -1))


def _lit(
    arrays: _Arrays, bones: Singles, eye: Singles, focal: float, centre: Floats, lights: Singles
) -> tuple[Singles, Singles]:
    """(screen, colours) of every vertex."""
    world, normals, screen, light, lit = np.zeros((5, len(arrays.vertices), 3), np.float32)
    raster.place(arrays.vertices, arrays.normals, arrays.bones, bones, world, normals)
    raster.to_screen(world, eye, np.float32(focal), centre.astype(np.float32), screen)
    texels_per_m = np.float32(_SHADOW_SIZE / _SHADOW_SPAN_M)
    raster.to_light(world, light_view(lights[0]), texels_per_m, np.float32(_SHADOW_SIZE), light)
    depth = np.full((_SHADOW_SIZE, _SHADOW_SIZE), raster.FAR, np.float32)
    raster.draw_depth(light, arrays.faces, depth)
    raster.shade(world, normals, arrays.colours, arrays.gloss, eye, lights, light, depth, lit)
    lit[arrays.shining] = 255 * arrays.colours[arrays.shining]
    return screen, lit


def _fill(
    arrays: _Arrays, head_faces: int, screen: Singles, lit: Singles, size_px: int, backdrop: Array
) -> tuple[NDArray[np.float32], NDArray[np.uint8], Floats]:
    """(image, segments, box of the face)."""
    fine = raster.SAMPLES * size_px
    depth = np.full((fine, fine), raster.FAR, np.float32)
    samples = np.zeros((fine, fine), np.uint8)
    colours = np.empty((fine, fine, 3), np.float32)
    points = (screen * (raster.SAMPLES, raster.SAMPLES, 1)).astype(np.float32)
    groups = (slice(0, head_faces), slice(head_faces, None))
    box = np.full(4, np.nan)
    wanted = np.isin(np.arange(len(Segment)), FACE)
    for group in groups:
        raster.fill(points, lit, arrays.faces[group], arrays.segments[group], depth, colours, samples)
        if group.start == 0:
            found = np.array(raster.bounds(samples, wanted), float)
            box = found / raster.SAMPLES if found[2] > 0 else box
    image = np.clip(255 * backdrop, 0, 255).astype(np.uint8)
    segments = np.zeros((size_px, size_px), np.uint8)
    raster.resolve(colours, samples, image, segments)
    return image.astype(np.float32), segments, box
