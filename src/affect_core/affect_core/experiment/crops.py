"""The faces of the experiment's sets, cut out once for all runs, by the same code that a training reads them with."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from affect_core.data.crop_set import CropSet
from affect_core.data.cut import cut
from affect_core.data.label_maps import load_label_maps
from affect_core.data.manifest import RECORDS_FILE, Manifest, load_manifest
from affect_core.data.sources import SOURCES, Request
from affect_core.experiment.places import Places
from affect_core.experiment.plan import TestSpec, digest
from affect_core.faces.crop import CropSpec
from affect_core.labels import LABEL_SETS

Labels = tuple[str, ...]


def load_crops(
    places: Places, name: str, crop: CropSpec, labels: Labels, test: TestSpec | None = None
) -> CropSet:
    """The crops of a set for a model with this crop and these classes; what is already cut is only read.

    Args:
        test: whose label map is applied, and whose other pictures are left out.

    Raises:
        InputError: not one picture can be used.
    """
    if test is not None and (test.label_map or test.keep):
        chosen = belonging(load_manifest(places.set_folder(name)), test)
        return cut(chosen, crop, labels, _marker(places, name, crop, labels).with_suffix(".crops"))
    request = Request(crop, labels, places.crops, places.crops)
    return SOURCES.build("manifests", {"paths": [str(places.set_folder(name).absolute())]}, request)


def prepare_crops(
    places: Places, name: str, crop: CropSpec, labels: Labels, test: TestSpec | None = None
) -> None:
    """Cut a set, unless its crops are there, and note that they belong to its present state."""
    load_crops(places, name, crop, labels, test)
    marker = _marker(places, name, crop, labels)
    marker.parent.mkdir(parents=True, exist_ok=True)
    marker.touch()


def is_cut(places: Places, name: str, crop: CropSpec, labels: Labels) -> bool:
    """Whether the crops are there and newer than the set."""
    made, source = _marker(places, name, crop, labels), places.set_folder(name) / RECORDS_FILE
    return made.is_file() and source.is_file() and made.stat().st_mtime >= source.stat().st_mtime


def belonging(manifest: Manifest, test: TestSpec) -> Manifest:
    """The pictures that belong to the test, with its labels; a picture whose label has no counterpart does not."""
    records = manifest.records
    if test.label_map:
        translation = load_label_maps()[test.label_map]
        pairs = [(record, translation.get(record.label)) for record in records]
        records = tuple(replace(record, label=label) for record, label in pairs if label)
    if test.keep:
        records = tuple(record for record in records if record.label in LABEL_SETS[test.keep])
    return replace(manifest, records=records)


def _marker(places: Places, name: str, crop: CropSpec, labels: Labels) -> Path:
    return places.crops / f"{name}-{digest([vars(crop), labels])[:8]}.cut"
