"""A picture of a morphable head, with its truth: segments and landmarks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from affect_core.avatar.camera import PIXEL_MIDDLE
from affect_core.avatar.raster import FAR, SAMPLES, draw_depth
from affect_core.avatar.truth import Segment
from affect_core.faces.crop import CropSpec, fit_similarity, template_px
from affect_core.synth.humans.body import bent
from affect_core.synth.humans.head import HumanHead, Mesh, rotation
from affect_core.synth.humans.kernels import average, draw, shade, vertex_normals
from affect_core.synth.humans.light import Light
from affect_core.types import Floats

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]

CROP: Final = CropSpec(size_px=112, margin=0.05)
"""The tight crop of the models; the camera is placed by it."""

_SHADOW_MAP: Final = 256
_SHADOWED_CM: Final = 34.0
_CENTRE_CM: Final = np.array([0.0, 0.5, 4.0], np.float32)
"""What the camera looks at, and what the light's map is centred on."""

_EYES: Final = (slice(36, 42), slice(42, 48))
_NOSE: Final = 30
_CORNERS: Final = (48, 54)


@dataclass(frozen=True, eq=False)
class Dress:
    """What the surfaces show.

    Attributes:
        texels: float32 (7, T, T, 3), the texture of every `head.Texture`, 0..1.
        painted: uint8 (7, T, T), segments painted in them; 0 = the surface's own.
        hair_cm: float32 (m,), how far the scalp is pushed out; None = bald.
    """

    texels: F32
    painted: U8
    hair_cm: F32 | None = None


@dataclass(frozen=True, eq=False)
class Shot:
    """One picture: the head's form and pose, the light, and where the camera stands. Degrees as in `head.rotation`.

    Attributes:
        identity: (k,) amounts of the modes, in standard deviations.
        weights: amounts of the blendshapes.
        gaze_deg: yaw, pitch of the eyes, relative to the head.
        head_deg: yaw, pitch, roll.
        size_px: edge of the picture.
        distance_cm: from the camera to the head.
        crop_px: edge that the tight crop will have in the picture.
        offset: of the crop's centre from the picture's, as a share of the picture's edge.
    """

    identity: F32
    light: Light
    weights: Mapping[str, float] = field(default_factory=dict)
    gaze_deg: tuple[float, float] = (0.0, 0.0)
    head_deg: tuple[float, float, float] = (0.0, 0.0, 0.0)
    size_px: int = 224
    distance_cm: float = 85.0
    crop_px: float = 118.0
    offset: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True, eq=False)
class WithLandmarks:
    """A picture that knows where the landmarks are.

    Attributes:
        landmarks68_xy: float (68, 2), pixels; hidden ones too.
    """

    landmarks68_xy: Floats

    @property
    def landmarks_xy(self) -> Floats:
        """(5, 2), in the order of `affect_core.types.LANDMARKS`."""
        return five_of(self.landmarks68_xy)

    @property
    def box_xyxy(self) -> Floats:
        """(4,): round the 68 landmarks."""
        return np.concatenate([self.landmarks68_xy.min(axis=0), self.landmarks68_xy.max(axis=0)])


@dataclass(frozen=True, eq=False)
class Drawn(WithLandmarks):
    """A picture before it is encoded.

    Attributes:
        image: float32 (S, S, 3), 0..1 and above where it is bright.
        segments: uint8 (S, S), `Segment`.
    """

    image: F32
    segments: U8


def render(head: HumanHead, shot: Shot, dress: Dress, backdrop: F32) -> Drawn:
    """Draw the head before ``backdrop``, float32 (S, S, 3)."""
    mesh = head.bald if dress.hair_cm is None else head.haired
    places = posed(head, shot, dress.hair_cm)
    normals = np.empty_like(places)
    vertex_normals(places, mesh.faces, normals)
    lit, shine = _light_up(head, shot, mesh, places, normals)
    columns_rows = _project(head, shot, places)
    points = np.column_stack([columns_rows * SAMPLES, shot.distance_cm - places[:, 2]]).astype(np.float32)
    image, segments = _fill(head, mesh, dress, points, lit, shine, backdrop)
    return Drawn(columns_rows[head.landmarks].astype(np.float64) - PIXEL_MIDDLE, image, segments)


