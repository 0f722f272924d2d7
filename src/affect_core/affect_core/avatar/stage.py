"""The head under one light with one occluder: arrays that are made once and rewritten for every image."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import ModuleType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from affect_core.avatar.body import Body, build_body
from affect_core.avatar.camera import Pinhole
from affect_core.avatar.lights import Singles, light_rows, light_view
from affect_core.avatar.looks import Look
from affect_core.avatar.mesh import TUBE_SIDES
from affect_core.avatar.occluders import OCCLUSIONS
from affect_core.avatar.scene import LIGHTINGS
from affect_core.avatar.shape import Array
from affect_core.avatar.strands import LIP_POINTS, Strand
from affect_core.avatar.truth import FACE, Segment
from affect_core.avatar.wall import Surface, Wall
from affect_core.types import Floats

_SHADOW_SIZE: Final = 512
_SHADOW_SPAN_M: Final = 0.9
_TEXELS_PER_M: Final = _SHADOW_SIZE / _SHADOW_SPAN_M
_MARGIN_PX: Final = 2
_BACKGROUNDS_KEPT: Final = 4
"""Each is two images large."""


class Stage:
    """Draws a look. Lay the pose, then draw.

    Args:
        raster: the module of the kernels.
        eye: (3,) the camera's place in the world.
        lighting, occlusion: names.
    """

    def __init__(
        self, raster: ModuleType, look: Look, camera: Pinhole, eye: Singles, lighting: str, occlusion: str
    ) -> None:
        self._raster, self._look, self._camera, self._eye = raster, look, camera, eye
        self._body = build_body(look, OCCLUSIONS.build(occlusion, look.shape))
        self._lights = light_rows(LIGHTINGS.build(lighting), look.studio)
        self._view = light_view(self._lights[0])
        self._wall = Wall(raster, camera, eye, self._view, _TEXELS_PER_M, _SHADOW_SIZE)
        self._surface = lru_cache(_BACKGROUNDS_KEPT)(
            lambda background, seed: Surface(camera, look.studio.wall, self._lights, background, seed)
        )
        count = len(self._body.vertices)
        self._world, self._normals, self._screen, self._light, self._lit = np.zeros((5, count, 3), np.float32)
        self._wanted = np.isin(np.arange(len(Segment)), FACE)

    def pose(self, lines: Mapping[str, Strand], centres: Array, bones: Singles) -> None:
        """Put every vertex in its place.

        Args:
            lines: the pose's strands. centres: (n, 3) their middles, head frame.
            bones: (len(Bone), 4, 4).
        """
        body, raster, camera = self._body, self._raster, self._camera
        self._lay(body, lines, centres)
        raster.place(body.vertices, body.normals, body.bones, bones, self._world, self._normals)
        centre = np.array([camera.cx, camera.cy], np.float32)
        raster.to_screen(self._world, self._eye, np.float32(camera.fy), centre, self._screen)
        raster.to_light(
            self._world, self._view, np.float32(_TEXELS_PER_M), np.float32(_SHADOW_SIZE), self._light
        )

    def draw(self, background: str, seed: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8], Floats]:
        """(image, segments, box) of the pose."""
        body, raster = self._body, self._raster
        depth = np.full((_SHADOW_SIZE, _SHADOW_SIZE), raster.FAR, np.float32)
        raster.draw_depth(self._light, body.faces, depth)
        raster.shade(
            self._world,
            self._normals,
            body.colours,
            body.gloss,
            self._eye,
            self._lights,
            self._light,
            depth,
            self._lit,
        )
        image = self._wall.paint(self._surface(background, seed), depth)
        segments = np.zeros(image.shape[:2], np.uint8)
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
        points = self._screen - np.array((*corner, 0), np.float32)
        points *= np.array((raster.SAMPLES, raster.SAMPLES, 1), np.float32)
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
        mouth = self._look.mouth(lips).reshape(-1, 3)
        vertices[end : end + len(mouth)] = mouth

    def _crop(self) -> tuple[int, int, int, int]:
        """The pixels that the head may touch: left, top, right, bottom."""
        camera = self._camera
        x, y = self._screen[:, 0], self._screen[:, 1]  # one by one: twenty times as fast as along an axis
        left, top = (max(0, int(values.min()) - _MARGIN_PX) for values in (x, y))
        right = min(camera.width, int(x.max()) + _MARGIN_PX + 1)
        return left, top, right, min(camera.height, int(y.max()) + _MARGIN_PX + 1)
