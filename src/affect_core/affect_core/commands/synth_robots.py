"""``affect-hri synth robots``: a set of random procedural robot heads."""

from __future__ import annotations

import os
from pathlib import Path

import click

from affect_core.labels import LABEL_SETS

_SHOWN = 40
_SHEET = "contact_sheet.jpg"


@click.command()
@click.option(
    "--set",
    "label_set",
    default="complex-6",
    show_default=True,
    type=click.Choice(tuple(LABEL_SETS)),
    help="Which expressions.",
)
@click.option("--heads", default=400, show_default=True, type=click.IntRange(1, 99999), help="Robots.")
@click.option(
    "--images-per-head", default=12, show_default=True, type=click.IntRange(1, 999), help="Pictures of each."
)
@click.option(
    "--seed", default=0, show_default=True, type=click.IntRange(0), help="Other seeds give other robots."
)
@click.option(
    "--output", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder of the set."
)
@click.option("--workers", default=0, type=click.IntRange(0), help="Processes; 0 = one per core.")
@click.option("--sheet", is_flag=True, help="Lay out the first 40 robots with every expression, too.")
def robots(
    label_set: str, heads: int, images_per_head: int, seed: int, output: Path, workers: int, sheet: bool
) -> None:
    """A labelled set of random robots: no robot twice, none like the OhBot.

    Goes on where an interrupted run stopped. Prints the manifest's path.
    """
    from affect_core.data.manifest import RECORDS_FILE
    from affect_core.synth.robots import RobotSetConfig, generate

    config = RobotSetConfig(
        labels=LABEL_SETS[label_set], heads=heads, images_per_head=images_per_head, seed=seed
    )
    manifest = generate(config, output, workers or os.cpu_count() or 1)
    if sheet:
        _lay_out(config.seed, min(heads, _SHOWN), config.labels, output / _SHEET)
    click.echo(manifest.folder / RECORDS_FILE)


def _lay_out(seed: int, heads: int, labels: tuple[str, ...], path: Path) -> None:
    from affect_core.synth.robots.sheet import robots_sheet
    from affect_core.synth.sheets import lay_out, save_image

    save_image(path, lay_out(robots_sheet(seed, heads, labels)), quality=82)
    click.echo(path)
