"""``affect-hri intensity``: the study of P1, ranks of intensity from relevances."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from affect_core.commands._study import study

if TYPE_CHECKING:
    from affect_core.papers import Request, Study


@click.command()
@study
@click.option(
    "--trunk",
    default="auto",
    show_default=True,
    help="Convolutions: imagenet (downloaded once), synthetic (trained here), random, the path of a file, or auto: "
    "imagenet if it was downloaded before, else synthetic.",
)
@click.option(
    "--votes",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="CSV file with the columns image and one for each annotator; votes are minimal, average or strong.",
)
@click.option(
    "--group-by",
    type=click.Choice(["auto", "picture", "subject"]),
    default="auto",
    show_default=True,
    help="Split pictures as P1 does, or people; auto: pictures, and people beside it where somebody is shown twice.",
)
@click.option("--rule", default="composite", show_default=True, help="Rule of relevance propagation.")
@click.option(
    "--image-size",
    type=click.IntRange(32),
    help="Edge of the crops, px (P1: 255 for AffectNet); default 224, quick 96.",
)
@click.option("--save-model", is_flag=True, help="Keep the classifier below the report, for emotion_node.")
def intensity(
    request: Request,
    trunk: str,
    votes: Path | None,
    group_by: str,
    rule: str,
    image_size: int | None,
    save_model: bool,
) -> Study:
    """Rank the intensity of expressions from the relevances of a VGG16, after P1.

    SOURCE is a folder with a manifest, or one that CK+, JAFFE, KDEF or AffectNet was unpacked into; without it
    synthetic faces are made, whose true intensities are known.
    """
    from affect_core.intensity.report import report
    from affect_core.intensity.study import Options, run

    return report(run(request, Options(trunk, votes, group_by, rule, save_model, image_size or 0)))
