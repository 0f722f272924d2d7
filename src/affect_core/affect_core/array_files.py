"""Arrays from .npy and .npz files that anybody may have written: no pickle, and no more memory than they have bytes for.

numpy takes memory for what a header claims before it reads; here the claim is held against the file first.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from affect_core.errors import InputError
from affect_core.limits import LIMITS, expect_at_most

_SUFFIX = ".npy"


class ArrayFile(Mapping[str, NDArray[Any]]):
    """An .npz file, open: name -> array, read when it is asked for. A context manager.

    Raises:
        InputError: no such archive, arrays of Python objects (a pickle), or claims that its bytes do not bear out.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            with zipfile.ZipFile(path) as archive:
                _check_archive(path, archive)
            self._stored = np.load(path, allow_pickle=False)
        except Exception as error:
            raise _unusable(path, error) from error

    def __getitem__(self, name: str) -> NDArray[Any]:
        try:
            return cast(NDArray[Any], self._stored[name])
        except KeyError:
            raise
        except Exception as error:
            raise _unusable(self._path, error) from error

    def __iter__(self) -> Any:
        return iter(self._stored.files)

    def __len__(self) -> int:
        return len(self._stored.files)

    def __enter__(self) -> ArrayFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._stored.close()


def read_array(path: Path) -> NDArray[Any]:
    """The array of an .npy file; raises InputError as `ArrayFile` does."""
    try:
        with path.open("rb") as file:
            _check_claim(file, path.stat().st_size, path.name)
        return cast(NDArray[Any], np.load(path, allow_pickle=False))
    except Exception as error:
        raise _unusable(path, error) from error


def _check_archive(path: Path, archive: zipfile.ZipFile) -> None:
    entries = archive.infolist()
    expect_at_most(LIMITS.arrays_bytes, sum(entry.file_size for entry in entries), f"bytes in {path.name}")
    for entry in entries:
        if not entry.filename.endswith(_SUFFIX):
            raise InputError(f"expected only *{_SUFFIX} in it, got {entry.filename[:80]!r}")
        with archive.open(entry) as file:
            _check_claim(cast(BinaryIO, file), entry.file_size, entry.filename)


def _check_claim(file: BinaryIO, size: int, name: str) -> None:
    """The header's shape and type make as many bytes as there are behind it."""
    expect_at_most(LIMITS.arrays_bytes, size, f"bytes in {name}")
    version = npy.read_magic(file)  # type: ignore[no-untyped-call] # numpy types in part
    read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, _, dtype = read(file)  # type: ignore[no-untyped-call]
    if dtype.hasobject:
        raise InputError(f"{name} holds Python objects, which only a pickle can: it is not loaded")
    claimed, there = prod(shape) * dtype.itemsize, size - file.tell()
    if min(shape, default=0) < 0 or claimed != there:
        raise InputError(f"{name}: expected {claimed:,} bytes for shape {shape} of {dtype}, got {there:,}")


def _unusable(path: Path, error: Exception) -> InputError:
    """Numpy and zipfile raise many kinds at damaged files."""
    reason = str(error) if isinstance(error, InputError | OSError) else f"{type(error).__name__}: {error}"
    return InputError(f"expected arrays (.npz or .npy) at {path}: {reason}; make the file anew")
