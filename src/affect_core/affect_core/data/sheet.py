"""A contact sheet of a set: aligned faces, one row for each class."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from affect_core.data.manifest import Manifest, Record
from affect_core.data.pictures import read_picture
from affect_core.errors import InputError
from affect_core.faces.crop import CropSpec, align
from affect_core.types import ImageRGB

CROP: Final = CropSpec(size_px=112, margin=0.15)


def set_sheet(manifest: Manifest, columns: int = 10, seed: int = 0, crop: CropSpec = CROP) -> ImageRGB:
    """Faces of every class as the crop function cuts them out, uint8 (H, W, 3).

    Args:
        columns: at most so many faces of each class; grey where a class has fewer that can be shown.
        seed: of the choice.
    """
    from affect_core.synth.sheets import grid_sheet, lay_out

    most = max((sum(r.label == label for r in manifest.records) for label in manifest.labels), default=0)
    columns = max(1, min(columns, most))
    tiles = [tile for label in manifest.labels for tile in _row(manifest, label, columns, seed, crop)]
    return lay_out(grid_sheet(manifest.name, manifest.labels, [""] * columns, tiles))


def _row(manifest: Manifest, label: str, columns: int, seed: int, crop: CropSpec) -> list[ImageRGB]:
    records = [r for r in manifest.records if r.label == label and r.landmarks_xy is not None]
    order = np.random.default_rng(seed).permutation(len(records))
    faces = _faces(manifest, (records[place] for place in order), crop)
    shown = [face for _, face in zip(range(columns), faces, strict=False)]
    empty = np.full((crop.size_px, crop.size_px, 3), 90, np.uint8)
    return shown + [empty] * (columns - len(shown))


def _faces(manifest: Manifest, records: Iterator[Record], crop: CropSpec) -> Iterator[ImageRGB]:
    """What cannot be shown is passed over: `affect_core.data.check` says what is wrong."""
    for record in records:
        try:
            image_rgb = read_picture(manifest.image_path(record))
            yield align(image_rgb, np.asarray(record.landmarks_xy, np.float64), crop).image_rgb
        except InputError:
            continue
