"""Names of folders."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain, count


def distinct(names: Iterable[str]) -> list[str]:
    """The names, those that come again with a number: two things of one name must not share a folder."""
    taken: set[str] = set()
    found: list[str] = []
    for name in names:
        numbered = (f"{name}_{number}" for number in count(2))
        found.append(next(free for free in chain([name], numbered) if free not in taken))
        taken.add(found[-1])
    return found
