"""A morphable head made ready for drawing: the visible parts, their textures and segments, and the scalp.

Lacrimal fluid, occlusion and blend cards, lashes and irises of the ICT model are left out: opaque, the cards would
hide the eyes, and the iris is painted on the eyeball.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from affect_core.avatar.truth import Segment
from affect_core.errors import UnknownName
from affect_core.synth.humans.body import Shoulders, rim_of
from affect_core.synth.humans.ict import FaceModel, load_face_model
from affect_core.synth.humans.kernels import add_modes, add_moves
from affect_core.synth.humans.layout import FaceLayout, ScalpLayout

F32 = NDArray[np.float32]
I64 = NDArray[np.int64]


class Texture(IntEnum):
    """Which texture a triangle shows."""

    FACE = 0
    EYE = 1
    SKIN = 2
    GUMS = 3
    TEETH = 4
    HAIR = 5
    NECK = 6


EYES: Final = ("M_ScleraRight", "M_ScleraLeft")
_SKIN: Final = ("M_Face", "M_BackHead")
_SHOWN: Final[dict[str, tuple[Texture, Segment]]] = {
    "M_Face": (Texture.FACE, Segment.SKIN),
    "M_BackHead": (Texture.SKIN, Segment.NAPE),
    "M_GumsTongue": (Texture.GUMS, Segment.MOUTH),
    "M_Teeth": (Texture.TEETH, Segment.MOUTH),
    "M_ScleraLeft": (Texture.EYE, Segment.EYE),
    "M_ScleraRight": (Texture.EYE, Segment.EYE),
}

NECK_CM: Final = (-5.0, -21.0)
"""Heights of the first and the last row of the neck's texture."""

_JAW_CM: Final = 1.0
"""The neck begins so far below the jaw."""

_HAIRLINE_CM: Final = (
    (-9.0, -2.0, 0.5, 3.0, 6.0, 8.5, 10.0, 11.0),
    (-6.0, -5.0, -1.0, 3.5, 8.2, 10.0, 10.6, 11.0),
)
"""A usual hairline on the mean head: its height y over the depth z."""

_ROOTS_CM: Final = -2.5
_NO_SCALP_CM: Final = -9.0
_GLOSS: Final = {"M_Face": 0.10, "M_BackHead": 0.10, "M_GumsTongue": 0.2, "M_Teeth": 0.25}
_EYE_GLOSS: Final = 0.12
_HAIR_GLOSS: Final = 0.06
_EYE_OPENNESS: Final = 0.93


@dataclass(frozen=True, eq=False)
class Mesh:
    """Triangles with texture coordinates; ``vertices`` of them are in use.

    Attributes:
        faces, faces_uv: int32 (f, 3).
        textures: int32 (f,), `Texture`.
        segments: uint8 (f,), `Segment`.
        vertices: number of vertices.
    """

    faces: NDArray[np.int32]
    faces_uv: NDArray[np.int32]
    textures: NDArray[np.int32]
    segments: NDArray[np.uint8]
    vertices: int

    @cached_property
    def casters(self) -> NDArray[np.int32]:
        """int32 (g, 3): the triangles that throw shadows; what is inside the head does not."""
        inside = np.isin(self.textures, (Texture.EYE, Texture.GUMS, Texture.TEETH))
        return np.ascontiguousarray(self.faces[~inside])


class HumanHead:
    """The part of a face model that is drawn. Left and right are the subject's.

    Attributes:
        bald, haired: the mesh without and with the layer of hair, whose vertices follow the others'.
        uv: float32 (t, 2), column and row as shares of the texture.
        gloss, openness: float32, for every vertex of ``haired``: strength of the highlight, and the share of light
            that reaches it.
        layout, scalp: for those who paint.
        landmarks: (68,) vertices.
    """

    def __init__(self, model: FaceModel) -> None:
        part = _Part(model)
        self.mean_cm, self.landmarks = part.mean_cm, part.landmarks
        self._modes = np.ascontiguousarray(model.identity_cm[:, part.used])
        self._shapes = {
            name: part.moved(shape.vertices, shape.moves_cm) for name, shape in model.blendshapes.items()
        }
        self.eyes = tuple(part.vertices_of(name) for name in EYES)
        above = _above_hairline(part)
        self.roots = np.flatnonzero(above > _ROOTS_CM)
        self.scalp = ScalpLayout(self.mean_cm[self.roots], above[self.roots])
        self.layout = FaceLayout(part.place_uv[self.landmarks])
        self._shoulders = Shoulders(rim_of(part.faces[part.is_skin]), len(self.mean_cm))
        self.uv, self.bald, self.haired = _meshes(part, self.roots, self._shoulders)
        self.gloss, self.openness = _surface(part, self.haired.vertices)

    @property
    def shapes(self) -> tuple[str, ...]:
        """Names of the blendshapes."""
        return tuple(self._shapes)

    @property
    def identity_modes(self) -> int:
        """Number of modes of identity."""
        return len(self._modes)

    def vertices_cm(
        self, identity: F32, weights: Mapping[str, float], gaze_deg: tuple[float, float] = (0.0, 0.0)
    ) -> F32:
        """The head at rest in space: mean + identity + blendshapes, the eyeballs turned.

        Args:
            identity: (k,) amounts of the modes, in standard deviations.
            weights: amounts of the blendshapes.
            gaze_deg: yaw + to the subject's left, pitch + up; relative to the head.

        Returns:
            float32 (n, 3), cm; the shoulders' vertices last.
        """
        placed = self.mean_cm.copy()
        add_modes(placed, self._modes, np.asarray(identity, np.float32))
        for name, weight in weights.items():
            if name not in self._shapes:
                raise UnknownName("blendshape", name, self._shapes)
            add_moves(placed, *self._shapes[name], np.float32(weight))
        turn = rotation(*gaze_deg, 0.0)
        for eye in self.eyes:
            centre = (placed[eye].min(axis=0) + placed[eye].max(axis=0)) / 2
            placed[eye] = np.einsum("ij,kj->ik", placed[eye] - centre, turn) + centre
        return np.concatenate([placed, self._shoulders.places_cm(placed)])


