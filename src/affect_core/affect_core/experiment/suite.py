"""Table 1 for any models: the experiment's tests on checkpoints as they are, without training anything."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from affect_core.emotion.card import Card, load_card
from affect_core.errors import ConfigError, InputError, UnknownName
from affect_core.evaluation.temperature import fit_temperature
from affect_core.experiment.collect import Measured, results_path
from affect_core.experiment.evaluate import answers_on_sets, answers_on_tests
from affect_core.experiment.locks import Locks
from affect_core.experiment.places import Places
from affect_core.experiment.plan import Experiment, TestSpec, load_experiment
from affect_core.experiment.predictions import Predictions
from affect_core.experiment.results import read_result
from affect_core.experiment.rows import Case, cases
from affect_core.experiment.sets import is_made, needs_humans
from affect_core.experiment.steps import work
from affect_core.experiment.workshop import Workshop
from affect_core.labels import COMPLEX_5
from affect_core.paths import find_named
from affect_core.synth.faces import has_humans

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SuiteConfig:
    """What is evaluated.

    Attributes:
        plan: the experiment whose tests are taken.
        places: its pictures are shared with the experiment's own runs.
        tests: those that can be made here.
        left_out: why others cannot.
        stand_in: procedural heads stand in for humans.
        threads: of the networks and generators.
    """

    plan: Experiment
    places: Places
    tests: tuple[TestSpec, ...]
    left_out: tuple[str, ...] = ()
    stand_in: bool = False
    threads: int = 1


@dataclass(frozen=True)
class ModelResult:
    """One checkpoint on the tests.

    Attributes:
        card: of the model.
        answers: key of the test -> predictions.
        temperature: fitted on validation pictures; None = unknown.
        measured: every case, with the sums of this one checkpoint.
    """

    card: Card
    answers: Mapping[str, Predictions]
    temperature: float | None
    measured: Mapping[Case, Measured] = field(default_factory=dict)


def open_suite(
    suite: str,
    sets: Sequence[str] = (),
    output: Path | None = None,
    threads: int = 1,
    quick: bool = False,
    stand_in: bool = False,
    kind: str = "",
) -> SuiteConfig:
    """Decide which tests can be made here.

    Args:
        suite: name of an experiment below config/experiments, or the path of its file.
        sets: only tests of these names (or keys); empty = all.
        output: folder of the pictures; default ``reports/<name>``.
        threads: of the networks and generators.
        quick: the experiment's quick settings: few pictures.
        stand_in: procedural heads stand in for humans.
        kind: only tests whose results stand in this table; empty = all.

    Raises:
        ConfigError: no such suite or test.
    """
    plan = load_experiment(find_named("config/experiments", suite, ".yaml"), quick, stand_in)
    folder = output or Path("reports") / (f"{plan.name}-quick" if quick else plan.name)
    places = Places(folder, folder)
    chosen, left_out = [], []
    for test in (one for one in _chosen(plan, sets) if kind in ("", one.kind)):
        if can_make(plan, test.set, places, stand_in):
            chosen.append(test)
        else:
            left_out.append(f"{test.key}: shows synthetic humans, and the ICT face model is not found")
    if not chosen:
        raise ConfigError(f"expected a test that can be made here; left out: {'; '.join(left_out)}")
    return SuiteConfig(plan, places, tuple(chosen), tuple(left_out), stand_in, threads)


def evaluate_models(config: SuiteConfig, models: Iterable[str | Path]) -> list[ModelResult]:
    """Every model on every test. Pictures that are not there are made.

    Raises:
        ConfigError, ModelError: a model that cannot be used, or has not the five complex emotions among its labels.
    """
    cards = [_usable(load_card(model)) for model in models]
    make_sets(config, [test.set for test in config.tests])
    return [_evaluate(config, card) for card in cards]


def _evaluate(config: SuiteConfig, card: Card) -> ModelResult:
    _log.info("%s: reading %d tests", card.name, len(config.tests))
    answers = answers_on_tests(card, config.tests, config.places, config.threads)
    temperature = _temperature(config, card)
    tests = {test.key: test for test in config.tests}
    measured = {
        case: Measured("", 0, case, (sums,), count)
        for case, sums, count in cases(tests, card.labels, answers, temperature or 1.0)
        if temperature is not None or not case.calibrated
    }
    return ModelResult(card, answers, temperature, measured)


def _temperature(config: SuiteConfig, card: Card) -> float | None:
    """As it was fitted when the model was made; else on validation pictures, where they can be made."""
    checkpoint = read_result(results_path(card.folder.parent, card.folder.name)).get("checkpoint") or {}
    if checkpoint.get("weights_sha256") == card.weights.sha256:
        return float(checkpoint["temperature"])
    sets = _validation_sets(config)
    if not sets:
        return None
    make_sets(config, sets)
    read = answers_on_sets(card, dict.fromkeys(sets), config.places, config.threads).values()
    logits = np.concatenate([one.logits for one in read])
    return fit_temperature(logits, np.concatenate([one.truth for one in read]))


def _validation_sets(config: SuiteConfig) -> list[str]:
    """What the trainings of the main table are validated on, as far as it can be made here."""
    stages = [spec for spec in config.plan.stages.values() if spec.kind == "table1"]
    names = dict.fromkeys(share.set for spec in stages for share in spec.validation)
    return [name for name in names if can_make(config.plan, name, config.places, config.stand_in)]


def can_make(plan: Experiment, name: str, places: Places, stand_in: bool) -> bool:
    """Whether a set is there, or all that it is made from is."""
    return (
        stand_in or not needs_humans(plan, name) or has_humans() or is_made(plan, name, places.data, stand_in)
    )


def make_sets(config: SuiteConfig, names: Iterable[str]) -> None:
    """Together with whoever else makes them; raises InputError if one cannot be made."""
    shop = Workshop(config.plan, config.places, config.threads, config.stand_in)
    outcome = work(shop.graph(), [f"set {name}" for name in names], Locks(config.places.locks))
    if outcome.failed:
        name, reason = next(iter(outcome.failed.items()))
        raise InputError(f"{name}: {reason}")


def _usable(card: Card) -> Card:
    if not set(COMPLEX_5) <= set(card.labels):
        raise ConfigError(
            f"{card.name}: expected a model of the complex emotions, got {', '.join(card.labels)}; name another"
        )
    return card


def _chosen(plan: Experiment, names: Sequence[str]) -> list[TestSpec]:
    for name in names:
        if all(name not in (test.name, test.key) for test in plan.tests.values()):
            raise UnknownName("test set", name, plan.tests)
    return [test for test in plan.tests.values() if not names or {test.name, test.key} & set(names)]
