"""The subcommands of `affect-hri` that need ROS. Progress on stderr; the last line on stdout is the result."""

from __future__ import annotations

import os

# See affect_hri.program: before torch is imported.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import yaml
from rich.console import Console

from affect_core.paths import find_shared
from affect_hri.results import PARTIAL, Result, finish, progress_bar

if TYPE_CHECKING:
    from affect_hri.console import OperatorKeys

CLOCKS = click.Choice(["wall", "lockstep"])
CAMERAS = click.Choice(["avatar", "webcam", "video", "folder", "topic"])


@cache
def _rows() -> dict[str, Any]:
    """The arguments of the trial scenario in config/graph.yaml."""
    graph = yaml.safe_load(find_shared("config/graph.yaml").read_text())
    return {**graph["common"], **graph["scenarios"]["trial"]["arguments"]}


def options(*names: str) -> Callable[[Any], Any]:
    """The named arguments of the trial scenario in config/graph.yaml as click options: one home for defaults."""

    def decorate(command: Any) -> Any:
        for name in reversed(names):
            row = _rows()[name]
            kind = click.Choice(row["choices"]) if "choices" in row else type(row["default"])
            option = f"--{name.replace('_', '-')}"
            command = click.option(
                option, name, default=row["default"], show_default=True, type=kind, help=row["doc"]
            )(command)
        return command

    return decorate


PERCEPTION = ("model", "runtime", "smoothing", "durations", "explain")
RUNTIME_CHOICES = _rows()["runtime"]["choices"]
SCENE = ("head", "port", "motor_file", "lighting", "occlusion", "look", "colour", "fps")
SOURCE = ("path", "device")


@click.command()
@click.option("--source", default="avatar", show_default=True, type=CAMERAS, help="Who takes the frames.")
@options(*PERCEPTION, *SOURCE, "protocol", "seed", "participant", "output")
@click.option("--clock", default="lockstep", show_default=True, type=CLOCKS, help="Wall clock or lock-step.")
@click.option(
    "--record/--no-record", default=True, show_default=True, help="Record a bag beside each report."
)
@click.option(
    "--anonymize/--no-anonymize", default=False, show_default=True, help="Blur faces in what is recorded."
)
def demo(source: str, record: bool, **arguments: Any) -> None:
    """The closed loop: a virtual OhBot in even and in dim light, or any other --source, each with a report."""
    arguments |= {"camera": source, "record": record}
    if source == "avatar":
        runs = [arguments | {"head": "avatar", "lighting": light} for light in ("even", "dim")]
    else:
        runs = [arguments | {"head": "none", "protocol": "watch"}]
    results: list[Result] = []
    for run in runs:
        results.append(_trial(run))
        if results[-1][0]:
            break
    finish(results)


@click.command()
@click.option(
    "--source", "--camera", "camera", default="avatar", show_default=True, type=CAMERAS, help="Frames."
)
@options(
    *PERCEPTION,
    *SCENE,
    *SOURCE,
    "clock",
    "protocol",
    "seed",
    "participant",
    "session",
    "notes",
    "output",
    "record_image",
)
@click.option(
    "--record/--no-record", default=False, show_default=True, help="Record a bag beside the report."
)
@click.option(
    "--anonymize/--no-anonymize", default=False, show_default=True, help="Blur faces in what is recorded."
)
@click.option(
    "--resume",
    is_flag=True,
    help="Go on with an interrupted run of the same session; a protocol of parts does anyway.",
)
@click.option("--again", is_flag=True, help="A protocol of parts: begin anew, and set aside what is there.")
@click.option(
    "--questionnaire",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="YAML of questions that are asked here after the session; answers beside the report.",
)
def trial(resume: bool, again: bool, questionnaire: Path | None, **arguments: Any) -> None:
    """Conduct one trial protocol, composed in one program, and write its report.

    A protocol of several parts (p0) conducts them one after another. Interrupted and called again, it goes on without
    repeating what is finished. While a trial runs, Enter says next, p pauses, r resumes, q ends it; other lines are
    kept as notes.
    """
    from affect_core.trial import load_protocol, parts_of
    from affect_core.trial.questionnaire import load_questionnaire
    from affect_hri.composition import Conducting
    from affect_hri.console import HELP, OperatorKeys, ask_after, ask_consent

    composition = parts_of(arguments["protocol"])
    parts = composition.parts if composition else ()
    questions = load_questionnaire(questionnaire) if questionnaire else None
    ask_consent([part.protocol for part in parts] or [load_protocol(arguments["protocol"])])
    arguments |= {"consent": "accepted on the terminal"}
    keys = OperatorKeys()
    if keys.listening:
        click.echo(HELP, err=True)
    if composition is None:
        result = _trial(arguments, {"trial": {"resume": resume}}, keys)
        if result[1]:
            ask_after(questions, result[1][0], arguments["participant"], keys)
        finish([result])
        return
    conducting = Conducting(composition, arguments, again, lambda line: click.echo(line, err=True))
    code = conducting.run(lambda given, overrides: _trial(given, overrides, keys)[0])
    Console().print(conducting.table())
    if not code:
        ask_after(questions, conducting.folder, arguments["participant"], keys)
    click.echo(conducting.result())
    sys.exit(code)


