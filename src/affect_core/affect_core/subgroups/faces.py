"""The pictures of a study, cut out and ready: what networks are trained on, and where their landmarks are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from affect_core.data.manifest import Manifest, Record
from affect_core.data.pictures import read_picture
from affect_core.errors import InputError
from affect_core.subgroups.align import AlignConfig, Aligned, align
from affect_core.subgroups.groups import Groups, subject_of
from affect_core.subgroups.landmarks import Find
from affect_core.subgroups.space import FaceSpace
from affect_core.types import Floats

Indices = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class FaceSet:
    """N aligned faces of two groups.

    Attributes:
        images_rgb: uint8 (N, S, S, 3).
        points_xy: (N, 89, 2), pixels of the crops, see `points.all_points`.
        labels: (N,), indices into ``label_names``.
        taught: (N,), the labels that a training is told; others than ``labels`` only where a bias was planted.
        trains: (N,), whether the face may be trained on; not so only where a bias was planted.
        groups: (N,), 0 or 1.
        subjects: (N,), a number for every person.
        names: (N,) of the pictures.
        label_names: expressions.
        dropped: why a chosen picture is not here -> how many.
    """

    images_rgb: NDArray[np.uint8]
    points_xy: Floats
    labels: Indices
    taught: Indices
    trains: NDArray[np.bool_]
    groups: Indices
    subjects: Indices
    names: tuple[str, ...]
    label_names: tuple[str, ...]
    dropped: Mapping[str, int]

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def size_px(self) -> int:
        """Edge of the crops."""
        return int(self.images_rgb.shape[1])

    @property
    def strata(self) -> Indices:
        """(N,): a number for every pair of expression and group."""
        return np.asarray(self.labels * 2 + self.groups)


def load_faces(
    manifest: Manifest,
    chosen: Indices,
    labels: Sequence[str],
    groups: Groups,
    find: Find,
    config: AlignConfig,
    space: FaceSpace,
) -> FaceSet:
    """Read, turn and cut out the chosen pictures; those without landmarks, or unreadable, are counted and dropped.

    Raises:
        InputError: nothing is left of an expression and group.
    """
    dropped: Counter[str] = Counter()
    made: list[tuple[int, Aligned]] = []
    for index in tqdm(chosen, "align", unit="face", disable=None):
        face = _one(manifest, manifest.records[index], find, config)
        if isinstance(face, str):
            dropped[face] += 1
        else:
            made.append((int(index), face))
    return _stack(manifest, made, tuple(labels), groups, space, dropped)


def _one(manifest: Manifest, record: Record, find: Find, config: AlignConfig) -> Aligned | str:
    """The face; or why there is none."""
    points = find(record)
    if points is None:
        return "no landmarks"
    try:
        image = read_picture(manifest.image_path(record))
    except InputError:
        return "picture cannot be read"
    try:
        return align(image, points, config)
    except InputError:
        return "landmarks of no face"


def _stack(
    manifest: Manifest,
    made: Sequence[tuple[int, Aligned]],
    labels: tuple[str, ...],
    groups: Groups,
    space: FaceSpace,
    dropped: Mapping[str, int],
) -> FaceSet:
    records = [manifest.records[index] for index, _ in made]
    of = np.array([groups.of[index] for index, _ in made], np.int64)
    numbers = np.array([labels.index(record.label) for record in records], np.int64)
    missing = [
        f"{label} ({groups.names[group]})"
        for place, label in enumerate(labels)
        for group in (0, 1)
        if not np.any((numbers == place) & (of == group))
    ]
    if missing:
        raise InputError(
            f"expected faces of every expression and group, none is left of {', '.join(missing)} "
            f"(dropped: {dict(dropped)}); see to the pictures and landmarks of the set"
        )
    subjects: Any = np.unique([subject_of(record) for record in records], return_inverse=True)[1]
    size = made[0][1].image_rgb.shape[0]
    return FaceSet(
        images_rgb=np.stack([face.image_rgb for _, face in made]),
        points_xy=np.stack([space.points_of(face.landmarks_xy, (size, size)) for _, face in made]),
        labels=numbers,
        taught=numbers.copy(),
        trains=np.ones(len(made), np.bool_),
        groups=of,
        subjects=np.asarray(subjects, np.int64),
        names=tuple(record.image for record in records),
        label_names=labels,
        dropped=dict(dropped),
    )
