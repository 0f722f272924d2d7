"""Triangle meshes of the head's parts. Faces wind so that they are seen from outside. Metres."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from affect_core.avatar.shape import Array, HeadShape, round_section

TUBE_SIDES: Final = 10
"""Corners of a tube's cross-section."""

Faces = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Mesh:
    """Attributes: vertices (n, 3), faces (m, 3) indices into them, normals (n, 3) of unit length."""

    vertices: Array
    faces: Faces
    normals: Array

    def moved(self, x: float, y: float, z: float) -> Mesh:
        """The same mesh elsewhere."""
        return Mesh(self.vertices + np.array((x, y, z)), self.faces, self.normals)

    def tipped(self, angle: float) -> Mesh:
        """Turned about x by ``angle`` rad, the upper end to the back for a negative one."""
        turn = np.array([[1, 0, 0], [0, np.cos(angle), -np.sin(angle)], [0, np.sin(angle), np.cos(angle)]])
        return Mesh(self.vertices @ turn.T, self.faces, self.normals @ turn.T)

    def where(self, keep: NDArray[np.bool_]) -> Mesh:
        """Only the faces all of whose vertices are in ``keep`` (n,); vertices that are left over stay."""
        return Mesh(self.vertices, self.faces[keep[self.faces].all(axis=1)], self.normals)


def skull(shape: HeadShape, around: int = 128, rings: int = 96) -> Mesh:
    """The skin of the head: dense in front and in the middle, closed at top and chin."""
    step = np.linspace(-1, 1, around, endpoint=False)
    height = np.linspace(-1, 1, rings)
    z_share = np.clip(np.sin(np.pi / 2 * (0.6 * height + 0.4 * height**3)), -0.9995, 0.9995)
    unit_x, unit_y = round_section(np.pi * (0.55 * step + 0.45 * step**3))
    half_width, half_depth = shape.ring(z_share)
    x, y = np.outer(half_width, unit_x), np.outer(half_depth, unit_y)
    z = np.repeat(z_share[:, None] * shape.half_height, around, 1)
    y = y - shape.relief(x, z) * np.sqrt(np.clip(-unit_y, 0, 1))
    poles = [(0, 0, -shape.half_height), (0, 0, shape.half_height)]
    vertices = np.concatenate([np.stack([x, y, z], -1).reshape(-1, 3), poles])
    return _smooth(vertices, np.concatenate([_grid(rings, around, wrap=True), _caps(rings, around)]))


def ellipsoid(radii: tuple[float, float, float], around: int = 24, rings: int = 16) -> Mesh:
    """About the origin."""
    turn = np.linspace(0, 2 * np.pi, around, endpoint=False)
    fall = np.linspace(np.pi, 0, rings + 1)
    unit = np.stack(
        [
            np.outer(np.sin(fall), np.cos(turn)),
            np.outer(np.sin(fall), np.sin(turn)),
            np.repeat(np.cos(fall)[:, None], around, 1),
        ],
        -1,
    ).reshape(-1, 3)
    return Mesh(unit * radii, _grid(rings + 1, around, wrap=True), _unit(unit / radii))


