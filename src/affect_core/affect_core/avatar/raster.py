"""The rasteriser: shadow map, light per vertex, z-buffer with 2x2 samples per pixel.

The kernels are compiled by numba and run without the GIL. The camera at ``eye`` looks along +y, x right, z
up. Points are (column, row, depth): on the screen in pixels or samples, to the light in texels of its map.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
U8 = NDArray[np.uint8]
Flags = NDArray[np.bool_]

SAMPLES: Final = 2
"""Samples per pixel and axis."""

FAR: Final = np.float32(1e9)
"""Depth where nothing has been drawn."""

_SHADOW_TAPS: Final = 2
_SHADOW_SLACK: Final = np.float32(0.012)
"""A point is lit when nothing is closer to the light by more than this (m); hides the map's coarse steps."""

Kernel = TypeVar("Kernel", bound=Callable[..., Any])


def _use_writable_cache() -> None:
    """Numba keeps compiled kernels beside the source; where that is read-only, in the user's cache folder."""
    settings = cast(Any, numba.config)
    if settings.CACHE_DIR or os.access(Path(__file__).parent, os.W_OK):
        return
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    home = base if os.access(base if base.exists() else base.parent, os.W_OK) else Path(tempfile.gettempdir())
    settings.CACHE_DIR = str(home / "affect_hri" / "numba")


_use_writable_cache()


def kernel(function: Kernel) -> Kernel:
    """Compile once per machine, without fast-math: the picture should not depend on the CPU."""
    return cast(Kernel, numba.njit(nogil=True, cache=True, error_model="numpy")(function))


@kernel
def sweep_tubes(
    centres: F32, radii: F32, flatness: F32, lengths: I64, sides: int, vertices: F32, normals: F32
) -> int:
    """Write the vertices of all tubes, one after the other, ``sides`` per cross-section."""
    first = 0
    out = 0
    for t in range(len(lengths)):
        last = first + lengths[t] - 1
        for i in range(first, last + 1):
            before, after = max(first, i - 1), min(last, i + 1)
            dx = centres[after, 0] - centres[before, 0]
            dy = centres[after, 1] - centres[before, 1]
            dz = centres[after, 2] - centres[before, 2]
            # `up` is across the tube in the skin, `ahead` out of the skin; both of unit length
            length = np.sqrt(dx * dx + dz * dz) + np.float32(1e-9)
            ux, uz = dz / length, -dx / length
            full = np.sqrt(dx * dx + dy * dy + dz * dz) + np.float32(1e-9)
            ax, ay, az = dy * uz / full, (dz * ux - dx * uz) / full, -dy * ux / full
            if ay > 0:
                ax, ay, az = -ax, -ay, -az
            for k in range(sides):
                angle = 2 * np.pi * k / sides
                c, s = np.float32(np.cos(angle)), np.float32(np.sin(angle))
                a, b = radii[i] * c, radii[i] * s * flatness[t]
                vertices[out, 0] = centres[i, 0] + a * ux + b * ax
                vertices[out, 1] = centres[i, 1] + b * ay
                vertices[out, 2] = centres[i, 2] + a * uz + b * az
                p, q = c * flatness[t], s
                norm = np.sqrt(p * p + q * q) + np.float32(1e-9)
                normals[out, 0] = (p * ux + q * ax) / norm
                normals[out, 1] = q * ay / norm
                normals[out, 2] = (p * uz + q * az) / norm
                out += 1
        first = last + 1
    return out


@kernel
def place(vertices: F32, normals: F32, bones: U8, matrices: F32, world: F32, world_normals: F32) -> None:
    """Move every vertex with its bone."""
    for i in range(len(vertices)):
        m = matrices[bones[i]]
        x, y, z = vertices[i, 0], vertices[i, 1], vertices[i, 2]
        nx, ny, nz = normals[i, 0], normals[i, 1], normals[i, 2]
        for k in range(3):
            world[i, k] = m[k, 0] * x + m[k, 1] * y + m[k, 2] * z + m[k, 3]
            world_normals[i, k] = m[k, 0] * nx + m[k, 1] * ny + m[k, 2] * nz


@kernel
def to_screen(world: F32, eye: F32, focal_px: np.float32, centre_xy: F32, screen: F32) -> None:
    """Perspective, in pixels."""
    for i in range(len(world)):
        depth = max(world[i, 1] - eye[1], np.float32(1e-3))
        screen[i, 0] = centre_xy[0] + focal_px * (world[i, 0] - eye[0]) / depth
        screen[i, 1] = centre_xy[1] - focal_px * (world[i, 2] - eye[2]) / depth
        screen[i, 2] = depth


