"""The tables of the report, and what P2 (Wagner et al. 2024, CAGE) prints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isnan
from typing import Any, Final

from affect_core.circumplex.results import WITHIN
from affect_core.papers import Table

Cell = str | int | float | None

WEIGHTS_8: Final = (0.015605, 0.008709, 0.046078, 0.083078, 0.185434, 0.305953, 0.046934, 0.308210)
WEIGHTS_7: Final = (0.022600, 0.012589, 0.066464, 0.120094, 0.265305, 0.444943, 0.068006)
"""P2's table 4: neutral, happiness, sadness, surprise, fear, disgust, anger, contempt."""

_BASIC: Final = ("neutral", "happy", "sad", "surprise", "fear", "disgust", "anger", "contempt")

PUBLISHED: Final = (
    ("AffectNet-7", "EfficientNetV2-S", "discrete", 0.634, 0.631, 0.631, None, None, None),
    ("AffectNet-7", "MaxViT-T", "discrete", 0.640, 0.639, 0.638, None, None, None),
    ("AffectNet-7", "EfficientNetV2-S", "combined", 0.650, 0.646, 0.646, 0.2298, 0.3092, 0.7636),
    ("AffectNet-7", "MaxViT-T", "combined", 0.666, 0.664, 0.664, 0.2251, 0.3077, 0.7640),
    ("AffectNet-7", "EfficientNetV2-S", "va", None, None, None, 0.2098, 0.2887, 0.8206),
    ("AffectNet-7", "MaxViT-T", "va", None, None, None, 0.2121, 0.2901, 0.8196),
    ("AffectNet-8", "EfficientNetV2-S", "discrete", 0.605, 0.599, 0.599, None, None, None),
    ("AffectNet-8", "MaxViT-T", "discrete", 0.602, 0.598, 0.599, None, None, None),
    ("AffectNet-8", "EfficientNetV2-S", "combined", 0.612, 0.606, 0.607, 0.2781, 0.3769, 0.6413),
    ("AffectNet-8", "MaxViT-T", "combined", 0.623, 0.621, 0.621, 0.2715, 0.3701, 0.6592),
    ("AffectNet-8", "EfficientNetV2-S", "va", None, None, None, 0.2387, 0.3206, 0.7816),
    ("AffectNet-8", "MaxViT-T", "va", None, None, None, 0.2351, 0.3196, 0.7840),
)
"""P2's table 6: set, network, mode, precision, recall, F1, MAE, RMSE, CCC."""

NOTES: Final = (
    "The published numbers stand beside ours for orientation: they belong to AffectNet, to networks of ImageNet, and "
    "to epochs chosen without a validation set. They are no targets.",
    "The paper's table 7 and figure 10 say combined where their numbers are those of va; its CCC is one over valence "
    "and arousal as one series (pooled), not the mean of the two.",
    "Networks of mode va have no classes in the paper; ours name the class whose median place in the circumplex of "
    "the training pictures is nearest, and their scores over classes are those of this rule.",
)


def classes(medians: Mapping[str, Mapping[str, float]], tested: Sequence[int]) -> Table:
    """Pictures and median place of each class."""
    rows: list[list[Cell]] = [
        [name, int(place["n"]), count, place["valence"], place["arousal"]]
        for (name, place), count in zip(medians.items(), tested, strict=True)
    ]
    return Table(
        ["class", "training", "test", "median valence", "median arousal"],
        rows,
        "Pictures of each class, and where the middle of the training pictures lies",
    )


def shifts(shift: Mapping[str, Mapping[str, float]]) -> Table:
    """How training and test pictures differ."""
    keys = ("train_mean", "test_mean", "train_negative", "test_negative", "distance")
    rows: list[list[Cell]] = [[name, *(values[key] for key in keys)] for name, values in shift.items()]
    return Table(
        [
            "dimension",
            "mean, training",
            "mean, test",
            "below 0, training",
            "below 0, test",
            "largest difference",
        ],
        rows,
        "Training and test pictures; the last column is the largest difference of the distribution functions (0 to 1)",
    )


def weights(names: Sequence[str], counts: Sequence[int], values: Sequence[float]) -> Table:
    """Ours, and P2's where the classes are AffectNet's."""
    theirs = {_BASIC: WEIGHTS_8, _BASIC[:7]: WEIGHTS_7}.get(tuple(names))
    rows: list[list[Cell]] = [
        [name, count, f"{value:.6f}", None if theirs is None else f"{theirs[i]:.6f}"]
        for i, (name, count, value) in enumerate(zip(names, counts, values, strict=True))
    ]
    return Table(
        ["class", "training pictures", "weight", "weight in the paper"], rows, "Weights of the cross-entropy"
    )


