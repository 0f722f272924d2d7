"""Steps that depend on each other, done on demand by as many processes as there are cores.

A step that is done is not looked behind: what it was made from is only made again where something else needs it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from typing import Final

from affect_core.errors import AffectError, ConfigError
from affect_core.experiment.locks import Locks

POLL_S: Final = 5.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Step:
    """One piece of work.

    Attributes:
        name: unique, such as ``train amal_resnet34/A_0``.
        needs: names of the steps whose results it reads.
        done: whether its result is there and belongs to the present configuration.
        run: does it; what an interrupted call left behind it uses.
    """

    name: str
    needs: tuple[str, ...]
    done: Callable[[], bool]
    run: Callable[[], None]


@dataclass(frozen=True)
class Outcome:
    """What a worker did: names of the steps it finished, of those that failed, and of those that remain."""

    finished: tuple[str, ...]
    failed: Mapping[str, str]
    left: tuple[str, ...]


class Graph:
    """Steps by name.

    Raises:
        ConfigError: a name stands twice, is needed but unknown, or needs itself in the end.
    """

    def __init__(self, steps: Iterable[Step]) -> None:
        self._steps: dict[str, Step] = {}
        for step in steps:
            if step.name in self._steps:
                raise ConfigError(f"step {step.name!r} stands twice; rename one of them")
            self._steps[step.name] = step
        for name in self._steps:
            self._walk(name, (), set(), look_behind=lambda _step: True)

    def __getitem__(self, name: str) -> Step:
        return self._steps[name]

    def matching(self, patterns: Iterable[str]) -> tuple[str, ...]:
        """Names that match one of the shell patterns, or a part of whose words does; raises ConfigError if none."""
        patterns = tuple(patterns)
        chosen = tuple(n for n in self._steps if any(_fits(n, pattern) for pattern in patterns))
        if not chosen:
            raise ConfigError(f"no step matches {', '.join(patterns)}; known: {', '.join(self._steps)}")
        return chosen

    def todo(self, goals: Iterable[str]) -> list[Step]:
        """What must still be done to reach the goals, each step after those it needs."""
        seen: set[str] = set()
        found: list[Step] = []
        for goal in goals:
            found += self._walk(goal, (), seen, look_behind=lambda step: not step.done())
        return found

    def _walk(
        self, name: str, path: tuple[str, ...], seen: set[str], look_behind: Callable[[Step], bool]
    ) -> list[Step]:
        if name in path:
            raise ConfigError(f"steps need each other in a circle: {' -> '.join((*path, name))}")
        if name in seen:
            return []
        if name not in self._steps:
            raise ConfigError(f"step {path[-1] if path else '?'} needs {name!r}, which is not there")
        seen.add(name)
        step = self._steps[name]
        if not look_behind(step):
            return []
        behind = [s for need in step.needs for s in self._walk(need, (*path, name), seen, look_behind)]
        return [*behind, step]


def work(
    graph: Graph, goals: Iterable[str], locks: Locks, sleep: Callable[[float], None] = time.sleep
) -> Outcome:
    """Do what is left, together with the other workers on the same locks, until all is done or stuck.

    A step that fails (with an `AffectError`) is reported and left; what does not need it goes on.

    Args:
        graph: of all steps.
        goals: names of the steps that are wanted.
        locks: of the output folder.
        sleep: called with seconds while others work on what is needed next.
    """
    goals = tuple(goals)
    finished: list[str] = []
    failed: dict[str, str] = {}
    while ready := _ready(graph, goals, failed):
        step = _do_one(ready, locks, failed)
        if step is None:
            sleep(POLL_S)
        elif step.name not in failed:
            finished.append(step.name)
    left = tuple(step.name for step in graph.todo(goals))
    return Outcome(tuple(finished), failed, left)


def _ready(graph: Graph, goals: tuple[str, ...], failed: Mapping[str, str]) -> list[Step]:
    """Steps that can be done now, or are being done; in order."""
    left = {step.name: step for step in graph.todo(goals)}
    return [s for s in left.values() if s.name not in failed and not any(need in left for need in s.needs)]


def _do_one(ready: Iterable[Step], locks: Locks, failed: dict[str, str]) -> Step | None:
    """The first step that nobody else works on, done; None if others have them all."""
    for step in ready:
        with locks.hold(step.name) as mine:
            if not mine:
                continue
            if not step.done():  # somebody may have done it a moment ago
                _try(step, failed)
            return step
    return None


def _try(step: Step, failed: dict[str, str]) -> None:
    started = time.monotonic()
    _log.info("%s: started", step.name)
    try:
        step.run()
    except AffectError as error:
        failed[step.name] = str(error)
    if step.name not in failed and not step.done():
        failed[step.name] = "it ended without its result"
    if step.name in failed:
        _log.error("%s: failed: %s", step.name, failed[step.name])
        return
    _log.info("%s: done after %.0f s", step.name, time.monotonic() - started)


def _fits(name: str, pattern: str) -> bool:
    return fnmatch(name, pattern) or fnmatch(name.split(" ", 1)[-1], pattern)
