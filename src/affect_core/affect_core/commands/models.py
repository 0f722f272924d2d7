"""`affect-hri models`."""

from __future__ import annotations

from collections.abc import Iterator

import click

from affect_core.emotion.card import Card


@click.command()
@click.option("--size", default=112, show_default=True, type=click.IntRange(32, 1024), help="Input edge, px.")
@click.argument("names", nargs=-1)
def models(size: int, names: tuple[str, ...]) -> None:
    """Networks and trained models: parameters, operations per picture, cards.

    NAMES are models below models/, or paths of model folders; default is all of models/.
    """
    _print_architectures(size)
    cards = list(_cards(names))
    for card in cards:
        _print_card(card)
    click.echo(f"{len(cards)} models: {', '.join(card.name for card in cards) or '(none)'}")


def _print_architectures(size: int) -> None:
    from rich.console import Console
    from rich.table import Table

    from affect_core.emotion import ARCHITECTURES
    from affect_core.emotion.cost import cost
    from affect_core.errors import ConfigError
    from affect_core.labels import COMPLEX_6

    table = Table(title=f"Networks at {size} x {size} px, {len(COMPLEX_6)} classes")
    for column in ("network", "parameters / million", "operations / picture / billion"):
        table.add_column(column, justify="left" if column == "network" else "right")
    refused = []
    for name in ARCHITECTURES:
        try:
            counted = cost(name, len(COMPLEX_6), size, {})
        except ConfigError as error:  # not every network takes every size
            table.add_row(name, "-", "-")
            refused.append(str(error))
            continue
        table.add_row(name, f"{counted.parameters / 1e6:.1f}", f"{counted.flops / 1e9:.2f}")
    Console().print(table)
    for reason in refused:
        click.echo(reason)


def _cards(names: tuple[str, ...]) -> Iterator[Card]:
    from affect_core.emotion.card import CARD_FILE, load_card
    from affect_core.paths import find_shared

    found = sorted(path.parent.name for path in find_shared("models").glob(f"*/{CARD_FILE}"))
    for name in names or found:
        yield load_card(name)


def _print_card(card: Card) -> None:
    from affect_core.emotion.cost import cost

    counted = cost(card.architecture, len(card.labels), card.crop.size_px, card.options)
    size_mb = card.weights_path.stat().st_size / 1e6 if card.weights_path.is_file() else 0.0
    options = ", ".join(f"{key}: {value}" for key, value in card.options.items())
    rows = {
        "network": f"{card.architecture} ({options})" if options else card.architecture,
        "size": f"{counted.parameters / 1e6:.1f} million parameters, {counted.flops / 1e9:.2f} billion operations "
        "per picture",
        "input": f"{card.crop.size_px} px, margin {card.crop.margin}, template {card.crop.template}",
        "labels": ", ".join(card.labels),
        "weights": f"{size_mb:.0f} MB, {card.weights.dtype}, sha256 {card.weights.sha256[:12]}"
        if size_mb
        else f"missing: {card.weights_path}",
        "trained on": card.training_data,
        "licence": card.licence,
        "notes": card.notes,
    }
    click.echo(card.name)
    for key, text in rows.items():
        click.echo(f"  {key + ':':12s}{' '.join(text.split())}")