def results(means: Sequence[Mapping[str, Any]], constant: Mapping[str, Mapping[str, float]]) -> Table:
    """Means over seeds; P2's table 6. ``constant``: errors of who always says the training pictures' mean."""
    rows: list[list[Cell]] = [
        [m["backbone"], m["mode"], m["seeds"], *_scores(m), *_errors(m["estimates"])] for m in means
    ]
    rows.append(["always the training mean", "", None, None, None, None, *_errors(constant)])
    return Table(
        ["network", "mode", "seeds", "P", "R", "F1", *_ERRORS],
        rows,
        "Test pictures, means over seeds. P, R and F1 are means over classes; MSE to CCC are of valence and arousal as "
        "one series, CCC V and CCC A of one each",
    )


def seeds(rows: Sequence[Mapping[str, Any]]) -> Table:
    """Every network by itself."""
    return Table(
        ["network", "mode", "seed", "F1", "accuracy", *_ERRORS],
        [
            [
                r["backbone"],
                r["mode"],
                r["seed"],
                _known(r["f1"]),
                _known(r["accuracy"]),
                *_errors(r["estimates"]),
            ]
            for r in rows
        ],
        "Every network by itself",
    )


def published() -> Table:
    """P2's table 6."""
    return Table(
        ["set", "network", "mode", "P", "R", "F1", "MAE", "RMSE", "CCC"],
        [list(line) for line in PUBLISHED],
        "Printed in the paper, on AffectNet; not comparable with the pictures here unless they are AffectNet's",
    )


def within(shares: Mapping[str, Mapping[str, Sequence[float]]]) -> Table:
    """Share of pictures within an error."""
    rows: list[list[Cell]] = [
        [name, dimension, *values] for name, both in shares.items() for dimension, values in both.items()
    ]
    return Table(
        ["network", "dimension", *(f"within {limit:g}" for limit in WITHIN)],
        rows,
        "Share of test pictures, mean over seeds",
    )


def cross(rows: Sequence[Mapping[str, Any]]) -> Table:
    """Trained on one set, tested on the other."""
    return Table(
        ["trained on", "mode", "tested on", "n", "RMSE V", "RMSE A", "CCC V", "CCC A"],
        [
            [r["trained_on"], r["mode"], r["tested_on"], r["n"]]
            + [r["estimates"][name][key] for key in ("rmse", "ccc") for name in ("valence", "arousal")]
            for r in rows
        ],
        "Cross evaluation, both ways",
    )


def listed(scores: Mapping[str, Any]) -> Table:
    """Scores over several labels."""
    about = {
        "label_recall": "share of a person's labels among the three most probable, mean over people",
        "macro_recall": "share of a label's people that have it among their three, mean over labels",
        "any_right": "share of people with a right label among their three",
    }
    rows: list[list[Cell]] = [[name, scores[name], text] for name, text in about.items()]
    return Table(["score", "value", "what it is"], rows, f"Several labels, {scores['n']} test people")


def dimensions(errors: Mapping[str, Mapping[str, float]]) -> Table:
    """Errors of each dimension in both units."""
    rows: list[list[Cell]] = [
        [name, e["rmse"], e["rmse_1_to_10"], e["mae"], e["ccc"]] for name, e in errors.items()
    ]
    return Table(["dimension", "RMSE, -1..1", "RMSE, 1..10", "MAE, -1..1", "CCC"], rows, "Errors on EMOTIC")


def per_person(emotic: Mapping[str, Any]) -> Table:
    """How many labels people have."""
    rows: list[list[Cell]] = [[name, value] for name, value in emotic["labels_per_person"].items()]
    return Table(
        ["part", "labels a person"],
        rows,
        "Mean number of labels; the paper finds more of them in val and test",
    )


def models(found: Sequence[Mapping[str, Any]]) -> Table:
    """Size and time."""
    rows: list[list[Cell]] = [[m["folder"], m["size_px"], m["parameters"], m["latency_ms"]] for m in found]
    return Table(
        ["model", "input, px", "parameters", "ms a picture"],
        rows,
        "One picture at a time, torch in single precision, one thread of this machine, median of five",
    )


_ERRORS: Final = ("MSE", "MAE", "RMSE", "CCC", "CCC V", "CCC A")


def _scores(found: Mapping[str, Any]) -> list[Cell]:
    return [_known(found[key]) for key in ("precision", "recall", "f1")]


def _errors(estimates: Mapping[str, Mapping[str, float]]) -> list[Cell]:
    if not estimates:
        return [None] * len(_ERRORS)
    pooled = estimates["pooled"]
    both = [estimates[name]["ccc"] for name in ("valence", "arousal")]
    return [pooled["mse"], pooled["mae"], pooled["rmse"], pooled["ccc"], *both]


def _known(value: float) -> float | None:
    return None if isnan(value) else value
