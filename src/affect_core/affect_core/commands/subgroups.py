"""`affect-hri subgroups`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from affect_core.commands._study import study

if TYPE_CHECKING:
    from affect_core.papers import Request, Study


@click.command()
@study
@click.option(
    "--attribute",
    default="",
    help="What tells the two groups apart: an attribute of the set, lighting, background, face_shape or random.  "
    "[default: gender where the set has it; else a bias is planted]",
)
@click.option("--groups", default="", help="The two values that are compared, with a comma between them.")
@click.option("--plant", default="", help="A bias to plant: occlusion, labels, rare or none.")
@click.option(
    "--control/--no-control", default=True, help="Also two groups made by a coin.  [default: control]"
)
def subgroups(request: Request, attribute: str, groups: str, plant: str, control: bool) -> Study:
    """Train networks on either of two groups of people, and on both; compare what they read and what they look at.

    SOURCE: a set whose pictures have an attribute, such as gender. Without it synthetic faces are made, a bias is
    planted between two random groups, and the study shows whether it is found.
    """
    from affect_core.subgroups.study import Wanted, run

    names = tuple(name.strip() for name in groups.split(",") if name.strip())
    return run(request, Wanted(attribute, names, plant, control))
