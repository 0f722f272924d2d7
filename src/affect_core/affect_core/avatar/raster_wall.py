"""The rasteriser's kernels for the wall behind the head."""

from __future__ import annotations

from typing import Final

import numpy as np

from affect_core.avatar.raster import F32, FAR, U8, kernel

_TAPS: Final = 3
_APART: Final = 5
_REACH: Final = _TAPS * _APART
"""Texels of the shadow map around a place that are asked, so many to each side, and how far apart they are."""


@kernel
def darken_wall(cells: F32, depth: F32, step: int, lit: F32, dark: F32, out: U8) -> None:
    """The head's soft shadow on the wall in the light, which ``out`` shows.

    Args:
        cells: (rows, columns, 2) place in the shadow map of every ``step``-th pixel.
        lit, dark: (3,) the wall's colour in the light and in the shadow.
    """
    rows, columns = cells.shape[:2]
    shadow = _wall_shadow(cells, depth)
    height, width = out.shape[:2]
    for y in range(height):
        r = min(y // step, rows - 2)
        down = np.float32(y - r * step) / step
        for c in range(columns - 1):
            a, b, d, e = shadow[r, c], shadow[r, c + 1], shadow[r + 1, c], shadow[r + 1, c + 1]
            if a + b + d + e == 0:  # most of the wall
                continue
            left = a + (d - a) * down
            right = b + (e - b) * down
            start, stop = c * step, min(width, (c + 1) * step)
            for x in range(start, stop):
                share = left + (right - left) * np.float32(x - start) / np.float32(step)
                for k in range(3):
                    out[y, x, k] = np.uint8(lit[k] + (dark[k] - lit[k]) * share)


@kernel
def darken_picture(cells: F32, depth: F32, step: int, dark: U8, out: U8) -> None:
    """Like `darken_wall`, for a wall with a picture: ``dark`` and ``out`` (H, W, 3)."""
    rows, columns = cells.shape[:2]
    shadow = _wall_shadow(cells, depth)
    height, width = out.shape[:2]
    for y in range(height):
        r = min(y // step, rows - 2)
        down = np.float32(y - r * step) / step
        for c in range(columns - 1):
            a, b, d, e = shadow[r, c], shadow[r, c + 1], shadow[r + 1, c], shadow[r + 1, c + 1]
            if a + b + d + e == 0:
                continue
            left = a + (d - a) * down
            right = b + (e - b) * down
            start, stop = c * step, min(width, (c + 1) * step)
            for x in range(start, stop):
                share = left + (right - left) * np.float32(x - start) / np.float32(step)
                for k in range(3):
                    light, shade = np.float32(out[y, x, k]), np.float32(dark[y, x, k])
                    out[y, x, k] = np.uint8(light + (shade - light) * share)


@kernel
def _wall_shadow(cells: F32, depth: F32) -> F32:
    """(rows, columns): share of the key light that the head keeps from the wall."""
    rows, columns = cells.shape[:2]
    left, top, right, bottom = _drawn(depth)
    shadow = np.zeros((rows, columns), np.float32)
    for r in range(rows):
        for c in range(columns):
            x, y = cells[r, c, 0], cells[r, c, 1]
            beside = x + _REACH < left or x - _REACH > right
            if not beside and y + _REACH >= top and y - _REACH <= bottom:
                shadow[r, c] = 1 - _wall_light(x, y, depth)
    return shadow


@kernel
def _drawn(depth: F32) -> tuple[int, int, int, int]:
    """(left, top, right, bottom) around the texels with something in them, one more on each side."""
    size = depth.shape[0]
    left, top, right, bottom = size, size, -1, -1
    for row in range(size):
        first = 0
        while first < size and depth[row, first] >= FAR:
            first += 1
        if first < size:
            last = size - 1
            while depth[row, last] >= FAR:
                last -= 1
            left, right = min(left, first), max(right, last)
            top, bottom = min(top, row), row
    return left - 1, top - 1, right + 1, bottom + 1


@kernel
def _wall_light(x: float, y: float, depth: F32) -> np.float32:
    """Share of the light that reaches the wall: nothing of the head in the way."""
    size = depth.shape[0]
    lit = 0
    for j in range(-_TAPS, _TAPS + 1):
        for i in range(-_TAPS, _TAPS + 1):
            column, row = int(x + _APART * i), int(y + _APART * j)
            if column < 0 or row < 0 or column >= size or row >= size or depth[row, column] >= FAR:
                lit += 1
    return np.float32(lit) / np.float32((2 * _TAPS + 1) ** 2)
