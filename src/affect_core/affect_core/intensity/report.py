"""The study of P1 as a report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from affect_core.intensity.base import LABELS
from affect_core.intensity.measure import COUNT
from affect_core.intensity.numbers import agreements, extra, numbers, orders
from affect_core.intensity.sections import agreed, classifier, heatmaps, ordered, published, ranked, rules
from affect_core.intensity.study import Outcome, Results
from affect_core.papers import Study

PAPER: Final = "P1: Punuri et al., Decoding Human Facial Emotions: A Ranking Approach using Explainable AI"


def report(results: Results) -> Study:
    """Tables, pictures and numbers of a study."""
    first = results.outcomes[0]
    order = orders(results, first)
    parts = agreements(results, first)
    sections = [
        classifier(results, first),
        ranked(results, first),
        *([agreed(parts), ordered(results, first, order)] if parts else []),
        rules(results),
        heatmaps(results, first),
        published(results, parts),
    ]
    return Study(
        name="intensity",
        title="Ranks of intensity from relevances",
        paper=PAPER,
        about=results.pictures.about,
        notes=_notes(results, first),
        config=_config(results),
        numbers=numbers(results, first, order, parts),
        sections=[section for section in sections if section is not None],
        headline=_headline(results, first, order),
        extra=extra(results, first),
    )


def _notes(results: Results, outcome: Outcome) -> list[str]:
    dropped = len(outcome.split.test) - len(outcome.chosen)
    notes = [*results.pictures.warnings, results.trunk.warning, results.truth.about]
    notes.append(
        f"Only correctly classified pictures are ranked: {len(outcome.chosen)} of {len(outcome.split.test)} test "
        f"pictures; {dropped} were dropped."
    )
    unknown = int(np.sum(outcome.ranks(COUNT) == 0))
    notes.append(
        f"{unknown} of the ranked pictures have no rank: all their relevances are the same."
        if unknown
        else ""
    )
    if results.left_out:
        notes.append(
            f"{results.left_out} pictures of the set are left out: neutral ones, which P1 does not rank, and those "
            "without a usable face."
        )
    missing = [label for label in LABELS if label not in results.crops.label_names]
    if missing:
        notes.append(f"The set has no {', '.join(missing)}; P1 lists seven classes for every set.")
    notes.append(
        "The rank hangs on the largest positive and the largest negative relevance, or on a few hundred pixels of many "
        "thousands; it is no direct measure of how hard a muscle pulls."
    )
    return [note for note in notes if note]


def _headline(results: Results, outcome: Outcome, order: Mapping[str, Any]) -> str:
    text = f"{len(outcome.chosen)} of {len(outcome.split.test)} test pictures classified correctly and ranked"
    if "rank" not in order:
        return text
    rank, head = (order[name]["spearman"].value for name in ("rank", "head"))
    return f"{text}; order of true intensities (Spearman): rank {rank:.2f}, small head {head:.2f}"


def _config(results: Results) -> dict[str, Any]:
    request = results.request
    return {
        "quick": request.quick,
        "seed": request.seed,
        "data": results.pictures.about,
        "trunk": results.trunk.about,
        "classes": ", ".join(results.crops.label_names),
        **results.plan.plain(),
    }
