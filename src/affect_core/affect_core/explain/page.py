"""Explanations as a folder for the eye: overlays, a contact sheet, explain.json, and a page that shows all of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np

from affect_core.evaluation.report import jpeg, render
from affect_core.explain.render import signed_overlay
from affect_core.explain.study import Explanation
from affect_core.files import write_whole
from affect_core.synth.sheets import grid_sheet, lay_out
from affect_core.types import ImageRGB

JSON_FILE: Final = "explain.json"
HTML_FILE: Final = "report.html"
SHEET_FILE: Final = "sheet_{}.jpg"
SHOWN: Final = (
    "box_share",
    "box_area",
    "face_share",
    "face_area",
    "deletion_area",
    "insertion_area",
    "seconds",
)
_TILE_PX: Final = 144


def write_page(
    made: Sequence[Explanation], skipped: Mapping[str, str], unfit: Sequence[str], folder: Path
) -> Path:
    """Write everything but the maps, which are there already; returns the page's path.

    Args:
        made: all faces.
        skipped: picture -> why it was.
        unfit: sentences about methods that are wrong for a model.
        folder: of the page.
    """
    for one in made:
        for method, heatmap in one.maps.items():
            picture = signed_overlay(one.face.crop.image_rgb, heatmap)
            write_whole(one.folder / f"{method}.jpg", jpeg(_large(picture)))
    content = {
        "explanations": [_entry(one, folder) for one in made],
        "skipped": dict(skipped),
        "unfit": list(unfit),
    }
    write_whole(folder / JSON_FILE, json.dumps(content, indent=1) + "\n")
    sheets = {one.model: SHEET_FILE.format(one.model) for one in made}
    for model, name in sheets.items():
        write_whole(folder / name, jpeg(contact_sheet([one for one in made if one.model == model])))
    write_whole(folder / HTML_FILE, render("explain.html.j2", **content, shown=SHOWN, sheets=sheets))
    return folder / HTML_FILE


def contact_sheet(made: Sequence[Explanation]) -> ImageRGB:
    """A row per face with the label that is explained, a column per method; grey where there is no map."""
    methods = list(dict.fromkeys(method for one in made for method in (*one.maps, *one.failed)))
    tiles = [tile for one in made for tile in _tiles(one, methods)]
    return lay_out(grid_sheet("explanations", [one.label for one in made], ["crop", *methods], tiles))


def _tiles(one: Explanation, methods: Sequence[str]) -> list[ImageRGB]:
    crop, empty = one.face.crop.image_rgb, np.full((_TILE_PX, _TILE_PX, 3), 90, np.uint8)
    maps = [one.maps.get(method) for method in methods]
    return [_large(crop), *(empty if m is None else _large(signed_overlay(crop, m)) for m in maps)]


def _large(picture: ImageRGB) -> ImageRGB:
    return np.asarray(cv2.resize(picture, (_TILE_PX, _TILE_PX), interpolation=cv2.INTER_AREA), np.uint8)


def _entry(one: Explanation, folder: Path) -> dict[str, Any]:
    return {
        "picture": one.picture,
        "model": one.model,
        "label": one.label,
        "probabilities": one.probabilities,
        "folder": str(one.folder.relative_to(folder)),
        "methods": one.metrics,
        "failed": one.failed,
    }
