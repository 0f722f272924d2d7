"""A composition of protocols, conducted part by part; called again, it goes on where it was interrupted."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from rich.table import Table

from affect_core.errors import ConfigError
from affect_core.evaluation import Summary
from affect_core.evaluation.joint import INDEX, read_summary, write_joint
from affect_core.evaluation.progress import Progress
from affect_core.evaluation.summary import finite, percent
from affect_core.files import write_whole
from affect_core.heads.expressions import load_expressions
from affect_core.paths import set_aside
from affect_core.trial import Composition, Part, participant_number, schedule, session_id

Run = Callable[[Mapping[str, Any], Mapping[str, Mapping[str, Any]]], int]
"""Conducts one trial: arguments, overrides of node parameters -> exit code."""

NOTE: Final = "run.json"
_FREE: Final = ("output", "notes", "record", "record_image")
"""Arguments that may change from one call to the next."""
_ORDERS_APART: Final = 100
"""The seed of the i-th part is 100 seed + i: every part has an order of its own."""


@dataclass(frozen=True)
class State:
    """How far a part is: repetitions finished of those it has."""

    done: int
    total: int
    summary: Summary | None = None

    @property
    def finished(self) -> bool:
        """Whether there is a report of the whole part."""
        return self.summary is not None


class Conducting:
    """One run of a composition.

    Args:
        composition: what to conduct.
        arguments: of the trial scenario; ``protocol`` names the composition.
        again: set aside what is there and begin anew.
        say: takes lines for the operator.

    Raises:
        ConfigError: what is there was made with other arguments.
    """

    def __init__(
        self,
        composition: Composition,
        arguments: Mapping[str, Any],
        again: bool,
        say: Callable[[str], None],
    ) -> None:
        self.composition, self._arguments, self._say = composition, arguments, say
        self._seed, self._participant = int(arguments["seed"]), str(arguments["participant"])
        look = str(arguments["look"]) if arguments["camera"] == "avatar" else ""
        made = session_id(composition.name, self._seed, self._participant, look=look)
        self.name = str(arguments.get("session") or made)
        self.folder = Path(arguments["output"]) / self.name
        if again:
            set_aside(self.folder)
        self._claim()

    def run(self, conduct: Run) -> int:
        """Conduct what is left, part by part; the joint table is written after each.

        Returns:
            0, or the exit code of the part that did not come to its end.
        """
        self._say(self.found())
        for number, part in enumerate(self.composition.parts):
            if self.state(part).finished:
                continue
            code = conduct(
                self._part_arguments(part, number), {"trial": {"session": part.name, "resume": True}}
            )
            self.write()
            if code:
                self._say(f"{self.name} is not finished; {self.found()}; the same command goes on")
                return code
        self.write()
        return 0

    def found(self) -> str:
        """What is there and what is left, in one line."""
        states = {part.name: self.state(part) for part in self.composition.parts}
        finished = [name for name, state in states.items() if state.finished]
        begun = [
            f"{name} ({state.done} of {state.total} repetitions)"
            for name, state in states.items()
            if state.done and not state.finished
        ]
        left = [name for name, state in states.items() if not state.finished and not state.done]
        words = {"finished": finished, "begun": begun, "left": left}
        return "; ".join(f"{word}: {', '.join(names) or 'none'}" for word, names in words.items())

    def state(self, part: Part) -> State:
        """How far a part is. A report without progress beside it is that of a whole part."""
        report = self.folder / part.name
        progress = Progress(report)
        summary = None if progress.folder.exists() else read_summary(report)
        table = load_expressions()
        onsets_s = {name: table.get(name).onset_s for name in table.names()}
        blocks = schedule(
            part.protocol, onsets_s, self._seed, participant_number(self._participant, 0)
        ).blocks
        return State(progress.finished(blocks), len(blocks), summary)

    def write(self) -> Path:
        """The joint table of what is finished; returns index.html."""
        summaries = {part.name: self.state(part).summary for part in self.composition.parts}
        run = {key: self._arguments[key] for key in ("seed", "participant", "clock", "model", "runtime")}
        return write_joint(self.folder, self.name, self.composition.description, run, summaries)

    def table(self) -> Table:
        """How right each part was, and how far it is."""
        table = Table(title=self.name)
        for column in ("part", "held", "all commanded", "neutral", "repetitions"):
            table.add_column(column, justify="left" if column == "part" else "right")
        for part in self.composition.parts:
            state = self.state(part)
            accuracy = state.summary["accuracy"] if state.summary else {}
            shares = (percent(accuracy.get(key)) for key in ("hold", "frame", "neutral"))
            done = state.total if state.finished else state.done
            table.add_row(part.name, *shares, f"{done} of {state.total}")
        return table

    def result(self) -> str:
        """How far it is, in one line."""
        parts = self.composition.parts
        finished = sum(self.state(part).finished for part in parts)
        return f"{self.name}: {finished} of {len(parts)} parts finished; {self.folder / INDEX}"

    def _part_arguments(self, part: Part, number: int) -> dict[str, Any]:
        return {
            **self._arguments,
            "protocol": f"{self._arguments['protocol']}:{part.name}",
            "output": str(self.folder),
            "seed": _ORDERS_APART * self._seed + number,
        }

    def _claim(self) -> None:
        """Note what the folder is made with; refuse to mix it with something else."""
        parts = {part.name: finite(dataclasses.asdict(part.protocol)) for part in self.composition.parts}
        wanted = {key: value for key, value in self._arguments.items() if key not in _FREE}
        wanted = json.loads(json.dumps({"arguments": wanted, "parts": parts}))
        path = self.folder / NOTE
        if not path.exists():
            write_whole(path, json.dumps(wanted, indent=1) + "\n")
            return
        there = json.loads(path.read_text())
        changed = _differences(there, wanted)
        if changed:
            raise ConfigError(
                f"{self.folder} was made with other settings ({'; '.join(changed)}): use them, or begin anew with "
                "--again, or choose another --output"
            )


def _differences(there: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    old, new = there.get("arguments", {}), wanted["arguments"]
    found = [
        f"{key} was {old.get(key)!r}, is {new.get(key)!r}"
        for key in sorted({*old, *new})
        if old.get(key) != new.get(key)
    ]
    if there.get("parts") != wanted["parts"]:
        found.append("the protocol's file has changed")
    return found
