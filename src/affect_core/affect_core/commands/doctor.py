"""`affect-hri doctor`."""

from __future__ import annotations

import json
import sys
from collections import Counter
from dataclasses import asdict

import click

_SIGNS = {"OK": "ok", "WARNING": "warning", "ERROR": "ERROR"}
_BROKEN = 3


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON line per finding.")
def doctor(as_json: bool) -> None:
    """Look whether a trial can run here, say what is wrong and how to mend it.

    Exit code 0 when a trial can run (optional parts that are missing are warnings), 3 when not.
    """
    from affect_core.doctor import Level, examine

    counts: Counter[Level] = Counter()
    for check, finding in examine():
        counts[finding.level] += 1
        if as_json:
            click.echo(json.dumps({"check": check, **asdict(finding), "level": finding.level.name}))
            continue
        click.echo(f"{_SIGNS[finding.level.name]:8s} {check.partition(' ')[2]:12s} {finding.what}")
        if finding.mend:
            click.echo(f"{'':22s}-> {finding.mend}")
    able = not counts[Level.ERROR]
    said = "a trial can run" if able else "a trial cannot run"
    click.echo(f"doctor: {said}; {counts[Level.ERROR]} errors, {counts[Level.WARNING]} warnings")
    sys.exit(0 if able else _BROKEN)
