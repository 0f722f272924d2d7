"""The whole head as one set of arrays, ready for the rasteriser."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from affect_core.avatar import mesh
from affect_core.avatar.look import Colour, Look
from affect_core.avatar.mesh import Mesh
from affect_core.avatar.scene import Occluder
from affect_core.avatar.shape import SIDES, Array, HeadShape
from affect_core.avatar.skeleton import Bone
from affect_core.avatar.strands import LIP_POINTS, MOUTH_ROWS, Strand, strands
from affect_core.avatar.truth import Segment
from affect_core.heads.rig import rest_pose

_EAR_Y: Final = 0.012
_EYE_RINGS_DEG: Final = (0.0, 13.0, 28.0, 180.0)
"""Where pupil, iris and white begin and end, as angles at the eye's centre."""


@dataclass(frozen=True, eq=False)
class Part:
    """A mesh with a colour on a bone; gloss 0..1 is the strength of its highlight."""

    name: str
    mesh: Mesh
    colour: Colour
    gloss: float
    bone: Bone
    segment: Segment


@dataclass(frozen=True, eq=False)
class Body:
    """All parts, one after the other; float32 as the rasteriser wants them.

    Attributes:
        vertices, normals: (n, 3) in each bone's frame; the strands' are rewritten for every pose.
        colours: (n, 3) 0..1. gloss: (n,). bones: uint8 (n,) `Bone` of each vertex.
        faces: int32 (m, 3). segments: uint8 (m,) of each face.
        head_faces: how many of the faces are not occluders; those come last.
        strands_start: first vertex of the strands, which lie together in the order of `strands`.
    """

    vertices: NDArray[np.float32]
    normals: NDArray[np.float32]
    colours: NDArray[np.float32]
    gloss: NDArray[np.float32]
    bones: NDArray[np.uint8]
    faces: NDArray[np.int32]
    segments: NDArray[np.uint8]
    head_faces: int
    strands_start: int


def build_body(look: Look, occluders: Sequence[Occluder]) -> Body:
    """The head of ``look``, with ``occluders`` before it."""
    rigid = _rigid_parts(look)
    soft = _soft_parts(look)
    plates = [_plate_part(occluder) for occluder in occluders]
    parts = [*rigid, *soft, *plates]
    counts = [len(part.mesh.vertices) for part in parts]
    starts = np.cumsum([0, *counts])
    faces = [part.mesh.faces + start for part, start in zip(parts, starts[:-1], strict=True)]
    return Body(
        vertices=np.concatenate([part.mesh.vertices for part in parts]).astype(np.float32),
        normals=np.concatenate([part.mesh.normals for part in parts]).astype(np.float32),
        colours=np.repeat([part.colour for part in parts], counts, axis=0).astype(np.float32),
        gloss=np.repeat([part.gloss for part in parts], counts).astype(np.float32),
        bones=np.repeat([part.bone for part in parts], counts).astype(np.uint8),
        faces=np.concatenate(faces).astype(np.int32),
        segments=np.concatenate([_segments(part, look.shape) for part in parts]),
        head_faces=sum(len(part.mesh.faces) for part in [*rigid, *soft]),
        strands_start=int(starts[len(rigid)]),
    )


def _rigid_parts(look: Look) -> list[Part]:
    shape, palette = look.shape, look.palette
    parts = [
        Part(
            "torso",
            mesh.ellipsoid((0.15, 0.08, 0.14), 40, 28).moved(0, 0.05, -0.32),
            palette.body,
            0.2,
            Bone.WORLD,
            Segment.BODY,
        ),
        Part(
            "neck",
            mesh.cylinder(0.035, -0.25, -0.06).moved(0, 0.02, 0),
            palette.body,
            0.2,
            Bone.NECK,
            Segment.BODY,
        ),
        Part("skull", mesh.skull(shape), palette.skin, 0.10, Bone.HEAD, Segment.SKIN),
        Part("hair", _hair(shape), palette.hair, 0.1, Bone.HEAD, Segment.HAIR),
    ]
    for side, sign in SIDES.items():
        ear = mesh.ellipsoid((0.008, 0.016, 0.024)).moved(sign * (shape.half_width + 0.001), _EAR_Y, 0)
        parts.append(Part(f"ear_{side}", ear, palette.skin, 0.1, Bone.HEAD, Segment.EAR))
        parts.append(_nostril(look, side, sign))
        parts += _eye(look, side)
    return parts


