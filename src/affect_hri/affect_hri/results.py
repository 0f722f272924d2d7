"""What commands show on the terminal: progress on stderr, a table, and the result in one line per report."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from affect_core.evaluation import Summary, summary_table

PARTIAL = 3

Result = tuple[int, tuple[Path, Summary] | None]
"""Exit code, and the report's folder with its summary where there is one."""


def progress_bar() -> Progress:
    """A bar per task, with a label that may change."""
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
    rest = (TextColumn("{task.fields[label]}"), TimeElapsedColumn(), TimeRemainingColumn())
    return _LabelledProgress(*columns, *rest, console=Console(stderr=True))


def finish(results: Sequence[Result]) -> None:
    """Print a table of all results and one last line; exit with the worst code."""
    reports = [result for _, result in results if result is not None]
    if reports:
        Console().print(_table([summary for _, summary in reports]))
    for folder, summary in reports:
        accuracy = summary["accuracy"]["hold"]
        scored = "not scored" if accuracy is None else f"hold accuracy {accuracy:.3f}"
        frames = summary["frames"]
        labelled = f"{frames['labelled']} of {frames['published']} frames labelled"
        click.echo(f"{summary['session']}: {scored}, {labelled}; report {folder / 'report.html'}")
    sys.exit(max((code for code, _ in results), default=0) if len(reports) == len(results) else PARTIAL)


class _LabelledProgress(Progress):
    """Tasks that have an empty label until they get one."""

    def add_task(self, *args: Any, **kwargs: Any) -> Any:
        return super().add_task(*args, **{"label": "", **kwargs})


def _table(summaries: Sequence[Summary]) -> Table:
    table = Table(title="Result")
    rows = [summary_table(summary) for summary in summaries]
    table.add_column("")
    for summary in summaries:
        table.add_column(summary["session"], justify="right")
    for number, (what, _) in enumerate(rows[0][1:], start=1):
        table.add_row(what, *(row[number][1] for row in rows))
    return table
