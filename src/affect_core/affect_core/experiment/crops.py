"""The faces of the experiment's sets, cut out once for all runs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from affect_core.config import from_mapping
from affect_core.data.crop_set import CropSet
from affect_core.data.cut import SETTINGS_FILE, cut
from affect_core.data.label_maps import load_label_maps
from affect_core.data.manifest import RECORDS_FILE, Manifest, load_manifest
from affect_core.experiment.places import Places
from affect_core.experiment.plan import RunSpec
from affect_core.faces.crop import CropSpec
from affect_core.labels import LABEL_SETS


def cut_set(places: Places, name: str, run: RunSpec, label_map: str = "") -> CropSet:
    """The crops of a set as a run needs them; what is already cut is only read.

    Raises:
        InputError: not one picture can be used.
    """
    manifest = translated(load_manifest(places.set_folder(name)), label_map)
    spec = from_mapping(CropSpec, run.crop, f"{run.name}: crop")
    folder = places.crops(name, run.spec.crop, run.spec.labels)
    return cut(manifest, spec, LABEL_SETS[run.spec.labels], folder)


def prepare_crops(places: Places, name: str, run: RunSpec, label_map: str = "") -> None:
    """Cut a set, unless its crops are there; then they count as newer than the set again."""
    cut_set(places, name, run, label_map)
    (places.crops(name, run.spec.crop, run.spec.labels) / SETTINGS_FILE).touch()


def is_cut(places: Places, name: str, run: RunSpec) -> bool:
    """Whether the crops are there and newer than the set."""
    made = places.crops(name, run.spec.crop, run.spec.labels) / SETTINGS_FILE
    source = places.set_folder(name) / RECORDS_FILE
    return made.is_file() and source.is_file() and _age(made) >= _age(source)


def translated(manifest: Manifest, label_map: str) -> Manifest:
    """The manifest with its labels as the map has them; pictures whose label has no counterpart are left out."""
    if not label_map:
        return manifest
    translation = load_label_maps()[label_map]
    pairs = [(record, translation.get(record.label)) for record in manifest.records]
    return replace(manifest, records=tuple(replace(record, label=label) for record, label in pairs if label))


def _age(path: Path) -> float:
    return path.stat().st_mtime