@kernel
def to_light(world: F32, view: F32, texels_per_m: np.float32, size: np.float32, light: F32) -> None:
    """Parallel projection along the key light; ``view`` (3, 3): right, up, towards the light."""
    for i in range(len(world)):
        x, y, z = world[i, 0], world[i, 1], world[i, 2]
        light[i, 0] = size / 2 + texels_per_m * (view[0, 0] * x + view[0, 1] * y + view[0, 2] * z)
        light[i, 1] = size / 2 - texels_per_m * (view[1, 0] * x + view[1, 1] * y + view[1, 2] * z)
        light[i, 2] = -(view[2, 0] * x + view[2, 1] * y + view[2, 2] * z)


@kernel
def draw_depth(points: F32, faces: I32, depth: F32) -> None:
    """Nearest depth per cell; both sides of a face count."""
    height, width = depth.shape
    for t in range(len(faces)):
        a, b, c = faces[t, 0], faces[t, 1], faces[t, 2]
        # Taken out of the loops by hand: for all the compiler knows, what is drawn changes what is read.
        ax, ay, az = points[a, 0], points[a, 1], points[a, 2]
        bx, by, bz = points[b, 0], points[b, 1], points[b, 2]
        cx, cy, cz = points[c, 0], points[c, 1], points[c, 2]
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        if area == 0:
            continue
        left, right = _first(min(ax, bx, cx), 0), _last(max(ax, bx, cx), width)
        top, bottom = _first(min(ay, by, cy), 0), _last(max(ay, by, cy), height)
        for row in range(top, bottom + 1):
            entered = False
            for column in range(left, right + 1):
                px, py = column + np.float32(0.5), row + np.float32(0.5)
                u = ((cx - bx) * (py - by) - (cy - by) * (px - bx)) / area
                v = ((ax - cx) * (py - cy) - (ay - cy) * (px - cx)) / area
                w = 1 - u - v
                if u >= 0 and v >= 0 and w >= 0:
                    entered = True
                    near = u * az + v * bz + w * cz
                    if near < depth[row, column]:
                        depth[row, column] = near
                elif entered:
                    break


@kernel
def shade(
    world: F32,
    normals: F32,
    colours: F32,
    gloss: F32,
    eye: F32,
    lights: F32,
    light: F32,
    depth: F32,
    lit: F32,
) -> None:
    """Light per vertex (0..255): Lambert and Blinn-Phong of the key light in soft shadow, fill, ambient.

    ``lights`` (5, 3): key direction, key colour, fill direction, fill colour, ambient.
    """
    for i in range(len(world)):
        nx, ny, nz = normals[i, 0], normals[i, 1], normals[i, 2]
        key = nx * lights[0, 0] + ny * lights[0, 1] + nz * lights[0, 2]
        fill = max(np.float32(0), nx * lights[2, 0] + ny * lights[2, 1] + nz * lights[2, 2])
        shown = np.float32(1)
        if key > 0:
            shown = _lit_share(light[i, 0], light[i, 1], light[i, 2] - _SHADOW_SLACK, depth)
        key = max(np.float32(0), key) * shown
        shine = gloss[i] * shown * _highlight(world[i], normals[i], eye, lights[0])
        sky = np.float32(0.75) + np.float32(0.25) * nz
        for k in range(3):
            light_in = lights[4, k] * sky + lights[1, k] * key + lights[3, k] * fill
            lit[i, k] = min(np.float32(255), 255 * (colours[i, k] * light_in + lights[1, k] * shine))


@kernel
def fill(points: F32, lit: F32, faces: I32, segments: U8, depth: F32, image: F32, samples: U8) -> None:
    """Draw the faces that look at the camera: nearest depth wins, colours interpolated.

    ``depth`` (h, w), ``image`` (h, w, 3), ``samples`` uint8 (h, w): the segment of each sample.
    """
    height, width = depth.shape
    for t in range(len(faces)):
        a, b, c = faces[t, 0], faces[t, 1], faces[t, 2]
        ax, ay, az = points[a, 0], points[a, 1], points[a, 2]
        bx, by, bz = points[b, 0], points[b, 1], points[b, 2]
        cx, cy, cz = points[c, 0], points[c, 1], points[c, 2]
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        if area >= 0:  # rows grow downwards, so a face seen from its outside has a negative area
            continue
        left, right = _first(min(ax, bx, cx), 0), _last(max(ax, bx, cx), width)
        top, bottom = _first(min(ay, by, cy), 0), _last(max(ay, by, cy), height)
        du, dv = -(cy - by) / area, -(ay - cy) / area
        ar, ag, ab = lit[a, 0], lit[a, 1], lit[a, 2]
        br, bg, bb = lit[b, 0], lit[b, 1], lit[b, 2]
        cr, cg, cb = lit[c, 0], lit[c, 1], lit[c, 2]
        segment = segments[t]
        for row in range(top, bottom + 1):
            px, py = left + np.float32(0.5), row + np.float32(0.5)
            u = ((cx - bx) * (py - by) - (cy - by) * (px - bx)) / area
            v = ((ax - cx) * (py - cy) - (ay - cy) * (px - cx)) / area
            column = left
            while column <= right and (u < 0 or v < 0 or 1 - u - v < 0):  # to where the row enters
                column += 1
                u += du
                v += dv
            while column <= right:
                w = 1 - u - v
                if u < 0 or v < 0 or w < 0:  # it has left: it crosses a triangle once
                    break
                near = u * az + v * bz + w * cz
                if near < depth[row, column]:
                    depth[row, column] = near
                    samples[row, column] = segment
                    image[row, column, 0] = u * ar + v * br + w * cr
                    image[row, column, 1] = u * ag + v * bg + w * cg
                    image[row, column, 2] = u * ab + v * bb + w * cb
                column += 1
                u += du
                v += dv


