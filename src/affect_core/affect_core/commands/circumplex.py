"""`affect-hri circumplex`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from affect_core.commands._options import whole_number
from affect_core.commands._study import study

if TYPE_CHECKING:
    from affect_core.papers import Request, Study

_BACKBONES = ("efficientnet_v2_s", "maxvit_t")


@click.command()
@study
@click.option(
    "--emotic",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder that EMOTIC was unpacked into: 26 labels and dominance, and the cross evaluation with it.",
)
@click.option("--without", multiple=True, metavar="CLASS", help="Leave a class out; AffectNet-7: contempt.")
@click.option(
    "--backbone",
    "backbones",
    multiple=True,
    type=click.Choice(_BACKBONES),
    help="Network; may be given twice. The first one gets several seeds.  [default: both]",
)
@whole_number("--seeds", 0, "Trainings of each mode of the first network; 0 = three.")
@click.option("--select-on-test", is_flag=True, help="Choose the epoch on the test pictures, as the paper.")
@click.option("--accelerator", default="cpu", show_default=True, help="What to train on: cpu, gpu or auto.")
def circumplex(
    request: Request,
    emotic: Path | None,
    without: tuple[str, ...],
    backbones: tuple[str, ...],
    seeds: int,
    select_on_test: bool,
    accelerator: str,
) -> Study:
    """Train on classes, on valence and arousal, and on both, and compare (after CAGE, Wagner et al. 2024).

    SOURCE is a folder with a manifest, or with AffectNet as it is unpacked; without it synthetic faces are made.
    An interrupted call goes on when it is repeated. The trained models are in OUTPUT/models.
    """
    from affect_core.circumplex.study import Options, run
    from affect_core.training.hardware import Hardware

    chosen = tuple(dict.fromkeys(backbones)) or _BACKBONES
    options = Options(emotic, without, chosen, seeds, select_on_test, Hardware(accelerator=accelerator))
    return run(request, options)