def _hair(shape: HeadShape) -> Mesh:
    radii = (shape.half_width + 0.0055, shape.half_depth - 0.004, 0.80 * shape.half_height)
    return mesh.ellipsoid(radii, 48, 32).moved(0, 0.022, 0.035)


def _nostril(look: Look, side: str, sign: float) -> Part:
    shape = look.shape
    x, z = np.array(sign * 0.0058), np.array(shape.nose_tip_z - 0.0065)
    hole = mesh.ellipsoid((0.0026, 0.004, 0.0018), 12, 8).moved(
        float(x), float(shape.front_y(x, z)) + 0.0012, float(z)
    )
    return Part(f"nostril_{side}", hole, look.palette.mouth, 0.0, Bone.HEAD, Segment.NOSE)


def _eye(look: Look, side: str) -> list[Part]:
    """Ball, iris and pupil turn together; the lids each on their own."""
    shape, palette = look.shape, look.palette
    ball, upper, lower = (Bone[f"{kind}_{side.upper()}"] for kind in ("EYE", "UPPER_LID", "LOWER_LID"))
    radius = shape.eye_radius
    colours = {"pupil": palette.dark, "iris": palette.iris, "ball": palette.sclera}
    rings = zip(colours, _EYE_RINGS_DEG, _EYE_RINGS_DEG[1:], strict=False)
    zones = {name: mesh.zone(radius, start, stop) for name, start, stop in rings}
    return [
        *(
            Part(f"{name}_{side}", zone, colours[name], 0.5, ball, Segment.EYE)
            for name, zone in zones.items()
        ),
        Part(f"upper_{side}", mesh.lid(shape.lid_radius, True), palette.lid, 0.1, upper, Segment.LID),
        Part(f"lower_{side}", mesh.lid(shape.lid_radius, False), palette.lid, 0.1, lower, Segment.LID),
    ]


def _soft_parts(look: Look) -> list[Part]:
    """The strands in their order, then the mouth; vertices are placeholders."""
    palette = look.palette
    kinds = {
        "upper_lip": (palette.lip, 0.2, Segment.LIP),
        "lower_lip": (palette.lip, 0.2, Segment.LIP),
        "brow": (palette.brow, 0.0, Segment.BROW),
    }
    parts = []
    for name, line in strands(rest_pose(), look.shape).items():
        colour, gloss, segment = kinds.get(name.removesuffix("_right").removesuffix("_left")) or (
            palette.fold,
            0.0,
            Segment.SKIN,
        )
        parts.append(Part(name, _blank_tube(line), colour, gloss, Bone.HEAD, segment))
    count = MOUTH_ROWS * LIP_POINTS
    sheet = Mesh(_nowhere(count), mesh.sheet_faces(MOUTH_ROWS, LIP_POINTS), _ahead(count))
    return [*parts, Part("mouth", sheet, palette.mouth, 0.0, Bone.HEAD, Segment.MOUTH)]


def _blank_tube(line: Strand) -> Mesh:
    count = len(line.x) * mesh.TUBE_SIDES
    return Mesh(_nowhere(count), mesh.tube_faces(len(line.x)), _ahead(count))


def _nowhere(count: int) -> Array:
    return np.zeros((count, 3))


def _ahead(count: int) -> Array:
    return np.tile((0.0, -1.0, 0.0), (count, 1))


def _plate_part(occluder: Occluder) -> Part:
    box = mesh.plate(*occluder.half_size).moved(*occluder.centre)
    return Part("occluder", box, occluder.colour, 0.05, Bone.HEAD, Segment.OCCLUDER)


def _segments(part: Part, shape: HeadShape) -> NDArray[np.uint8]:
    """Every face has its part's segment; of the skull's, some are the nose and some behind the ears."""
    ids = np.full(len(part.mesh.faces), part.segment, np.uint8)
    if part.name == "skull":
        x, y, z = part.mesh.vertices[part.mesh.faces].mean(axis=1).T
        low, high = shape.nose_tip_z - 0.012, shape.eye_z + 0.006
        width = 0.008 + 0.009 * np.clip((high - z) / (high - low), 0, 1)
        ids[(np.abs(x) < width) & (z > low) & (z < high) & (y < 0)] = Segment.NOSE
        ids[y > _EAR_Y] = Segment.NAPE
    return ids
