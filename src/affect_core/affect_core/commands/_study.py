"""What the commands of the companion studies have in common."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from affect_core.commands._options import FOLDER, whole_number, workers

if TYPE_CHECKING:
    from affect_core.papers import Study

REPORTS: Final = Path("reports")
_OPTIONS: Final = (
    click.argument("source", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path)),
    click.option(
        "--output", type=FOLDER, help="Folder of the report.  [default: reports/<name of the command>]"
    ),
    click.option("--quick", is_flag=True, help="Minutes instead of hours; the report says with which sizes."),
    whole_number("--seed", 0, "Of everything drawn."),
    workers,
    click.option("--stand-in", is_flag=True, help="Procedural robot heads in place of synthetic humans."),
)


def study(run: Callable[..., Study]) -> Callable[..., None]:
    """A command ``(request, **own options)`` with the arguments of `Request`; writes the report.

    SOURCE is a folder with a manifest, or one that a real set was unpacked into; without it synthetic faces are made.
    The last line on stdout is the study's headline and the path of its report.
    """

    @wraps(run)
    def call(
        source: Path | None,
        output: Path | None,
        quick: bool,
        seed: int,
        workers: int,
        stand_in: bool,
        **own: Any,
    ) -> None:
        from affect_core.papers import Request, write_study

        logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
        output = output or REPORTS / str(click.get_current_context().info_name)
        request = Request(output, source, quick, seed, workers, stand_in)
        made = run(request, **own)
        click.echo(f"{made.headline}; report {write_study(made, output)}")

    for option in reversed(_OPTIONS):
        call = option(call)
    return call
