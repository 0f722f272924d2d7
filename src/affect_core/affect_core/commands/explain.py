"""`affect-hri explain`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import chain, count, product
from pathlib import Path

import click

ALL = "all"
PARTIAL, UNREADABLE = 3, 4


def distinct(names: Iterable[str]) -> list[str]:
    """The names, those that come again with a number: two pictures of one name must not share a folder."""
    found: list[str] = []
    for name in names:
        numbered = (f"{name}_{number}" for number in count(2))
        found.append(next(free for free in chain([name], numbered) if free not in found))
    return found


@click.command()
@click.argument("pictures", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--methods", default="grad_cam", show_default=True, help="Names, with commas between them, or all."
)
@click.option("--model", "models", multiple=True, help="A model below models/, or a folder; may be repeated.")
@click.option("--target", default="", help="Label that is explained.  [default: the one that is read]")
@click.option("--output", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder.")
@click.option(
    "--samples", default=200, show_default=True, type=click.IntRange(8), help="Of LIME and KernelSHAP."
)
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0), help="Of what is drawn.")
def explain(
    pictures: tuple[Path, ...],
    methods: str,
    models: tuple[str, ...],
    target: str,
    output: Path,
    samples: int,
    seed: int,
) -> None:
    """Say why the largest face in each of PICTURES (files, or folders of them) gets its label.

    A folder per picture and model holds the maps (maps.npz), overlays and metrics; explain.json all numbers, report.html
    all of it side by side. What is there already, from the same settings, is not made again. Exit code 3 when a
    picture was skipped, a map failed its check, or a method that was asked for by name does not fit a model; 4 when
    no picture could be used.
    """
    from tqdm import tqdm

    from affect_core import torch_compat
    from affect_core.emotion import EmotionConfig, load_card
    from affect_core.errors import InputError
    from affect_core.explain import EXPLAINERS, ExplainConfig
    from affect_core.explain.page import write_page
    from affect_core.explain.study import Explanation, Study

    torch_compat.use_threads(1)
    names = EXPLAINERS.names() if methods == ALL else tuple(name.strip() for name in methods.split(","))
    files = [file for path in pictures for file in (sorted(path.iterdir()) if path.is_dir() else [path])]
    cards = [load_card(name) for name in models or (EmotionConfig().model,)]
    config = ExplainConfig(samples=samples, seed=seed)
    studies = dict(
        zip(
            distinct(card.name for card in cards),
            (Study(card, names, config, target) for card in cards),
            strict=True,
        )
    )
    named = dict(zip(distinct(file.stem for file in files), files, strict=True))
    unfit = [why for study in studies.values() for why in study.unfit.values()]
    made: list[Explanation] = []
    skipped: dict[str, str] = {}
    with tqdm(total=len(files) * len(studies), desc="explain", unit="face") as bar:
        for (picture, file), (model, study) in product(named.items(), studies.items()):
            try:
                one = study.explain(
                    file, output / picture / model, lambda method: bar.set_postfix_str(method)
                )
                made.append(replace(one, picture=picture, model=model))
            except InputError as error:
                skipped[str(file)] = str(error)
            bar.update()
    page = write_page(made, skipped, unfit, output)
    failed = [why for one in made for why in one.failed.values()]
    for reason in dict.fromkeys((*unfit, *failed, *skipped.values())):
        click.echo(reason, err=True)
    maps = sum(len(one.maps) for one in made)
    click.echo(
        f"{maps} maps of {len(made)} faces, {len(failed)} failed their check, {len(skipped)} pictures skipped; {page}"
    )
    if not made:
        raise SystemExit(UNREADABLE)
    if failed or skipped or (unfit and methods != ALL):
        raise SystemExit(PARTIAL)
