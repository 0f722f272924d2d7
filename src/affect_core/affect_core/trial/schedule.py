"""From a protocol to stamped events: when which expression is commanded.

P0 (Probierz et al. 2026), section 5: single-emotion trials hold each expression with neutral rests between,
in random order; the switching sequence goes from one expression straight to the next.
"""

from __future__ import annotations

import bisect
import math
import random
import typing
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import IntEnum
from itertools import pairwise

from affect_core.errors import ConfigError, UnknownName
from affect_core.labels import NEUTRAL
from affect_core.trial.protocol import KINDS, ORDERS, Protocol
from affect_core.trial.scene import TrialScene


class EventKind(IntEnum):
    """What an event says; the numbers of the TrialEvent message."""

    SESSION_START = 0
    REST = 1
    COMMAND = 2
    SESSION_END = 3
    ABORT = 4


@dataclass(frozen=True)
class TrialEvent:
    """One event of a trial.

    Attributes:
        at_s: seconds from the session's start.
        kind: see `EventKind`.
        label: expression in force from here on (COMMAND, REST); "" otherwise.
        intensity: 0..1, commanded.
        onset_s: seconds from `at_s` until the expression is settled.
        index, total: number of this event, and how many the schedule has.
        scene: in force from here on (COMMAND, REST); None where the protocol has no scenes.
    """

    at_s: float
    kind: EventKind
    label: str = ""
    intensity: float = 0.0
    onset_s: float = 0.0
    index: int = 0
    total: int = 0
    scene: TrialScene | None = None

    @property
    def at_ns(self) -> int:
        """`at_s` in nanoseconds."""
        return round(self.at_s * 1e9)

    @property
    def settled_s(self) -> float:
        """The instant from which the expression counts as settled, seconds from the session's start."""
        return self.at_s + self.onset_s


class Shown(typing.Protocol):
    """What the rule of blocks looks at: trial events with and without a stamp have it."""

    @property
    def kind(self) -> EventKind: ...  # noqa: D102
    @property
    def label(self) -> str: ...  # noqa: D102
    @property
    def scene(self) -> TrialScene | None: ...  # noqa: D102


@dataclass(frozen=True)
class Step:
    """What a kind of protocol lines up: an expression, how long it stays, and in which scene."""

    kind: EventKind
    label: str
    duration_s: float
    scene: TrialScene | None = None


@dataclass(frozen=True)
class Schedule:
    """The events of one session in order of time, SESSION_START first.

    Attributes:
        events: where the length is known, the last one is SESSION_END.
        duration_s: seconds from start to end; inf = until the source ends (`end_at` makes the last event).
        fps: camera frames per second in lock-step.
        blocks: index of the first event of each block. A block is what is repeated as a whole when it was cut off:
            a rest and everything until the next rest.
    """

    events: tuple[TrialEvent, ...]
    duration_s: float
    fps: float
    blocks: tuple[int, ...] = ()

    @property
    def total(self) -> int:
        """Number of events, SESSION_END included."""
        return self.events[0].total

    def truth_at(self, at_s: float) -> TrialEvent | None:
        """The command or rest in force at that time; None before the first one and after the end."""
        if at_s >= self.duration_s:
            return None
        last = bisect.bisect_right([event.at_s for event in self.events], at_s) - 1
        event = self.events[last] if last >= 0 else None
        return event if event and event.kind in (EventKind.REST, EventKind.COMMAND) else None

    def block_of(self, index: int) -> int:
        """Number of the block that the index-th event belongs to; 0 for the events before the first one."""
        return max(0, bisect.bisect_right(self.blocks, index) - 1)

    def block_start(self, block: int) -> TrialEvent:
        """The first event of a block, or the session's end for the number of blocks.

        Raises:
            ConfigError: there is no such block.
        """
        firsts = (*self.blocks, len(self.events) - 1)
        if not 0 <= block < len(firsts):
            raise ConfigError(f"expected a block of 0 to {len(firsts) - 1}, got {block}")
        return self.events[firsts[block]]

    def end_at(self, at_s: float) -> TrialEvent:
        """SESSION_END at that time: for a source that ends by itself."""
        return TrialEvent(at_s, EventKind.SESSION_END, index=self.total - 1, total=self.total)

    def abort_at(self, at_s: float) -> TrialEvent:
        """ABORT at that time; its index is that of the event that will not come."""
        done = bisect.bisect_right([event.at_s for event in self.events], at_s)
        return TrialEvent(at_s, EventKind.ABORT, index=done, total=self.total)

    def frame_count(self) -> int:
        """Camera frames of a lock-step session: stamps 0, 1/fps, ... before the end.

        Raises:
            ConfigError: the length is not known beforehand.
        """
        if math.isinf(self.duration_s):
            raise ConfigError("expected a protocol of known length, got one that lasts until the source ends")
        return math.ceil(round(self.duration_s * self.fps, 6))


