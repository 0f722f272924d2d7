"""``affect-hri experiment``: P0's experiment, run and shown."""

from __future__ import annotations

import logging
import signal
import sys
from pathlib import Path
from typing import Any

import click

from affect_core.paths import find_shared

PARTIAL = 3
_DEFAULT = "config/experiments/p0.yaml"


@click.group()
def experiment() -> None:
    """P0's experiment on synthetic pictures: sets, trainings, tests, tables."""


@experiment.command()
@click.argument("config", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=False)
@click.option(
    "--output", type=click.Path(path_type=Path), help="Pictures, crops, checkpoints. Default: reports/<name>."
)
@click.option("--models", type=click.Path(path_type=Path), help="Folder of the results. Default: models/.")
@click.option(
    "--only", multiple=True, metavar="PATTERN", help="Only runs (or steps) like this; may be repeated."
)
@click.option("--threads", default=1, show_default=True, type=click.IntRange(1), help="CPU threads.")
@click.option("--quick", is_flag=True, help="The whole path on a few pictures; the numbers mean nothing.")
@click.option("--stand-in", is_flag=True, help="Procedural heads in place of humans; the results say so.")
@click.option("--list", "listing", is_flag=True, help="Say what is done, running and left; do nothing.")
def run(config: Path | None, listing: bool, threads: int, only: tuple[str, ...], **chosen: Any) -> None:
    """Do what is left of the experiment CONFIG (default: config/experiments/p0.yaml).

    Start it once per core, on the same output folder: the processes share the work. A run whose results are there, made
    with the present configuration, is skipped; an interrupted one goes on after its last epoch.
    """
    from affect_core.experiment import listing as lists
    from affect_core.experiment.session import open_session

    _log_to_stderr()
    session = open_session(config or find_shared(_DEFAULT), threads=threads, **chosen)
    goals = session.goals(only)
    if listing:
        lines = lists.lines(session)
        click.echo("\n".join(lines))
        return
    signal.signal(signal.SIGTERM, _interrupt)
    outcome = session.work(goals)
    for name, reason in outcome.failed.items():
        click.echo(f"failed: {name}: {reason}", err=True)
    click.echo(lists.verdict(session, outcome))
    sys.exit(PARTIAL if outcome.left else 0)


def _interrupt(_signal: int, _frame: object) -> None:
    """As Ctrl-C: what runs now goes on after its last epoch the next time."""
    raise KeyboardInterrupt


def _log_to_stderr() -> None:
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S", stream=sys.stderr
    )
    logging.getLogger("lightning").setLevel(logging.WARNING)
