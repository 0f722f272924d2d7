"""Where the ICT face model is, and what it holds.

ICT-FaceKit (Li et al., "Learning Formation of Physically-Based Face Attributes", CVPR 2020; MIT licence) is a
morphable head: a mean, modes of identity, and blendshapes that follow the action units. Its data stay outside the
repository; we keep them in one file, `FILE_NAME`, made by `ict_import` and quantised to 16 bits.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from affect_core.array_files import ArrayFile
from affect_core.download import cache_folder
from affect_core.errors import ConfigError, InputError
from affect_core.paths import share_roots

FILE_NAME: Final = "ict_facekit.npz"
VARIABLE: Final = "AFFECT_HRI_ICT"

IDENTITY_MODES: Final = 50
"""Modes of identity that are used; the later ones move no vertex by more than 0.15 mm."""

LICENCE: Final = "MIT (ICT-FaceKit, University of Southern California)"

_SHARED: Final = Path("..", "shared", "ict_facekit", FILE_NAME)
_LANDMARKS: Final = "landmarks"
_INDICES: Final = "vertex_indices.json"
_STILL_CM: Final = 1e-3
_ARRAYS: Final = {
    "mean": 2,
    "identity_q": 3,
    "identity_scale": 1,
    "expression_q": 3,
    "expression_scale": 1,
    "expression_names": 1,
    "faces": 2,
    "faces_uv": 2,
    "uv": 2,
    "face_material": 1,
    "materials": 1,
}
"""What the file holds, and the number of axes of each."""


@dataclass(frozen=True, eq=False)
class Blendshape:
    """The vertices that one expression moves, and by how much.

    Attributes:
        vertices: int64 (m,).
        moves_cm: float32 (m, 3) at weight 1.
    """

    vertices: NDArray[np.int64]
    moves_cm: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class FaceModel:
    """A morphable head in centimetres: x to the subject's left, y up, z to the viewer.

    Attributes:
        mean_cm: float32 (n, 3).
        identity_cm: float32 (k, n, 3), each mode at one standard deviation.
        blendshapes: name -> `Blendshape`; sided ones end in ``_L`` or ``_R``, the subject's.
        faces: int32 (f, 3) vertices, counter-clockwise from outside.
        faces_uv: int32 (f, 3) into ``uv``.
        uv: float32 (t, 2) in tiles of 1; row 0 at the bottom.
        face_material: int16 (f,) into ``materials``.
        materials: names.
        landmarks: int64 (68,) vertices, in the order of the 300-W annotation (see `layout.FaceLayout`).
    """

    mean_cm: NDArray[np.float32]
    identity_cm: NDArray[np.float32]
    blendshapes: Mapping[str, Blendshape]
    faces: NDArray[np.int32]
    faces_uv: NDArray[np.int32]
    uv: NDArray[np.float32]
    face_material: NDArray[np.int16]
    materials: tuple[str, ...]
    landmarks: NDArray[np.int64]

    def __post_init__(self) -> None:
        count = len(self.mean_cm)
        if self.landmarks.shape != (68,) or not 0 <= self.landmarks.min() <= self.landmarks.max() < count:
            raise InputError(
                f"expected 68 landmarks among {count} vertices, got {self.landmarks.shape}; import the face model anew"
            )
        if self.faces.max() >= count or self.faces_uv.max() >= len(self.uv):
            raise InputError(
                f"expected faces of {count} vertices and {len(self.uv)} texture points, got "
                f"{self.faces.max()} and {self.faces_uv.max()}; import the face model anew"
            )


def ict_places() -> list[Path]:
    """Where the file is looked for, best first: the variable, beside the checkout, the cache."""
    named = os.environ.get(VARIABLE, "")
    places = [Path(named)] if named else []
    places += [(root / _SHARED).resolve() for root in share_roots()]
    return [*places, cached_path()]


def cached_path() -> Path:
    """Where a download or an import puts the file."""
    return cache_folder() / FILE_NAME


def find_ict() -> Path | None:
    """The face model's file, or None.

    Raises:
        ConfigError: $AFFECT_HRI_ICT names something that is not there.
    """
    named = os.environ.get(VARIABLE, "")
    if named and not Path(named).is_file():
        raise ConfigError(
            f"expected the ICT face model at {VARIABLE}={named}, found no file; correct or unset it"
        )
    return next((place for place in ict_places() if place.is_file()), None)


def require_ict() -> Path:
    """The face model's file; raises ConfigError, which says where to get it."""
    found = find_ict()
    if found is not None:
        return found
    raise ConfigError(
        f"expected the ICT face model ({FILE_NAME}) in ${VARIABLE}, in ../{'/'.join(_SHARED.parts[1:])} beside the "
        f"checkout, or at {cached_path()}; found none. Get it with `affect-hri synth download-ict`, or with "
        "`affect-hri synth import-ict PATH` from a checkout of ICT-FaceKit. `affect-hri synth robots` needs none"
    )


