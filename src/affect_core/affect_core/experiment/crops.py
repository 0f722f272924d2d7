"""The faces of the experiment's sets, cut out once for all runs, by the same code that a training reads them with."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from affect_core.config import from_mapping
from affect_core.data.crop_set import CropSet
from affect_core.data.cut import cut
from affect_core.data.label_maps import load_label_maps
from affect_core.data.manifest import RECORDS_FILE, Manifest, load_manifest
from affect_core.data.sources import SOURCES, Request
from affect_core.experiment.places import Places
from affect_core.experiment.plan import RunSpec, TestSpec
from affect_core.faces.crop import CropSpec
from affect_core.labels import LABEL_SETS


def load_crops(places: Places, name: str, run: RunSpec, test: TestSpec | None = None) -> CropSet:
    """The crops of a set as a run needs them; what is already cut is only read.

    Raises:
        InputError: not one picture can be used.
    """
    spec = from_mapping(CropSpec, run.crop, f"{run.name}: crop")
    labels = LABEL_SETS[run.spec.labels]
    if test is not None and (test.label_map or test.keep):
        chosen = belonging(load_manifest(places.set_folder(name)), test)
        return cut(chosen, spec, labels, _marker(places, name, run).with_name(test.name))
    request = Request(spec, labels, places.crops, places.crops)
    return SOURCES.build("manifests", {"paths": [str(places.set_folder(name).absolute())]}, request)


def prepare_crops(places: Places, name: str, run: RunSpec, test: TestSpec | None = None) -> None:
    """Cut a set, unless its crops are there, and note that they belong to its present state."""
    load_crops(places, name, run, test)
    marker = _marker(places, name, run)
    marker.parent.mkdir(parents=True, exist_ok=True)
    marker.touch()


def is_cut(places: Places, name: str, run: RunSpec) -> bool:
    """Whether the crops are there and newer than the set."""
    made, source = _marker(places, name, run), places.set_folder(name) / RECORDS_FILE
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


def _marker(places: Places, name: str, run: RunSpec) -> Path:
    return places.crops / f"{run.spec.crop}-{run.spec.labels}" / f"{name}.cut"
