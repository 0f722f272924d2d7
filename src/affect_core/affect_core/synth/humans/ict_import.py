"""Brings the ICT face model here: from a checkout of ICT-FaceKit, or from the network.

A checkout has ``FaceXModel/`` with one Wavefront OBJ of the same topology for the mean (``generic_neutral_mesh``), each
mode of identity (``identity000`` ...) and each expression (named after its blendshape), and ``vertex_indices.json``.
"""

from __future__ import annotations

import tarfile
import zipfile
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any, Final
from urllib.parse import urlparse

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from affect_core.download import fetch
from affect_core.errors import AffectError, InputError
from affect_core.files import whole
from affect_core.limits import GIB, expect_at_most
from affect_core.synth.humans.ict import FILE_NAME, cached_path, load_face_model, quantise, read_landmarks

_COMMIT: Final = "da5f95a607f5e6b37755b38d3385d7f2853732e5"
ICT_URL: Final = f"https://github.com/ICT-VGL/ICT-FaceKit/archive/{_COMMIT}.tar.gz"
"""The public repository at the commit that the sets of this project were made with."""

ICT_SHA256: Final = "425663f4b9773b898b5f50ed98e995d5927f3edda4ea91e1a8ac29ae803032fa"

ICT_MOST_BYTES: Final = GIB
"""The archive is made by the site when it is asked for: its hash is known, its exact size is not promised."""

_FOLDER: Final = "FaceXModel"
_MEAN: Final = "generic_neutral_mesh.obj"
_INDICES: Final = "vertex_indices.json"
_IDENTITY: Final = "identity"


def download_ict(url: str = ICT_URL, sha256: str = ICT_SHA256, target: Path | None = None) -> Path:
    """Download the face model into the cache (or to ``target``): our own file, or an archive of the repository.

    Returns:
        Where it is.

    Raises:
        InputError: no network, a broken download, another hash, or nothing that can be used in it.
    """
    target = target or cached_path()
    place = target.parent / (PurePosixPath(urlparse(url).path).name or "download")
    archive = fetch(url, sha256, place, most_bytes=ICT_MOST_BYTES)
    try:
        made = _use(archive, target, url)
    except AffectError:
        archive.unlink()
        raise
    if archive != target:
        archive.unlink(missing_ok=True)
    return made


def import_ict(source: Path, target: Path | None = None) -> Path:
    """Make our file from a checkout (or any folder that has ``FaceXModel`` somewhere in it).

    Returns:
        Where the file is: the cache, or ``target``.

    Raises:
        InputError: no such folder, a mesh of another topology, a file that cannot be read.
    """
    target = target or cached_path()
    folder = _find_model(source)
    mean = read_obj(folder / _MEAN)
    names = sorted(path.stem for path in folder.glob("*.obj") if path.name != _MEAN)
    identity = [name for name in names if name.startswith(_IDENTITY)]
    expressions = [name for name in names if not name.startswith(_IDENTITY)]
    if not identity or not expressions:
        raise InputError(
            f"expected meshes of identities and expressions in {folder}, got {len(identity)} and {len(expressions)}; "
            "take a whole checkout of ICT-FaceKit"
        )
    with tqdm(total=len(names), desc="import", unit="mesh") as bar:
        identity_q, identity_scale = _moves(folder, identity, mean.places, bar)
        expression_q, expression_scale = _moves(folder, expressions, mean.places, bar)
    landmarks = read_landmarks(folder / _INDICES)
    content: dict[str, NDArray[Any]] = {
        "mean": mean.places.astype(np.float32),
        "faces": mean.faces,
        "uv": mean.uv,
        "faces_uv": mean.faces_uv,
        "face_material": mean.face_material,
        "materials": np.array(mean.materials),
        "expression_names": np.array(expressions),
        "expression_q": expression_q,
        "expression_scale": expression_scale,
        "identity_q": identity_q,
        "identity_scale": identity_scale,
        "landmarks": landmarks,
    }
    return _store(target, content)


class Obj:
    """A Wavefront mesh: triangles with texture coordinates and materials.

    Attributes:
        places: float64 (n, 3); uv: float32 (t, 2).
        faces, faces_uv: int32 (f, 3); larger polygons are split into fans.
        face_material: int16 (f,) into ``materials``, names in the order of their first use.
    """

    def __init__(self, path: Path, lines: Sequence[str]) -> None:
        self.places = _numbers(path, [line[2:] for line in lines if line.startswith("v ")], 3)
        self.uv = _numbers(path, [line[3:] for line in lines if line.startswith("vt ")], 2).astype(np.float32)
        faces: list[list[int]] = []
        faces_uv: list[list[int]] = []
        material: list[int] = []
        names: dict[str, int] = {}
        current = -1
        for line in lines:
            if line.startswith("usemtl "):
                current = names.setdefault(line[7:].strip(), len(names))
            elif line.startswith("f "):
                corners = [corner.split("/") for corner in line[2:].split()]
                for second, third in pairwise(corners[1:]):
                    triangle = (corners[0], second, third)
                    faces.append([int(corner[0]) - 1 for corner in triangle])
                    faces_uv.append([int(corner[1]) - 1 for corner in triangle])
                    material.append(current)
        self.faces, self.faces_uv = np.array(faces, np.int32), np.array(faces_uv, np.int32)
        self.face_material, self.materials = np.array(material, np.int16), tuple(names)


