"""Explanations as a folder for the eye: overlays, contact sheets, mean maps, explain.json, and a page that shows it."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np

from affect_core.evaluation.report import jpeg, render
from affect_core.evaluation.summary import finite
from affect_core.explain.comparison import MeanMap, by_model, comparison, mean_maps
from affect_core.explain.faithfulness import Sanity
from affect_core.explain.render import signed_overlay
from affect_core.explain.study import Explanation
from affect_core.explain.subjects import evenly
from affect_core.faces.regions import REGIONS
from affect_core.files import write_whole
from affect_core.synth.sheets import grid_sheet, lay_out
from affect_core.types import ImageRGB

JSON_FILE: Final = "explain.json"
HTML_FILE: Final = "report.html"
SHEET_FILE: Final = "sheet_{}.jpg"
MEAN_SHEET_FILE: Final = "mean_{}.jpg"
MEAN_MAPS_FILE: Final = "mean_{}.npz"
SHOWN: Final = (
    "face_share",
    "face_area",
    "box_share",
    "box_area",
    "deletion_area",
    "insertion_area",
    "seconds",
)
"""Measures in the page's tables; explain.json has all."""
SHEET_FACES: Final = 40
"""On a contact sheet at most, evenly spread: a picture has an end."""
_TILE_PX: Final = 144

Sanities = Mapping[str, Mapping[str, Sanity | str]]


def write_page(
    made: Sequence[Explanation],
    sanity: Sanities,
    skipped: Mapping[str, str],
    unfit: Sequence[str],
    folder: Path,
) -> Path:
    """Write everything but the maps, which are there already; returns the page's path.

    Args:
        made: all faces.
        sanity: model -> method -> whether its maps survive random weights, or why that is unknown.
        skipped: source -> why it was.
        unfit: sentences about methods that are wrong for a model.
        folder: of the page.
    """
    for one in made:
        for method, heatmap in one.maps.items():
            picture = signed_overlay(one.face.crop.image_rgb, heatmap)
            write_whole(one.folder / f"{method}.jpg", jpeg(_large(picture)))
    models = by_model(made)
    for model, several in models.items():
        _write_sheets(model, several, folder)
    content = finite(
        {
            "models": {
                model: comparison(several, sanity.get(model, {})) for model, several in models.items()
            },
            "explanations": [_entry(one, folder) for one in made],
            "skipped": dict(skipped),
            "unfit": list(unfit),
        }
    )
    write_whole(folder / JSON_FILE, json.dumps(content, indent=1) + "\n")
    values = {
        **content,
        "shown": SHOWN,
        "regions": REGIONS,
        "methods": list(dict.fromkeys(method for one in made for method in one.maps)),
        "sheets": {model: (SHEET_FILE.format(model), MEAN_SHEET_FILE.format(model)) for model in models},
    }
    write_whole(folder / HTML_FILE, render("explain.html.j2", **values))
    return folder / HTML_FILE


def contact_sheet(made: Sequence[Explanation]) -> ImageRGB:
    """A row per face with the label that is explained, a column per method; grey where there is no map."""
    methods = list(dict.fromkeys(method for one in made for method in (*one.maps, *one.failed)))
    tiles = [tile for one in made for tile in _tiles(one, methods)]
    return lay_out(grid_sheet("explanations", [one.label for one in made], ["crop", *methods], tiles))


def mean_sheet(found: Mapping[tuple[str, str], MeanMap]) -> ImageRGB:
    """A row per label that is explained, a column per method, over the mean of the label's crops."""
    labels, methods = (list(dict.fromkeys(key[i] for key in found)) for i in (0, 1))
    tiles = []
    for label in labels:
        cells = [found.get((label, method)) for method in methods]
        most = max((cell for cell in cells if cell), key=lambda cell: cell.n)
        tiles.append(_large(most.crop_rgb))
        tiles += [_EMPTY if c is None else _large(signed_overlay(c.crop_rgb, c.heatmap)) for c in cells]
    return lay_out(grid_sheet("mean maps", labels, ["mean crop", *methods], tiles))


def _write_sheets(model: str, made: Sequence[Explanation], folder: Path) -> None:
    chosen = [made[index] for index in evenly(len(made), SHEET_FACES)]
    write_whole(folder / SHEET_FILE.format(model), jpeg(contact_sheet(chosen)))
    found = mean_maps(made)
    if not found:
        return
    write_whole(folder / MEAN_SHEET_FILE.format(model), jpeg(mean_sheet(found)))
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer, **{f"{label}/{method}": one.heatmap for (label, method), one in found.items()}
    )
    write_whole(folder / MEAN_MAPS_FILE.format(model), buffer.getvalue())


def _tiles(one: Explanation, methods: Sequence[str]) -> list[ImageRGB]:
    crop = one.face.crop.image_rgb
    maps = [one.maps.get(method) for method in methods]
    return [_large(crop), *(_EMPTY if m is None else _large(signed_overlay(crop, m)) for m in maps)]


_EMPTY: Final = np.full((_TILE_PX, _TILE_PX, 3), 90, np.uint8)


def _large(picture: ImageRGB) -> ImageRGB:
    return np.asarray(cv2.resize(picture, (_TILE_PX, _TILE_PX), interpolation=cv2.INTER_AREA), np.uint8)


def _entry(one: Explanation, folder: Path) -> dict[str, Any]:
    return {
        "picture": one.picture,
        "model": one.model,
        "truth": one.truth,
        **one.facts,
        "label": one.label,
        "probabilities": one.probabilities,
        "folder": str(one.folder.relative_to(folder)),
        "methods": one.metrics,
        "failed": one.failed,
    }
