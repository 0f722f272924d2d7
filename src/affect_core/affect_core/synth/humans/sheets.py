"""Contact sheets of human-like faces: the expressions in calm light, and pictures as a set has them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from affect_core.synth.humans.appearance import draw_appearance
from affect_core.synth.humans.base import HumanSetConfig
from affect_core.synth.humans.dressing import dress_up
from affect_core.synth.humans.human_set import Studio
from affect_core.synth.humans.light import studio_light
from affect_core.synth.humans.picture import lids_of_gaze, rolled_off
from affect_core.synth.humans.recipes import base_amounts
from affect_core.synth.humans.render import Shot, render
from affect_core.synth.humans.sampler import draw, streams
from affect_core.synth.sheets import Sheet
from affect_core.types import ImageRGB

INTENSITIES: Final = (1.0, 0.6, 0.3)
_CLOSE: Final = 0.86
"""Edge of the tight crop as a share of a tile's."""

_WALL: Final = (0.62, 0.64, 0.66)


def expression_sheet(
    source: Path, labels: str, people: Sequence[int] = (19, 22, 17), tile_px: int = 150
) -> Sheet:
    """Every class (columns) at `INTENSITIES`, shown by some people (rows): the table's rows without any variation."""
    config = HumanSetConfig(labels=labels)
    rows = tuple(f"{intensity:g}" for intensity in INTENSITIES for _ in people)

    def tiles() -> Iterator[ImageRGB]:
        studio = Studio(source)
        for intensity in INTENSITIES:
            for person in people:
                for label in config.label_names:
                    yield calm_picture(studio, label, intensity, person, tile_px)

    return Sheet(f"humans_{labels}", rows, config.label_names, tiles)


def sample_sheet(
    source: Path, config: HumanSetConfig, rows: int = 5, columns: int = 8, tile_px: int = 150
) -> Sheet:
    """The first pictures of a set, as they are."""

    def tiles() -> Iterator[ImageRGB]:
        studio = Studio(source)
        for index in range(rows * columns):
            what, picture = studio.picture(config, index)
            tile = cv2.resize(picture.image_rgb, (tile_px, tile_px), interpolation=cv2.INTER_AREA)
            yield _captioned(np.asarray(tile, np.uint8), f"{what.label} {what.intensity:.2f}")

    starts = tuple(str(row * columns) for row in range(rows))
    return Sheet(f"humans_{config.labels}_set", starts, ("",) * columns, tiles)


def calm_picture(studio: Studio, label: str, intensity: float, person: int, tile_px: int) -> ImageRGB:
    """One person's expression, close, in even light before a grey wall; nothing else varies."""
    config = HumanSetConfig()
    identity = draw(
        config, studio.table, studio.head.identity_modes, person, streams(config, person)[0]
    ).identity
    looks = np.random.default_rng([person])
    appearance = replace(draw_appearance(looks), beard="none", beard_cover=0.0)
    row = studio.table.get(label)
    amounts = {unit: intensity * sides for unit, sides in base_amounts(row).items()}
    weights = studio.recipes.weights(amounts)
    head, gaze = row.head, row.gaze
    gaze_deg = (intensity * gaze.yaw_deg, intensity * gaze.pitch_deg)
    shot = Shot(
        identity=identity,
        light=studio_light(),
        weights={**weights, **lids_of_gaze(*gaze_deg)},
        gaze_deg=gaze_deg,
        head_deg=(intensity * head.yaw_deg, intensity * head.pitch_deg, intensity * head.roll_deg),
        size_px=2 * tile_px,
        crop_px=2 * tile_px * _CLOSE,
    )
    wall = np.full((2 * tile_px, 2 * tile_px, 3), _WALL, np.float32)
    image = render(studio.head, shot, dress_up(studio.head, appearance, weights, looks), wall).image
    small = cv2.resize(rolled_off(image), (tile_px, tile_px), interpolation=cv2.INTER_AREA)
    return np.asarray(small * 255.0 + 0.5, np.uint8)


def _captioned(tile: ImageRGB, text: str) -> ImageRGB:
    for thickness, colour in ((3, (0, 0, 0)), (1, (255, 255, 255))):
        cv2.putText(tile, text, (4, 13), cv2.FONT_HERSHEY_SIMPLEX, 0.4, colour, thickness, cv2.LINE_AA)
    return tile
