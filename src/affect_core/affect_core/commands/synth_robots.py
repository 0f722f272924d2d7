"""``affect-hri synth robots``: a set of random procedural robot heads."""

from __future__ import annotations

from pathlib import Path

import click

from affect_core.commands._options import label_set, output_folder, whole_number, workers
from affect_core.labels import LABEL_SETS

_SHOWN = 40
_SHEET = "contact_sheet.jpg"


@click.command()
@label_set
@whole_number("--heads", 400, "Robots.", low=1, high=99999)
@whole_number("--images-per-head", 12, "Pictures of each.", low=1, high=999)
@whole_number("--seed", 0, "Other seeds give other robots.")
@output_folder("set")
@workers
@click.option("--sheet", is_flag=True, help="Lay out the first 40 robots with every expression, too.")
def robots(
    labels: str, heads: int, images_per_head: int, seed: int, output: Path, workers: int, sheet: bool
) -> None:
    """A labelled set of random robots: no robot twice, none like the OhBot.

    Goes on where an interrupted run stopped. Prints the manifest's path.
    """
    from affect_core.data.manifest import RECORDS_FILE
    from affect_core.synth.robots import RobotSetConfig, generate

    config = RobotSetConfig(
        labels=LABEL_SETS[labels], heads=heads, images_per_head=images_per_head, seed=seed
    )
    manifest = generate(config, output, workers)
    if sheet:
        _lay_out(config.seed, min(heads, _SHOWN), config.labels, output / _SHEET)
    click.echo(manifest.folder / RECORDS_FILE)


def _lay_out(seed: int, heads: int, labels: tuple[str, ...], path: Path) -> None:
    from affect_core.synth.robots.sheet import robots_sheet
    from affect_core.synth.sheets import lay_out, save_image

    save_image(path, lay_out(robots_sheet(seed, heads, labels)), quality=82)
    click.echo(path)
