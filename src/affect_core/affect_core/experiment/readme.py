"""The README's part about the experiment: few of the tables of doc/results.md, from the same files."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from affect_core.errors import ConfigError
from affect_core.experiment.places import Places
from affect_core.experiment.plan import Experiment
from affect_core.experiment.tables import (
    COMMAND,
    TABLES_COMMAND,
    calibration,
    checkpoints,
    read_results,
    table1,
    targets,
)
from affect_core.experiment.tables_focus import Results, ablation, overlap

TESTS: Final = ("complex_test", "robots_unseen", "ohbot_both-ohbot")
"""That the README shows: people, robots nobody drew, and the OhBot."""
_OVERLAP_COMMAND: Final = "make overlap"
_MARKED: Final = re.compile(r"(<!-- experiment -->\n).*?(<!-- /experiment -->)", re.DOTALL)

_PARTS: Final[tuple[tuple[str, str, Callable[[Experiment, Results], str]], ...]] = (
    ("What was to be reached", "", targets),
    (
        "Table 1, five classes",
        "",
        lambda plan, results: table1(plan, results, 5, TESTS),
    ),
    ("Table 1, six classes", "", lambda plan, results: table1(plan, results, 6, TESTS)),
    (
        "Calibration, six classes",
        "",
        lambda plan, results: calibration(plan, results, TESTS),
    ),
    (
        "What alignment does",
        "Backgrounds tell the class in training, and in the test `correlated`; nothing in `shuffled`. Gap: the former "
        "minus the latter. Followed: share of pictures with another class's background that get that class.",
        ablation,
    ),
    (
        "The committed checkpoints",
        "Accuracy with six classes, one run each; `make table1` measures them again.",
        lambda plan, results: checkpoints(plan, results, TESTS),
    ),
    (
        "How much of the evidence lies on the robot's face",
        "Share of the strongest tenth of the pixels, beside the area, which is what a random map gets.",
        overlap,
    ),
)


def fill_readme(text: str, plan: Experiment, places: Places) -> str:
    """The README with its part about the experiment written anew; raises ConfigError if it has none."""
    if not _MARKED.search(text):
        raise ConfigError(
            "expected <!-- experiment --> ... <!-- /experiment --> in the README; put them back"
        )
    return _MARKED.sub(lambda found: f"{found[1]}{_part(plan, places)}\n{found[2]}", text)


def _part(plan: Experiment, places: Places) -> str:
    results = read_results(plan, places)
    sections = []
    for title, explained, make in _PARTS:
        source = _OVERLAP_COMMAND if make is overlap else COMMAND.format(name=plan.name)
        texts = (f"**{title}** (synthetic; `{source}`, `{TABLES_COMMAND}`)", explained, make(plan, results))
        sections.append("\n\n".join(text for text in texts if text))
    return "\n\n".join(sections)
