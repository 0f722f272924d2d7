"""What the study of P1 measured, as plain numbers and files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import isnan, nan
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from affect_core.intensity import figures
from affect_core.intensity.agreement import (
    Agreement,
    Interval,
    agreement,
    bootstrap,
    by_emotion,
    quadratic_kappa,
    ranks_of,
    spearman,
)
from affect_core.intensity.measure import COUNT, VARIANTS
from affect_core.intensity.rank import RANKS
from affect_core.intensity.study import Outcome, Results, probabilities

RANK_NAMES: Final = tuple(rank.name.lower() for rank in RANKS)


def agreements(results: Results, outcome: Outcome) -> dict[str, dict[str, Agreement]]:
    """Variant -> emotion, or "all" -> agreement on the pictures with a true rank and a rank; empty without a truth."""
    truth = results.truth.ranks[outcome.chosen]
    if not truth.any():
        return {}
    found: dict[str, dict[str, Agreement]] = {}
    labels = results.crops.label_names
    for variant in VARIANTS:
        ranks = outcome.ranks(variant)
        known = (truth > 0) & (ranks > 0)
        emotions = results.crops.labels[outcome.chosen][known]
        parts = by_emotion(truth[known], ranks[known], emotions, len(labels))
        found[variant] = dict(zip(labels, parts, strict=True)) | {
            "all": agreement(truth[known], ranks[known])
        }
    return found


def orders(results: Results, outcome: Outcome) -> dict[str, dict[str, Interval]]:
    """Estimator -> measure -> value; empty without a truth."""
    truth, strengths = results.truth.ranks[outcome.chosen], results.truth.strengths[outcome.chosen]
    if not truth.any():
        return {}
    columns: dict[str, tuple[NDArray[Any], NDArray[np.int64] | None]] = {
        "rank": (outcome.ranks(COUNT).astype(float), outcome.ranks(COUNT)),
        "robust": (outcome.ranks("robust").astype(float), outcome.ranks("robust")),
        "balance": (np.array([p.balance for p in outcome.pictures]), None),
        "positive_share": (np.array([p.positive_share for p in outcome.pictures]), None),
        "probability": (probabilities(outcome, results.crops), None),
        "head": (results.head[outcome.chosen], head_ranks(results)[outcome.chosen]),
    }
    draws, seed = results.plan.intensity.draws, results.request.seed
    found: dict[str, dict[str, Interval]] = {}
    for name, (values, ranks) in columns.items():
        known = (truth > 0) & np.isfinite(values)
        if ranks is not None:
            known &= ranks > 0
        found[name] = {"spearman": bootstrap(spearman, strengths[known], values[known], draws, seed)}
        if ranks is not None:
            found[name]["kappa"] = bootstrap(quadratic_kappa, truth[known], ranks[known], draws, seed)
    return found


def numbers(
    results: Results,
    outcome: Outcome,
    order: Mapping[str, Mapping[str, Interval]],
    parts: Mapping[str, Mapping[str, Agreement]],
) -> dict[str, Any]:
    """The content of summary.json: plain values, NaN = not measured."""
    return {
        "emotions": {
            item.split.group_by: {
                "train": len(item.split.train),
                "validation": len(item.split.validation),
                "test": len(item.split.test),
                "correct": len(item.chosen),
                "dropped": len(item.split.test) - len(item.chosen),
                "accuracy": item.accuracy,
                "ranks": {name: rank_counts(item.ranks(name)) for name in VARIANTS},
                "agreement": {name: part["all"].accuracy for name, part in agreements(results, item).items()},
            }
            for item in results.outcomes
        },
        "confusion": emotions(results, outcome).tolist(),
        "truth": {
            "about": results.truth.about,
            "annotators": results.truth.annotators,
            "fleiss_kappa": results.truth.kappa,
            "ranks": rank_counts(results.truth.ranks[outcome.chosen]),
        },
        "agreement": {v: {name: a.plain() for name, a in part.items()} for v, part in parts.items()},
        "order": {name: {m: vars(i) for m, i in measures.items()} for name, measures in order.items()},
        "conservation_error": max(p.error for p in outcome.pictures),
        "propagation": {
            rule: {
                "ranks": rank_counts(np.array([int(p.ranked[COUNT].rank) for p in read], np.int64)),
                "error": max((p.error for p in read), default=nan),
            }
            for rule, read in results.compared.items()
        },
        "untrained_trunk": bool(results.trunk.warning),
    }


def extra(results: Results, outcome: Outcome) -> dict[str, bytes]:
    """Rank and histogram of every ranked picture, and of the shown ones the maps."""
    places = {int(index): place for place, index in enumerate(outcome.chosen)}
    listed = [
        {
            "image": str(results.crops.info["image"][index]),
            "emotion": results.crops.label_names[int(results.crops.labels[index])],
            "true": _plain(results.truth.strengths[index]),
            **outcome.pictures[place].plain(),
        }
        for index, place in places.items()
    ]
    files = {"ranks.json": (json.dumps(listed, indent=1) + "\n").encode()}
    for number, (index, relevance) in enumerate(results.shown.items()):
        base = f"heatmaps/{number:02d}"
        named = dict(zip(("red", "green", "blue"), relevance, strict=True)) | {"sum": relevance.sum(axis=0)}
        for name, values in named.items():
            files[f"{base}_{name}.png"] = figures.map_png(values)
        files[f"{base}.json"] = (json.dumps(listed[places[index]], indent=1) + "\n").encode()
    return files


def emotions(results: Results, outcome: Outcome) -> NDArray[np.int64]:
    """Confusion of the test part, rows = truth."""
    classes = len(results.crops.label_names)
    truth = results.crops.labels[outcome.split.test]
    read = outcome.fitted.logits[outcome.split.test].argmax(axis=1)
    return np.bincount(truth * classes + read, minlength=classes**2).reshape(classes, classes)


def head_ranks(results: Results) -> NDArray[np.int64]:
    """(N,), the small head's estimates as ranks, by the bounds of the true ones; 0 = no estimate."""
    asked = results.plan.intensity
    return ranks_of(results.head, asked.minimal_below, asked.strong_from)


def rank_counts(ranks: NDArray[np.int64]) -> dict[str, int]:
    """Name of a rank -> pictures that have it."""
    return {name: int(np.sum(ranks == rank)) for rank, name in enumerate(("unknown", *RANK_NAMES))}


def count_known(results: Results, outcome: Outcome) -> int:
    """Ranked pictures whose true rank is known."""
    return int(np.sum(results.truth.ranks[outcome.chosen] > 0))


def _plain(value: float) -> float | None:
    return None if isnan(value) else float(value)
