"""Numbers and tables as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from affect_core.experiment.rows import Row

NONE: Final = "Not run yet."


def interval(row: Row) -> str:
    """Mean and interval."""
    return f"{row['mean']:.3f} [{row['lo']:.3f}, {row['hi']:.3f}]"


def signed(row: Row) -> str:
    """The same of a difference."""
    return f"{row['mean']:+.3f} [{row['lo']:+.3f}, {row['hi']:+.3f}]"


def spread(row: Row | None) -> str:
    """Mean, lowest and highest; "-" for None."""
    if row is None:
        return "-"
    same = row["lo"] == row["hi"]
    return f"{row['mean']:.2f}" if same else f"{row['mean']:.2f} [{row['lo']:.2f}, {row['hi']:.2f}]"


def table(heads: Sequence[Any], lines: Sequence[Sequence[str]]) -> str:
    """One line per entry of ``lines``; `NONE` if there are none."""
    if not lines:
        return NONE
    rule = ["---"] * len(heads)
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in (heads, rule, *lines))