def read_obj(path: Path) -> Obj:
    """A mesh with texture coordinates and materials; raises InputError."""
    lines = _lines(path)
    try:
        return Obj(path, lines)
    except (ValueError, IndexError) as error:
        raise InputError(
            f"{path}: expected triangles or quads with texture coordinates: {error}; take the file anew"
        ) from error


def _moves(
    folder: Path, names: Sequence[str], mean: NDArray[np.float64], bar: Any
) -> tuple[NDArray[np.int16], NDArray[np.float32]]:
    """What each mesh changes of the mean, quantised: int16 (k, n, 3), float32 (k,)."""
    steps = np.empty((len(names), *mean.shape), np.int16)
    scales = np.empty(len(names), np.float32)
    for index, name in enumerate(names):
        path = folder / f"{name}.obj"
        places = _numbers(path, [line[2:] for line in _lines(path) if line.startswith("v ")], 3)
        if places.shape != mean.shape:
            raise InputError(
                f"{path}: expected {len(mean)} vertices as in {_MEAN}, got {len(places)}; take the checkout anew"
            )
        (steps[index],), (scales[index],) = quantise((places - mean)[None])
        bar.update()
    return steps, scales


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"expected a mesh at {path}: {error}; take a whole checkout of ICT-FaceKit"
        ) from error


def _numbers(path: Path, lines: Sequence[str], columns: int) -> NDArray[np.float64]:
    try:
        values = np.array(" ".join(lines).split(), np.float64)
        return values.reshape(len(lines), -1)[:, :columns] if lines else np.empty((0, columns))
    except ValueError as error:
        raise InputError(
            f"{path}: expected {columns} numbers a line: {error}; the file is damaged, take it anew"
        ) from error


def _find_model(source: Path) -> Path:
    if (source / _MEAN).is_file():
        return source
    found = sorted(path.parent for path in source.rglob(f"{_FOLDER}/{_MEAN}"))
    if not found:
        raise InputError(
            f"expected a checkout of ICT-FaceKit with {_FOLDER}/{_MEAN}, found none in {source}; "
            "git clone https://github.com/ICT-VGL/ICT-FaceKit"
        )
    return found[0]


def _use(download: Path, target: Path, url: str) -> Path:
    """The model from a file that came: our own, or an archive of the repository."""
    if _holds_model(download):
        load_face_model(download, identity_modes=1)
        return download.replace(target)
    with TemporaryDirectory(dir=target.parent, prefix=".ict-") as folder:
        _unpack(download, Path(folder), url)
        return import_ict(Path(folder), target)


def _holds_model(path: Path) -> bool:
    """Whether a file is ours already: an npz is a zip with ``mean.npy``."""
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return "mean.npy" in archive.namelist()


def _unpack(archive: Path, folder: Path, url: str) -> None:
    """The meshes and indices of an archive of the repository, zip or tar."""
    try:
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as opened:
                entries = [item for item in opened.infolist() if f"{_FOLDER}/" in item.filename]
                _check_unpacked(sum(item.file_size for item in entries), url)
                opened.extractall(folder, entries)
        else:
            with tarfile.open(archive) as tar:
                members = [item for item in tar.getmembers() if f"{_FOLDER}/" in item.name]
                _check_unpacked(sum(item.size for item in members), url)
                tar.extractall(folder, members, filter="data")
    except (tarfile.TarError, zipfile.BadZipFile, EOFError, OSError) as error:
        raise InputError(
            f"{url}: expected an archive of ICT-FaceKit or {FILE_NAME}, could not unpack it: {error}; check the address"
        ) from error


def _check_unpacked(size_bytes: int, url: str) -> None:
    expect_at_most(8 * GIB, size_bytes, f"bytes of meshes in {url}", "it is not the archive that was meant")


def _store(target: Path, content: dict[str, NDArray[Any]]) -> Path:
    """Whole or not there; what was stored is read back before it counts."""
    with whole(target) as unfinished:
        with unfinished.open("wb") as file:
            np.savez_compressed(file, **content)
        load_face_model(unfinished, identity_modes=1)
    return target
