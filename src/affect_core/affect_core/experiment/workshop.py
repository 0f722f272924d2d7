"""The experiment as steps: make sets, cut faces, train, measure."""

from __future__ import annotations

from collections.abc import Iterable

from affect_core.experiment.crops import is_cut, prepare_crops
from affect_core.experiment.measure import is_measured, measure_run
from affect_core.experiment.places import Places
from affect_core.experiment.plan import Experiment, RunSpec, set_needs
from affect_core.experiment.sets import is_made, make_set
from affect_core.experiment.steps import Graph, Step
from affect_core.experiment.train import is_trained, train_run


class Workshop:
    """Makes the steps of an experiment.

    Args:
        plan: the experiment.
        places: where files lie.
        threads: of each process.
        stand_in: procedural heads stand in for humans.
        accelerator: that trainings run on: cpu, gpu, auto.
        command: that starts one run, with ``{}`` for its name; written into the results.
    """

    def __init__(
        self,
        plan: Experiment,
        places: Places,
        threads: int = 1,
        stand_in: bool = False,
        command: str = "",
        accelerator: str = "cpu",
    ) -> None:
        self._plan, self._places, self._threads = plan, places, threads
        self._stand_in, self._command, self._accelerator = stand_in, command, accelerator

    def graph(self) -> Graph:
        """All steps. Names: ``set X``, ``cut X for crop-labels``, ``train RUN``, ``measure RUN``."""
        cuts: dict[str, Step] = {}
        for run in self._plan.runs.values():
            for name in self._sets_of(run):
                step = self._cut(name, run)
                cuts.setdefault(step.name, step)
        runs = [step for run in self._plan.runs.values() for step in (self._train(run), self._measure(run))]
        return Graph([*map(self._set, self._plan.sets), *cuts.values(), *runs])

    def goals(self) -> list[str]:
        """What is wanted in the end: the rows of every run."""
        return [f"measure {name}" for name in self._plan.runs]

    def _set(self, name: str) -> Step:
        plan, data = self._plan, self._places.data
        return Step(
            f"set {name}",
            tuple(f"set {need}" for need in set_needs(plan.sets[name])),
            lambda: is_made(plan, name, data, self._stand_in),
            lambda: make_set(plan, name, data, self._threads, self._stand_in),
        )

    def _cut(self, name: str, run: RunSpec) -> Step:
        tests = {self._plan.tests[key].set: self._plan.tests[key] for key in run.spec.tests}
        return Step(
            _cut_name(name, run),
            (f"set {name}",),
            lambda: is_cut(self._places, name, run.crop_spec, run.label_names),
            lambda: prepare_crops(self._places, name, run.crop_spec, run.label_names, tests.get(name)),
        )

    def _train(self, run: RunSpec) -> Step:
        reads = _distinct(share.set for share in (*run.spec.train, *run.spec.validation))
        return Step(
            f"train {run.name}",
            (*((f"train {run.parent}",) if run.parent else ()), *(_cut_name(name, run) for name in reads)),
            lambda: is_trained(run, self._places),
            lambda: train_run(run, self._places, self._threads, self._accelerator),
        )

    def _measure(self, run: RunSpec) -> Step:
        reads = _distinct([*(share.set for share in run.spec.validation), *self._test_sets(run)])
        command = self._command.format(run.name)
        return Step(
            f"measure {run.name}",
            (f"train {run.name}", *(_cut_name(name, run) for name in reads)),
            lambda: is_measured(run, self._places),
            lambda: measure_run(self._plan, run, self._places, self._threads, command),
        )

    def _sets_of(self, run: RunSpec) -> list[str]:
        shares = (share.set for share in (*run.spec.train, *run.spec.validation))
        return _distinct([*shares, *self._test_sets(run)])

    def _test_sets(self, run: RunSpec) -> list[str]:
        return [self._plan.tests[key].set for key in run.spec.tests]


def _distinct(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))


def _cut_name(name: str, run: RunSpec) -> str:
    return f"cut {name} for {run.spec.crop}-{run.spec.labels}"
