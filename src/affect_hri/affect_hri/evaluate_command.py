"""`affect-hri evaluate BAG...` and `affect-hri compare`: recorded sessions, scored without topics."""

from __future__ import annotations

import os

# See affect_hri.program: before torch is imported.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from affect_core.errors import AffectError, ConfigError, InputError, UnknownName
from affect_core.names import distinct
from affect_hri.commands import RUNTIME_CHOICES, options
from affect_hri.results import PARTIAL, Result, finish, progress_bar
from affect_hri.scale_out import spread

if TYPE_CHECKING:
    from affect_hri.bag_evaluation import BagEvaluation, Evaluated


@click.command()
@click.argument("bags", nargs=-1, required=True, type=click.Path(path_type=Path))
@options("model", "smoothing", "durations", "output")
@click.option(
    "--runtime",
    default="torch",
    show_default=True,
    type=click.Choice(RUNTIME_CHOICES),
    help="What runs the model; torch gives the same answers everywhere.",
)
@click.option("--as-recorded", is_flag=True, help="Score what was said while the bag was recorded.")
@click.option("--jobs", default=1, show_default=True, type=click.IntRange(1), help="Bags at a time.")
@click.option(
    "--ray",
    default="",
    metavar="ADDRESS",
    help="On a Ray cluster that sees the same files; local: one of its own.",
)
@click.option("--again", is_flag=True, help="Also where a report of the same bag and settings is there.")
@click.option(
    "--image-topic", default="", help="Which images to read; default: camera/image_raw, or the only one."
)
@click.option(
    "--events-topic", default="", help="Which trial events count; default: trial/events, or the only ones."
)
@click.option(
    "--labels",
    type=click.Path(dir_okay=False, path_type=Path),
    help="CSV of start_s,label[,onset_s] in place of events; default without events: BAG/labels.csv.",
)
def evaluate(bags: tuple[Path, ...], output: str, jobs: int, ray: str, again: bool, **how: Any) -> None:
    """Re-run perception on the frames of recorded BAGS and score it against their events. Needs no topics.

    What was evaluated before is not evaluated again. Exit code 3 where parts of a bag are missing: the report then is of
    what could be read.
    """
    from affect_hri.bag_evaluation import BagEvaluation

    results: list[Result] = []
    errors: list[AffectError] = []
    for bag, found in _evaluated(bags, BagEvaluation(**how), Path(output), min(jobs, len(bags)), ray, again):
        if isinstance(found, AffectError):
            errors.append(found)
            if not isinstance(found, InputError):
                raise found  # not the bag's fault: the others would end the same
            if len(bags) > 1:
                click.echo(f"affect-hri: {found}", err=True)
            results.append((found.exit_code, None))
            continue
        if found.kept:
            click.echo(f"{bag}: the report {found.folder} is there already (--again makes it anew)", err=True)
        tell_flaws(bag, found.flaws)
        results.append((PARTIAL if found.flaws else 0, (found.folder, found.summary)))
    if len(errors) == len(bags):
        raise errors[-1]
    finish(results)


def tell_flaws(path: Path, flaws: Sequence[str]) -> None:
    """One line on stderr for each thing that is wrong with a bag."""
    for flaw in flaws:
        click.echo(f"affect-hri: {path} is not whole: {flaw}", err=True)


def _evaluated(
    bags: Sequence[Path], how: BagEvaluation, output: Path, jobs: int, ray: str, again: bool
) -> Iterator[tuple[Path, Evaluated | AffectError]]:
    """In the order of the bags, whatever ran first."""
    several = distinct(bag.resolve().parent.name if bag.name == "bag" else bag.stem for bag in bags)
    names = several if len(bags) > 1 else [""]
    orders = [_Order(bag, how, output, again, name) for bag, name in zip(bags, names, strict=True)]
    with progress_bar() as bar:
        if jobs == 1 and not ray:
            for order in orders:
                task = bar.add_task(f"evaluate {order.bag}", total=None)
                yield order.bag, _carry_out(order, partial(_show, bar, task))
            return
        task = bar.add_task(f"evaluate {len(bags)} bags", total=len(bags))
        found = spread(_carry_out, orders, jobs, ray, lambda: bar.advance(task))
        yield from zip(bags, found, strict=True)


@dataclass(frozen=True)
class _Order:
    """One bag; plain values, so that it can be sent to other processes."""

    bag: Path
    how: BagEvaluation
    output: Path
    again: bool
    name: str


def _show(bar: Any, task: Any, done: int, total: int) -> None:
    bar.update(task, completed=done, total=total)


def _carry_out(order: _Order, progress: Any = lambda done, total: None) -> Evaluated | AffectError:
    """Errors of ours are values here, so that one bag's does not end the others."""
    from affect_hri.bag_evaluation import evaluate_bag

    try:
        return evaluate_bag(order.bag, order.how, order.output, order.name, progress, order.again)
    except UnknownName as error:  # it cannot be sent between processes
        return ConfigError(str(error))
    except AffectError as error:
        return error
