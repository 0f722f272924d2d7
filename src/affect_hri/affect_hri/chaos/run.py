"""A whole trial with a process per node, and a fault every few seconds."""

from __future__ import annotations

import json
import os
import signal
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, Final

import yaml

from affect_core.bags import Recording
from affect_core.errors import AffectError
from affect_core.heads.expressions import load_expressions
from affect_core.paths import find_shared, set_aside
from affect_core.trial import EventKind, load_protocol, schedule
from affect_hri.chaos.faults import FAULTS, Stage
from affect_hri.chaos.processes import Nodes
from affect_hri.graph import load_scenario
from affect_hri.middleware import PROFILE, use_profile
from affect_hri.nodes._mischief import Mischief

NAMESPACE: Final = "chaos"
SESSION: Final = "chaos"
START_S: Final = 45.0
"""Kept for the start and the end of all processes."""
REPORT_S: Final = 30.0
"""The report may take so much of the minute that follows."""
PAUSE_S: Final = (2.0, 6.0)
"""Between two faults."""
_DOMAIN: Final = 91
_TURN_S: Final = 0.05


@dataclass(frozen=True)
class Outcome:
    """What was left.

    Attributes:
        faults: what was done -> how often, by the registry's names.
        finished: whether the trial came to its end.
        lost: frames of it without an estimate; None = there is no report that could tell.
        leaked: processes that were left behind.
        bag_readable: whether the bag is whole and holds frames.
        report: folder of the trial.
    """

    faults: dict[str, int]
    finished: bool
    lost: int | None
    leaked: int
    bag_readable: bool
    report: Path


def conduct(minutes: float, seed: int, output: Path, tell: Callable[[float, str], None]) -> Outcome:
    """Run it.

    Args:
        minutes: at most so long, and one more until everything has ended.
        seed: of the faults and their moments.
        output: the report is ``<output>/chaos``; an older one is set aside.
        tell: called with seconds since the start and what was done.

    Raises:
        AffectError: the nodes did not come up.
    """
    os.environ["ROS_DOMAIN_ID"] = os.environ.get("AFFECT_BENCH_DOMAIN_ID", str(_DOMAIN))
    os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
    use_profile(find_shared(PROFILE))
    report = output / SESSION
    set_aside(report)
    with tempfile.TemporaryDirectory() as folder:
        protocol = _protocol(Path(folder), 60.0 * minutes - START_S)
        arguments = {"protocol": str(protocol), "session": SESSION, "output": str(output.resolve())}
        arguments |= {"record": True, "record_image": "jpeg"}
        specs = load_scenario("trial", find_shared("config/graph.yaml")).resolve(arguments)
        trial = next(spec.parameters for spec in specs if spec.name == "trial")
        nodes = Nodes(specs, NAMESPACE, Path(folder))
        mischief = Mischief(NAMESPACE)
        stage = Stage(nodes, mischief, NAMESPACE, trial)
        try:
            with nodes:
                faults = _let_it_go_wrong(stage, Random(seed), 60.0 * minutes, report, tell)
                finished = EventKind.SESSION_END in mischief.kinds
        finally:
            mischief.close()
        time.sleep(1.0)
        leaked = nodes.leaked()
        for pid in leaked:
            os.kill(pid, signal.SIGKILL)
    summary = _summary(report)
    frames = summary.get("frames")
    lost = None if frames is None else (frames["rendered"] or 0) - frames["labelled"]
    return Outcome(faults, finished, lost, len(leaked), _readable(report / "bag"), report)


def _protocol(folder: Path, seconds: float) -> Path:
    """All five expressions, as often as there is time for."""
    content = {
        "name": "chaos",
        "description": "short expressions for as long as there is time",
        "kind": "single_emotion",
        "labels": ["confusion", "frustration", "skepticism", "disapproval", "boredom"],
        "repetitions": 1,
        "hold_s": 2.0,
        "rest_s": 1.0,
        "lead_in_s": 2.0,
        "intensity": 1.0,
        "order": "random",
        "fps": 15,
    }
    path = folder / "chaos.yaml"
    path.write_text(yaml.safe_dump(content))
    table = load_expressions()
    once_s = schedule(
        load_protocol(str(path)), {n: table.get(n).onset_s for n in table.names()}, 0, 0
    ).duration_s
    path.write_text(yaml.safe_dump(content | {"repetitions": max(1, int(seconds / once_s))}))
    return path


def _let_it_go_wrong(
    stage: Stage, random: Random, limit_s: float, report: Path, tell: Callable[[float, str], None]
) -> dict[str, int]:
    """Until the trial has ended, or the time is over; then the report has the rest of the last minute."""
    counts = dict.fromkeys(FAULTS, 0)
    started_s = time.monotonic()
    next_s = None
    while stage.now_s < limit_s and not (report / "summary.json").exists():
        stage.mischief.turn(_TURN_S)
        stage.now_s = time.monotonic() - started_s
        stage.due()
        if next_s is None:
            if not stage.mischief.kinds:
                continue
            next_s = stage.now_s
        if stage.now_s >= next_s:
            name = random.choice(FAULTS.names())
            tell(stage.now_s, f"{name}: {FAULTS.build(name, stage, random)}")
            counts[name] += 1
            next_s = stage.now_s + random.uniform(*PAUSE_S)
    stage.now_s = float("inf")
    stage.due()
    while not (report / "summary.json").exists() and time.monotonic() - started_s < limit_s + REPORT_S:
        stage.mischief.turn(_TURN_S)
    return counts


def _summary(report: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads((report / "summary.json").read_text())
    except (OSError, ValueError):
        return {}
    return content


def _readable(bag: Path) -> bool:
    try:
        with Recording(bag) as reader:
            count = sum(1 for _ in reader.messages(reader.topics))
            return count > 0 and not reader.flaws
    except AffectError:
        return False
