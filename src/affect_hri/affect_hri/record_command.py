"""`affect-hri record`: the running graph into a bag; what is in one; making one whole again."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from affect_core.bags import Recording, Repaired

PARTIAL = 3


@click.group(invoke_without_command=True)
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    help="Folder of the bag; must not exist.  [default: reports/recorded-<time>/bag]",
)
@click.option("--image", default="raw", show_default=True, type=click.Choice(["raw", "jpeg"]), help="Frames.")
@click.option(
    "--anonymize/--no-anonymize",
    default=False,
    show_default=True,
    help="Blur faces; needs face_node, and leaves out frames whose faces it does not tell.",
)
@click.option(
    "--max-size-mb",
    type=click.IntRange(0),
    help="A file that is larger is closed, the next one begun; 0: one.",
)
@click.option("--namespace", default="affect", show_default=True, help="Of the nodes to listen to.")
@click.pass_context
def record(
    context: click.Context,
    output: Path | None,
    image: str,
    anonymize: bool,
    max_size_mb: int | None,
    namespace: str,
) -> None:
    """Record the running graph until Ctrl-C. Exit code 3 when the disk was full before."""
    if context.invoked_subcommand is not None:
        return
    from affect_core.bags import Recording

    path = output or Path("reports") / f"recorded-{datetime.now():%Y%m%d-%H%M%S}" / "bag"
    parameters: dict[str, Any] = {"bag": str(path), "image": image, "anonymize": anonymize, "ends": "stopped"}
    if max_size_mb is not None:
        parameters["max_size_mb"] = max_size_mb
    code = _run_recorder(namespace, parameters)
    with Recording(path) as bag:
        click.echo(_one_line(path, bag))
    sys.exit(code)


@record.command("repair")
@click.argument("bags", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
def repair_bags(bags: tuple[Path, ...]) -> None:
    """Make BAGS that were cut off or damaged whole bags again, for `ros2 bag` too.

    Exit code 0 also where nothing was wrong; 3 where parts of a recording are lost for good.
    """
    from affect_core.bags import repair

    code = 0
    for path in bags:
        done = repair(path)
        for flaw in done.flaws:
            click.echo(f"{path}: {flaw}", err=True)
        code = max(code, PARTIAL if done.lost else 0)
        click.echo(_repaired_line(done))
    sys.exit(code)


@record.command()
@click.argument("bag", type=click.Path(exists=True, path_type=Path))
def info(bag: Path) -> None:
    """Topics of BAG, what its recorder wrote about it, and what is wrong with it. Exit code 3 if it is not whole."""
    from affect_core.bags import Recording

    with Recording(bag) as recording:
        for topic in sorted(recording.topics, key=lambda topic: topic.name):
            click.echo(f"{recording.count(topic):8d}  {topic.name}  {topic.type_name}")
        for key, text in sorted(recording.facts.items()):
            click.echo(f"{key}: {text}")
        for flaw in recording.flaws:
            click.echo(f"affect-hri: {bag} is not whole: {flaw}", err=True)
        click.echo(_one_line(bag, recording))
        sys.exit(PARTIAL if recording.flaws else 0)


def _run_recorder(namespace: str, parameters: dict[str, Any]) -> int:
    import rclpy
    from rclpy.parameter import Parameter
    from rclpy.signals import SignalHandlerOptions

    from affect_core.paths import find_shared
    from affect_hri.composed import node_class
    from affect_hri.middleware import PROFILE, use_profile
    from affect_hri.program import INTERRUPTED, Program, Signals

    with Signals() as signals:
        use_profile(find_shared(PROFILE))
        rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
        try:
            overrides = [Parameter(name, value=value) for name, value in parameters.items()]
            node = node_class("recorder")(namespace=namespace, parameter_overrides=overrides)
            code = Program([node], signals).run(until=[node], watch=lambda: _raise_failure(node))
        finally:
            rclpy.try_shutdown()
    return 0 if code == INTERRUPTED else code


def _raise_failure(node: Any) -> None:
    if node.failure is not None:
        raise node.failure


def _one_line(path: Path, bag: Recording) -> str:
    first_ns, last_ns = bag.span_ns
    files = len(bag.contents)
    state = "whole" if not bag.flaws else "not whole"
    return (
        f"{path}: {bag.count()} messages on {len(bag.topics)} topics, {(last_ns - first_ns) / 1e9:.1f} s, "
        f"{files} file{'s' if files != 1 else ''}, {state}"
    )


def _repaired_line(done: Repaired) -> str:
    what = "repaired" if done.flaws else "whole, nothing changed"
    kept = f"; as it was: {', '.join(path.name for path in done.kept)}" if done.kept else ""
    return f"{done.path}: {what}, {done.messages} messages, {done.seconds:.1f} s{kept}"
