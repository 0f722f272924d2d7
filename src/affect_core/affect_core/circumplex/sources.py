"""From a manifest to samples: faces cut out by THE crop function, or people as their boxes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from tqdm import tqdm

from affect_core.circumplex.recipe import AFFECT, AFFECT_3
from affect_core.circumplex.samples import NO_CLASS, Samples
from affect_core.data.cut import cut
from affect_core.data.manifest import Manifest, Record
from affect_core.data.pictures import read_picture
from affect_core.errors import ConfigError, InputError
from affect_core.faces.crop import CropSpec
from affect_core.types import ImageRGB

MARGIN: Final = 0.06
TEMPLATE: Final = "expression"
SYNTHETIC_NOTE: Final = (
    "Valence and arousal of synthetic faces come from their action units by config/affect_map.yaml, whose weights "
    "are ours; no person has rated these pictures."
)
PERSON_NOTE: Final = "The network was trained on boxes of whole people; live it is given aligned faces."


def face_samples(
    manifest: Manifest, size_px: int, folder: Path, without: Sequence[str] = (), limit: int = 0, seed: int = 0
) -> Samples:
    """Aligned faces of a set with one class each.

    Args:
        manifest: of the set.
        size_px: edge of the crops.
        folder: where the crops are kept.
        without: classes to leave out; AffectNet-7 is AffectNet-8 without contempt.
        limit: at most so many pictures, every class keeping its share; 0 = all.
        seed: of that choice.

    Raises:
        ConfigError: ``without`` names a class that the set does not have, or leaves fewer than two.
        InputError: no picture can be used, or none has valence and arousal.
    """
    names = _classes(manifest, without)
    known = [record for record in manifest.records if record.label in names]
    chosen = replace(manifest, records=tuple(_limited(known, limit, seed)))
    made = cut(chosen, CropSpec(size_px, MARGIN, TEMPLATE), names, folder)
    given = made.info.get("split")
    samples = Samples(
        name=manifest.name,
        images_rgb=made.images_rgb,
        labels=made.labels,
        label_names=names,
        affect=np.ascontiguousarray(made.regression[:, : len(AFFECT)]),
        crop=made.crop,
        subjects=_subjects(made.info["subject"]),
        given=np.full(len(made), "") if given is None else given,
        notes=(SYNTHETIC_NOTE,) if manifest.synthetic else (),
    )
    _check_affect(samples)
    return samples


def person_samples(manifest: Manifest, size_px: int, limit: int = 0, seed: int = 0) -> Samples:
    """People as their boxes, resized to a square, with several labels each and valence, arousal and dominance.

    Raises:
        InputError: no record has a box and labels; none has valence, arousal and dominance.
    """
    records = [r for r in manifest.records if r.box_xyxy is not None and r.categories]
    if not records:
        raise InputError(
            f"{manifest.name}: expected people with boxes and categories, found none of {len(manifest)}; import the "
            "set with region person"
        )
    records = _limited(records, limit, seed)
    images = [_person(manifest, r, size_px) for r in tqdm(records, f"cut {manifest.name}", unit="person")]
    names = tuple(sorted({*manifest.labels}))
    samples = Samples(
        name=manifest.name,
        images_rgb=np.stack(images),
        labels=np.full(len(records), NO_CLASS, np.int64),
        label_names=names,
        affect=np.array([[getattr(r, name) for name in AFFECT_3] for r in records], np.float32),
        crop=CropSpec(size_px, MARGIN, TEMPLATE),
        dimensions=AFFECT_3,
        present=np.array([[name in r.categories for name in names] for r in records], np.float32),
        present_names=names,
        subjects=_subjects(np.array([r.subject for r in records])),
        given=np.array([str(r.attributes.get("split", "")) for r in records]),
        notes=(PERSON_NOTE,),
    )
    _check_affect(samples)
    return samples


def _classes(manifest: Manifest, without: Sequence[str]) -> tuple[str, ...]:
    unknown = [name for name in without if name not in manifest.labels]
    names = tuple(name for name in manifest.labels if name not in without)
    if unknown or len(names) < 2:
        raise ConfigError(
            f"{manifest.name}: expected to leave out some of {', '.join(manifest.labels)} and to keep two or more, "
            f"got {', '.join(without)}"
        )
    return names


def _limited(records: Sequence[Record], limit: int, seed: int) -> list[Record]:
    """Every label and split keeps its share."""
    if not limit or limit >= len(records):
        return list(records)
    from affect_core.data.crop_set import spread

    kinds = [f"{record.attributes.get('split', '')} {record.label}" for record in records]
    strata = np.unique(kinds, return_inverse=True)[1].astype(np.int64)
    order = spread(strata, np.random.default_rng(seed))
    return [records[i] for i in sorted(order[:limit])]


def _person(manifest: Manifest, record: Record, size_px: int) -> ImageRGB:
    image = read_picture(manifest.image_path(record))
    left, top, right, bottom = (round(edge) for edge in record.box_xyxy or ())
    part = image[max(0, top) : bottom, max(0, left) : right]
    if not part.size:
        raise InputError(f"{record.image}: expected a box inside the picture, got {record.box_xyxy}")
    shrinks = max(part.shape[:2]) > size_px
    return np.asarray(
        cv2.resize(part, (size_px, size_px), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR),
        np.uint8,
    )


def _subjects(names: np.ndarray) -> np.ndarray:  # type: ignore[type-arg] # text of any length
    """A picture without a subject is its own."""
    return np.array([name or f"picture {i}" for i, name in enumerate(names)])


def _check_affect(samples: Samples) -> None:
    for place, name in enumerate(samples.dimensions):
        if np.isnan(samples.affect[:, place]).all():
            raise InputError(
                f"{samples.name}: expected pictures with {name}, found none of {len(samples)}; this study needs a "
                f"set that has {', '.join(samples.dimensions)}"
            )
