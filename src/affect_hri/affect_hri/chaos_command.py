"""`affect-hri chaos`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from affect_hri.results import PARTIAL


@click.command()
@click.option(
    "--minutes",
    default=2.0,
    show_default=True,
    type=click.FloatRange(1.5),
    help="Of the trial and its faults.",
)
@click.option("--seed", default=0, show_default=True, help="Of the faults.")
@click.option("--output", default="reports", show_default=True, type=click.Path(path_type=Path))
def chaos(minutes: float, seed: int, output: Path) -> None:
    """A trial with a process per node, in which something goes wrong every few seconds.

    The last line is JSON: faults done, frames lost, processes leaked, whether the bag is readable. Exit code 3 unless the
    trial finished, the bag is whole and nothing leaked.
    """
    from affect_hri.chaos import conduct

    found = conduct(minutes, seed, output, lambda at_s, text: click.echo(f"{at_s:7.1f} s  {text}", err=True))
    click.echo(f"trial {'finished' if found.finished else 'did not finish'}; report {found.report}", err=True)
    content = {
        "faults": sum(found.faults.values()),
        "lost": found.lost,
        "leaked": found.leaked,
        "bag_readable": found.bag_readable,
        "finished": found.finished,
        "by_fault": found.faults,
    }
    click.echo(json.dumps(content))
    sys.exit(0 if found.finished and found.bag_readable and not found.leaked else PARTIAL)
