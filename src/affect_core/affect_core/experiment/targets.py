"""What the experiment was meant to reach, beside what came out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from affect_core.experiment.results import Result
from affect_core.experiment.rows import Row

DEFAULT_MODEL: Final = "amal_resnet34"


@dataclass(frozen=True)
class Target:
    """A number to reach.

    Attributes:
        text: what it is.
        bound: that the mean over seeds must reach.
        part: of results.json: ``rows``, ``parts`` or ``shortcut``.
        select: what its row says.
        at_most: the mean must not exceed the bound; else it must not fall short of it.
        every_model: for each model; else for the default one.
    """

    text: str
    bound: float
    part: str
    select: Mapping[str, Any]
    at_most: bool = False
    every_model: bool = False

    def met(self, row: Row) -> bool:
        """Whether the mean over seeds reaches it."""
        return bool(row["mean"] <= self.bound if self.at_most else row["mean"] >= self.bound)

    def find(self, result: Result) -> Row | None:
        """The row it speaks of; None if that was not measured."""
        rows = result.get(self.part, [])
        return next((r for r in rows if all(r.get(k) == v for k, v in self.select.items())), None)


def _score(protocol: str, test_set: str, classes: int, **more: Any) -> dict[str, Any]:
    look = "ohbot" if test_set.startswith("ohbot") else ""
    head = {"protocol": protocol, "shots": 0, "test_set": test_set, "look": look, "classes": classes}
    return {**head, "metric": "accuracy", **more}


_F1: Final = {"metric": "macro_f1"}

TARGETS: Final = (
    *(
        target
        for protocol in ("A", "B")
        for target in (
            Target(
                f"{protocol}: macro F1 on complex_test",
                0.88,
                "rows",
                _score(protocol, "complex_test", 6, **_F1),
                every_model=True,
            ),
            Target(
                f"{protocol}: the same above intensity 0.5",
                0.93,
                "parts",
                _score(protocol, "complex_test", 6, **_F1, intensity=">0.5"),
                every_model=True,
            ),
        )
    ),
    Target(
        "B: OhBot in both lights, five classes (P0's own figure)", 0.703, "rows", _score("B", "ohbot_both", 5)
    ),
    Target("B: OhBot in even light, six classes (aim 0.93)", 0.80, "rows", _score("B", "ohbot_even", 6)),
    Target("B: OhBot in dim light, six classes (aim 0.85)", 0.65, "rows", _score("B", "ohbot_dim", 6)),
    Target("B: unseen random robots, six classes", 0.75, "rows", _score("B", "robots_unseen", 6)),
    Target(
        "C, 20 shots: OhBot in even light, six classes", 0.95, "rows", _score("C", "ohbot_even", 6, shots=20)
    ),
    Target(
        "C, 20 shots: OhBot in dim light, six classes", 0.90, "rows", _score("C", "ohbot_dim", 6, shots=20)
    ),
    Target(
        "B: accuracy with correlated minus shuffled backgrounds",
        0.05,
        "shortcut",
        {"protocol": "B", "measure": "gap"},
        at_most=True,
    ),
    Target(
        "B: background followed in conflicts",
        0.10,
        "shortcut",
        {"protocol": "B", "measure": "followed"},
        at_most=True,
    ),
)
