"""The loops over vertices and pixels. Compiled by numba, without the GIL and without fast-math (see `avatar.raster`).

Space is in centimetres, x to the subject's left (the picture's right), y up, z to the viewer. Points on the screen
are (column, row, depth) in samples, points of the shadow map in texels.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from affect_core.avatar.raster import SAMPLES, kernel

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
U8 = NDArray[np.uint8]

_TAPS: Final = 2
_WRAP: Final = np.float32(0.25)
_LEAK: Final = np.float32(0.15)
_SLACK_CM: Final = np.float32(0.45)
_HALF: Final = np.float32(0.5)
_ONE: Final = np.float32(1.0)
_ZERO: Final = np.float32(0.0)
_TINY: Final = np.float32(1e-9)


@kernel
def add_modes(places: F32, modes: F32, amounts: F32) -> None:
    """``places`` (n, 3) += sum over k of amounts[k] * modes[k]; always in the same order."""
    for k in range(len(amounts)):
        amount = amounts[k]
        if amount == 0:
            continue
        for i in range(places.shape[0]):
            for e in range(3):
                places[i, e] += amount * modes[k, i, e]


@kernel
def add_moves(places: F32, vertices: I64, moves: F32, amount: np.float32) -> None:
    """``places[vertices]`` += amount * ``moves``."""
    for i in range(len(vertices)):
        for e in range(3):
            places[vertices[i], e] += amount * moves[i, e]


@kernel
def vertex_normals(places: F32, faces: I32, normals: F32) -> None:
    """Unit normals (n, 3): the sum of the triangles' normals, weighted by their area."""
    normals[:] = 0
    for t in range(len(faces)):
        a, b, c = faces[t, 0], faces[t, 1], faces[t, 2]
        ux, uy, uz = places[b, 0] - places[a, 0], places[b, 1] - places[a, 1], places[b, 2] - places[a, 2]
        vx, vy, vz = places[c, 0] - places[a, 0], places[c, 1] - places[a, 1], places[c, 2] - places[a, 2]
        nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
        for i in (a, b, c):
            normals[i, 0] += nx
            normals[i, 1] += ny
            normals[i, 2] += nz
    for i in range(len(normals)):
        length = np.sqrt(normals[i, 0] ** 2 + normals[i, 1] ** 2 + normals[i, 2] ** 2) + np.float32(1e-12)
        for e in range(3):
            normals[i, e] /= length


@kernel
def _shown_share(
    column: np.float32, row: np.float32, depth: np.float32, softness: np.float32, near: F32
) -> np.float32:
    """Share of the taps round a point of the shadow map that the light reaches."""
    height, width = near.shape
    hits = 0
    for dy in range(-_TAPS, _TAPS + 1):
        for dx in range(-_TAPS, _TAPS + 1):
            x, y = (
                int(np.floor(column + np.float32(dx) * softness)),
                int(np.floor(row + np.float32(dy) * softness)),
            )
            if x < 0 or y < 0 or x >= width or y >= height or depth - _SLACK_CM <= near[y, x]:
                hits += 1
    return np.float32(hits) / np.float32((2 * _TAPS + 1) ** 2)


@kernel
def shade(
    places: F32,
    normals: F32,
    gloss: F32,
    openness: F32,
    eye_z: np.float32,
    lights: F32,
    softness: np.float32,
    texels: F32,
    near: F32,
    lit: F32,
    shine: F32,
) -> None:
    """Light per vertex: ``lit`` (n, 3) to multiply the texture with, ``shine`` (n,) to add.

    The key light is wrapped a little round the form, as skin lets light pass, and softly shadowed; a weak fill, an
    ambient light that comes more from above, and a highlight (Blinn-Phong, exponent 16).
    ``lights`` (5, 3): key direction, key colour, fill direction, fill colour, ambient.
    """
    for i in range(len(places)):
        nx, ny, nz = normals[i, 0], normals[i, 1], normals[i, 2]
        key = nx * lights[0, 0] + ny * lights[0, 1] + nz * lights[0, 2]
        fill = max(_ZERO, nx * lights[2, 0] + ny * lights[2, 1] + nz * lights[2, 2])
        shown = _ONE
        if key > 0:
            shown = _shown_share(texels[i, 0], texels[i, 1], texels[i, 2], softness, near)
        wrapped = max(_ZERO, (key + _WRAP) / (_ONE + _WRAP)) * (_LEAK + (_ONE - _LEAK) * shown)
        vx, vy, vz = -places[i, 0], -places[i, 1], eye_z - places[i, 2]
        view = np.sqrt(vx * vx + vy * vy + vz * vz) + _TINY
        hx, hy, hz = lights[0, 0] + vx / view, lights[0, 1] + vy / view, lights[0, 2] + vz / view
        half = np.sqrt(hx * hx + hy * hy + hz * hz) + _TINY
        bright = max(_ZERO, (nx * hx + ny * hy + nz * hz) / half)
        bright *= bright
        bright *= bright
        bright *= bright
        bright *= bright
        shine[i] = bright * gloss[i] * shown * (lights[1, 0] + lights[1, 1] + lights[1, 2]) / np.float32(3)
        sky = np.float32(0.72) + np.float32(0.28) * ny
        for e in range(3):
            lit[i, e] = openness[i] * (lights[4, e] * sky + lights[1, e] * wrapped + lights[3, e] * fill)


