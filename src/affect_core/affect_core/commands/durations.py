"""`affect-hri durations`."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument(
    "reports", nargs=-1, required=True, type=click.Path(exists=True, file_okay=False, path_type=Path)
)
@click.option(
    "--output",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="YAML file, for the argument durations of trial, live, replay and evaluate.",
)
def durations(reports: tuple[Path, ...], output: Path) -> None:
    """Learn from trials how long expressions last, which is what the smoother hmm expects.

    REPORTS are folders of reports, or folders that hold some.
    """
    from affect_core.errors import InputError
    from affect_core.smoothing import TemporalConfig, learn_durations, save_durations, stays_s

    files = sorted({path for folder in reports for path in folder.rglob("records.csv")})
    if not files:
        raise InputError(
            f"expected records.csv in {', '.join(map(str, reports))}, found none; give folders of reports"
        )
    stays = [stay_s for path in files for stay_s in stays_s(path)]
    learnt = learn_durations(stays, TemporalConfig())
    about = f"learnt from {len(files)} recorded trials: {', '.join(path.parent.name for path in files)}"
    save_durations(learnt, len(stays), about, output)
    click.echo(
        f"durations: mean {learnt.duration_s:.3g} s, shape {learnt.duration_shape}, from {len(stays)} "
        f"expressions of {len(files)} trials; {output}"
    )