def load_head(path: Path) -> HumanHead:
    """The head of a face model's file."""
    return HumanHead(load_face_model(path))


def rotation(yaw_deg: float, pitch_deg: float, roll_deg: float) -> F32:
    """(3, 3): turns the head; yaw and roll + to the subject's left, pitch + up, roll first."""
    yaw, pitch, roll = np.radians([yaw_deg, -pitch_deg, -roll_deg])
    cy, sy, cp, sp, cr, sr = (
        np.cos(yaw),
        np.sin(yaw),
        np.cos(pitch),
        np.sin(pitch),
        np.cos(roll),
        np.sin(roll),
    )
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_x = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    about_z = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    return np.asarray(about_y @ about_x @ about_z, np.float32)


class _Part:
    """The triangles that are shown, and their vertices counted anew."""

    def __init__(self, model: FaceModel) -> None:
        names = np.array(model.materials)[model.face_material]
        kept = np.isin(names, list(_SHOWN))
        self.names = names[kept]
        self.used = np.unique(np.concatenate([model.faces[kept].ravel(), model.landmarks]))
        self._new = np.full(len(model.mean_cm), -1)
        self._new[self.used] = np.arange(len(self.used))
        self.faces = self._new[model.faces[kept]].astype(np.int32)
        self.faces_uv = model.faces_uv[kept].astype(np.int32)
        self.is_skin = np.isin(self.names, _SKIN)
        self.landmarks: I64 = self._new[model.landmarks]
        self.mean_cm = model.mean_cm[self.used]
        self.uv = _as_columns_and_rows(model.uv)
        self.place_uv = np.zeros((len(self.used), 2), np.float32)
        self.place_uv[self.faces.ravel()] = self.uv[self.faces_uv.ravel()]

    def vertices_of(self, *names: str) -> I64:
        return np.asarray(np.unique(self.faces[np.isin(self.names, names)]), np.int64)

    def moved(self, vertices: I64, moves: F32) -> tuple[I64, F32]:
        """A blendshape in the new count."""
        new = self._new[vertices]
        return new[new >= 0], moves[new >= 0]


def _as_columns_and_rows(uv: F32) -> F32:
    """One tile, row 0 on top."""
    flipped = np.stack([uv[:, 0], 1.0 - uv[:, 1]], axis=1)
    return np.asarray(flipped - np.floor(flipped), np.float32)


def _above_hairline(part: _Part) -> F32:
    """Height of every vertex above a usual hairline; far below where no hair can grow."""
    places, uv = part.mean_cm, part.place_uv
    line = np.interp(places[:, 2], *_HAIRLINE_CM)
    ear = ((uv[:, 0] < 0.115) | (uv[:, 0] > 0.885)) & (uv[:, 1] > 0.30) & (uv[:, 1] < 0.56)
    outer = (places[:, 1] > 1.0) | (places[:, 2] < 0.0)  # the back of the head also has inner surfaces
    skin = np.zeros(len(places), bool)
    skin[part.vertices_of(*_SKIN)] = True
    ear &= np.isin(np.arange(len(places)), part.vertices_of("M_Face"))
    return np.where(skin & outer & ~ear, places[:, 1] - line, _NO_SCALP_CM).astype(np.float32)


