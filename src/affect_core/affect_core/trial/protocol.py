"""A trial protocol as data: what is shown, how long, how often. One YAML file each in ``config/trials``."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from affect_core.config import Settings, from_mapping, setting
from affect_core.errors import ConfigError
from affect_core.labels import NEUTRAL
from affect_core.registry import Registry
from affect_core.texts import values_of
from affect_core.trial.scene import TrialScene, read_scenes

if TYPE_CHECKING:
    from affect_core.trial.schedule import Step

KINDS: Registry[list[Step]] = Registry("protocol kind")
"""Name -> ``builder(protocol, sequence)``: what happens one after another (`affect_core.trial.schedule`)."""

ORDERS: Registry[list[str]] = Registry("order of labels")
"""Name -> ``builder(labels, repetitions, random_state, row)``: the sequence of commanded labels.

``row`` is the participant's number, for orders that are balanced over participants.
"""


@dataclass(frozen=True)
class Protocol(Settings):
    """A trial protocol.

    Raises:
        ConfigError: a value is out of range, a label appears twice, or labels are missing.
        UnknownName: the kind or the order is not registered.
    """

    name: str = setting("", "name of the protocol")
    description: str = setting("", "what it is for, one sentence")
    kind: str = setting("single_emotion", "how commands and rests follow each other; a name in KINDS")
    labels: tuple[str, ...] = setting((), "expressions to command; empty only where nothing is commanded")
    repetitions: int = setting(1, "how often each label is commanded", low=1, high=10_000)
    hold_s: float = setting(2.0, "from a command to the next event, its onset included, s", low=0.1)
    rest_s: float = setting(2.0, "neutral rest between two commands, s", low=0.0)
    lead_in_s: float = setting(2.0, "neutral rest before the first command, s", low=0.0)
    intensity: float = setting(1.0, "of the commanded expressions, 0..1", low=0.0, high=1.0)
    order: str = setting("random", "order of the labels; a name in ORDERS")
    fps: float = setting(30.0, "camera frames per second in lock-step", low=1.0, high=240.0)
    scenes: tuple[TrialScene, ...] = setting((), "the whole sequence is run once in each of these scenes")
    self_timed: bool = setting(False, "an expression stays until somebody says next; wall clock only")
    reaction_s: float = setting(0.0, "added to every onset: a person reads the prompt first, s", low=0.0)
    prompts: tuple[str, ...] = setting((), "what the person is told, one text for each label")
    rest_prompt: str = setting("", "what the person is told in rests")
    consent: str = setting("", "what must be accepted before anything is recorded; empty: nothing")
    duration_s: float = setting(
        math.inf, "where nothing is commanded: length, s; inf = until the source ends", low=0.0
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        KINDS.get(self.kind)
        ORDERS.get(self.order)
        if not self.name:
            raise ConfigError("Protocol.name: expected a name, got nothing; add `name: ...` to the protocol")
        _check_labels(self)
        _check_scenes(self)
        _check_prompts(self)

    def prompt(self, label: str) -> str:
        """What the person is told while this expression is asked for; empty where there are no prompts."""
        if label == NEUTRAL and self.prompts:
            return self.rest_prompt
        return dict(zip(self.labels, self.prompts, strict=False)).get(label, "")


def protocol_from(values: Mapping[str, Any], source: str) -> Protocol:
    """A protocol from the content of a file.

    Raises:
        ConfigError: an unknown key or a bad value; names the source.
    """
    with values_of(f"protocol {source}"):
        known = dict(values)
        if known.get("duration_s", 0.0) is None:  # null in the file: until the source ends
            del known["duration_s"]
        try:
            if "scenes" in known:
                known["scenes"] = read_scenes(known["scenes"])
            return from_mapping(Protocol, known, source)
        except ConfigError as error:
            raise ConfigError(f"protocol {source}: {error}") from error


def _check_labels(protocol: Protocol) -> None:
    labels = protocol.labels
    wrong = [label for label in labels if not isinstance(label, str) or not label]
    if wrong:
        raise ConfigError(f"Protocol.labels: expected names of expressions, got {wrong!r}")
    twice = sorted({label for label in labels if labels.count(label) > 1})
    if twice:
        raise ConfigError(f"Protocol.labels: {', '.join(twice)} appears twice; use `repetitions` instead")


def _check_scenes(protocol: Protocol) -> None:
    wrong = [scene for scene in protocol.scenes if not isinstance(scene, TrialScene)]
    if wrong:
        raise ConfigError(f"Protocol.scenes: expected scenes, got {wrong!r}")
    if len(set(protocol.scenes)) < len(protocol.scenes):
        raise ConfigError("Protocol.scenes: a scene appears twice; use `repetitions` instead")


def _check_prompts(protocol: Protocol) -> None:
    if protocol.prompts and len(protocol.prompts) != len(protocol.labels):
        raise ConfigError(
            f"Protocol.prompts: expected one text for each of {len(protocol.labels)} labels, "
            f"got {len(protocol.prompts)}"
        )


@ORDERS.register("random")
def _random(labels: tuple[str, ...], repetitions: int, random_state: random.Random, row: int) -> list[str]:
    """Every repetition holds each label once, shuffled; of two or more labels none follows itself."""
    sequence: list[str] = []
    for _ in range(repetitions):
        block = list(labels)
        random_state.shuffle(block)
        while len(block) > 1 and sequence and block[0] == sequence[-1]:
            random_state.shuffle(block)
        sequence += block
    return sequence


@ORDERS.register("fixed")
def _fixed(labels: tuple[str, ...], repetitions: int, random_state: random.Random, row: int) -> list[str]:
    """As written in the protocol, again and again."""
    return list(labels) * repetitions


@ORDERS.register("latin_square")
def _latin_square(
    labels: tuple[str, ...], repetitions: int, random_state: random.Random, row: int
) -> list[str]:
    """One row of the balanced Latin square for each repetition, beginning with the participant's."""
    square = latin_square(labels)
    rows = (square[(row + number) % len(square)] for number in range(repetitions)) if square else ()
    return [label for one in rows for label in one]


def latin_square(labels: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Orders in which every label has every position, and every other label before it, equally often.

    Williams' design (E. J. Williams, Aust. J. Sci. Res. A 2, 1949): as many orders as there are labels; for an odd
    number of labels twice as many, the second half being the mirror of the first.

    >>> latin_square(("a", "b", "c", "d"))
    [('a', 'b', 'd', 'c'), ('b', 'c', 'a', 'd'), ('c', 'd', 'b', 'a'), ('d', 'a', 'c', 'b')]
    """
    count = len(labels)
    # 0, 1, n-1, 2, n-2, ...: all steps from one place to the next differ.
    zigzag = [(place + 1) // 2 if place % 2 else -(place // 2) for place in range(count)]
    rows = [tuple(labels[(place + row) % count] for place in zigzag) for row in range(count)]
    return rows if count % 2 == 0 else rows + [one[::-1] for one in rows]