def schedule(
    protocol: Protocol, onsets_s: Mapping[str, float], seed: int, row: int | None = None
) -> Schedule:
    """Line up a protocol, once per scene where it has scenes.

    Args:
        protocol: what to show.
        onsets_s: expression -> seconds until it is settled; all expressions the head knows, also neutral.
        seed: of the random order; the same seed gives the same order on every machine.
        row: the participant's number, for orders that are balanced over participants; None: the seed.

    Raises:
        UnknownName: a label of the protocol is not in `onsets_s`; the message lists those that are.
        ConfigError: the protocol commands something but has no labels.
    """
    steps = _steps(protocol, random.Random(seed), seed if row is None else row)
    events = [TrialEvent(0.0, EventKind.SESSION_START)]
    at_s = 0.0
    for step in filter(_takes_time, steps):
        events.append(_event(step, at_s, protocol, onsets_s))
        at_s = round(at_s + step.duration_s, 9)
    duration_s = at_s if steps else protocol.duration_s
    if math.isfinite(duration_s):
        events.append(TrialEvent(duration_s, EventKind.SESSION_END))
    total = len(events) + (not math.isfinite(duration_s))
    numbered = tuple(replace(event, index=index, total=total) for index, event in enumerate(events))
    blocks = tuple(event.index for before, event in pairwise(numbered) if starts_block(before, event))
    return Schedule(numbered, duration_s, protocol.fps, blocks)


def frame_stamp_ns(index: int, fps: float) -> int:
    """Stamp of the index-th lock-step frame, ns from the start; rounded once, so it does not drift."""
    return round(index * 1e9 / fps)


def _steps(protocol: Protocol, random_state: random.Random, row: int) -> list[Step]:
    """The steps of all scenes; every scene has an order of its own."""
    steps: list[Step] = []
    for number, scene in enumerate(protocol.scenes or (None,)):
        sequence: list[str] = ORDERS.build(
            protocol.order, protocol.labels, protocol.repetitions, random_state, row + number
        )
        made = KINDS.build(protocol.kind, protocol, sequence)
        steps += made if scene is None else [replace(step, scene=scene) for step in made]
    return steps


def starts_block(before: Shown | None, event: Shown) -> bool:
    """Whether a block begins with an event, given the one before it: a rest, a new scene, the first of all."""
    if event.kind not in (EventKind.REST, EventKind.COMMAND) or not event.label:
        return False
    return event.kind is EventKind.REST or before is None or not before.label or before.scene != event.scene


def _takes_time(step: Step) -> bool:
    return step.duration_s > 0.0


def _event(step: Step, at_s: float, protocol: Protocol, onsets_s: Mapping[str, float]) -> TrialEvent:
    if step.label not in onsets_s:
        raise UnknownName("expression", step.label, onsets_s)
    onset_s = onsets_s[step.label] + protocol.reaction_s
    shown = protocol.intensity if step.kind is EventKind.COMMAND else 1.0
    return TrialEvent(at_s, step.kind, step.label, shown, onset_s, scene=step.scene)


@KINDS.register("single_emotion")
def _single_emotion(protocol: Protocol, sequence: list[str]) -> list[Step]:
    """Lead-in, then command, rest, command, ..., command: no rest after the last one."""
    steps = [Step(EventKind.REST, NEUTRAL, protocol.lead_in_s)]
    for label in _commanded(protocol, sequence):
        steps += [
            Step(EventKind.COMMAND, label, protocol.hold_s),
            Step(EventKind.REST, NEUTRAL, protocol.rest_s),
        ]
    return steps[:-1]


@KINDS.register("switching")
def _switching(protocol: Protocol, sequence: list[str]) -> list[Step]:
    """Lead-in, then one command straight after the other."""
    commands = [Step(EventKind.COMMAND, label, protocol.hold_s) for label in _commanded(protocol, sequence)]
    return [Step(EventKind.REST, NEUTRAL, protocol.lead_in_s), *commands]


@KINDS.register("watch")
def _watch(protocol: Protocol, sequence: list[str]) -> list[Step]:
    """Nothing is commanded and there is no ground truth: somebody else's face is watched."""
    if sequence:
        raise ConfigError(
            f"protocol {protocol.name}: kind watch commands nothing, got labels {', '.join(sequence)}"
        )
    return []


def _commanded(protocol: Protocol, sequence: list[str]) -> list[str]:
    if not sequence:
        raise ConfigError(f"protocol {protocol.name}: kind {protocol.kind} needs labels, got none")
    return sequence
