"""The virtual OhBot: a pose and a scene in, an image and its ground truth out."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from math import cos, radians, sin
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from affect_core.avatar.body import Body, build_body
from affect_core.avatar.camera import Pinhole
from affect_core.avatar.look import Look, varied_look
from affect_core.avatar.mesh import TUBE_SIDES
from affect_core.avatar.scene import LIGHTINGS, OCCLUSIONS, Lighting, Scene
from affect_core.avatar.shape import SIDES, Array
from affect_core.avatar.skeleton import Bone, bone_matrices
from affect_core.avatar.strands import LIP_POINTS, Strand, centre_lines, mouth_sheet, strands
from affect_core.avatar.truth import FACE, Rendering, Segment
from affect_core.config import Settings, setting
from affect_core.heads.rig import Pose, rest_pose
from affect_core.types import Floats

if TYPE_CHECKING:
    from types import ModuleType

Singles = NDArray[np.float32]

_SHADOW_SIZE: Final = 512
_SHADOW_SPAN_M: Final = 0.9
_WALL_Y_M: Final = 0.6
_WALL_STEP_PX: Final = 8
_MARGIN_PX: Final = 2


@dataclass(frozen=True)
class AvatarConfig(Settings):
    """Camera and look of the virtual head."""

    width: int = setting(1280, "image width, pixels", low=16, high=7680)
    height: int = setting(720, "image height, pixels", low=16, high=4320)
    fovy_deg: float = setting(38.0, "vertical field of view, deg", low=5, high=120)
    distance_m: float = setting(1.0, "camera to the middle of the head, m", low=0.3, high=10)
    vary: bool = setting(False, "draw shape, colours, light and camera place from the seed")
    seed: int = setting(0, "seed of the look when vary is on", low=0)


class Avatar:
    """Renders the virtual head. The same arguments give the same bits. Not for two threads at a time."""

    def __init__(self, config: AvatarConfig | None = None) -> None:
        from affect_core.avatar import raster

        self.config = config or AvatarConfig()
        self.camera = Pinhole.from_fovy(self.config.width, self.config.height, self.config.fovy_deg)
        self.look = varied_look(self.config.seed) if self.config.vary else Look()
        right, back, up = self.look.camera_m
        self._eye = np.array([right, -self.config.distance_m - back, up], np.float32)
        self._stages = cache(lambda lighting, occlusion: _Stage(self, raster, lighting, occlusion))

    def render(self, pose: Mapping[str, float] | None = None, scene: Scene | None = None) -> Rendering:
        """One image.

        Args:
            pose: joints in their units; those left out are at rest.
            scene: light, occluder and head offset; default even light, nothing before the face.
        """
        started = time.perf_counter()
        scene = scene or Scene()
        full: Pose = {**rest_pose(), **(pose or {})}
        offset_deg = (scene.yaw_deg, scene.pitch_deg, scene.roll_deg)
        bones = bone_matrices(full, self.look.shape, offset_deg)
        stage = self._stages(scene.lighting, scene.occlusion)
        lips = stage.pose(full, bones.astype(np.float32))
        image, segments, box = stage.draw()
        render_ms = (time.perf_counter() - started) * 1000
        return Rendering(image, box, self._landmarks(bones, lips), segments, render_ms)

    def project(self, points_m: Array) -> Floats:
        """(..., 3) in the world (x right in the image, y away from the camera, z up) -> (..., 2) pixels."""
        x, y, z = np.moveaxis(np.asarray(points_m, np.float64) - self._eye, -1, 0)
        return self.camera.project(np.stack([x, -z, y], -1))

    def _landmarks(self, bones: Array, lips: Array) -> Floats:
        shape = self.look.shape
        tip_z = np.array(shape.nose_tip_z)
        tip = (0.0, float(shape.front_y(np.array(0.0), tip_z)), float(tip_z))
        head = bones[Bone.HEAD]
        eyes = [_moved(bones[Bone[f"EYE_{side.upper()}"]], (0, -shape.eye_radius, 0)) for side in SIDES]
        corners = [_moved(head, lips[:, end].mean(axis=0)) for end in (0, -1)]
        return self.project(np.array([*eyes, _moved(head, tip), *corners]))


class _Stage:
    """The head under one light with one occluder: arrays that are made once and rewritten for every image."""

    def __init__(self, avatar: Avatar, raster: ModuleType, lighting: str, occlusion: str) -> None:
        self._avatar, self._raster = avatar, raster
        look = avatar.look
        self._body = build_body(look, OCCLUSIONS.build(occlusion, look.shape))
        self._lights = _lights(LIGHTINGS.build(lighting), look)
        self._view = _light_view(self._lights[0])
        self._wall = _wall_colours(self._lights, look)
        self._cells = self._wall_cells()
        count = len(self._body.vertices)
        self._world, self._normals, self._screen, self._light, self._lit = np.zeros((5, count, 3), np.float32)
        self._wanted = np.isin(np.arange(len(Segment)), FACE)

    def pose(self, pose: Pose, bones: Singles) -> Array:
        """Put every vertex in its place; returns the lips' middle lines (2, n, 3) in the head frame."""
        body, raster, avatar = self._body, self._raster, self._avatar
        lines = strands(pose, avatar.look.shape)
        centres = centre_lines(lines, avatar.look.shape)
        self._lay(body, lines, centres)
        raster.place(body.vertices, body.normals, body.bones, bones, self._world, self._normals)
        camera = avatar.camera
        centre = np.array([camera.cx, camera.cy], np.float32)
        raster.to_screen(self._world, avatar._eye, np.float32(camera.fy), centre, self._screen)
        texels = np.float32(_SHADOW_SIZE / _SHADOW_SPAN_M)
        raster.to_light(self._world, self._view, texels, np.float32(_SHADOW_SIZE), self._light)
        return centres[: 2 * LIP_POINTS].reshape(2, LIP_POINTS, 3)

    def draw(self) -> tuple[NDArray[np.uint8], NDArray[np.uint8], Floats]:
        """(image, segments, box) of the pose."""
        body, raster, avatar = self._body, self._raster, self._avatar
        width, height = avatar.camera.width, avatar.camera.height
        depth = np.full((_SHADOW_SIZE, _SHADOW_SIZE), raster.FAR, np.float32)
        raster.draw_depth(self._light, body.faces, depth)
        raster.shade(
            self._world,
            self._normals,
            body.colours,
            body.gloss,
            avatar._eye,
            self._lights,
            self._light,
            depth,
            self._lit,
        )
        image = np.empty((height, width, 3), np.uint8)
        segments = np.zeros((height, width), np.uint8)
        raster.paint_wall(self._cells, depth, _WALL_STEP_PX, *self._wall, image)
        left, top, right, bottom = self._crop()
        box = np.full(4, np.nan)
        if right > left and bottom > top:
            inside = (slice(top, bottom), slice(left, right))
            box = self._draw_head((left, top), image[inside], segments[inside])
        return image, segments, box

    def _draw_head(
        self, corner: tuple[int, int], image: NDArray[np.uint8], segments: NDArray[np.uint8]
    ) -> Floats:
        """Draw into the crop whose first pixel is ``corner``; the face's box in pixels of the whole image."""
        body, raster = self._body, self._raster
        size = (raster.SAMPLES * segments.shape[0], raster.SAMPLES * segments.shape[1])
        depth = np.full(size, raster.FAR, np.float32)
        colours = np.empty((*size, 3), np.float32)
        samples = np.zeros(size, np.uint8)
        points = (self._screen - (*corner, 0)) * (raster.SAMPLES, raster.SAMPLES, 1)
        points = points.astype(np.float32)
        split = body.head_faces
        raster.fill(points, self._lit, body.faces[:split], body.segments[:split], depth, colours, samples)
        bounds = np.array(raster.bounds(samples, self._wanted), float)
        raster.fill(points, self._lit, body.faces[split:], body.segments[split:], depth, colours, samples)
        raster.resolve(colours, samples, image, segments)
        found = bounds[2] > 0
        box: Floats = bounds / raster.SAMPLES + (corner * 2) if found else np.full(4, np.nan)
        return box

    def _lay(self, body: Body, lines: Mapping[str, Strand], centres: Array) -> None:
        """Rewrite the strands' vertices and the mouth's."""
        radii = np.concatenate([line.radius for line in lines.values()]).astype(np.float32)
        flatness = np.array([line.flatness for line in lines.values()], np.float32)
        lengths = np.array([len(line.x) for line in lines.values()])
        vertices, normals = body.vertices[body.strands_start :], body.normals[body.strands_start :]
        end = self._raster.sweep_tubes(
            centres.astype(np.float32), radii, flatness, lengths, TUBE_SIDES, vertices, normals
        )
        lips = centres[: 2 * LIP_POINTS].reshape(2, LIP_POINTS, 3)
        mouth = mouth_sheet(lips, self._avatar.look.shape).reshape(-1, 3)
        vertices[end : end + len(mouth)] = mouth

    def _crop(self) -> tuple[int, int, int, int]:
        """The pixels that the head may touch: left, top, right, bottom."""
        camera = self._avatar.camera
        low, high = self._screen[:, :2].min(axis=0), self._screen[:, :2].max(axis=0)
        left, top = (max(0, int(value) - _MARGIN_PX) for value in low)
        right = min(camera.width, int(high[0]) + _MARGIN_PX + 1)
        return left, top, right, min(camera.height, int(high[1]) + _MARGIN_PX + 1)

    def _wall_cells(self) -> Singles:
        """(rows, columns, 2): where in the shadow map every `_WALL_STEP_PX`-th pixel of the wall lies."""
        camera, eye = self._avatar.camera, self._avatar._eye
        x = np.arange(0, camera.width + _WALL_STEP_PX, _WALL_STEP_PX)
        y = np.arange(0, camera.height + _WALL_STEP_PX, _WALL_STEP_PX)
        column, row = np.meshgrid(x, y)
        away = _WALL_Y_M - eye[1]
        across = eye[0] + (column - camera.cx) / camera.fx * away
        up = eye[2] - (row - camera.cy) / camera.fy * away
        points = np.stack([across, np.full_like(across, _WALL_Y_M), up], -1).reshape(-1, 3).astype(np.float32)
        cells = np.empty_like(points)
        texels = np.float32(_SHADOW_SIZE / _SHADOW_SPAN_M)
        self._raster.to_light(points, self._view, texels, np.float32(_SHADOW_SIZE), cells)
        return np.ascontiguousarray(cells[:, :2].reshape(*column.shape, 2))