@kernel
def bounds(samples: U8, wanted: Flags) -> tuple[int, int, int, int]:
    """(left, top, right, bottom) of the samples whose segment is ``wanted`` (n_segments,); right -1: none."""
    height, width = samples.shape
    left, top, right, bottom = width, height, -1, -1
    for row in range(height):
        for column in range(width):
            if wanted[samples[row, column]]:
                left, right = min(left, column), max(right, column + 1)
                top, bottom = min(top, row), row + 1
    return left, top, right, bottom


@kernel
def resolve(image: F32, samples: U8, out: U8, segments: U8) -> None:
    """Average each pixel's samples over the background in ``out``; its segment is the first sample's."""
    height, width = segments.shape
    for row in range(height):
        for column in range(width):
            drawn = 0
            red, green, blue = np.float32(0), np.float32(0), np.float32(0)
            for j in range(SAMPLES * row, SAMPLES * row + SAMPLES):
                for i in range(SAMPLES * column, SAMPLES * column + SAMPLES):
                    if samples[j, i] > 0:
                        drawn += 1
                        red += image[j, i, 0]
                        green += image[j, i, 1]
                        blue += image[j, i, 2]
            segments[row, column] = samples[SAMPLES * row, SAMPLES * column]
            if drawn > 0:
                rest = SAMPLES * SAMPLES - drawn
                out[row, column, 0] = np.uint8((red + rest * out[row, column, 0]) / (SAMPLES * SAMPLES))
                out[row, column, 1] = np.uint8((green + rest * out[row, column, 1]) / (SAMPLES * SAMPLES))
                out[row, column, 2] = np.uint8((blue + rest * out[row, column, 2]) / (SAMPLES * SAMPLES))


@kernel
def _lit_share(x: float, y: float, near: float, depth: F32) -> np.float32:
    """Share of the neighbouring texels that are not in front of ``near``."""
    size = depth.shape[0]
    lit = 0
    column, row = int(x), int(y)
    if min(column, row) >= _SHADOW_TAPS and max(column, row) < size - _SHADOW_TAPS:  # all of them in the map
        for j in range(row - _SHADOW_TAPS, row + _SHADOW_TAPS + 1):
            for i in range(column - _SHADOW_TAPS, column + _SHADOW_TAPS + 1):
                lit += near <= depth[j, i]
        return np.float32(lit) / np.float32((2 * _SHADOW_TAPS + 1) ** 2)
    for j in range(-_SHADOW_TAPS, _SHADOW_TAPS + 1):
        for i in range(-_SHADOW_TAPS, _SHADOW_TAPS + 1):
            column, row = int(x + i), int(y + j)
            if column < 0 or row < 0 or column >= size or row >= size or near <= depth[row, column]:
                lit += 1
    return np.float32(lit) / np.float32((2 * _SHADOW_TAPS + 1) ** 2)


@kernel
def _highlight(point: F32, normal: F32, eye: F32, key: F32) -> Any:
    """(normal . half vector) to the 24th."""
    vx, vy, vz = eye[0] - point[0], eye[1] - point[1], eye[2] - point[2]
    scale = 1 / np.sqrt(vx * vx + vy * vy + vz * vz)
    hx, hy, hz = key[0] + vx * scale, key[1] + vy * scale, key[2] + vz * scale
    along = normal[0] * hx + normal[1] * hy + normal[2] * hz
    cosine = max(np.float32(0), along / np.sqrt(hx * hx + hy * hy + hz * hz))
    fourth = cosine * cosine * cosine * cosine
    eighth = fourth * fourth
    return eighth * eighth * eighth


@kernel
def _first(low: Any, limit: int) -> int:
    """First cell whose centre is not before ``low``."""
    return max(limit, int(np.ceil(low - np.float32(0.5))))


@kernel
def _last(high: Any, size: int) -> int:
    """Last cell whose centre is not behind ``high``."""
    return min(size - 1, int(np.floor(high - np.float32(0.5))))
