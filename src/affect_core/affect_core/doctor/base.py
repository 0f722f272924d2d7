"""Findings, and who makes them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from importlib.metadata import EntryPoint, entry_points
from typing import Final

from affect_core.registry import Registry

GROUP: Final = "affect_hri.checks"
"""Entry points of modules that register further checks when they are imported."""


class Level(IntEnum):
    """How bad it is. A trial can run unless something is an ERROR."""

    OK = 0
    WARNING = 1
    ERROR = 2


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        level: see `Level`.
        what: what was found, in a sentence.
        mend: what to do; empty where nothing needs to be done.
    """

    level: Level
    what: str
    mend: str = ""


CHECKS: Registry[Iterable[Finding]] = Registry("check")
"""Name -> ``() -> findings``. In the order of the names' numbers: a check may rely on those before it."""


def examine() -> Iterator[tuple[str, Finding]]:
    """All checks, one after another; what a check raises is a finding too."""
    from affect_core.doctor import installation  # noqa: F401 # registers

    for entry in entry_points(group=GROUP):
        broken = _load(entry)
        if broken is not None:
            yield entry.name, broken
    for name in CHECKS:
        try:
            findings = list(CHECKS.build(name))
        except Exception as error:  # noqa: BLE001 - a diagnosis does not end with the first ailment
            findings = [Finding(Level.ERROR, f"{type(error).__name__}: {error}")]
        yield from ((name, finding) for finding in findings)


def _load(entry: EntryPoint) -> Finding | None:
    try:
        entry.load()
    except Exception as error:  # noqa: BLE001 - see `examine`
        mend = "build and source the workspace: make setup"
        return Finding(Level.ERROR, f"{entry.value} cannot be loaded: {type(error).__name__}: {error}", mend)
    return None
