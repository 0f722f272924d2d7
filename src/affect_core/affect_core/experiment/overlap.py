"""P0's overlap table: how much of each model's evidence lies on the face of the OhBot (P0, section 4.3).

P0 reports that about 85 % of the strongest tenth of the pixels fell into the face's box for CNN-AMAL, 70 % for
ResNet50, and neither the share of the picture that the box covers nor the method. Here the area stands beside every
share: it is what a random map would get.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from affect_core import torch_compat
from affect_core.emotion.card import load_card
from affect_core.experiment.collect import OVERLAP, results_path, rounded
from affect_core.experiment.results import machine, read_result, write_result
from affect_core.experiment.rows import Row
from affect_core.experiment.statistics import Interval
from affect_core.experiment.suite import SuiteConfig, make_sets
from affect_core.explain.base import ExplainConfig
from affect_core.explain.comparison import SHARES, by_model, means
from affect_core.explain.run import explain_all
from affect_core.explain.study import Explanation, Study
from affect_core.explain.subjects import find_subjects
from affect_core.faces.regions import REGIONS

METHODS: Final = ("gradient_shap", "grad_cam")
CROPS: Final = ("tight", "loose")
"""Of the experiment; the models are trained on the first."""
RUNTIME: Final = "torch"
"""Reads the labels that are explained, on every machine the same."""
TEST: Final = "ohbot_both-ohbot"
COMMAND: Final = "affect-hri experiment overlap"
_MEASURES: Final = (*SHARES, *(f"region_{name}" for name in REGIONS))


@dataclass(frozen=True)
class Overlap:
    """Of one model.

    Attributes:
        model: its name below models/.
        weights_sha256: of the checkpoint.
        rows: of results.json.
    """

    model: str
    weights_sha256: str
    rows: tuple[Row, ...]


def measure_overlap(
    suite: SuiteConfig, models: Sequence[Path], limit: int, output: Path, test_key: str = TEST
) -> tuple[list[Overlap], list[Path]]:
    """Explain a test by every model, on both crops.

    Args:
        suite: whose sets and crops are taken; pictures that are not there are made. It explains in as many processes
            as it has threads: twice as many in the same time, where two threads of one process gain less.
        models: folders.
        limit: pictures per class and light.
        output: folder of the maps and pages; what is there already is not made again.
        test_key: of the test.

    Returns:
        One entry per model, and the pages, one per crop.
    """
    test = suite.plan.tests[test_key]
    make_sets(suite, [test.set])
    torch_compat.use_threads(1)
    subjects = find_subjects([suite.places.set_folder(test.set)], limit)
    cards = {folder.name: load_card(folder) for folder in models}
    rows: dict[str, list[Row]] = {name: [] for name in cards}
    pages = []
    for crop in CROPS:
        margin = suite.plan.crops[crop].margin
        studies = {
            name: Study(card, METHODS, ExplainConfig(), margin=margin, with_curves=False, runtime=RUNTIME)
            for name, card in cards.items()
        }
        found = explain_all(studies, subjects, output / crop, workers=suite.threads)
        pages.append(found.page)
        for name, several in by_model(found.made).items():
            head = {"test_set": test.name, "look": test.look, "crop": crop}
            rows[name] += [{**head, **row} for row in _rows(several)]
    return [Overlap(name, cards[name].weights.sha256, tuple(rows[name])) for name in cards], pages


def save_overlap(models: Path, one: Overlap, threads: int, seconds: float) -> None:
    """Into the model's results.json, beside what stands there."""
    path = results_path(models, one.model)
    content = {
        "weights_sha256": one.weights_sha256,
        "command": COMMAND,
        "machine": machine(threads, seconds),
        "rows": list(one.rows),
    }
    write_result(path, read_result(path) | {OVERLAP: content})


def _rows(made: Iterable[Explanation]) -> list[Row]:
    return [
        {"method": method, "measure": name, **rounded(Interval(one.mean, one.lo, one.hi)), "n": one.n}
        for method, found in means(list(made)).items()
        for name in _MEASURES
        if (one := found.get(name))
    ]
