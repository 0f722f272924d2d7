"""``affect-hri synth ohbot``: the data set of the virtual head."""

from __future__ import annotations

from pathlib import Path

import click

from affect_core.avatar import BACKGROUNDS, COLOURS, LOOKS


@click.command()
@click.option(
    "--output", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder of the set."
)
@click.option(
    "--look", default="ohbot", show_default=True, type=click.Choice(LOOKS.names()), help="Which head."
)
@click.option(
    "--colour", default=COLOURS[0], show_default=True, type=click.Choice(COLOURS), help="Body colour."
)
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0), help="Seed of all jitter.")
@click.option(
    "--images", default=100, show_default=True, type=click.IntRange(1, 9999), help="Per label and lighting."
)
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
