"""The rasteriser's kernels for the wall behind the head."""

from __future__ import annotations

import numpy as np

from affect_core.avatar.raster import F32, FAR, U8, kernel


@kernel
def paint_wall(cells: F32, depth: F32, step: int, lit: F32, dark: F32, out: U8) -> None:
    """The wall with the head's soft shadow, into ``out``.

    Args:
        cells: (rows, columns, 2) place in the shadow map of every ``step``-th pixel.
        lit, dark: (3,) the wall's colour in the light and in the shadow.
    """
    rows, columns = cells.shape[:2]
    shadow = _wall_shadow(cells, depth)
    plain = lit.astype(np.uint8)
    height, width = out.shape[:2]
    for y in range(height):
        r = min(y // step, rows - 2)
        down = np.float32(y - r * step) / step
        for c in range(columns - 1):
            a, b, d, e = shadow[r, c], shadow[r, c + 1], shadow[r + 1, c], shadow[r + 1, c + 1]
            start, stop = c * step, min(width, (c + 1) * step)
            if a + b + d + e == 0:  # most of the wall
                for x in range(start, stop):
                    out[y, x, 0], out[y, x, 1], out[y, x, 2] = plain[0], plain[1], plain[2]
                continue
            left = a + (d - a) * down
            right = b + (e - b) * down
            for x in range(start, stop):
                share = left + (right - left) * np.float32(x - start) / np.float32(step)
                for k in range(3):
                    out[y, x, k] = np.uint8(lit[k] + (dark[k] - lit[k]) * share)


@kernel
def paint_picture(cells: F32, depth: F32, step: int, lit: U8, dark: U8, out: U8) -> None:
    """Like `paint_wall`, for a wall with a picture: ``lit`` and ``dark`` (H, W, 3)."""
    rows, columns = cells.shape[:2]
    shadow = _wall_shadow(cells, depth)
    height, width = out.shape[:2]
    for y in range(height):
        r = min(y // step, rows - 2)
        down = np.float32(y - r * step) / step
        for c in range(columns - 1):
            a, b, d, e = shadow[r, c], shadow[r, c + 1], shadow[r + 1, c], shadow[r + 1, c + 1]
            start, stop = c * step, min(width, (c + 1) * step)
            left = a + (d - a) * down
            right = b + (e - b) * down
            for x in range(start, stop):
                share = left + (right - left) * np.float32(x - start) / np.float32(step)
                for k in range(3):
                    light, shade = np.float32(lit[y, x, k]), np.float32(dark[y, x, k])
                    out[y, x, k] = np.uint8(light + (shade - light) * share)


@kernel
def _wall_shadow(cells: F32, depth: F32) -> F32:
    """(rows, columns): share of the key light that the head keeps from the wall."""
    rows, columns = cells.shape[:2]
    shadow = np.empty((rows, columns), np.float32)
    for r in range(rows):
        for c in range(columns):
            shadow[r, c] = 1 - _wall_light(cells[r, c, 0], cells[r, c, 1], depth)
    return shadow


@kernel
def _wall_light(x: float, y: float, depth: F32) -> np.float32:
    """Share of the light that reaches the wall: nothing of the head in the way."""
    size = depth.shape[0]
    lit = 0
    for j in range(-3, 4):
        for i in range(-3, 4):
            column, row = int(x + 5 * i), int(y + 5 * j)
            if column < 0 or row < 0 or column >= size or row >= size or depth[row, column] >= FAR:
                lit += 1
    return np.float32(lit) / np.float32(49)