def _moved(matrix: Array, point: object) -> Array:
    result: Array = matrix[:3, :3] @ np.asarray(point, float) + matrix[:3, 3]
    return result


def _lights(lighting: Lighting, look: Look) -> Singles:
    """(5, 3) as `raster.shade` wants it."""
    gain = look.light_gain
    rows = [
        _unit(_turned(np.array(lighting.key_direction), *look.light_turn_deg)),
        gain * np.array(lighting.key),
        _unit(np.array(lighting.fill_direction)),
        gain * np.array(lighting.fill),
        gain * np.array(lighting.ambient),
    ]
    return np.array(rows, np.float32)


def _turned(direction: Array, azimuth_deg: float, elevation_deg: float) -> Array:
    """Turned about the vertical axis, then raised."""
    x, y, z = direction
    a = radians(azimuth_deg)
    flat = np.array([cos(a) * x - sin(a) * y, sin(a) * x + cos(a) * y])
    length = float(np.hypot(*flat))
    elevation = np.arctan2(z, length) + radians(elevation_deg)
    norm = float(np.hypot(length, z))
    return np.array([*(flat / length * norm * np.cos(elevation)), norm * np.sin(elevation)])


def _light_view(key: Singles) -> Singles:
    """Rows: right, up, towards the light."""
    right = _unit(np.cross((0, 0, 1), key))
    return np.array([right, np.cross(key, right), key], np.float32)


def _wall_colours(lights: Singles, look: Look) -> tuple[Singles, Singles]:
    """The wall's colour (0..255) in the light and in the head's shadow."""
    key, fill = max(0.0, float(-lights[0, 1])), max(0.0, float(-lights[2, 1]))
    wall = np.array(look.palette.wall)
    shadow = wall * (0.75 * lights[4] + fill * lights[3])
    lit = shadow + wall * key * lights[1]
    return _grey_levels(lit), _grey_levels(shadow)


def _grey_levels(colour: Array) -> Singles:
    return np.clip(255 * colour, 0, 255).astype(np.float32)


def _unit(vector: Array) -> Array:
    result: Array = vector / np.linalg.norm(vector)
    return result