def project_landmarks(head: HumanHead, shot: Shot) -> Floats:
    """(68, 2): where the landmarks of ``render`` will be, pixels, without drawing anything."""
    places = _project(head, shot, posed(head, shot))
    return np.asarray(places[head.landmarks], np.float64) - PIXEL_MIDDLE


def five_of(landmarks68_xy: Floats) -> Floats:
    """The five landmarks among the 68: middles of the eyes, tip of the nose, corners of the mouth."""
    eyes = [landmarks68_xy[eye].mean(axis=0) for eye in _EYES]
    return np.stack([*eyes, landmarks68_xy[_NOSE], *landmarks68_xy[list(_CORNERS)]])


def posed(head: HumanHead, shot: Shot, hair_cm: F32 | None = None) -> F32:
    """(n, 3): the vertices as the camera sees them, cm, hair last."""
    rest = head.vertices_cm(shot.identity, shot.weights, shot.gaze_deg)
    if hair_cm is not None:
        normals = np.empty_like(rest)
        vertex_normals(rest, head.bald.faces, normals)
        rest = np.concatenate([rest, rest[head.roots] + normals[head.roots] * hair_cm[:, None]])
    turned = bent(rest, rotation(*shot.head_deg)) - _CENTRE_CM
    return np.ascontiguousarray(turned, np.float32)


def _project(head: HumanHead, shot: Shot, places: F32) -> F32:
    """(n, 2) pixels: the camera's focal length and axis are such that the tight crop lies where it should."""
    flat = places[:, :2] * np.array([1.0, -1.0]) / (shot.distance_cm - places[:, 2:])
    to_crop = fit_similarity(five_of(flat[head.landmarks]), template_px(CROP))
    scale = shot.crop_px / CROP.size_px * float(np.hypot(to_crop[0, 0], to_crop[1, 0]))
    middle = np.full(2, (CROP.size_px - 1) / 2)
    centre = np.linalg.solve(to_crop[:, :2], middle - to_crop[:, 2])
    wanted = shot.size_px * (0.5 + np.asarray(shot.offset))
    return np.asarray(wanted + scale * (flat - centre), np.float32)


def _light_up(head: HumanHead, shot: Shot, mesh: Mesh, places: F32, normals: F32) -> tuple[F32, F32]:
    towards = shot.light.key_direction.astype(np.float64)
    right = np.cross([0.0, 1.0, 0.0], towards)
    right /= np.linalg.norm(right)
    view = np.stack([right, np.cross(towards, right), towards])
    texels = np.einsum("ij,kj->ik", places, view.astype(np.float32)) * np.array([1.0, -1.0, -1.0], np.float32)
    texels[:, :2] = texels[:, :2] * np.float32(_SHADOW_MAP / _SHADOWED_CM) + np.float32(_SHADOW_MAP / 2)
    near = np.full((_SHADOW_MAP, _SHADOW_MAP), FAR, np.float32)
    draw_depth(texels, mesh.casters, near)
    lit, shine = np.empty_like(places), np.empty(len(places), np.float32)
    shade(
        places,
        normals,
        head.gloss,
        head.openness,
        np.float32(shot.distance_cm),
        shot.light.rows,
        np.float32(shot.light.softness),
        texels,
        near,
        lit,
        shine,
    )
    return lit, shine


def _fill(
    head: HumanHead, mesh: Mesh, dress: Dress, points: F32, lit: F32, shine: F32, backdrop: F32
) -> tuple[F32, U8]:
    size = backdrop.shape[0]
    depth = np.full((SAMPLES * size, SAMPLES * size), FAR, np.float32)
    samples = np.zeros(depth.shape, np.uint8)
    fine = np.empty((*depth.shape, 3), np.float32)
    draw(
        points,
        lit,
        shine,
        mesh.faces,
        mesh.faces_uv,
        head.uv,
        mesh.textures,
        mesh.segments,
        dress.texels,
        dress.painted,
        np.uint8(Segment.SKIN),
        depth,
        fine,
        samples,
    )
    image, segments = np.empty((size, size, 3), np.float32), np.empty((size, size), np.uint8)
    average(fine, samples, np.ascontiguousarray(backdrop, np.float32), image, segments)
    return image, segments
