"""A set of pictures made in shards: by several processes, in any order, after interruptions, always with the same result.

A shard writes its pictures, then its records in one go; the set's records are the shards' put together.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from affect_core.data.manifest import Record, read_records, to_lines
from affect_core.errors import ConfigError
from affect_core.types import ImageRGB

_SETTINGS: Final = "settings.json"
_SHARDS: Final = "shards"
_JPEG_QUALITY: Final = 95


def make_shards(
    folder: Path, count: int, make: Callable[[int], list[Record]], workers: int
) -> tuple[Record, ...]:
    """The records of all shards, in their order; those that are there already are not made again.

    Args:
        make: draws a shard into the folder and returns its records; must be picklable when ``workers`` > 1.
        workers: processes; does not change the result.
    """
    missing = [shard for shard in range(count) if not _whole(folder, shard)]
    with _pool(workers) as pool:
        done = pool.map(make, missing)
        for shard, records in zip(missing, tqdm(done, f"render {folder.name}", len(missing)), strict=True):
            write_whole(_path(folder, shard), to_lines(records).encode())
    return tuple(record for shard in range(count) for record in read_records(_path(folder, shard)))


def claim(folder: Path, settings: Mapping[str, Any]) -> None:
    """Write the settings beside the pictures; refuse a folder that was made with other ones.

    Raises:
        ConfigError: says which.
    """
    wanted = json.loads(json.dumps(settings))
    path = folder / _SETTINGS
    if path.exists() and json.loads(path.read_text()) != wanted:
        raise ConfigError(
            f"{folder} holds a set with other settings (see {path.name}); delete it or use another"
        )
    write_whole(path, (json.dumps(wanted, indent=1) + "\n").encode())


def save_jpeg(path: Path, image_rgb: ImageRGB) -> None:
    """Write a picture, whole or not at all."""
    _encode(path, image_rgb[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])


def save_png(path: Path, pixels: NDArray[np.uint8]) -> None:
    """Write a picture (H, W, 3), red first, or a mask (H, W), whole or not at all."""
    _encode(path, pixels[:, :, ::-1] if pixels.ndim == 3 else pixels, [])


def write_whole(path: Path, content: bytes) -> None:
    """Write a file, whole or not at all; its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.part")
    unfinished.write_bytes(content)
    unfinished.replace(path)


def _encode(path: Path, pixels: NDArray[np.uint8], options: list[int]) -> None:
    done, data = cv2.imencode(path.suffix, np.ascontiguousarray(pixels), options)
    if not done:
        raise ConfigError(f"{path}: expected an image that can be encoded, got {pixels.shape}")
    write_whole(path, data.tobytes())


def _path(folder: Path, shard: int) -> Path:
    return folder / _SHARDS / f"{shard:05d}.jsonl"


def _whole(folder: Path, shard: int) -> bool:
    """The shard's records are there, and all their files."""
    path = _path(folder, shard)
    if not path.is_file():
        return False
    records = read_records(path)
    return all(
        (folder / name).is_file() for record in records for name in (record.image, record.mask) if name
    )


def _pool(workers: int) -> Executor:
    """Processes that start afresh, because torch does not survive a fork; one worker is a thread of this one."""
    return ProcessPoolExecutor(workers, get_context("spawn")) if workers > 1 else ThreadPoolExecutor(1)
