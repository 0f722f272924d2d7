"""``affect-hri synth ohbot``: the data set of the virtual head."""

from __future__ import annotations

from pathlib import Path

import click

from affect_core.avatar import BACKGROUNDS, COLOURS, LOOKS
from affect_core.commands._options import output_folder, whole_number


@click.command()
@output_folder("set")
@click.option(
    "--look", default="ohbot", show_default=True, type=click.Choice(LOOKS.names()), help="Which head."
)
@click.option(
    "--colour", default=COLOURS[0], show_default=True, type=click.Choice(COLOURS), help="Body colour."
)
@whole_number("--seed", 0, "Seed of all jitter.")
@whole_number("--images", 100, "Per label and lighting.", low=1, high=9999)
@click.option(
    "--background", default="plain", show_default=True, type=click.Choice(BACKGROUNDS.names()), help="Wall."
)
def ohbot(output: Path, look: str, colour: str, seed: int, images: int, background: str) -> None:
    """The OhBot data set: six expressions in even and dim light, with labels and ground truth.

    Goes on where an interrupted run stopped. Prints the manifest's path.
    """
    from affect_core.synth import OhbotSetConfig, generate

    config = OhbotSetConfig(look=look, colour=colour, seed=seed, images=images, background=background)
    click.echo(generate(config, output))
