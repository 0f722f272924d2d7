"""Pictures of a set, read from disk: whole or not at all, the pixels as they lie in the file (EXIF is not obeyed)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from affect_core.errors import InputError
from affect_core.images import check_extent
from affect_core.types import ImageRGB


def read_picture(path: Path) -> ImageRGB:
    """uint8 (H, W, 3), red first.

    Raises:
        InputError: there is no picture at the path, or it cannot be decoded to its end; says which.
    """
    return _read(path, "RGB", "picture")


def read_mask(path: Path) -> NDArray[np.uint8]:
    """The grey levels of a picture, uint8 (H, W); raises InputError as `read_picture` does."""
    return _read(path, "L", "mask")


def _read(path: Path, mode: str, what: str) -> NDArray[np.uint8]:
    from PIL import Image

    try:
        with Image.open(path) as picture:
            check_extent(*picture.size)
            return np.asarray(picture.convert(mode), np.uint8)
    except (
        OSError,
        SyntaxError,
        ValueError,
        Image.DecompressionBombError,
    ) as error:  # Pillow raises all of them
        raise InputError(f"expected a {what} at {path}: {error}; restore it") from error
