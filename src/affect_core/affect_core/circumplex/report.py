"""What the study found, as a page, a file of numbers and a line."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from affect_core.circumplex import figures, tables
from affect_core.circumplex.metrics import CDF_AT, error_shares
from affect_core.circumplex.modes import STAGES, mode_of
from affect_core.circumplex.reading import Reader
from affect_core.circumplex.recipe import AFFECT, AFFECT_3, Augmentation, Recipe, Scale
from affect_core.circumplex.results import (
    WITHIN,
    Result,
    constant,
    gain,
    labels_of,
    mean_rows,
    medians,
    near_chance,
    row,
    shares_of,
    shift,
    verdict,
)
from affect_core.circumplex.samples import Samples
from affect_core.data.real.emotic import unscaled
from affect_core.papers import Figure, Request, Section, Study
from affect_core.training.circumplex.train import LOG_FILE, Parts
from affect_core.training.progress import read_log

PAPER = (
    "Wagner, M\u00e4tzler, Vossberg, Schneider, Pavlitska and Z\u00f6llner (2024), "
    "CAGE: Circumplex Affect Guided Expression Inference"
)


@dataclass(frozen=True)
class Findings:
    """Everything that the report is made of.

    Attributes:
        request: what was asked.
        recipes: backbone -> how its networks were trained.
        augmentation, scale: see there.
        about: where the pictures come from.
        notes: for the top of the page.
        first: the set that the modes were compared on.
        second: the other one.
        compared: networks that were trained on the first.
        crossed: networks of either set, tested on both.
        splits: set -> part -> subjects.
        seconds: that this call took.
    """

    request: Request
    recipes: Mapping[str, Recipe]
    augmentation: Augmentation
    scale: Scale
    about: Sequence[str]
    notes: tuple[str, ...]
    first: Parts
    second: Parts
    compared: tuple[Result, ...]
    crossed: tuple[Result, ...]
    splits: Mapping[str, Mapping[str, Sequence[str]]]
    seconds: float


def write_up(found: Findings) -> Study:
    """The study; nothing is written yet."""
    test = found.first.test
    rows = [row(result, test) for result in found.compared]
    means = mean_rows(rows)
    models = [_model(result) for result in found.compared]
    change = gain(_of(found, "combined"), _of(found, "discrete"), test)
    said = [
        *verdict(change, means, _backbone(found)),
        *filter(None, [near_chance(means, name, len(test.label_names)) for name in found.recipes]),
    ]
    mean_guess = constant(found.first.train, test)
    numbers: dict[str, Any] = {
        "seconds": found.seconds,
        "pictures": {name: _sizes(parts) for name, parts in _sets(found).items()},
        "medians": medians(found.first.train),
        "shift": shift(found.first.train, test),
        "results": rows,
        "means": means,
        "constant": mean_guess,
        "combined_minus_discrete_f1": asdict(change),
        "verdict": said,
        "within": _within(found),
        "cross": _cross(found),
        "models": models,
    }
    sections = [
        _data_section(found, numbers),
        _weights_section(found),
        _results_section(found, means, mean_guess, rows, said),
        _errors_section(found, numbers["within"]),
        _cross_section(found, numbers["cross"]),
    ]
    if found.second.test.present_names:
        numbers["emotic"] = _emotic(found)
        sections.append(_emotic_section(found, numbers["emotic"]))
    sections.append(_models_section(models))
    return Study(
        name="circumplex",
        title="Classes, or valence and arousal, or both",
        paper=PAPER,
        about="; ".join(found.about),
        notes=(*found.notes, *tables.NOTES, *_selection_note(found)),
        config=_config(found),
        numbers=numbers,
        sections=sections,
        headline=_headline(change, means, _backbone(found)),
        extra={"split.json": (json.dumps(found.splits, indent=1) + "\n").encode()},
    )


def _data_section(found: Findings, numbers: Mapping[str, Any]) -> Section:
    train, test = found.first.train, found.first.test
    return Section(
        "The pictures in the circumplex",
        ["Valence is how pleasant a face looks, arousal how excited, -1 to 1 each; (0, 0) is no emotion."],
        [tables.classes(numbers["medians"], test.counts()), tables.shifts(numbers["shift"])],
        [
            Figure(
                "circumplex.png",
                figures.circumplex_png(train),
                "Training pictures; rings are the classes' medians",
            ),
            Figure("by_class.png", figures.by_class_png(train), "Valence and arousal of each class"),
            Figure("shift.png", figures.shift_png(train, test), "Training and test pictures"),
        ],
    )


def _weights_section(found: Findings) -> Section:
    train = found.first.train
    weights = mode_of("discrete").weights(train)
    return Section(
        "Weights of the classes",
        ["Inverse to the counts of the training pictures, with the sum 1 (P2, table 4)."],
        [tables.weights(train.label_names, train.counts(), list(map(float, weights)))],
    )


def _results_section(
    found: Findings,
    means: Sequence[Any],
    mean_guess: Mapping[str, Any],
    rows: Sequence[Any],
    said: Sequence[str],
) -> Section:
    test = found.first.test
    combined = sum(np.array(r["confusion"]) for r in rows if _is(r, found, "combined"))
    last = _of(found, "va")[0]
    return Section(
        "The modes compared",
        said,
        [tables.results(means, mean_guess), tables.seeds(rows), tables.published()],
        [
            Figure(
                "confusion.png",
                figures.confusion_png(np.asarray(combined, np.float64), test.label_names),
                f"{_backbone(found)} combined, all seeds: percent of the true class",
            ),
            Figure(
                "estimates.png",
                figures.estimates_png(test, last.tests[test.name].regression),
                f"Test pictures, and where {last.job.name} puts them",
            ),
            Figure("learning.png", figures.learning_png(_learning(found)), "Held-out pictures, by epoch"),
        ],
    )


def _errors_section(found: Findings, within: Mapping[str, Any]) -> Section:
    test = found.first.test
    curves = {
        f"{backbone} {mode}": shares_of(_of(found, mode, backbone), test, CDF_AT)
        for backbone in found.recipes
        for mode in ("combined", "va")
    }
    return Section(
        "How large the errors are",
        [
            "The paper reports 80 percent of AffectNet-8's test pictures within 0.3, for valence and for arousal."
        ],
        [tables.within(within)],
        [
            Figure(
                "errors.png", figures.error_cdf_png(curves), "Share of test pictures within an absolute error"
            )
        ],
    )


def _cross_section(found: Findings, cross: Sequence[Mapping[str, Any]]) -> Section:
    curves = {
        f"{result.job.name} on {test.name}": {
            name: error_shares(test.affect[:, d], result.tests[test.name].regression[:, d])
            for d, name in enumerate(AFFECT)
        }
        for result in found.crossed
        for test in (found.first.test, found.second.test)
        if result.job.mode != "combined"
    }
    return Section(
        "Trained on one set, tested on the other",
        ["Valence and arousal in their common range, -1 to 1; rows on the same set are for comparison."],
        [tables.cross(cross)],
        [
            Figure(
                "cross.png", figures.error_cdf_png(curves), "Share of test pictures within an absolute error"
            )
        ],
    )


def _emotic_section(found: Findings, emotic: Mapping[str, Any]) -> Section:
    train = found.second.train
    frequencies = dict(zip(train.present_names, map(float, train.present.mean(axis=0)), strict=True))
    return Section(
        "EMOTIC: several labels, valence, arousal and dominance",
        [
            "The paper's top-3 accuracy of 14.73 percent is not defined for several labels: none of the three scores "
            "below can be compared with it for certain. Errors stand in -1..1 and in EMOTIC's own 1..10."
        ],
        [tables.listed(emotic["labels"]), tables.dimensions(emotic["estimates"]), tables.per_person(emotic)],
        [
            Figure(
                "labels.png",
                figures.labels_png(frequencies),
                "How often each label comes in the training people",
            )
        ],
    )


def _models_section(models: Sequence[Mapping[str, Any]]) -> Section:
    return Section(
        "What a network costs, and where it is",
        [
            "The paper calls its networks light and prints neither size nor time. Each folder below models/ can be "
            "given to every command and node that takes a model."
        ],
        [tables.models(models)],
    )


def _within(found: Findings) -> dict[str, dict[str, list[float]]]:
    return {
        f"{backbone} {mode}": {
            name: list(map(float, shares))
            for name, shares in shares_of(_of(found, mode, backbone), found.first.test, WITHIN).items()
        }
        for backbone in found.recipes
        for mode in ("combined", "va")
    }


def _cross(found: Findings) -> list[dict[str, Any]]:
    tests = (found.first.test, found.second.test)
    rows = [row(result, test) for result in found.crossed for test in tests if _readable(result, test)]
    return [{key: value for key, value in r.items() if key != "confusion"} for r in rows]


def _readable(result: Result, test: Samples) -> bool:
    return result.tests[test.name].regression is not None


def _emotic(found: Findings) -> dict[str, Any]:
    test = found.second.test
    result = next(r for r in found.crossed if r.job.mode == "multi")
    errors = row(result, test)["estimates"]
    per_unit = unscaled(1.0) - unscaled(0.0)
    return {
        "labels": labels_of(result, test),
        "estimates": {
            name: {**errors[name], "rmse_1_to_10": errors[name]["rmse"] * per_unit}
            for name in (*AFFECT_3, "pooled")
        },
        "labels_per_person": {
            name: float(getattr(found.second, name).present.sum(axis=1).mean())
            for name in ("train", "held_out", "test")
        },
    }


def _model(result: Result) -> dict[str, Any]:
    reader = Reader(result.folder)
    return {
        "name": result.job.name,
        "folder": f"models/{result.job.name}",
        "parameters": reader.parameters,
        "latency_ms": reader.latency_ms(),
        "size_px": reader.card.crop.size_px,
    }


def _learning(found: Findings) -> dict[str, list[float]]:
    return {
        result.job.name: [float(epoch["val_score"]) for epoch in read_log(result.folder / LOG_FILE)]
        for result in found.compared
        if result.job.seed == found.request.seed
    }


def _of(found: Findings, mode: str, backbone: str = "") -> list[Result]:
    wanted = backbone or _backbone(found)
    return [r for r in found.compared if (r.job.mode, r.job.backbone) == (mode, wanted)]


def _is(numbers: Mapping[str, Any], found: Findings, mode: str) -> bool:
    return (numbers["mode"], numbers["backbone"]) == (mode, _backbone(found))


def _backbone(found: Findings) -> str:
    """The one with several seeds."""
    return next(iter(found.recipes))


def _sets(found: Findings) -> dict[str, Parts]:
    return {parts.train.name: parts for parts in (found.first, found.second)}


def _sizes(parts: Parts) -> dict[str, int]:
    return {name: len(getattr(parts, name)) for name in ("train", "held_out", "test")}


def _config(found: Findings) -> dict[str, Any]:
    return {
        "seed": found.request.seed,
        "quick": found.request.quick,
        "source": "synthetic" if found.request.source is None else found.request.source.name,
        "modes": list(STAGES),
        "scale": asdict(found.scale),
        "augmentation": asdict(found.augmentation),
        **{f"recipe of {name}": asdict(recipe) for name, recipe in found.recipes.items()},
    }


def _selection_note(found: Findings) -> tuple[str, ...]:
    if next(iter(found.recipes.values())).select_on_test:
        return (
            "The epoch was chosen on the test pictures, as the paper must have done: the scores are optimistic.",
        )
    return ()


def _headline(change: Any, means: Sequence[Mapping[str, Any]], backbone: str) -> str:
    errors = {
        m["mode"]: m["estimates"]["pooled"] for m in means if m["backbone"] == backbone and m["estimates"]
    }
    scores = {m["mode"]: m["f1"] for m in means if m["backbone"] == backbone}
    return (
        f"circumplex: {backbone} macro F1 discrete {scores['discrete']:.3f}, combined {scores['combined']:.3f} "
        f"({change.mean:+.3f}); RMSE combined {errors['combined']['rmse']:.3f}, va {errors['va']['rmse']:.3f}"
    )
