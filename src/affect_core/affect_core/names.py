"""Names of folders."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain, count

from affect_core.errors import InputError


def distinct(names: Iterable[str]) -> list[str]:
    """The names, those that come again with a number: two things of one name must not share a folder."""
    taken: set[str] = set()
    found: list[str] = []
    for name in names:
        numbered = (f"{name}_{number}" for number in count(2))
        found.append(next(free for free in chain([name], numbered) if free not in taken))
        taken.add(found[-1])
    return found


def folder_name(text: str) -> str:
    """The text, which is to name a folder below another one; raises InputError where it would lead elsewhere.

    >>> folder_name("demo-dim-seed7")
    'demo-dim-seed7'
    """
    if (
        not text
        or text.startswith(".")
        or set(text) & set("/\\\0")
        or len(text.encode(errors="replace")) > _LONGEST_NAME
    ):
        raise InputError(
            f"expected an id that can name a folder (no /, no dot in front, at most {_LONGEST_NAME} bytes), got "
            f"{text[:80]!r}"
        )
    return text


_LONGEST_NAME = 200