@kernel
def draw(
    points: F32,
    lit: F32,
    shine: F32,
    faces: I32,
    faces_uv: I32,
    uv: F32,
    textures: I32,
    segments: U8,
    texels: F32,
    painted: U8,
    skin: np.uint8,
    depth: F32,
    image: F32,
    samples: U8,
) -> None:
    """Draw the triangles that look at the camera: nearest depth wins, texture looked up per sample.

    ``texels`` (k, T, T, 3) and ``painted`` (k, T, T): textures and the segments painted in them; where these say
    nothing or ``skin``, the triangle's own segment counts. ``depth``, ``image``, ``samples``: (h, w), (h, w, 3), (h, w).
    """
    height, width = depth.shape
    size = np.float32(texels.shape[1])
    last = texels.shape[1] - 1
    for t in range(len(faces)):
        a, b, c = faces[t, 0], faces[t, 1], faces[t, 2]
        ax, ay, bx, by = points[a, 0], points[a, 1], points[b, 0], points[b, 1]
        cx, cy = points[c, 0], points[c, 1]
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        if area >= 0:  # rows grow downwards, so a triangle seen from its outside has a negative area
            continue
        left, right = (
            max(0, int(np.ceil(min(ax, bx, cx) - _HALF))),
            min(width - 1, int(np.floor(max(ax, bx, cx) - _HALF))),
        )
        top, bottom = (
            max(0, int(np.ceil(min(ay, by, cy) - _HALF))),
            min(height - 1, int(np.floor(max(ay, by, cy) - _HALF))),
        )
        if right < left or bottom < top:
            continue
        inverse = _ONE / area
        i, j, k = faces_uv[t, 0], faces_uv[t, 1], faces_uv[t, 2]
        layer = textures[t]
        for row in range(top, bottom + 1):
            py = np.float32(row) + _HALF
            for column in range(left, right + 1):
                px = np.float32(column) + _HALF
                u = ((cx - bx) * (py - by) - (cy - by) * (px - bx)) * inverse
                v = ((ax - cx) * (py - cy) - (ay - cy) * (px - cx)) * inverse
                w = _ONE - u - v
                if u < 0 or v < 0 or w < 0:
                    continue
                far = u * points[a, 2] + v * points[b, 2] + w * points[c, 2]
                if far >= depth[row, column]:
                    continue
                depth[row, column] = far
                x = min(max(int((u * uv[i, 0] + v * uv[j, 0] + w * uv[k, 0]) * size), 0), last)
                y = min(max(int((u * uv[i, 1] + v * uv[j, 1] + w * uv[k, 1]) * size), 0), last)
                shown = painted[layer, y, x]
                samples[row, column] = segments[t] if shown == 0 or shown == skin else shown
                bright = u * shine[a] + v * shine[b] + w * shine[c]
                for e in range(3):
                    light = u * lit[a, e] + v * lit[b, e] + w * lit[c, e]
                    image[row, column, e] = texels[layer, y, x, e] * light + bright


@kernel
def average(image: F32, samples: U8, backdrop: F32, out: F32, segments: U8) -> None:
    """Mean of each pixel's samples, the backdrop where nothing was drawn; the segment is the first sample's."""
    height, width = segments.shape
    share = _ONE / np.float32(SAMPLES * SAMPLES)
    for y in range(height):
        for x in range(width):
            for e in range(3):
                total = _ZERO
                for j in range(SAMPLES):
                    for i in range(SAMPLES):
                        row, column = SAMPLES * y + j, SAMPLES * x + i
                        total += image[row, column, e] if samples[row, column] > 0 else backdrop[y, x, e]
                out[y, x, e] = total * share
            segments[y, x] = samples[SAMPLES * y, SAMPLES * x]
