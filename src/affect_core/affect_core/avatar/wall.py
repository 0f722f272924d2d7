"""The wall behind the head, with the head's shadow on it."""

from __future__ import annotations

from types import ModuleType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from affect_core.avatar.backgrounds import BACKGROUNDS
from affect_core.avatar.camera import Pinhole
from affect_core.avatar.lights import Singles, wall_colours
from affect_core.avatar.part import Colour

_WALL_Y_M: Final = 0.6
_STEP_PX: Final = 8


class Wall:
    """Paints the background of an image.

    Args:
        raster: the module of the kernels.
        eye: (3,) the camera's place in the world. view: (3, 3) of the key light.
        texels_per_m, shadow_size: of the shadow map.
    """

    def __init__(
        self,
        raster: ModuleType,
        camera: Pinhole,
        eye: Singles,
        view: Singles,
        texels_per_m: float,
        shadow_size: int,
    ) -> None:
        from affect_core.avatar import raster_wall

        self._kernels = raster_wall
        points, shape = _grid_on_wall(camera, eye)
        cells = np.empty_like(points)
        raster.to_light(points, view, np.float32(texels_per_m), np.float32(shadow_size), cells)
        self._cells = np.ascontiguousarray(cells[:, :2].reshape(*shape, 2))

    def paint(self, surface: Surface, depth: Singles) -> NDArray[np.uint8]:
        """A new image (H, W, 3) of the wall alone; ``depth``: the shadow map."""
        image = surface.bright.copy()
        if surface.is_plain:
            self._kernels.darken_wall(self._cells, depth, _STEP_PX, surface.lit, surface.dark, image)
        else:
            self._kernels.darken_picture(self._cells, depth, _STEP_PX, surface.dark, image)
        return image


class Surface:
    """A wall's colours under one light, in it and in the shadow: (3,) float32 or uint8 (H, W, 3), 0..255.

    Attributes:
        bright: uint8 (H, W, 3), the wall without any shadow.
    """

    def __init__(
        self, camera: Pinhole, wall: Colour, lights: Singles, background: str = "plain", seed: int = 0
    ) -> None:
        picture = BACKGROUNDS.build(background, camera.width, camera.height, wall, seed)
        self.is_plain = picture is None
        self.bright: NDArray[np.uint8]
        self.lit: NDArray[Any]
        self.dark: NDArray[Any]
        if picture is None:
            self.lit, self.dark = wall_colours(np.array(wall), lights)
            self.bright = np.empty((camera.height, camera.width, 3), np.uint8)
            self.bright[:] = self.lit.astype(np.uint8)
        else:
            self.lit, self.dark = (side.astype(np.uint8) for side in wall_colours(picture, lights))
            self.bright = self.lit


def _grid_on_wall(camera: Pinhole, eye: Singles) -> tuple[Singles, tuple[int, int]]:
    """(n, 3) where every `_STEP_PX`-th pixel sees the wall, in the world, and the grid's rows and columns."""
    x = np.arange(0, camera.width + _STEP_PX, _STEP_PX)
    y = np.arange(0, camera.height + _STEP_PX, _STEP_PX)
    column, row = np.meshgrid(x, y)
    away = _WALL_Y_M - eye[1]
    across = eye[0] + (column - camera.cx) / camera.fx * away
    up = eye[2] - (row - camera.cy) / camera.fy * away
    points = np.stack([across, np.full_like(across, _WALL_Y_M), up], -1).reshape(-1, 3).astype(np.float32)
    return points, (len(y), len(x))
