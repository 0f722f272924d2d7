"""An experiment that is opened to be worked on: its plan, its places, its steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from affect_core.errors import ConfigError
from affect_core.experiment.locks import Locks
from affect_core.experiment.places import Places
from affect_core.experiment.plan import Experiment, load_experiment
from affect_core.experiment.steps import Graph, Outcome, work
from affect_core.experiment.workshop import Workshop
from affect_core.synth.faces import has_humans

REPORTS: Final = Path("reports")


@dataclass(frozen=True)
class Session:
    """See `open_session`.

    Attributes:
        plan, places: of the experiment.
        graph: all steps.
        wanted: the last step of every run.
        locks: of the output folder.
    """

    plan: Experiment
    places: Places
    graph: Graph
    wanted: tuple[str, ...]
    locks: Locks

    def goals(self, patterns: Sequence[str]) -> tuple[str, ...]:
        """All that is wanted, or the steps that match; raises ConfigError if none does."""
        return self.graph.matching(patterns) if patterns else self.wanted

    def work(self, goals: Sequence[str]) -> Outcome:
        """Do what is left; see `steps.work`."""
        return work(self.graph, goals, self.locks)


def open_session(
    config: Path,
    output: Path | None = None,
    models: Path | None = None,
    threads: int = 1,
    quick: bool = False,
    stand_in: bool = False,
    accelerator: str = "cpu",
) -> Session:
    """Read an experiment and lay out its steps.

    Args:
        config: like `config/experiments/p0.yaml`.
        output: large files; default ``reports/<name>``, ``reports/<name>-quick``.
        models: folder of the results; default `models_beside` the file, or in a quick check below the output.
        threads: of each process.
        quick: the whole path on a few pictures. Procedural heads then stand in for humans where the ICT face
            model is not found.
        stand_in: they do so in any case; the results say it.
        accelerator: that trainings run on: cpu, gpu, auto.

    Raises:
        ConfigError: the file cannot be used, or the face model is missing in a run that is not quick.
    """
    stand_in = stand_in or (quick and not has_humans())
    plan = load_experiment(config, quick, stand_in)
    output = output or REPORTS / (f"{plan.name}-quick" if quick else plan.name)
    places = Places(output, models or (output / "models" if quick else models_beside(config)))
    shop = Workshop(plan, places, threads, stand_in, _command(config, quick), accelerator)
    return Session(plan, places, shop.graph(), tuple(shop.goals()), Locks(places.locks))


def models_beside(config: Path) -> Path:
    """The folder ``models`` of the checkout that ``config/experiments/NAME.yaml`` really lies in.

    An installed workspace has links to that file, and a folder ``models`` of its own, which git does not see.

    Raises:
        ConfigError: there is none.
    """
    folder = config.resolve().parents[2] / "models"
    if not folder.is_dir():
        raise ConfigError(
            f"expected the models of {config} at {folder}, found none; name the folder with --models"
        )
    return folder


def _command(config: Path, quick: bool) -> str:
    """The command that does one run, for the reader; ``{}`` = the run's name."""
    shown = "/".join(config.parts[-3:])
    return f"affect-hri experiment run {shown} --only '{{}}'{' --quick' if quick else ''}"
