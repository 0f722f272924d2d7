"""``affect-hri experiment``: P0's experiment, run and shown."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import Any

import click

from affect_core.paths import find_shared

PARTIAL = 3
INTERRUPTED = 130
DIFFERENT = 1
RESULTS_PAGE = Path("src/affect_core/doc/results.md")
README = Path("README.md")
_DEFAULT = "config/experiments/p0.yaml"

_config = click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help=f"The experiment.  [default: {_DEFAULT}]",
)
_output = click.option(
    "--output",
    type=click.Path(path_type=Path),
    help="Pictures, crops, checkpoints.  [default: reports/<name>]",
)
_models = click.option(
    "--models", type=click.Path(path_type=Path), help="Folder of the results.  [default: models]"
)
_threads = click.option(
    "--threads", default=1, show_default=True, type=click.IntRange(1), help="CPU threads."
)
_all_threads = click.option(  # of what runs alone; several trainings share the cores
    "--threads",
    default=0,
    type=click.IntRange(0),
    callback=lambda _context, _option, wanted: wanted or os.cpu_count() or 1,
    help="CPU threads; 0 = one per core.  [default: 0]",
)
_quick = click.option(
    "--quick", is_flag=True, help="The whole path on a few pictures; the numbers mean nothing."
)
_stand_in = click.option(
    "--stand-in", is_flag=True, help="Procedural heads in place of humans; the results say so."
)


@click.group()
def experiment() -> None:
    """P0's experiment on synthetic pictures: sets, trainings, tests, tables."""


@experiment.command()
@click.argument("config", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=False)
@_output
@_models
@click.option(
    "--only", multiple=True, metavar="PATTERN", help="Only runs (or steps) like this; may be repeated."
)
@_threads
@click.option("--accelerator", default="cpu", show_default=True, help="For trainings: cpu, gpu or auto.")
@_quick
@_stand_in
@click.option("--list", "listing", is_flag=True, help="Say what is done, running and left; do nothing.")
def run(config: Path | None, listing: bool, only: tuple[str, ...], **chosen: Any) -> None:
    """Do what is left of the experiment CONFIG (default: config/experiments/p0.yaml).

    Start it once per core, on the same output folder: the processes share the work. A run whose results are there,
    made with the present configuration, is skipped; an interrupted one goes on after its last epoch.
    """
    from affect_core.experiment import listing as lists
    from affect_core.experiment.collect import collect_all
    from affect_core.experiment.session import open_session
    from affect_core.termination import terminated_like_interrupted

    _log_to_stderr()
    session = open_session(_file(config), **chosen)
    goals = session.goals(only)
    if listing:
        click.echo("\n".join(lists.lines(session)))
        return
    try:
        with terminated_like_interrupted():
            outcome = session.work(goals)
    except (KeyboardInterrupt, SystemExit):  # Lightning turns the former into the latter
        click.echo("interrupted; the same command goes on after the last epoch", err=True)
        sys.exit(INTERRUPTED)
    collect_all(session.plan, session.places)
    for name, reason in outcome.failed.items():
        click.echo(f"failed: {name}: {reason}", err=True)
    click.echo(lists.verdict(session, outcome))
    sys.exit(PARTIAL if outcome.left else 0)


@experiment.command()
@click.argument("names", nargs=-1, metavar="[MODEL]...")
@_config
@_output
@_models
@click.option("--stage", default="B", show_default=True, help="Stage whose best seed is taken.")
@click.option("--again", is_flag=True, help="Replace a checkpoint that is there.")
@_quick
@_stand_in
def ship(names: tuple[str, ...], config: Path | None, stage: str, again: bool, **chosen: Any) -> None:
    """Copy the checkpoint of each MODEL that validates best to models/, with its card: what is committed."""
    from affect_core.experiment.collect import collect_all
    from affect_core.experiment.session import open_session
    from affect_core.experiment.ship import ship as copy

    session = open_session(_file(config), **chosen)
    collect_all(session.plan, session.places)
    made = [copy(session.plan, session.places, m, stage, again) for m in names or session.plan.models]
    click.echo(f"shipped: {', '.join(map(str, made))}")


