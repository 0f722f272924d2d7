"""`affect-hri compare`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

_summary = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("first", type=_summary)
@click.argument("second", type=_summary)
def compare(first: Path, second: Path) -> None:
    """Differences between two trials, FIRST minus SECOND: summary.json of each.

    In brackets the 95 % interval of a bootstrap over repetitions; where both trials hold the same ones, over pairs.
    """
    from affect_core.evaluation.compare import compare as differences

    found = differences(_read(first), _read(second))
    for one in found:
        how = f"{one.n[0]} pairs" if one.paired else f"{one.n[0]} and {one.n[1]} repetitions"
        sure = "" if one.lo <= 0.0 <= one.hi else "  differs"
        digits = 0 if one.name.endswith("ms") else 3
        click.echo(
            f"{one.name:32s} {one.first:8.{digits}f} {one.second:8.{digits}f}  {one.difference:+.{digits}f} "
            f"[{one.lo:+.{digits}f}, {one.hi:+.{digits}f}]  {how}{sure}"
        )
    differ = sum(not one.lo <= 0.0 <= one.hi for one in found)
    click.echo(f"compare: {differ} of {len(found)} numbers differ")


def _read(path: Path) -> dict[str, Any]:
    from affect_core.errors import InputError

    try:
        content: dict[str, Any] = json.loads(path.read_text())
    except ValueError as error:
        raise InputError(
            f"expected a summary.json at {path}: {error}; give one of a trial's report"
        ) from error
    return content
