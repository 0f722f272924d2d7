"""Files from the network: named by address, hash and size, kept whole or not at all."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlparse
from urllib.request import Request, urlopen

from tqdm import tqdm

from affect_core import __version__
from affect_core.errors import InputError
from affect_core.files import file_sha256
from affect_core.limits import LIMITS, expect_at_most

CACHE_VARIABLE = "AFFECT_HRI_CACHE"
_CHUNK_BYTES = 1 << 20
_TIMEOUT_S = 30.0
_SCHEMES = ("https", "http", "file")
_NOT_IT = "it is not the file that was meant; get it elsewhere"
_SHORTEST_HASH = 8  # torchvision publishes the first eight digits, in the file's name


def cache_folder() -> Path:
    """Where downloaded files are kept: $AFFECT_HRI_CACHE, else affect_hri in the user's cache folder."""
    if named := os.environ.get(CACHE_VARIABLE, ""):
        return Path(named)
    return Path(os.environ.get("XDG_CACHE_HOME", "") or Path.home() / ".cache") / "affect_hri"


def fetch(url: str, sha256: str, path: Path, *, most_bytes: int) -> Path:
    """Download ``url`` to ``path``, unless a file with the right hash is there already.

    Args:
        url: http, https or file address.
        sha256: the file's hash, hexadecimal; or its first digits, at least eight.
        most_bytes: what is larger is broken off, whatever the server says; no more than `LIMITS.download_bytes`.
        path: where the file goes; it appears when it is complete and its hash is right.

    Returns:
        ``path``.

    Raises:
        InputError: no connection, a broken one, a file that is too large or has another hash (nothing is kept of it).
    """
    if len(sha256) < _SHORTEST_HASH:
        raise ValueError(f"expected a sha256 of at least {_SHORTEST_HASH} digits, got {sha256!r}")
    if urlparse(url).scheme not in _SCHEMES:
        raise InputError(f"expected an address that begins with {', '.join(_SCHEMES)}, got {url!r}")
    if path.is_file() and file_sha256(path).startswith(sha256.lower()):
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        got = _receive(url, unfinished, min(most_bytes, LIMITS.download_bytes))
        if not got.startswith(sha256.lower()):
            raise InputError(
                f"{url}: expected sha256 {sha256}, got {got}; the file there has changed or the download is "
                "damaged: try again, or get the file elsewhere"
            )
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return path


def _receive(url: str, path: Path, most_bytes: int) -> str:
    """Write the answer into ``path``; returns its hash."""
    request = Request(url, headers={"User-Agent": f"affect-hri/{__version__}"})
    try:
        with urlopen(request, timeout=_TIMEOUT_S) as answer:
            total = int(answer.headers.get("Content-Length") or 0)
            expect_at_most(most_bytes, total, f"bytes from {url}", _NOT_IT)
            return _copy(
                answer,
                path,
                total,
                lambda done: expect_at_most(most_bytes, done, f"bytes from {url}", _NOT_IT),
            )
    except (URLError, HTTPException, ConnectionError, TimeoutError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise InputError(
            f"expected a file at {url}, could not get it: {reason}; check the network and the address, "
            f"or put the file at {path.parent} by hand"
        ) from error


def _copy(answer: Any, path: Path, total: int, check: Callable[[int], None]) -> str:
    digest = hashlib.sha256()
    done = 0
    with path.open("wb") as file, tqdm(total=total or None, unit="B", unit_scale=True, desc=path.name) as bar:
        while chunk := answer.read(_CHUNK_BYTES):
            done += len(chunk)
            check(done)
            file.write(chunk)
            digest.update(chunk)
            bar.update(len(chunk))
    if total and done != total:
        raise ConnectionError(f"the connection ended after {done} of {total} bytes")
    return digest.hexdigest()
