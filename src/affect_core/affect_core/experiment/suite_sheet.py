"""A page of test pictures that a model read rightly and wrongly, with its attention where it has one."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from affect_core.data.crop_set import CropSet
from affect_core.emotion.base import RUNTIMES, Runtime
from affect_core.emotion.card import Card
from affect_core.emotion.preprocess import to_batch
from affect_core.experiment.crops import load_crops
from affect_core.experiment.predictions import Predictions
from affect_core.experiment.suite import ModelResult, SuiteConfig
from affect_core.explain import overlay, upsample
from affect_core.synth.sheets import grid_sheet, lay_out
from affect_core.types import ImageRGB

EACH: Final = 4
"""Pictures that were read rightly, and as many that were not, in a row."""

_TILE_PX: Final = 132
_STRIP_PX: Final = 20
_RIGHT: Final = (120, 200, 120)
_WRONG: Final = (240, 120, 110)


def contact_sheet(config: SuiteConfig, result: ModelResult) -> ImageRGB:
    """One row per test: pictures drawn at random, right ones to the left; below them the attention."""
    runtime = RUNTIMES.build("torch", result.card, config.threads)
    rows: list[str] = []
    tiles: list[ImageRGB] = []
    for test in config.tests:
        if test.lighting:  # parts of a test that is shown as a whole
            continue
        crops = load_crops(config.places, test.set, result.card.crop, result.card.labels, test)
        chosen = draw_examples(result.answers[test.key])
        pictures, attention = _look(runtime, result.card, crops, chosen)
        captions = [_caption(result, result.answers[test.key], index) for index in chosen]
        for name, images in (
            (test.set.removeprefix("shortcut_").removeprefix("robots_"), pictures),
            ("attention", attention),
        ):
            if images:
                rows.append(name)
                tiles += [_tile(image, *caption) for image, caption in zip(images, captions, strict=True)]
    columns = [*["right"] * EACH, *["wrong"] * EACH]
    return lay_out(grid_sheet("examples", rows, columns, tiles))


def draw_examples(answer: Predictions) -> list[int | None]:
    """Indices of `EACH` pictures that were read rightly and `EACH` that were not; None where there are too few."""
    right = answer.logits.argmax(axis=1) == answer.truth
    order = np.random.default_rng(len(answer)).permutation(len(answer))
    halves = [[int(i) for i in order if right[i] == wanted][:EACH] for wanted in (True, False)]
    return [i for half in halves for i in (*half, *[None] * (EACH - len(half)))]


def _look(
    runtime: Runtime, card: Card, crops: CropSet, chosen: list[int | None]
) -> tuple[list[ImageRGB | None], list[ImageRGB | None]]:
    """The chosen crops, and the same with the attention over them; the latter is empty without attention."""
    there = [i for i in chosen if i is not None]
    images = [np.asarray(crops.images_rgb[i], np.uint8) for i in there]
    attention = runtime.forward(to_batch(images, card)).attention if images else None
    pictures = dict(zip(there, images, strict=True))
    if attention is None:
        return [pictures.get(i) if i is not None else None for i in chosen], []
    size = card.crop.size_px
    maps = {i: overlay(pictures[i], upsample(a, size)) for i, a in zip(there, attention, strict=True)}
    return [_at(pictures, i) for i in chosen], [_at(maps, i) for i in chosen]


def _at(images: dict[int, ImageRGB], index: int | None) -> ImageRGB | None:
    return None if index is None else images[index]


def _caption(result: ModelResult, answer: Predictions, index: int | None) -> tuple[str, tuple[int, int, int]]:
    if index is None:
        return "", _RIGHT
    truth, read = int(answer.truth[index]), int(answer.logits[index].argmax())
    names = result.card.labels
    return (names[truth], _RIGHT) if truth == read else (f"{names[truth][:8]} > {names[read][:8]}", _WRONG)


def _tile(image: ImageRGB | None, text: str, colour: tuple[int, int, int]) -> ImageRGB:
    tile: NDArray[np.uint8] = np.full((_TILE_PX + _STRIP_PX, _TILE_PX, 3), 40, np.uint8)
    if image is not None:
        tile[:_TILE_PX] = cv2.resize(image, (_TILE_PX, _TILE_PX), interpolation=cv2.INTER_CUBIC)
    place = (3, _TILE_PX + _STRIP_PX - 6)
    cv2.putText(tile, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.38, colour, 1, cv2.LINE_AA)
    return tile
