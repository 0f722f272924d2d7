"""From a set to crops: which faces are judged, which train the autoencoder, what is known to be a blend."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from affect_core.curation.base import Floats, Indices, Mask
from affect_core.curation.config import CurationConfig
from affect_core.data.crop_set import CropSet, stratified
from affect_core.data.cut import cut
from affect_core.data.manifest import Manifest
from affect_core.errors import InputError
from affect_core.faces.crop import CropSpec

_INDEX: Final = "curation_index"
_ENTIRELY: Final = 1.0 - 1e-6
_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Faces:
    """The judged faces of a set, in its order.

    Attributes:
        crops: aligned, with labels 0 to C - 1 in the order of ``classes``.
        records: (N,), place of each face's record in the manifest.
        subjects: (N,), who is shown; a number of its own for each where nobody knows.
        for_rva: bool (N,), faces that only train the autoencoder; no subject is on both sides.
        classes: names.
        notes: what was left out, and what a reader must know.
    """

    crops: CropSet
    records: Indices
    subjects: Indices
    for_rva: Mask
    classes: tuple[str, ...]
    notes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.crops)

    @property
    def labels(self) -> Indices:
        """(N,)."""
        return self.crops.labels

    @property
    def subjects_known(self) -> bool:
        """Whether some subject has several faces, so that keeping them together means something."""
        return len(np.unique(self.subjects)) < len(self)

    @property
    def blended(self) -> Mask:
        """Faces whose truth is a blend of two classes, (N,)."""
        return np.asarray(self.crops.soft_labels.max(axis=1) < _ENTIRELY)


def judge(manifest: Manifest, config: CurationConfig, folder: Path, seed: int) -> Faces:
    """Cut the faces out and part them.

    Args:
        manifest: the set.
        config: classes, crop, share of the autoencoder.
        folder: keeps the crops for the next time.
        seed: of the parting.

    Raises:
        InputError: fewer than two classes, a class with too few faces, or none that can be cut out.
    """
    classes = _classes(manifest, config.labels)
    spec = CropSpec(config.rva.size_px, config.rva.margin, config.rva.template)
    numbered = tuple(
        replace(record, attributes={**record.attributes, _INDEX: float(place)})
        for place, record in enumerate(manifest.records)
    )
    crops = cut(replace(manifest, records=numbered), spec, manifest.labels, folder)
    crops = crops.take(np.flatnonzero(np.isin(crops.labels, [manifest.labels.index(c) for c in classes])))
    _refuse_small(manifest, crops, classes, config.smallest_class)
    crops = _relabelled(crops, classes, manifest.labels)
    if config.limit:
        crops = stratified(crops, config.limit, seed)
    subjects = _subjects(crops.info["subject"])
    return Faces(
        crops,
        crops.info[_INDEX].astype(np.int64),
        subjects,
        part(crops.labels, subjects, config.rva_share, seed),
        classes,
        tuple(_notes(manifest, len(crops), classes, config.limit)),
    )


def part(labels: Indices, subjects: Indices, share: float, seed: int) -> Mask:
    """Whole subjects drawn until they have ``share`` of the faces, class by class of their first face; bool (N,)."""
    random = np.random.default_rng([seed, len(labels)])
    _, first, counts = np.unique(subjects, return_index=True, return_counts=True)
    numbers = np.unique(subjects)
    chosen = np.zeros(len(labels), bool)
    for own in np.unique(labels[first]):
        members = random.permutation(np.flatnonzero(labels[first] == own))
        reached = np.cumsum(counts[members])
        taken = members[reached <= share * reached[-1] + 1e-9]
        chosen |= np.isin(subjects, numbers[taken])
    return chosen


def action_units(manifest: Manifest, records: Indices) -> Floats | None:
    """The true action units of faces, (N, 2 k), sides apart; None unless every face has them."""
    known = [manifest.records[int(place)].action_units for place in records]
    names = sorted({name for units in known if units is not None for name in units})
    if not names or any(units is None for units in known):
        return None
    return np.array(
        [[value for name in names for value in (units or {}).get(name, (0.0, 0.0))] for units in known]
    )


def _classes(manifest: Manifest, wanted: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the paper where the set has them all, else the set's own; classes nobody shows are left out."""
    chosen = wanted if set(wanted) <= set(manifest.labels) else manifest.labels
    there = {record.label for record in manifest.records}
    found = tuple(name for name in chosen if name in there)
    if len(found) < 2:
        raise InputError(
            f"{manifest.folder}: expected faces of at least two of {', '.join(chosen) or 'its classes'}, got "
            f"{', '.join(found) or 'none'}; curation compares classes"
        )
    return found


def _refuse_small(manifest: Manifest, crops: CropSet, classes: tuple[str, ...], least: int) -> None:
    counts = crops.counts()
    small = {name: counts[name] for name in classes if counts[name] < least}
    if small:
        listed = ", ".join(f"{count} of {name}" for name, count in small.items())
        raise InputError(
            f"{manifest.folder}: expected at least {least} usable faces of every class, got {listed}; add faces, "
            "or leave the class out of the set"
        )


def _relabelled(crops: CropSet, classes: tuple[str, ...], names: tuple[str, ...]) -> CropSet:
    """Labels in the order of the classes; the share of a blend that belongs to another class counts as the label's
    no more, so what is left is not scaled up: rows of such blends sum to less than 1 and still tell a blend.
    """
    places = np.array([names.index(name) for name in classes])
    to_new = np.full(len(names), -1, np.int64)
    to_new[places] = np.arange(len(classes))
    return replace(
        crops, labels=to_new[crops.labels], label_names=classes, soft_labels=crops.soft_labels[:, places]
    )


def _subjects(names: np.ndarray[tuple[int], np.dtype[np.str_]]) -> Indices:
    """Numbers of names; every face without a name is somebody else."""
    unknown = names == ""
    distinct = np.where(unknown, np.char.add("\0", np.arange(len(names)).astype(str)), names)
    return np.asarray(np.unique(distinct, return_inverse=True)[1], np.int64)


def _notes(manifest: Manifest, judged: int, classes: tuple[str, ...], limit: int) -> list[str]:
    notes = []
    if judged < len(manifest):
        beyond = f" beyond the limit of {limit}," if judged == limit else ""
        notes.append(
            f"{len(manifest) - judged} of {len(manifest)} records are not judged:{beyond} of other classes than "
            f"{', '.join(classes)}, listed twice, or without a picture or landmarks. The cleaned set keeps them."
        )
    notes += [f"{name}: no faces." for name in manifest.labels if not np.any(_of(manifest, name))]
    return notes


def _of(manifest: Manifest, label: str) -> list[bool]:
    return [record.label == label for record in manifest.records]