@experiment.command()
@_config
@_output
@_models
@_all_threads
@_quick
@_stand_in
def table1(config: Path | None, models: Path | None, output: Path | None, **how: Any) -> None:
    """Read the tests with the committed checkpoints, and compare with their results.json: within one point.

    OhBot and robots always; tests that show humans where the ICT face model is found. Exit code 1 if a number differs.
    """
    from affect_core.experiment.session import models_beside
    from affect_core.experiment.suite import evaluate_models, open_suite
    from affect_core.experiment.table1 import committed_models, compare, lines, verdict

    _log_to_stderr()
    suite = open_suite(str(_file(config)), kind="table1", output=output, **how)
    folder = models or models_beside(_file(config))
    names = committed_models(folder, suite.plan.models)
    compared = [one for name in names for one in compare(evaluate_models(suite, [folder / name])[0])]
    for note in suite.left_out:
        click.echo(f"left out: {note}", err=True)
    click.echo("\n".join(lines(compared)))
    click.echo(verdict(compared, suite.left_out))
    sys.exit(0 if all(one.agrees for one in compared) else DIFFERENT)


@experiment.command()
@_config
@_models
@_output
@_all_threads
@_quick
@click.option(
    "--limit", default=20, show_default=True, type=click.IntRange(1), help="Pictures per class and light."
)
@click.option(
    "--maps",
    default=Path("reports/overlap"),
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the maps and pages.",
)
@click.argument("names", nargs=-1, metavar="[MODEL]...")
def overlap(
    names: tuple[str, ...],
    config: Path | None,
    models: Path | None,
    output: Path | None,
    threads: int,
    quick: bool,
    limit: int,
    maps: Path,
) -> None:
    """Measure how much of each committed MODEL's evidence lies on the face of the OhBot, into its results.json.

    Explains the OhBot test by GradientSHAP and Grad-CAM, on tight and on loose crops. Maps that are there already are not
    made again. Afterwards the page of results is written anew.
    """
    from time import perf_counter

    from affect_core.experiment.overlap import TEST, measure_overlap, save_overlap
    from affect_core.experiment.session import models_beside
    from affect_core.experiment.suite import open_suite
    from affect_core.experiment.table1 import committed_models

    _log_to_stderr()
    started_s = perf_counter()
    suite = open_suite(str(_file(config)), (TEST,), output, threads, quick)
    folder = models or models_beside(_file(config))
    chosen = [folder / name for name in names or committed_models(folder, suite.plan.models)]
    found, pages = measure_overlap(suite, chosen, limit, maps)
    for one in found:
        save_overlap(folder, one, threads, perf_counter() - started_s)
    click.echo(f"overlap (synthetic): {', '.join(one.model for one in found)}; {' '.join(map(str, pages))}")


@experiment.command()
@_config
@_models
@click.option(
    "--page", type=click.Path(path_type=Path), help=f"The page that is written.  [default: {RESULTS_PAGE}]"
)
def tables(config: Path | None, models: Path | None, page: Path | None) -> None:
    """Write results.json of every model, the page of results and the README's part, from the runs that are done."""
    from affect_core.experiment.collect import collect_all
    from affect_core.experiment.readme import fill_readme
    from affect_core.experiment.session import open_session
    from affect_core.experiment.tables import results_page
    from affect_core.files import write_whole

    session = open_session(_file(config), models=models)
    collect_all(session.plan, session.places)
    root = _file(config).resolve().parents[2]
    written = page or root / RESULTS_PAGE
    write_whole(written, results_page(session.plan, session.places))
    if page is None:
        readme = root / README
        write_whole(readme, fill_readme(readme.read_text(), session.plan, session.places))
    click.echo(written)


@experiment.command("shortcut-sheet")
@click.argument("path", type=click.Path(dir_okay=False, path_type=Path))
@_config
@_stand_in
def shortcut_sheet(path: Path, config: Path | None, stand_in: bool) -> None:
    """Show the shortcut experiment's people before each kind of background, as the picture PATH."""
    from affect_core.experiment.plan import load_experiment
    from affect_core.experiment.shortcut_sheet import shortcut_sheet as draw
    from affect_core.synth.sheets import save_image

    save_image(path, draw(load_experiment(_file(config)), stand_in))
    click.echo(path)


def _file(config: Path | None) -> Path:
    return config or find_shared(_DEFAULT)


def _log_to_stderr() -> None:
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S", stream=sys.stderr
    )
    logging.getLogger("lightning").setLevel(logging.WARNING)
