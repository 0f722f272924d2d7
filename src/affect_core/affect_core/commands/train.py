"""`affect-hri train`."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import yaml


@click.command()
@click.argument("config", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--output", type=click.Path(path_type=Path), required=True, help="Folder of the model that is made."
)
@click.option("--resume/--no-resume", default=True, help="Go on from the last checkpoint in the folder.")
@click.option(
    "--root",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder that relative paths of data and models are looked up in, before the folder of CONFIG.",
)
@click.option(
    "--crops",
    type=click.Path(path_type=Path),
    help="Folder that keeps cut-out crops, for several trainings on the same sets.  [default: in the output]",
)
@click.option("--quick", is_flag=True, help="Minutes instead of hours: 2 epochs on 600 pictures.")
@click.option(
    "--set",
    "changes",
    multiple=True,
    metavar="KEY=VALUE",
    help="Change an entry of CONFIG, such as optimiser.seed=1. May be given several times.",
)
@click.option("--threads", default=0, help="CPU threads.  [default: as CONFIG says]")
@click.option("--accelerator", default="cpu", show_default=True, help="cpu, gpu or auto.")
@click.option("--devices", default=1, show_default=True, help="How many cards; or processes, on the CPU.")
@click.option("--strategy", default="auto", show_default=True, help="How several devices work together: ddp.")
def train(
    config: Path,
    output: Path,
    resume: bool,
    root: Path | None,
    crops: Path | None,
    quick: bool,
    changes: Sequence[str],
    **hardware: Any,
) -> None:
    """Train a model as CONFIG says (see config/training)."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    from affect_core.training.hardware import Hardware
    from affect_core.training.train import run

    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)  # now that it has set its own
    made = run(
        config,
        output,
        resume,
        changes=_changes(changes),
        root=root,
        crops=crops,
        quick=quick,
        hardware=Hardware(**hardware),
    )
    click.echo(made)


def _changes(texts: Sequence[str]) -> dict[str, Any]:
    """``["optimiser.seed=1"]`` -> ``{"optimiser": {"seed": 1}}``."""
    made: dict[str, Any] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        section, dot, name = key.partition(".")
        if not equals or not section:
            raise click.BadParameter(f"expected KEY=VALUE, got {text!r}", param_hint="--set")
        if dot:
            made.setdefault(section, {})[name] = yaml.safe_load(value)
        else:
            made[section] = yaml.safe_load(value)
    return made
