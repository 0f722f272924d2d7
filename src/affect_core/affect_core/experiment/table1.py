"""Whether the committed checkpoints still give the numbers that stand in results.json."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from affect_core.emotion.card import CARD_FILE
from affect_core.errors import ConfigError
from affect_core.experiment.collect import results_path
from affect_core.experiment.results import read_result
from affect_core.experiment.rows import Row
from affect_core.experiment.statistics import overall
from affect_core.experiment.suite import ModelResult

TOLERANCE: Final = 0.01
"""One point."""


@dataclass(frozen=True)
class Comparison:
    """One row of results.json, and what the checkpoint gives now."""

    model: str
    test_set: str
    look: str
    classes: int
    metric: str
    committed: float
    now: float

    @property
    def agrees(self) -> bool:
        """Within one point."""
        return abs(self.committed - self.now) <= TOLERANCE + 1e-9


def committed_models(models: Path, names: Iterable[str]) -> list[str]:
    """Those whose checkpoint is there; raises ConfigError if none is."""
    found = [name for name in names if (models / name / CARD_FILE).is_file()]
    if not found:
        raise ConfigError(
            f"expected a checkpoint of {', '.join(names)} in {models}, found none; ship one first"
        )
    return found


def compare(result: ModelResult) -> list[Comparison]:
    """Every row of the checkpoint whose test was made.

    Raises:
        ConfigError: results.json says nothing about this checkpoint.
    """
    path = results_path(result.card.folder.parent, result.card.folder.name)
    checkpoint = read_result(path).get("checkpoint") or {}
    if checkpoint.get("weights_sha256") != result.card.weights.sha256:
        raise ConfigError(
            f"{path}: expected the results of {result.card.weights.sha256[:12]}..., found those of "
            f"{str(checkpoint.get('weights_sha256'))[:12]}...; ship the model again"
        )
    sums = {(c.test_set, c.look, c.classes): m.seeds[0] for c, m in result.measured.items() if c.whole}
    rows = [(row, sums.get(_place(row))) for row in checkpoint["rows"]]
    return [
        Comparison(
            result.card.name,
            *_place(row),
            metric=row["metric"],
            committed=row["value"],
            now=round(overall(one, row["metric"]), 4),
        )
        for row, one in rows
        if one is not None
    ]


def _place(row: Row) -> tuple[str, str, int]:
    return row["test_set"], row["look"], row["classes"]


def lines(compared: Sequence[Comparison]) -> list[str]:
    """A table of plain text: one line per model, test and number of classes, the metrics as ``committed now``."""
    groups: dict[tuple[str, str, str, int], list[Comparison]] = {}
    for one in compared:
        groups.setdefault((one.model, one.test_set, one.look, one.classes), []).append(one)
    texts = []
    for (model, test_set, look, classes), found in groups.items():
        cells = "  ".join(
            f"{c.metric} {c.committed:.3f} {c.now:.3f}{'' if c.agrees else ' !'}" for c in found
        )
        texts.append(f"{model:20s} {test_set:14s} {look:6s} {classes}  {cells}")
    return texts


def verdict(compared: Sequence[Comparison], left_out: Sequence[str]) -> str:
    """The last line."""
    differ = sum(not one.agrees for one in compared)
    models = ", ".join(dict.fromkeys(one.model for one in compared))
    rest = f"; {len(left_out)} tests left out" if left_out else ""
    agreed = f"{len(compared) - differ} of {len(compared)} numbers agree with results.json within one point"
    return f"table1 (synthetic): {agreed}: {models}{rest}"
