"""Meshes that are laid anew in every pose: sheets, tubes and bars. Metres; all are seen from their outside."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from affect_core.avatar import mesh
from affect_core.avatar.mesh import Mesh
from affect_core.avatar.shape import Array


def sheet(points: Array) -> Mesh:
    """A sheet of (rows, columns, 3): rows from the top, columns from the subject's right; seen from the front."""
    rows, columns = points.shape[:2]
    return Mesh(points.reshape(-1, 3), mesh.sheet_faces(rows, columns), normals_of(points).reshape(-1, 3))


def normals_of(points: Array) -> Array:
    """(rows, columns, 3) of unit length: across the sheet's rows and columns."""
    across, down = np.gradient(points, axis=1), np.gradient(points, axis=0)
    normals = np.cross(down, across)
    result: Array = normals / (np.linalg.norm(normals, axis=-1, keepdims=True) + 1e-12)
    return result


def tube(line: Array, radius: Array, flatness: float = 1.0) -> Mesh:
    """A tube along (n, 3) with the radii (n,); ``flatness`` is depth over height of its section."""
    from affect_core.avatar import raster

    count = len(line) * mesh.TUBE_SIDES
    vertices, normals = np.zeros((2, count, 3), np.float32)
    raster.sweep_tubes(
        line.astype(np.float32),
        radius.astype(np.float32),
        np.array([flatness], np.float32),
        np.array([len(line)]),
        mesh.TUBE_SIDES,
        vertices,
        normals,
    )
    return Mesh(vertices, mesh.tube_faces(len(line)), normals)


def bar(line: Array, half_height: Array, depth: float) -> Mesh:
    """A flat bar along (n, 3) whose front is ``half_height`` (n,) up and down and which reaches ``depth`` back."""
    along = np.gradient(line, axis=0) * (1, 0, 1)
    along /= np.linalg.norm(along, axis=1, keepdims=True) + 1e-12
    up = np.stack([-along[:, 2], np.zeros(len(line)), along[:, 0]], 1) * half_height[:, None]
    up *= np.sign(up[:, 2:].sum()) or 1.0
    back = np.array((0, depth, 0))
    high, low = line + up, line - up
    if line[-1, 0] < line[0, 0]:
        high, low = high[::-1], low[::-1]
    sides = [
        np.stack([high + back, high]),
        np.stack([high, low]),
        np.stack([low, low + back]),
        np.stack([[high[0] + back, high[0]], [low[0] + back, low[0]]]),
        np.stack([[high[-1], high[-1] + back], [low[-1], low[-1] + back]]),
    ]
    return joined([sheet(side) for side in sides])


def joined(meshes: list[Mesh]) -> Mesh:
    """Several meshes as one."""
    starts = np.cumsum([0, *(len(item.vertices) for item in meshes)])
    faces = [item.faces + start for item, start in zip(meshes, starts, strict=False)]
    return Mesh(
        np.concatenate([item.vertices for item in meshes]),
        np.concatenate(faces).astype(np.int32),
        np.concatenate([item.normals for item in meshes]),
    )


def rolled(item: Mesh, angle: float) -> Mesh:
    """Turned about y by ``angle`` rad: + lifts the subject's left end."""
    c, s = np.cos(angle), np.sin(angle)
    turn = np.array([[c, 0, -s], [0, 1, 0], [s, 0, c]])
    return Mesh(item.vertices @ turn.T, item.faces, item.normals @ turn.T)


def lying(item: Mesh) -> Mesh:
    """An upright thing (axis z) laid down so that its top looks ahead (-y)."""
    turn = np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]], float)
    return Mesh(item.vertices @ turn.T, item.faces, item.normals @ turn.T)


def faces_where(item: Mesh, keep: NDArray[np.bool_]) -> Mesh:
    """Only the faces in ``keep`` (m,)."""
    return Mesh(item.vertices, item.faces[keep], item.normals)
