"""What of an experiment is done, being done, and left."""

from __future__ import annotations

from collections import Counter

from affect_core.experiment.session import Session
from affect_core.experiment.steps import Outcome


def lines(session: Session) -> list[str]:
    """One line per run, with what it still takes; the last line counts."""
    states = {name: state(session, name) for name in session.plan.runs}
    width = max(map(len, states))
    return [*(f"{name:{width}s}  {text}" for name, text in states.items()), summary(session)]


def state(session: Session, run: str) -> str:
    """``done``, or the steps that are left and who works on them."""
    left = [step.name for step in session.graph.todo([f"measure {run}"])]
    if not left:
        return "done"
    own = [name.split(" ")[0] for name in left if name.endswith(f" {run}")]
    running = [f"{name} (process {pid})" for name in left if (pid := session.locks.holder(name)) is not None]
    others = len(left) - len(own)
    waits = f", after {others} other steps" if others else ""
    return f"left: {', '.join(own)}{waits}" + (f"; running: {', '.join(running)}" if running else "")


def summary(session: Session) -> str:
    """One line: how many runs are done."""
    done = Counter(not session.graph.todo([f"measure {run}"]) for run in session.plan.runs)
    return f"{session.plan.name}: {done[True]} of {len(session.plan.runs)} runs done, {done[False]} left"


def verdict(session: Session, outcome: Outcome) -> str:
    """The last line of a worker."""
    failed = f", {len(outcome.failed)} steps failed" if outcome.failed else ""
    return f"{summary(session)}{failed}; results in {session.places.models}"
