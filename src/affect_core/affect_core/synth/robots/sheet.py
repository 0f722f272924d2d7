"""Contact sheets of random robots: the same expressions on many heads."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil
from typing import Final

import numpy as np

from affect_core.faces.crop import CropSpec, align
from affect_core.heads.expressions import ExpressionTable, load_expressions
from affect_core.synth.robots.base import Robot
from affect_core.synth.robots.poses import plain_pose
from affect_core.synth.robots.robot_set import robot_of
from affect_core.synth.robots.scenery import SHOWROOM
from affect_core.synth.robots.studio import Studio, View
from affect_core.synth.sheets import Sheet
from affect_core.types import ImageRGB

_PICTURE_PX: Final = 224
_WALL: Final = 0.55
_MARGIN: Final = 0.12


def robots_sheet(seed: int, heads: int, labels: tuple[str, ...], tile_px: int = 96, blocks: int = 2) -> Sheet:
    """Every expression at full strength, led by the left, seen from the front in even light.

    Args:
        seed, heads: the first robots of a set.
        blocks: so many robots stand side by side.
    """
    table = load_expressions()
    rows = ceil(heads / blocks)
    columns = tuple(label[: tile_px // 8] for _ in range(blocks) for label in labels)

    def tiles() -> Iterator[ImageRGB]:
        for row in range(rows):
            for block in range(blocks):
                head = row + block * rows
                if head < heads:
                    yield from portraits(table, robot_of(seed, head), labels, tile_px)
                else:
                    yield from [np.zeros((tile_px, tile_px, 3), np.uint8)] * len(labels)

    captions = tuple(" ".join(str(row + block * rows) for block in range(blocks)) for row in range(rows))
    return Sheet("robots", captions, columns, tiles)


def portraits(
    table: ExpressionTable, robot: Robot, labels: tuple[str, ...], tile_px: int
) -> Iterator[ImageRGB]:
    """A robot's aligned face in each expression."""
    studio = Studio(robot)
    view = View(_PICTURE_PX, 1.2, 0.53 * _PICTURE_PX, (0.0, 0.0), (0.0, 0.0))
    wall = np.full((_PICTURE_PX, _PICTURE_PX, 3), _WALL)
    spec = CropSpec(size_px=tile_px, margin=_MARGIN)
    for label in labels:
        shot = studio.draw(plain_pose(table, robot, label), view, SHOWROOM, wall)
        image = np.clip(np.rint(shot.image_rgb), 0, 255).astype(np.uint8)
        yield align(image, shot.landmarks_xy, spec).image_rgb