def _meshes(part: _Part, roots: I64, shoulders: Shoulders) -> tuple[F32, Mesh, Mesh]:
    """Texture coordinates, and the mesh without and with hair."""
    textures = np.array([_SHOWN[str(name)][0] for name in part.names], np.int32)
    segments = np.array([_SHOWN[str(name)][1] for name in part.names], np.uint8)
    segments[_is_ear(part)] = Segment.EAR
    neck = _is_neck(part)
    textures[neck], segments[neck] = Texture.NECK, Segment.NAPE
    count = len(part.mean_cm)
    body = np.concatenate([part.mean_cm, shoulders.places_cm(part.mean_cm)])
    uv = _Points(part.uv)
    faces_uv = part.faces_uv.copy()
    eyes = textures == Texture.EYE
    faces_uv[eyes] = part.faces[eyes] + uv.add(_eye_uv(part))
    on_neck = uv.add(_neck_uv(body))
    faces_uv[neck] = part.faces[neck] + on_neck
    bald = _joined(
        Mesh(part.faces, faces_uv, textures, segments, count),
        _plain(shoulders.faces, shoulders.faces + on_neck, Texture.NECK, Segment.BODY, shoulders.vertices),
    )
    strand = np.full(count, -1)
    strand[roots] = np.arange(len(roots))
    grown = strand[part.faces[part.is_skin]]
    grown = grown[(grown >= 0).all(axis=1)]
    on_hair = uv.add(_hair_uv(part.mean_cm[roots]))
    hair = _plain(grown + bald.vertices, grown + on_hair, Texture.HAIR, Segment.HAIR, len(roots))
    return uv.joined(), bald, _joined(bald, hair)


class _Points:
    """Texture coordinates, collected."""

    def __init__(self, first: F32) -> None:
        self._parts = [first]

    def add(self, more: F32) -> int:
        """Keep them; returns the count of the first one."""
        start = sum(map(len, self._parts))
        self._parts.append(more)
        return start

    def joined(self) -> F32:
        return np.concatenate(self._parts).astype(np.float32)


def _plain(faces: I64, faces_uv: I64, texture: Texture, segment: Segment, vertices: int) -> Mesh:
    """A mesh of one texture and segment."""
    many = len(faces)
    return Mesh(
        faces.astype(np.int32),
        faces_uv.astype(np.int32),
        np.full(many, texture, np.int32),
        np.full(many, segment, np.uint8),
        vertices,
    )


def _joined(first: Mesh, second: Mesh) -> Mesh:
    """Both; the vertices of the second are counted after the first's already."""
    return Mesh(
        faces=np.concatenate([first.faces, second.faces]),
        faces_uv=np.concatenate([first.faces_uv, second.faces_uv]),
        textures=np.concatenate([first.textures, second.textures]),
        segments=np.concatenate([first.segments, second.segments]),
        vertices=first.vertices + second.vertices,
    )


def _is_neck(part: _Part) -> NDArray[np.bool_]:
    """(f,): skin below the jaw, all round."""
    jaw = part.mean_cm[part.landmarks[:17]]
    around = np.arctan2(jaw[:, 0], jaw[:, 2])
    order = np.argsort(around)
    middle = part.mean_cm[part.faces].mean(axis=1)
    edge = np.interp(np.arctan2(middle[:, 0], middle[:, 2]), around[order], jaw[order, 1])
    return np.asarray(part.is_skin & (middle[:, 1] < np.minimum(edge, NECK_CM[0]) - _JAW_CM))


def _is_ear(part: _Part) -> NDArray[np.bool_]:
    """(f,): triangles of the ears."""
    uv = part.uv[part.faces_uv].mean(axis=1)
    side = (uv[:, 0] < 0.115) | (uv[:, 0] > 0.885)
    return np.asarray((part.names == "M_Face") & side & (uv[:, 1] > 0.30) & (uv[:, 1] < 0.56))


def _eye_uv(part: _Part) -> F32:
    """The eyeballs' front, seen from straight ahead."""
    uv = np.zeros((len(part.mean_cm), 2), np.float32)
    for name in EYES:
        eye = part.vertices_of(name)
        low, high = part.mean_cm[eye].min(axis=0), part.mean_cm[eye].max(axis=0)
        across = (part.mean_cm[eye] - (low + high) / 2) / (high - low).max()
        uv[eye] = 0.5 + across[:, :2] * (1.0, -1.0)
    return uv


def _neck_uv(places: F32) -> F32:
    """Column = aside, row = downwards."""
    high, low = NECK_CM
    row = np.clip((high - places[:, 1]) / (high - low), 0.0, 1.0)
    column = np.clip(0.5 + places[:, 0] / 48.0, 0.0, 1.0)
    return np.stack([column, row], axis=1).astype(np.float32)


def _hair_uv(places: F32) -> F32:
    """Column = angle from the forehead, row = height."""
    angle = np.abs(np.arctan2(places[:, 0], places[:, 2] - 1.0)) / np.pi
    row = np.clip((14.6 - places[:, 1]) / 24.0, 0.0, 1.0)
    return np.asarray(np.stack([angle, row], axis=1), np.float32)


def _surface(part: _Part, vertices: int) -> tuple[F32, F32]:
    """Highlight and openness of every vertex; deep in the mouth it is dark."""
    gloss = np.full(vertices, _HAIR_GLOSS, np.float32)
    openness = np.ones(len(gloss), np.float32)
    for name, value in _GLOSS.items():
        gloss[part.vertices_of(name)] = value
    mouth = part.vertices_of("M_GumsTongue", "M_Teeth")
    openness[mouth] = 0.85 * np.clip((part.mean_cm[mouth, 2] - 6.0) / 4.5, 0.05, 1.0)
    for name in EYES:
        eye = part.vertices_of(name)
        gloss[eye], openness[eye] = _EYE_GLOSS, _EYE_OPENNESS
    return gloss, openness