@click.command()
@click.option(
    "--source", "--camera", "camera", default="webcam", show_default=True, type=CAMERAS, help="Frames."
)
@options(*PERCEPTION, *SCENE, *SOURCE, "responder")
@click.option("--window", is_flag=True, help="Show the pictures in a window; needs a display.")
@click.option(
    "--browser", type=click.IntRange(0, 65535), help="Show them on this port of localhost; 0: a free one."
)
def live(window: bool, browser: int | None, **arguments: Any) -> None:
    """Label faces until Ctrl-C; the pictures are on the topic overlay/image, in a window, or in a browser."""
    from affect_core.viewers import Browser, Latest, Window
    from affect_hri.composed import Composed

    latest = Latest()
    with ExitStack() as stack:
        refresh = Window(latest).refresh if window else lambda: None
        if browser is not None:
            page = stack.enter_context(Browser(latest, browser))
            click.echo(f"open {page.address}", err=True)
        program = stack.enter_context(Composed("live", arguments))
        if window or browser is not None:
            program.tap("overlay", "overlay/image", lambda frame: latest.show(frame.image_rgb))
        code = program.run(refresh)
    click.echo("live: stopped")
    sys.exit(0 if code == 130 else code)


@click.command()
@click.argument("bag", type=click.Path(path_type=Path))
@options(*PERCEPTION, "output")
def replay(bag: Path, **arguments: Any) -> None:
    """Send a recorded BAG through the perception nodes, by topics and /clock, and write its report."""
    from affect_hri.composed import Composed

    with Composed("replay", arguments | {"bag": str(bag)}) as program:
        node = program.nodes["replay"]
        with progress_bar() as bar:
            task = bar.add_task(f"replay {bag}", total=None)
            code = program.run(
                lambda: bar.update(
                    task, total=getattr(node, "total", None), completed=getattr(node, "sent", 0)
                )
            )
        result = program.nodes["evaluation"].result
    flaws = getattr(node, "flaws", ())
    for flaw in flaws:
        click.echo(f"affect-hri: {bag} is not whole: {flaw}", err=True)
    finish([(code or (PARTIAL if flaws else 0), result)])


# --- one run ---------------------------------------------------------------------------------------------


def _trial(
    arguments: Mapping[str, Any],
    overrides: Mapping[str, Mapping[str, Any]] | None = None,
    keys: OperatorKeys | None = None,
) -> Result:
    from affect_hri.composed import Composed

    with Composed("trial", arguments, overrides) as program:
        node = program.nodes["trial"]
        with progress_bar() as bar:
            task = bar.add_task(arguments["protocol"], total=None)

            def show() -> None:
                done_s, total_s, label = node.progress
                known = total_s if total_s and total_s != float("inf") else None
                title = node.title or arguments["protocol"]
                bar.update(task, description=title, total=known, completed=done_s, label=label)
                if keys is not None:
                    keys.attend(node)

            code = program.run(show)
        return code, program.nodes["evaluation"].result


@click.command()
@click.option("--minutes", default=10.0, show_default=True, type=click.FloatRange(0.5), help="Of each run.")
@click.option("--output", default="reports", show_default=True, type=click.Path(path_type=Path))
def soak(minutes: float, output: Path) -> None:
    """The closed loop at 30 frames per second for a long time, alone and beside a busy core; soak.json, soak.png.

    Exit code 3 when memory or latency grow, frames are dropped, or labels stall.
    """
    from dataclasses import asdict

    from affect_hri.bench import soak as measuring

    runs = {}
    with progress_bar() as bar:
        for name, hog in (("quiet", False), ("busy_core", True)):
            task = bar.add_task(f"soak {name}", total=1.0)
            windows = measuring.soak(
                minutes,
                hog,
                lambda share, task=task: bar.update(task, completed=share),  # type: ignore[misc]
            )
            runs[name] = (windows, measuring.judge(windows, hog))
    path = measuring.write_soak(runs, output)
    for name, (_, verdict) in runs.items():
        click.echo(f"{name}: " + ", ".join(f"{key} {value:.4g}" for key, value in asdict(verdict).items()))
    passed = all(verdict.passed for _, verdict in runs.values())
    click.echo(f"soak {'passed' if passed else 'failed'}; {path}")
    sys.exit(0 if passed else PARTIAL)