def rounded_box(half_x: float, half_y: float, half_z: float, power: float = 5.0, around: int = 40) -> Mesh:
    """A box with round edges about the origin: the superellipsoid of ``power``; 2 would be an ellipsoid."""
    sphere = ellipsoid((1.0, 1.0, 1.0), around, around // 2)
    away = (np.abs(sphere.vertices) ** power).sum(axis=1, keepdims=True) ** (1 / power)
    unit = sphere.vertices / away
    slope = np.sign(unit) * np.abs(unit) ** (power - 1)
    half = np.array((half_x, half_y, half_z))
    return Mesh(unit * half, sphere.faces, _unit(slope / half))


def ring(half_x: float, half_z: float, thickness: float, around: int = 48, sides: int = 8) -> Mesh:
    """An upright oval ring about the origin."""
    turn = np.linspace(0, 2 * np.pi, around, endpoint=False)
    outwards = _unit(np.stack([half_z * np.cos(turn), np.zeros(around), half_x * np.sin(turn)], 1))
    middle = np.stack([half_x * np.cos(turn), np.zeros(around), half_z * np.sin(turn)], 1)
    about = np.linspace(0, 2 * np.pi, sides, endpoint=False)
    section = (
        outwards[:, None] * np.cos(about)[None, :, None] + np.array((0, -1.0, 0)) * np.sin(about)[:, None]
    )
    vertices = (middle[:, None] + thickness * section).reshape(-1, 3)
    closed = np.arange(around * sides).reshape(around, sides)
    faces = _grid(around + 1, sides, wrap=True)
    order = np.concatenate([closed, closed[:1]]).ravel()
    return Mesh(vertices, order[faces][:, ::-1].astype(np.int32), section.reshape(-1, 3))


def band(line: Array, radius: float, sides: int = 7) -> Mesh:
    """A half-round moulding of ``radius`` along a level line (n, 3) that runs from right to left about the z axis."""
    about = np.linspace(-np.pi / 2, np.pi / 2, sides)
    outwards = _unit(line * (1, 1, 0))
    normals = (
        outwards[None] * np.cos(about)[:, None, None] + np.array((0, 0, 1.0)) * np.sin(about)[:, None, None]
    )
    vertices = (line[None] + radius * normals).reshape(-1, 3)
    return Mesh(vertices, _grid(sides, len(line), wrap=False), normals.reshape(-1, 3))


def zone(radius: float, from_deg: float, to_deg: float, around: int = 32, rings: int = 8) -> Mesh:
    """The part of a sphere about the origin between two angles from straight ahead (-y)."""
    turn = np.linspace(0, 2 * np.pi, around, endpoint=False)
    away = np.radians(np.linspace(from_deg, to_deg, rings + 1))
    unit = np.stack(
        [
            np.outer(np.sin(away), np.cos(turn)),
            np.repeat(-np.cos(away)[:, None], around, 1),
            np.outer(np.sin(away), np.sin(turn)),
        ],
        -1,
    ).reshape(-1, 3)
    return Mesh(unit * radius, _grid(rings + 1, around, wrap=True)[:, ::-1], unit)


def cylinder(radius: float, low_z: float, high_z: float, around: int = 28) -> Mesh:
    """Upright, without lids."""
    turn = np.linspace(0, 2 * np.pi, around, endpoint=False)
    ring = np.stack([np.cos(turn), np.sin(turn), np.zeros(around)], 1)
    vertices = np.concatenate([ring * radius + (0, 0, low_z), ring * radius + (0, 0, high_z)])
    return Mesh(vertices, _grid(2, around, wrap=True), np.concatenate([ring, ring]))


def plate(half_x: float, half_y: float, half_z: float) -> Mesh:
    """A box about the origin with sharp edges."""
    sides = []
    for axis in range(3):
        for sign in (-1.0, 1.0):
            corners = np.array([(a, b) for a in (-1, 1) for b in (-1, 1)], float)
            sides.append(np.insert(corners, axis, sign, axis=1))
    unit = np.concatenate(sides)
    normals = np.repeat([_axis(axis, sign) for axis in range(3) for sign in (-1.0, 1.0)], 4, axis=0)
    faces = []
    for side in range(6):
        quad = np.array([[0, 1, 3], [0, 3, 2]]) + 4 * side
        faces.append(quad if _faces_out(unit, normals, quad[0]) else quad[:, ::-1])
    return Mesh(unit * (half_x, half_y, half_z), np.concatenate(faces).astype(np.int32), normals)


def lid(radius: float, upper: bool, thickness: float = 0.0012, across: int = 28, along: int = 12) -> Mesh:
    """A quarter shell about the eye's centre, hinged on x; its edge lies at the equator in front."""
    turn = np.linspace(-1, 1, across) * np.radians(88)
    rise = np.linspace(0, np.radians(115), along) * (1 if upper else -1)
    unit = np.stack(
        [
            np.repeat(np.sin(turn)[None], along, 0),
            -np.outer(np.cos(rise), np.cos(turn)),
            np.outer(np.sin(rise), np.cos(turn)),
        ],
        -1,
    ).reshape(-1, 3)
    outer = _grid(along, across, wrap=False)
    edge = np.arange(across - 1)
    inside = edge + along * across
    rim = np.concatenate([np.stack([edge, inside, inside + 1], 1), np.stack([edge, inside + 1, edge + 1], 1)])
    faces = np.concatenate([outer, rim]) if upper else np.concatenate([outer, rim])[:, ::-1]
    vertices = np.concatenate([unit * radius, unit * (radius - thickness)])
    return Mesh(vertices, faces.astype(np.int32), np.concatenate([unit, unit]))


def tube_faces(length: int) -> Faces:
    """Faces of a tube of ``length`` cross-sections of `TUBE_SIDES` vertices each, closed at both ends."""
    faces = _grid(length, TUBE_SIDES, wrap=True)[:, ::-1]
    fan = np.array([[0, i, i + 1] for i in range(1, TUBE_SIDES - 1)])
    return _joined([faces, fan[:, ::-1], fan + (length - 1) * TUBE_SIDES])


def sheet_faces(rows: int, columns: int) -> Faces:
    """Faces of a sheet of vertices, upper row first, each row from right to left; seen from the front."""
    return _grid(rows, columns, wrap=False)[:, ::-1]


def _grid(rows: int, columns: int, wrap: bool) -> Faces:
    """Two triangles per cell of a (rows, columns) grid of vertices."""
    row, column = np.meshgrid(np.arange(rows - 1), np.arange(columns if wrap else columns - 1), indexing="ij")
    a = (row * columns + column).ravel()
    b = (row * columns + (column + 1) % columns).ravel()
    c, d = a + columns, b + columns
    return _joined([np.stack([a, b, d], 1), np.stack([a, d, c], 1)])


def _joined(faces: list[NDArray[np.int_]]) -> Faces:
    return np.concatenate(faces).astype(np.int32)


def _caps(rings: int, around: int) -> Faces:
    """Fans that close the first and last ring with the two vertices that follow the grid."""
    here, after = np.arange(around), (np.arange(around) + 1) % around
    last = (rings - 1) * around
    low, high = np.full(around, rings * around), np.full(around, rings * around + 1)
    return _joined([np.stack([low, after, here], 1), np.stack([high, last + here, last + after], 1)])


def _smooth(vertices: Array, faces: Faces) -> Mesh:
    """Normals averaged over the faces that meet in a vertex."""
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    normals = np.zeros_like(vertices)
    for k in range(3):
        np.add.at(normals, faces[:, k], np.cross(b - a, c - a))
    return Mesh(vertices, faces, _unit(normals))


def _unit(vectors: Array) -> Array:
    result: Array = vectors / (np.linalg.norm(vectors, axis=-1, keepdims=True) + 1e-12)
    return result


def _axis(axis: int, sign: float) -> Array:
    vector = np.zeros(3)
    vector[axis] = sign
    return vector


def _faces_out(vertices: Array, normals: Array, face: Faces) -> bool:
    a, b, c = vertices[face]
    return bool(np.cross(b - a, c - a) @ normals[face[0]] > 0)
