"""A page that shows the shortcut experiment: the same people before each kind of background, and in both crops."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import cv2
import numpy as np

from affect_core.data.manifest import Manifest, Record
from affect_core.experiment.plan import Experiment
from affect_core.experiment.sets import SETS, SetContext
from affect_core.experiment.shortcut import ASSIGNMENTS
from affect_core.faces.crop import CropSpec, align
from affect_core.synth.sheets import grid_sheet, lay_out
from affect_core.types import ImageRGB

PEOPLE: Final = 10
TILE_PX: Final = 112


def shortcut_sheet(plan: Experiment, stand_in: bool = False) -> ImageRGB:
    """One row per kind of background, and one per crop; the first people of the test.

    Raises:
        ConfigError: no face model, and no stand-ins wanted.
    """
    crops = {run.spec.crop: run.crop_spec for run in plan.runs.values() if run.spec.kind == "ablation"}
    with TemporaryDirectory() as work:
        manifests = _make(plan, Path(work), stand_in)
        rows = {name: [_picture(one, r) for r in one.records] for name, one in manifests.items()}
        for name, spec in crops.items():
            shown = manifests["shuffled"]
            rows[f"{name} crop"] = [_crop(shown, record, spec) for record in shown.records]
    columns = [record.label for record in manifests["plain"].records]
    tiles = [image for images in rows.values() for image in images]
    return lay_out(grid_sheet("shortcut", list(rows), columns, tiles))


def _make(plan: Experiment, work: Path, stand_in: bool) -> dict[str, Manifest]:
    people = plan.sets[plan.sets["shortcut_plain"].settings["people"]]
    context = SetContext(lambda name: work / name, stand_in)
    few = {**people.settings, "images": PEOPLE}
    SETS.build(people.kind, few, work / people.name, 1, context)
    made = {}
    for name in ASSIGNMENTS:
        spec = plan.sets[f"shortcut_{name}"]
        made[name] = SETS.build(spec.kind, spec.settings, work / spec.name, 1, context)
    return made


def _picture(manifest: Manifest, record: Record) -> ImageRGB:
    return _small(_read(manifest, record))


def _crop(manifest: Manifest, record: Record, spec: CropSpec) -> ImageRGB:
    return _small(align(_read(manifest, record), np.array(record.landmarks_xy), spec).image_rgb)


def _read(manifest: Manifest, record: Record) -> ImageRGB:
    return np.ascontiguousarray(cv2.imread(str(manifest.image_path(record)))[:, :, ::-1], np.uint8)


def _small(image: ImageRGB) -> ImageRGB:
    return np.asarray(cv2.resize(image, (TILE_PX, TILE_PX), interpolation=cv2.INTER_AREA), np.uint8)
