"""`affect-hri explain`."""

from __future__ import annotations

from pathlib import Path

import click

ALL = "all"
PARTIAL, UNREADABLE = 3, 4


@click.command()
@click.argument("inputs", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
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
@click.option(
    "--limit",
    default=20,
    show_default=True,
    type=click.IntRange(1),
    help="Pictures of each class and light of a set; frames of a bag, evenly spread.",
)
@click.option(
    "--margin", type=click.FloatRange(-0.3, 2.0), help="Around the face.  [default: as the model's card says]"
)
@click.option("--curves/--no-curves", default=True, help="Measure deletion and insertion.  [default: curves]")
@click.option(
    "--workers", default=1, show_default=True, type=click.IntRange(1), help="Processes, one core each."
)
@click.option(
    "--sanity",
    "sanity_faces",
    default=2,
    show_default=True,
    type=click.IntRange(0),
    help="Faces on which maps are compared with those of the network with random weights.",
)
def explain(
    inputs: tuple[Path, ...],
    methods: str,
    models: tuple[str, ...],
    target: str,
    output: Path,
    samples: int,
    seed: int,
    limit: int,
    margin: float | None,
    curves: bool,
    sanity_faces: int,
    workers: int,
) -> None:
    """Say why the faces in INPUTS get their labels: pictures, folders of pictures, sets of pictures, bags.

    A set says where its faces are; elsewhere the largest one is taken. A folder per picture and model holds the maps
    (maps.npz), overlays and metrics; explain.json all numbers, mean_MODEL.npz the mean maps of each label, report.html
    all of it side by side. What is there already, from the same settings, is not made again. Exit code 3 when a
    picture was skipped, a map failed its check, or a method that was asked for by name does not fit a model; 4 when
    no picture could be used.
    """
    from affect_core import torch_compat
    from affect_core.emotion import EmotionConfig, load_card
    from affect_core.errors import InputError
    from affect_core.explain import EXPLAINERS, ExplainConfig
    from affect_core.explain.run import explain_all
    from affect_core.explain.study import Study
    from affect_core.explain.subjects import find_subjects
    from affect_core.names import distinct

    torch_compat.use_threads(1)
    names = EXPLAINERS.names() if methods == ALL else tuple(name.strip() for name in methods.split(","))
    cards = [load_card(name) for name in models or (EmotionConfig().model,)]
    config = ExplainConfig(samples=samples, seed=seed)
    several = [Study(card, names, config, target, margin, curves) for card in cards]
    studies = dict(zip(distinct(card.name for card in cards), several, strict=True))
    unfit = [why for study in several for why in study.unfit.values()]
    try:
        subjects = find_subjects(inputs, limit)
    except InputError as error:
        click.echo(error, err=True)
        raise SystemExit(UNREADABLE) from error
    found = explain_all(studies, subjects, output, sanity_faces, workers)
    for reason in dict.fromkeys((*unfit, *found.failed, *found.skipped.values())):
        click.echo(reason, err=True)
    maps = sum(len(one.maps) for one in found.made)
    click.echo(
        f"{maps} maps of {len(found.made)} faces, {len(found.failed)} failed their check, "
        f"{len(found.skipped)} pictures skipped; {found.page}"
    )
    if not found.made:
        raise SystemExit(UNREADABLE)
    if found.failed or found.skipped or (unfit and methods != ALL):
        raise SystemExit(PARTIAL)
