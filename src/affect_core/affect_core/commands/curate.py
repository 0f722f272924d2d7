"""`affect-hri curate`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import click

from affect_core.commands._options import share, whole_number
from affect_core.commands._study import study
from affect_core.curation.config import SCORES, CurationConfig

if TYPE_CHECKING:
    from affect_core.papers import Request, Study

_DEFAULT: Final = CurationConfig()
_METHODS: Final = ("aforet", "osm", "nu_svm", "nbu", "random", "none")


@click.command()
@share("--remove", _DEFAULT.cleaned_share, "Share of the faces that the cleaned set lacks.")
@click.option(
    "--method",
    type=click.Choice(_METHODS),
    default=_DEFAULT.cleaned_by,
    show_default=True,
    help="What the cleaned set is made by.",
)
@click.option(
    "--score",
    type=click.Choice(SCORES),
    default=_DEFAULT.removers.score,
    show_default=True,
    help="What AFORET removes by.",
)
@whole_number("--limit", _DEFAULT.limit, "Judge at most so many faces; 0 = all.")
@click.option("--per-class", is_flag=True, help="Remove the share in every class, not of all faces together.")
@study
def curate(request: Request, remove: float, method: str, score: str, limit: int, per_class: bool) -> Study:
    """Find faces that lie between classes (AFORET, paper P4), and write the set without them.

    SOURCE: a set, or a folder that a real set was unpacked into; without it synthetic faces are made. The output holds
    the report, every number, and in "cleaned" the set without the removed faces, with a list of all of them. An
    interrupted call goes on. Last line: the accuracies before and after by both protocols.
    """
    from affect_core.curation.study import run

    removers = replace(_DEFAULT.removers, score=score, per_class=per_class)
    config = replace(_DEFAULT, limit=limit, removers=removers, cleaned_share=remove, cleaned_by=method)
    return run(request, config)
