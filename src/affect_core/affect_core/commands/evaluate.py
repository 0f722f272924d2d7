"""``affect-hri evaluate``: recorded bags, which the ROS part does; with ``--suite`` models on the experiment's tests."""

from __future__ import annotations

import logging
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import click

from affect_core.errors import ConfigError

NAME = "evaluate"
GROUP = "affect_hri.commands"
_OPTION = "--suite"
_DEFAULTS = ("amal_resnet34", "effnet_transformer", "resnet50")


@click.command(NAME)
@click.option(
    _OPTION, required=True, metavar="NAME", help="Tests of an experiment in config/experiments: p0."
)
@click.option(
    "--model",
    "models",
    multiple=True,
    help=f"Model below models/, or a folder; may be repeated.  [default: {', '.join(_DEFAULTS)}]",
)
@click.option("--sets", multiple=True, metavar="TEST", help="Only this test set; may be repeated.")
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    default=Path("reports"),
    show_default=True,
    help="Where the report's folder is made.",
)
@click.option(
    "--work", type=click.Path(path_type=Path), help="Pictures and crops.  [default: reports/<suite>]"
)
@click.option("--threads", default=1, show_default=True, type=click.IntRange(1), help="CPU threads.")
@click.option("--quick", is_flag=True, help="A few pictures; the numbers mean nothing.")
@click.option("--stand-in", is_flag=True, help="Procedural heads in place of humans; the report says so.")
def suite(
    suite: str, models: tuple[str, ...], sets: tuple[str, ...], output: Path, work: Path | None, **how: Any
) -> None:
    """Models on the synthetic tests of an experiment: Table 1, calibration, examples, as a report.

    Tests that show synthetic humans need the ICT face model; where it is not found they are left out, and named.
    """
    from affect_core.experiment.suite import evaluate_models, open_suite
    from affect_core.experiment.suite_report import one_line, write_suite
    from affect_core.paths import set_aside

    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    config = open_suite(suite, sets, work, **how)
    for note in config.left_out:
        click.echo(f"left out: {note}", err=True)
    results = evaluate_models(config, models or _DEFAULTS)
    folder = output / f"{config.plan.name}-evaluated"
    set_aside(folder)
    click.echo(one_line(config, results, write_suite(config, results, folder)))


class Evaluate(click.Command):
    """With ``--suite`` our own command; without it that of the ROS part, as if ours were not there."""

    def make_context(self, info_name: str | None, args: list[str], *more: Any, **extra: Any) -> click.Context:
        """The context of the command that is meant."""
        wanted = any(arg == _OPTION or arg.startswith(f"{_OPTION}=") for arg in args)
        return (suite if wanted else _of_bags()).make_context(info_name, args, *more, **extra)

    def invoke(self, context: click.Context) -> Any:
        """Call the command that the context belongs to."""
        return context.command.invoke(context)


evaluate = Evaluate(NAME, help="Recorded BAGS; or, with --suite NAME, models on synthetic tests.")


def _of_bags() -> click.Command:
    for entry in entry_points(group=GROUP, name=NAME):
        command = entry.load()
        if isinstance(command, click.Command):
            command.epilog = f"Models on synthetic tests: {NAME} {_OPTION} p0 --help"
            return command
    raise ConfigError(
        f"expected {_OPTION} NAME; recorded bags are evaluated by the ROS part, which is not installed: run `make setup`"
    )
