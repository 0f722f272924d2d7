"""What a robot answers to the emotion it sees, and when. Time comes in with the estimates.

responder = Responder(load_responder("mirror"))
answer = responder.update(emotions)  # an `Answer` when the robot should change its expression, else None
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any, Final

from affect_core.config import Settings, from_mapping, load_yaml, setting
from affect_core.errors import ConfigError
from affect_core.heads.expressions import load_expressions
from affect_core.labels import BASIC_8, COMPLEX_6, NEUTRAL
from affect_core.paths import find_shared
from affect_core.registry import Registry
from affect_core.texts import values_of
from affect_core.types import Emotion, EmotionSet

NS_PER_S: Final = 1_000_000_000


@dataclass(frozen=True)
class Timing(Settings):
    """When an emotion is answered."""

    minimum_confidence: float = setting(
        0.5, "a label less probable counts as nothing seen", low=0.0, high=1.0
    )
    hysteresis: float = setting(
        0.1, "another label must be more probable by this than the answered one", low=0.0, high=1.0
    )
    hold_s: float = setting(0.6, "how long another label must be seen before it is answered, s", low=0.0)
    cooldown_s: float = setting(1.5, "shortest time between two answers, s", low=0.0)
    absence_s: float = setting(3.0, "how long nothing is seen before going back to neutral, s", low=0.0)


@dataclass(frozen=True)
class Reply(Settings):
    """What answers one label; intensity 0..1."""

    expression: str = setting("", "a name of config/expressions.yaml; empty = the one called like the label")
    intensity: float = setting(1.0, "times the person's intensity, where it is estimated", low=0.0, high=1.0)


@dataclass(frozen=True)
class Answer:
    """An expression for the robot; intensity 0..1. ``label`` is the emotion that it answers."""

    expression: str
    intensity: float
    label: str


Strategy = Callable[[Emotion], Answer | None]
"""What to answer to an emotion; None = nothing."""

STRATEGIES: Final[Registry[Strategy]] = Registry("responder strategy")
"""Name -> builder that takes the strategy's part of config/responder.yaml (label -> `Reply`)."""


@dataclass(frozen=True)
class ResponderConfig:
    """A strategy with the timing of its answers; made by `load_responder`."""

    strategy: Strategy
    timing: Timing


def load_responder(strategy: str, path: Path | None = None) -> ResponderConfig:
    """Read and check `config/responder.yaml`, or another file like it.

    Raises:
        UnknownName: no such strategy; lists the known ones.
        ConfigError: what is wrong in the file, where, and what was expected.
    """
    with values_of(path or "config/responder.yaml"):
        build = STRATEGIES.get(strategy)
        path = path or find_shared("config/responder.yaml")
        content = load_yaml(path)
        _expect_keys(content, ("timing", "strategies"), str(path))
        timing = from_mapping(Timing, content.get("timing") or {}, f"{path}: timing")
        tables = content.get("strategies") or {}
        _expect_keys(tables, STRATEGIES.names(), f"{path}: strategies")
        rows = _replies(tables.get(strategy) or {}, f"{path}: strategies.{strategy}")
        return ResponderConfig(build(rows), timing)


class Responder:
    """Follows one person: the one it answers as long as that face is seen, else the first."""

    def __init__(self, config: ResponderConfig) -> None:
        self._strategy, self._timing = config.strategy, config.timing
        self._face_id = ""
        self._label = NEUTRAL  # what the robot answers now
        self._candidate = ""  # what is seen instead
        self._since_ns = 0
        self._seen_ns: int | None = None
        self._answered_ns: int | None = None

    def update(self, emotions: EmotionSet) -> Answer | None:
        """What to show from now on; None = leave it as it is.

        Args:
            emotions: the estimates of one frame; their stamp is the time.
        """
        now_ns = emotions.stamp_ns
        emotion = self._person(emotions.emotions)
        if self._seen_ns is None or (emotion and emotion.confidence >= self._timing.minimum_confidence):
            self._seen_ns = now_ns
        if emotion is None or not self._is_news(emotion):
            self._candidate = ""
            return self._after_absence(now_ns)
        if emotion.label != self._candidate:
            self._candidate, self._since_ns = emotion.label, now_ns
        if now_ns - self._since_ns < self._timing.hold_s * NS_PER_S or not self._is_cool(now_ns):
            return None
        return self._answer(self._strategy(emotion), emotion.label, now_ns)

    def _person(self, emotions: tuple[Emotion, ...]) -> Emotion | None:
        same = [emotion for emotion in emotions if emotion.face_id == self._face_id]
        person = next(iter(same or emotions), None)
        if person is not None and person.face_id != self._face_id:
            self._face_id, self._candidate = person.face_id, ""
        return person

    def _is_news(self, emotion: Emotion) -> bool:
        """Whether it is sure, and clearly not what is answered already."""
        probability = dict(zip(emotion.labels, emotion.probabilities, strict=True))
        lead = emotion.confidence - float(probability.get(self._label, 0.0))
        sure = emotion.confidence >= self._timing.minimum_confidence
        return sure and emotion.label != self._label and lead >= self._timing.hysteresis

    def _is_cool(self, now_ns: int) -> bool:
        return self._answered_ns is None or now_ns - self._answered_ns >= self._timing.cooldown_s * NS_PER_S

    def _after_absence(self, now_ns: int) -> Answer | None:
        assert self._seen_ns is not None
        gone = now_ns - self._seen_ns >= self._timing.absence_s * NS_PER_S
        if self._label == NEUTRAL or not gone or not self._is_cool(now_ns):
            return None
        return self._answer(Answer(NEUTRAL, 1.0, NEUTRAL), NEUTRAL, now_ns)

    def _answer(self, answer: Answer | None, label: str, now_ns: int) -> Answer | None:
        if answer is not None:
            self._label, self._candidate, self._answered_ns = label, "", now_ns
        return answer


# --- strategies -----------------------------------------------------------------------------------------------


@STRATEGIES.register("none")
def _none(rows: Mapping[str, Reply]) -> Strategy:
    """Never answer."""
    return lambda emotion: None


@STRATEGIES.register("mirror")
@STRATEGIES.register("empathic")
def _from_table(rows: Mapping[str, Reply]) -> Strategy:
    """Answer what stands in the table."""

    def answer(emotion: Emotion) -> Answer | None:
        row = rows.get(emotion.label)
        if row is None:
            return None
        share = min(max(emotion.intensity, 0.0), 1.0) if isfinite(emotion.intensity) else 1.0
        return Answer(row.expression or emotion.label, row.intensity * share, emotion.label)

    return answer


# --- reading the file -----------------------------------------------------------------------------------------


def _replies(table: Any, where: str) -> dict[str, Reply]:
    _expect_keys(table, {*COMPLEX_6, *BASIC_8}, where)
    known = load_expressions()
    rows = {label: from_mapping(Reply, row or {}, f"{where}.{label}") for label, row in table.items()}
    for label, row in rows.items():
        known.get(row.expression or label)
    return rows


def _expect_keys(table: Any, known: Collection[str], where: str) -> None:
    if not isinstance(table, dict):
        raise ConfigError(f"{where}: expected a mapping, got {table!r}")
    unknown = sorted(str(key) for key in table if key not in known)
    if unknown:
        raise ConfigError(f"{where}: unknown {', '.join(unknown)}; known: {', '.join(sorted(known))}")
