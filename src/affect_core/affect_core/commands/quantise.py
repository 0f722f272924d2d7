"""`affect-hri quantise`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from affect_core.data.crop_set import CropSet
    from affect_core.emotion.card import Card
    from affect_core.training.quantise import Named

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command()
@click.argument("model")
@click.option(
    "--crops", required=True, type=_FOLDER, help="Training set: crops, or pictures with a manifest."
)
@click.option("--validation", required=True, type=_FOLDER, help="Set that macro F1 is measured on, likewise.")
@click.option(
    "--calibration", default=384, show_default=True, type=click.IntRange(32), help="Crops to calibrate with."
)
def quantise(model: str, crops: Path, validation: Path, calibration: int) -> None:
    """Make int8 possible for MODEL: note value ranges over training crops, and measure what it costs.

    MODEL is a model below models/, or the path of a model folder. Its folder gets int8.json with the ranges and the
    macro F1 before and after. Exit code 3, and nothing written, when more than 0.5 points are lost.
    """
    from affect_core.emotion.card import load_card
    from affect_core.training.quantise import quantise_model

    card = load_card(model)
    int8 = quantise_model(card, _load(crops, card), _load(validation, card), calibration)
    for name, macro_f1 in int8.macro_f1.items():
        click.echo(f"{name:18s} macro F1 {macro_f1:.4f}")
    click.echo(f"{card.name}: int8 loses {int8.loss_points} points of macro F1, accepted")


def _load(folder: Path, card: Card) -> Named:
    """Crops as they are; pictures are cut out as the card says, beside what other commands have cut."""
    from affect_core.data.crop_set import load_crop_set
    from affect_core.data.manifest import SET_FILE
    from affect_core.training.quantise import Named

    if not (folder / SET_FILE).is_file():
        return Named(folder.name, load_crop_set(folder))
    return Named(folder.name, _cut(folder, card))


def _cut(folder: Path, card: Card) -> CropSet:
    from affect_core.data.cut import cut
    from affect_core.data.manifest import load_manifest
    from affect_core.download import cache_folder
    from affect_core.emotion.cache import key_of

    key = key_of(str(folder.resolve()), vars(card.crop), card.labels)
    return cut(
        load_manifest(folder), card.crop, card.labels, cache_folder() / "crops" / f"{folder.name}-{key}"
    )