def load_face_model(path: Path, identity_modes: int = IDENTITY_MODES) -> FaceModel:
    """Read the file; the landmarks are in it, or in ``vertex_indices.json`` beside it.

    Raises:
        InputError: it cannot be read, is truncated, or lacks something.
    """
    try:
        with ArrayFile(path) as stored:
            data = {name: stored[name] for name in (*_ARRAYS, _LANDMARKS) if name in stored}
    except InputError as error:
        raise InputError(
            f"expected a face model at {path}, could not read it: {error}; download or import it anew"
        ) from error
    wrong = [name for name, axes in _ARRAYS.items() if name not in data or data[name].ndim != axes]
    if wrong:
        raise InputError(
            f"{path}: missing or of another shape: {', '.join(wrong)}; download or import it anew"
        )
    landmarks = data[_LANDMARKS] if _LANDMARKS in data else read_landmarks(path.with_name(_INDICES))
    return _model(data, np.asarray(landmarks, np.int64), identity_modes)


def read_landmarks(path: Path) -> NDArray[np.int64]:
    """The 68 vertices named in ICT-FaceKit's ``vertex_indices.json``."""
    import json

    try:
        return np.asarray(json.loads(path.read_text())["idx_to_landmark_verts"], np.int64)
    except (OSError, ValueError, KeyError) as error:
        raise InputError(
            f"expected the landmarks' vertices in {path}: {error!r}; take the file from the ICT-FaceKit checkout"
        ) from error


def quantise(values: NDArray[np.floating[Any]]) -> tuple[NDArray[np.int16], NDArray[np.float32]]:
    """(k, n, 3) as 16-bit integers and one scale for each k: integers x scale give the values back."""
    scale = (np.abs(values).max(axis=(1, 2)) / np.iinfo(np.int16).max).astype(np.float32)
    divisor = np.where(scale > 0, scale, np.float32(1.0))[:, None, None]
    return np.rint(values / divisor).astype(np.int16), scale


def _model(data: Mapping[str, NDArray[Any]], landmarks: NDArray[np.int64], modes: int) -> FaceModel:
    shapes = {}
    for name, steps, scale in zip(
        data["expression_names"], data["expression_q"], data["expression_scale"], strict=True
    ):
        moves = steps.astype(np.float32) * scale
        moving = np.flatnonzero(np.abs(moves).max(axis=1) > _STILL_CM)
        shapes[str(name)] = Blendshape(moving, moves[moving])
    identity = data["identity_q"][:modes].astype(np.float32) * data["identity_scale"][:modes, None, None]
    return FaceModel(
        mean_cm=data["mean"].astype(np.float32),
        identity_cm=identity,
        blendshapes=shapes,
        faces=data["faces"].astype(np.int32),
        faces_uv=data["faces_uv"].astype(np.int32),
        uv=data["uv"].astype(np.float32),
        face_material=data["face_material"].astype(np.int16),
        materials=tuple(str(name) for name in data["materials"]),
        landmarks=landmarks,
    )
