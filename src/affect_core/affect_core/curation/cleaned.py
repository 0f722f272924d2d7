"""The cleaned set: the manifest without the removed faces, and who they are."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from affect_core.curation.aforet import Aforet, nearest_other
from affect_core.curation.base import REMOVERS, Floats, Indices, Removal
from affect_core.curation.config import CurationConfig
from affect_core.curation.faces import Faces
from affect_core.data.manifest import Manifest, Record, load_manifest, save_manifest

FOLDER: Final = "cleaned"
FACES_FILE: Final = "faces.csv"
COLUMNS: Final = ("image", "record", "label", "confidence", "nearest_other", "blend", "removed")


@dataclass(frozen=True, eq=False)
class Judged:
    """What curation says of every judged face.

    Attributes:
        removal: by the remover of the cleaned set.
        confidence: (N,), beta of equation 8.
        other: (N,), the other class that the face is nearest to.
    """

    removal: Removal
    confidence: Floats
    other: Indices


def judge_all(faces: Faces, latents: Floats, config: CurationConfig, seed: int) -> Judged:
    """Remove from all judged faces; those that trained the autoencoder among them, for it never saw a label."""
    remover = REMOVERS.build(config.cleaned_by, config.removers, seed)
    removal = remover.remove(latents, faces.labels, config.cleaned_share)
    log_confidence = Aforet(config.removers).log_confidences(latents, faces.labels)
    own = log_confidence[np.arange(len(faces)), faces.labels]
    return Judged(removal, np.exp(own), nearest_other(log_confidence, faces.labels))


def write_cleaned(
    manifest: Manifest, faces: Faces, judged: Judged, config: CurationConfig, output: Path, seed: int
) -> Manifest:
    """Write the set without the removed faces into ``output``/`FOLDER`, and read it back.

    Pictures stay where they are: named relative to the new folder where they lie in ``output``, else absolutely.
    Records that were not judged stay in.
    """
    folder = output / FOLDER
    gone = set(faces.records[~judged.removal.kept].tolist())
    records = tuple(
        _moved(record, manifest, folder, output)
        for place, record in enumerate(manifest.records)
        if place not in gone
    )
    settings: Mapping[str, Any] = {
        "cleaned": {
            "from": manifest.name,
            "remover": config.cleaned_by,
            "score": config.removers.score,
            "share": config.cleaned_share,
            "per_class": config.removers.per_class,
            "removed": len(gone),
            "judged": len(faces),
            "seed": seed,
        },
        "before": dict(manifest.settings),
    }
    said = f"{manifest.description}; {len(gone)} of {len(faces)} judged faces removed by {config.cleaned_by}"
    cleaned = replace(
        manifest,
        folder=folder,
        name=f"{manifest.name}_cleaned",
        records=records,
        description=said.removeprefix("; "),
        settings=settings,
    )
    save_manifest(cleaned)
    return load_manifest(folder)


def faces_csv(manifest: Manifest, faces: Faces, judged: Judged) -> bytes:
    """A row for each judged face, the least sure first; ``record`` counts from 0."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for place in np.argsort(judged.confidence, kind="stable"):
        number = int(faces.records[place])
        record = manifest.records[number]
        other = faces.classes[int(judged.other[place])]
        confidence = f"{judged.confidence[place]:.6f}"
        removed = int(not judged.removal.kept[place])
        blend = int(faces.blended[place])
        writer.writerow([record.image, number, record.label, confidence, other, blend, removed])
    return text.getvalue().encode()


def caption(faces: Faces, judged: Judged, place: int) -> str:
    """Label, confidence and nearest other class of a face, on two lines; a known blend is marked."""
    mark = " (blend)" if faces.blended[place] else ""
    other = faces.classes[int(judged.other[place])]
    return f"{faces.classes[int(faces.labels[place])]}{mark}\n{judged.confidence[place]:.3f}, or {other}"


def _moved(record: Record, manifest: Manifest, folder: Path, output: Path) -> Record:
    return replace(
        record,
        image=_named(manifest.folder / record.image, folder, output),
        mask=_named(manifest.folder / record.mask, folder, output) if record.mask else "",
    )


def _named(picture: Path, folder: Path, output: Path) -> str:
    full, root = picture.absolute(), output.absolute()
    return os.path.relpath(full, folder.absolute()) if full.is_relative_to(root) else str(full)
