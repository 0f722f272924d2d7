"""A set of human-like faces: pictures, masks and a manifest."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cache, partial
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import cv2
import numpy as np
from tqdm import tqdm

from affect_core.config import load_yaml
from affect_core.data.affect_map import affect
from affect_core.data.manifest import Manifest, Record, save_manifest
from affect_core.files import file_sha256
from affect_core.heads.expressions import ExpressionTable, load_expressions
from affect_core.paths import find_shared
from affect_core.synth.humans.base import FORMAT, HumanSetConfig
from affect_core.synth.humans.head import HumanHead, load_head
from affect_core.synth.humans.ict import LICENCE, require_ict
from affect_core.synth.humans.picture import Picture, take_picture
from affect_core.synth.humans.recipes import Recipes, load_recipes
from affect_core.synth.humans.sampler import Draw, draw, streams
from affect_core.synth.parts import JPEG_QUALITY, make_in_parts
from affect_core.synth.sheets import save_image

_DESCRIPTION: Final = (
    "Synthetic faces of the ICT-FaceKit head with expressions from config/expressions.yaml; the labels are the "
    "recipes' names, not what people perceive"
)
PART: Final = 50
"""Pictures between two points where an interrupted run can go on."""

_PER_FOLDER: Final = 1000
_AMOUNT_DIGITS: Final = 3
_PIXEL_DIGITS: Final = 2


def generate(config: HumanSetConfig, folder: Path, workers: int = 1) -> Manifest:
    """Render a set into ``folder``: ``images/``, ``masks/`` and the manifest.

    Goes on where an interrupted run stopped; the same settings give the same bytes with any number of workers.

    Raises:
        ConfigError: no face model; the folder holds a set with other settings.
    """
    source = require_ict()
    started = perf_counter()
    settings = {"format": FORMAT, **asdict(config), "made_of": ingredients(config, source)}
    make = partial(make_pictures, config, folder, source)
    made = make_in_parts(make, folder, config.images, settings, workers, PART)
    manifest = Manifest(
        folder=folder,
        name=folder.name,
        labels=config.label_names,
        records=made.records,
        description=_DESCRIPTION,
        licence=LICENCE,
        synthetic=True,
        settings=settings,
    )
    save_manifest(manifest)
    _tell_rate(made.new, perf_counter() - started, workers)
    return manifest


def ingredients(config: HumanSetConfig, source: Path) -> dict[str, str]:
    """Hashes of what the pictures depend on beside the settings: the face model, and what the labels mean."""
    table = load_yaml(find_shared("config/expressions.yaml"))
    meaning = [table["blendshapes"], [table["expressions"][name] for name in config.label_names]]
    text = json.dumps(meaning, sort_keys=True).encode()
    return {"face_model": file_sha256(source), "recipes": hashlib.sha256(text).hexdigest()}


def make_pictures(config: HumanSetConfig, folder: Path, source: Path, indices: Sequence[int]) -> list[Record]:
    """Render some pictures of a set; returns their records."""
    studio = open_studio(source)
    return [_make(studio, config, folder, index) for index in indices]


class Studio:
    """What every picture needs: the head, the expressions, and what they do to its blendshapes."""

    def __init__(self, source: Path) -> None:
        self.head: HumanHead = load_head(source)
        self.table: ExpressionTable = load_expressions()
        self.recipes: Recipes = load_recipes(self.head.shapes)

    def picture(self, config: HumanSetConfig, index: int) -> tuple[Draw, Picture]:
        """Picture ``index`` of a set, and what it shows."""
        shown, looks = streams(config, index)
        what = draw(config, self.table, self.head.identity_modes, index, shown)
        return what, take_picture(self.head, self.recipes, config, what, looks)


@cache
def open_studio(source: Path) -> Studio:
    """One studio for each process: loading takes longer than a picture."""
    cv2.setNumThreads(1)  # the workers share the cores already
    return Studio(source)


def _make(studio: Studio, config: HumanSetConfig, folder: Path, index: int) -> Record:
    what, picture = studio.picture(config, index)
    place = f"{index // _PER_FOLDER:03d}/{index:06d}"
    image, mask = f"images/{place}.jpg", f"masks/{place}.png"
    save_image(folder / image, picture.image_rgb, JPEG_QUALITY)
    save_image(folder / mask, picture.segments)
    units = _plain_amounts(what.amounts)
    valence, arousal = affect(units)
    return Record(
        image=image,
        mask=mask,
        label=what.label,
        soft_label=what.soft_label,
        intensity=round(what.intensity, _AMOUNT_DIGITS),
        valence=round(valence, _AMOUNT_DIGITS),
        arousal=round(arousal, _AMOUNT_DIGITS),
        action_units=units,
        landmarks_xy=tuple((x, y) for x, y in _rounded(picture.landmarks_xy)),
        box_xyxy=tuple(_rounded(picture.box_xyxy)),
        head_deg=tuple(_rounded(np.array(what.head_deg))),
        lighting=what.lighting,
        background=picture.background,
        subject=f"human-{config.seed}-{index:06d}",
        attributes={"side": what.side, "seed": config.seed, "index": index, **picture.attributes},
    )


def _plain_amounts(
    amounts: Mapping[str, np.ndarray[Any, np.dtype[np.float64]]],
) -> dict[str, tuple[float, float]]:
    rounded = {unit: np.round(sides, _AMOUNT_DIGITS) for unit, sides in amounts.items()}
    return {unit: (float(right), float(left)) for unit, (right, left) in rounded.items() if right or left}


def _rounded(values: np.ndarray[Any, np.dtype[np.float64]]) -> Any:
    return np.round(values, _PIXEL_DIGITS).tolist()


def _tell_rate(pictures: int, seconds: float, workers: int) -> None:
    if pictures:
        tqdm.write(
            f"{pictures} pictures in {seconds:.0f} s: {pictures / seconds:.1f} a second, processes: {workers}",
            file=sys.stderr,
        )
