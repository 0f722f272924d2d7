"""Contact sheets: many pictures of the head on one page, with captions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from affect_core.avatar import COLOURS, LIGHTINGS, LOOKS, Avatar, AvatarConfig, Scene
from affect_core.errors import ConfigError
from affect_core.files import write_whole
from affect_core.heads.expressions import ExpressionTable
from affect_core.labels import COMPLEX_6
from affect_core.types import ImageRGB

INTENSITIES: Final = (0.3, 0.6, 1.0)

_STRIP_PX: Final = 18
_CAPTION_WIDTH_PX: Final = 90
_INK: Final = (235, 235, 235)
_VIEW_SHARE: Final = 0.40
"""Height of the part of the image that is shown, as a share of the image's."""


@dataclass(frozen=True)
class Sheet:
    """One page: a picture for every row and column, in that order."""

    name: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    tiles: Callable[[], Iterator[ImageRGB]]

    def __len__(self) -> int:
        return len(self.rows) * len(self.columns)


def expression_sheets(table: ExpressionTable, tile_px: int = 160) -> list[Sheet]:
    """For every look and light all expressions at `INTENSITIES`, and one sheet of the colours."""
    sheets = [
        _sheet_of_intensities(table, look, lighting, tile_px)
        for look in LOOKS.names()
        for lighting in LIGHTINGS.names()
    ]
    return [*sheets, _sheet_of_colours(table, tile_px)]


def lay_out(sheet: Sheet, advance: Callable[[], object] = lambda: None) -> ImageRGB:
    """The page; ``advance`` is called after every picture."""
    rows = []
    tiles = sheet.tiles()
    for row in sheet.rows:
        line = []
        for _ in sheet.columns:
            line.append(next(tiles))
            advance()
        joined = np.hstack(line)
        rows.append(np.hstack([_label(row, (_CAPTION_WIDTH_PX, joined.shape[0])), joined]))
    width = rows[0].shape[1]
    tile_px = (width - _CAPTION_WIDTH_PX) // len(sheet.columns)
    head = [_label("", (_CAPTION_WIDTH_PX, _STRIP_PX))]
    head += [_label(column, (tile_px, _STRIP_PX)) for column in sheet.columns]
    return np.vstack([np.hstack(head), *rows])


def save_image(path: Path, pixels: NDArray[np.uint8], quality: int = 88) -> None:
    """Write a picture (H, W, 3), red first, or a mask (H, W), as a PNG or, by the path's suffix, a JPEG.

    The folder is made; the file is whole or not there.
    """
    suffix = path.suffix.lower()
    if suffix not in (".png", ".jpg", ".jpeg"):
        raise ConfigError(f"expected a file name that ends in .png or .jpg, got {path.name}")
    stored = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR) if pixels.ndim == 3 else pixels
    options = [] if suffix == ".png" else [cv2.IMWRITE_JPEG_QUALITY, quality]
    done, data = cv2.imencode(suffix, stored, options)
    if not done:
        raise ConfigError(f"{path}: expected an image that can be encoded, got {pixels.shape}")
    write_whole(path, data.tobytes())


def portrait(avatar: Avatar, image_rgb: ImageRGB, tile_px: int) -> ImageRGB:
    """The square part of an image where the head is, scaled to ``tile_px``."""
    camera = avatar.camera
    half = int(camera.height * _VIEW_SHARE / 2)
    row, column = int(camera.cy), int(camera.cx)
    part = image_rgb[row - half : row + half, column - half : column + half]
    return np.asarray(cv2.resize(part, (tile_px, tile_px), interpolation=cv2.INTER_AREA), np.uint8)


def _sheet_of_intensities(table: ExpressionTable, look: str, lighting: str, tile_px: int) -> Sheet:
    def tiles() -> Iterator[ImageRGB]:
        avatar = Avatar(AvatarConfig(look=look))
        for intensity in INTENSITIES:
            for name in table.names():
                image = avatar.render(table.pose(name, intensity), Scene(lighting=lighting)).image_rgb
                yield portrait(avatar, image, tile_px)

    rows = tuple(f"{intensity:g}" for intensity in INTENSITIES)
    return Sheet(f"{look}_{lighting}", rows, table.names(), tiles)


def _sheet_of_colours(table: ExpressionTable, tile_px: int) -> Sheet:
    def tiles() -> Iterator[ImageRGB]:
        for colour in COLOURS:
            avatar = Avatar(AvatarConfig(look="ohbot", colour=colour))
            for name in COMPLEX_6:
                yield portrait(avatar, avatar.render(table.pose(name)).image_rgb, tile_px)

    return Sheet("ohbot_colours", COLOURS, COMPLEX_6, tiles)


def _label(text: str, size_wh: tuple[int, int]) -> ImageRGB:
    width, height = size_wh
    plain = np.full((height, width, 3), 40, np.uint8)
    place = (4, min(height - 5, height // 2 + 5))
    cv2.putText(plain, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.4, _INK, 1, cv2.LINE_AA)
    return plain


def grid_sheet(name: str, rows: Sequence[str], columns: Sequence[str], images: Sequence[ImageRGB]) -> Sheet:
    """A page of pictures that are there already, row by row."""
    return Sheet(name, tuple(rows), tuple(columns), lambda: iter(images))
