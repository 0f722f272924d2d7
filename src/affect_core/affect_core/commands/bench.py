"""``affect-hri bench``: how fast everything is, against what there was before and against its targets."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from affect_core.bench.targets import Line

_FILE_WIDTH = 100
"""Characters of the table where it is not shown but kept: names whole."""


@click.command()
@click.option(
    "--part",
    "parts",
    multiple=True,
    help="Only this part (repeatable): rendering, emotion, explain, faces; loop, replay.",
)
@click.option(
    "--output", default="reports", show_default=True, type=click.Path(path_type=Path), help="For bench.json."
)
@click.option("--quick", is_flag=True, help="A tenth of the time; the numbers are a hint.")
@click.option("--strict", is_flag=True, help="Exit code 3 when a target is missed.")
def bench(parts: tuple[str, ...], output: Path, quick: bool, strict: bool) -> None:
    """Speed of every stage and of the whole loop; a table, and bench.json. Counts on a quiet machine only.

    The last two need the built workspace. Exit code 1 when pictures of the virtual head differ from run to run.
    """
    from rich.console import Console

    from affect_core.bench.parts import measure_parts, write_lines

    console = Console(stderr=True)
    with console.status("bench") as status:
        lines = measure_parts(parts, lambda text: status.update(f"bench: {text}"), 0.1 if quick else 1.0)
    path = write_lines(lines, output)
    _show(lines)
    missed = [line.name for line in lines if not line.met]
    click.echo(f"{len(lines) - len(missed)} of {len(lines)} targets met; {path}")
    if any(line.more.get("same_pictures") is False for line in lines):
        click.echo(
            "the virtual head drew other pictures in another process: expected the same bits", err=True
        )
        raise SystemExit(1)
    if strict and missed:
        raise SystemExit(3)


def _show(lines: list[Line]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title="Benchmark")
    for title in ("line", "ours", "other", "ratio", "unit", "n", "target", "met"):
        table.add_column(title, justify="left" if title in ("line", "unit", "target") else "right")
    for line in lines:
        numbers = (line.ours, line.other, line.ratio)
        texts = ["-" if number is None else f"{number:.4g}" for number in numbers]
        table.add_row(line.name, *texts, line.unit, str(line.n), line.target, "yes" if line.met else "no")
    console = Console()
    if not console.is_terminal:
        console.width = _FILE_WIDTH
    console.print(table)
