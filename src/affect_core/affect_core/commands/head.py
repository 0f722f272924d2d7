"""``affect-hri head``: pictures of the virtual head, and how surely it is found."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from affect_core.avatar import BACKGROUNDS, COLOURS, LIGHTINGS, LOOKS, OCCLUSIONS
from affect_core.commands._options import output_folder, workers
from affect_core.heads.action_units import SIDES

if TYPE_CHECKING:
    from affect_core.bench.detectability import CellResult, DetectabilityConfig

_LOOK = click.Choice(LOOKS.names())
_COLOUR = click.Choice(COLOURS)


@click.group()
def head() -> None:
    """The robot head: show the virtual one, lay it out on sheets, measure how surely it is found; a fake real one."""


@head.command()
@click.argument("expression")
@click.option("--intensity", default=1.0, show_default=True, help="0 (rest) to 1 (full).")
@click.option(
    "--side", default="default", show_default=True, type=click.Choice(SIDES), help="Which side leads."
)
@click.option("--look", default="face", show_default=True, type=_LOOK, help="Which head.")
@click.option("--colour", default=COLOURS[0], show_default=True, type=_COLOUR, help="Body of the ohbot look.")
@click.option(
    "--lighting", default="even", show_default=True, type=click.Choice(LIGHTINGS.names()), help="Light."
)
@click.option(
    "--occlusion", default="none", type=click.Choice(OCCLUSIONS.names()), help="What covers the face."
)
@click.option(
    "--background", default="plain", type=click.Choice(BACKGROUNDS.names()), help="What is behind it."
)
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), help="PNG or JPEG; default EXPRESSION.png."
)
def show(
    expression: str,
    intensity: float,
    side: str,
    look: str,
    colour: str,
    lighting: str,
    occlusion: str,
    background: str,
    output: Path | None,
) -> None:
    """Render EXPRESSION into a picture; prints its path."""
    from affect_core.avatar import Avatar, AvatarConfig, Scene
    from affect_core.heads.expressions import load_expressions
    from affect_core.synth.sheets import save_image

    pose = load_expressions().pose(expression, intensity, side)
    scene = Scene(lighting=lighting, occlusion=occlusion, background=background)
    path = output or Path(f"{expression}.png")
    save_image(path, Avatar(AvatarConfig(look=look, colour=colour)).render(pose, scene).image_rgb)
    click.echo(path)


@head.command()
@output_folder("sheets")
@click.option(
    "--tile-px", default=160, show_default=True, type=click.IntRange(32, 288), help="Size of a picture."
)
@click.option(
    "--format", "suffix", default="png", show_default=True, type=click.Choice(["png", "jpg"]), help="Files."
)
def sheet(output: Path, tile_px: int, suffix: str) -> None:
    """Contact sheets of all expressions x looks x lightings x intensities; prints their folder."""
    from tqdm import tqdm

    from affect_core.heads.expressions import load_expressions
    from affect_core.synth.sheets import expression_sheets, lay_out, save_image

    sheets = expression_sheets(load_expressions(), tile_px)
    with tqdm(total=sum(map(len, sheets)), desc="render sheets", unit="image") as bar:
        for page in sheets:
            path = output / f"{page.name}.{suffix}"
            save_image(path, lay_out(page, bar.update))
            click.echo(path)
    click.echo(output)


@head.command()
@click.option(
    "--n", "images", default=1000, show_default=True, type=click.IntRange(1), help="Images per cell."
)
@click.option("--seed", default=0, show_default=True, help="Seed of poses and expressions.")
@click.option("--look", "looks", multiple=True, type=_LOOK, help="Only this look; may be given again.")
@click.option(
    "--colour", "colours", multiple=True, type=_COLOUR, help="Only this colour; may be given again."
)
@click.option(
    "--background", default="plain", show_default=True, type=click.Choice(BACKGROUNDS.names()), help="Wall."
)
@workers
def detectability(
    images: int, seed: int, looks: tuple[str, ...], colours: tuple[str, ...], background: str, workers: int
) -> None:
    """How often the face detector finds the head, with yaw and pitch of up to 20 degrees.

    One row per look, colour and light: the share, and the lower end of its 95 % interval.
    """
    from affect_core.bench.detectability import DetectabilityConfig

    defaults = DetectabilityConfig()
    config = DetectabilityConfig(
        images=images,
        seed=seed,
        looks=looks or defaults.looks,
        colours=colours or defaults.colours,
        background=background,
        workers=workers,
    )
    results = _measured(config)
    click.echo("look   colour lighting detected   share  95 % from  median score")
    for result in results:
        click.echo(_row(result))
    found, total = sum(result.found for result in results), sum(result.images for result in results)
    click.echo(f"detected {found} of {total} ({100 * found / total:.1f} %)")


def _measured(config: DetectabilityConfig) -> Sequence[CellResult]:
    """All cells, with a progress bar."""
    from tqdm import tqdm

    from affect_core.bench.detectability import cells, measure, summarise

    scores: dict[object, list[float]] = {cell: [] for cell in cells(config)}
    with tqdm(total=config.images * len(scores), desc="detect", unit="image") as bar:
        for cell, count, found in measure(config):
            scores[cell] += found
            bar.update(count)
    return [summarise(cell, config.images, scores[cell]) for cell in cells(config)]


def _row(result: CellResult) -> str:
    cell = result.cell
    count = f"{result.found}/{result.images}"
    return (
        f"{cell.look:6s} {cell.colour or '-':6s} {cell.lighting:8s} {count:>9s} {100 * result.share:6.1f} %"
        f"   {100 * result.low:6.1f} %        {result.score:.4f}"
    )
