"""The sections of the report of P1's study."""

from __future__ import annotations

from collections.abc import Mapping
from math import isnan, nan
from typing import Final

import numpy as np

from affect_core.explain.lrp_rules import LRP_RULES
from affect_core.intensity import figures
from affect_core.intensity.agreement import Agreement, Interval
from affect_core.intensity.measure import COUNT, VARIANTS
from affect_core.intensity.numbers import RANK_NAMES, count_known, emotions, head_ranks
from affect_core.intensity.rank import RANKS
from affect_core.intensity.study import HEAD_MODEL, Outcome, Results
from affect_core.papers import Figure, Section, Table

NOT_AVAILABLE: Final = "n/a"
Row = tuple[str | int | float | None, ...]
PUBLISHED: Final = {"JAFFE": 96.33, "CK+": 95.78, "KDEF": 95.78, "AffectNet": 93.89}
"""P1's abstract, percent of ranks that agree with the annotators. Its own Table 10 has 93.78 for KDEF."""

_VARIANT_WORDS: Final = {
    COUNT: "as tabulated: largest sum of counts",
    "strict": "the same, the last bin open at 1.0",
    "robust": "the same after clipping 0.1 % at either end (ours)",
    "positive": "the same on positive relevances alone, as the text says",
    "mean": "as written: largest mean of the scores",
}
_SCORES: Final = ("accuracy", "precision", "recall", "f1")
_ESTIMATORS: Final = {
    "rank": "P1's rank",
    "robust": "robust rank",
    "balance": "score of a relevance of 0",
    "positive_share": "positive share of the relevance",
    "probability": "probability of the emotion, same classifier",
    "head": f"small intensity head of {HEAD_MODEL}",
}


def classifier(results: Results, outcome: Outcome) -> Section:
    """How well emotions are named, and from which parts of the set."""
    labels = results.crops.label_names
    counts = emotions(results, outcome)
    recall = [int(row[i]) / int(row.sum()) if row.sum() else nan for i, row in enumerate(counts)]
    table = Table(
        ("emotion", "test pictures", "correct", "recall"),
        [(name, int(counts[i].sum()), int(counts[i, i]), shown(recall[i])) for i, name in enumerate(labels)]
        + [("all", int(counts.sum()), int(np.trace(counts)), outcome.accuracy)],
        "Emotions in the test part. P1 never reports this accuracy.",
    )
    splits = Table(
        ("split by", "train", "validation", "test", "emotions read correctly", "kept epoch"),
        [
            (
                item.split.group_by, len(item.split.train), len(item.split.validation), len(item.split.test),
                item.accuracy, item.fitted.best_epoch,
            )
            for item in results.outcomes
        ],
        "Split by subject, nobody is in two parts; P1 splits pictures, so that its test people were seen in training.",
    )  # fmt: skip
    text = f"VGG16 with frozen convolutions and a head of 25088, {results.plan.classifier.hidden}, "
    text += f"{results.plan.classifier.hidden} and {len(labels)} units. {results.trunk.about}"
    return Section(
        "The classifier",
        [text],
        [table, splits],
        [
            Figure(
                "emotions.png",
                figures.emotions_png(counts, labels),
                "Emotions: rows are shown, columns read.",
            ),
            Figure(
                "training.png",
                figures.history_png(outcome.fitted.history, outcome.fitted.best_epoch),
                "Training of the head; the dotted epoch was kept.",
            ),
        ],
    )


def ranked(results: Results, outcome: Outcome) -> Section:
    """How many pictures get which rank, by every variant of the rule."""
    rows: list[Row] = []
    for variant in VARIANTS:
        ranks = outcome.ranks(variant)
        same = float(np.mean(ranks == outcome.ranks(COUNT)))
        rows.append((_VARIANT_WORDS[variant], *(int(np.sum(ranks == rank)) for rank in (1, 2, 3, 0)), same))
    ranks = outcome.ranks(COUNT)
    means = {
        name: np.mean([p.ranked[COUNT].counts for p, r in zip(outcome.pictures, ranks, strict=True) if r == rank], 0)
        for rank, name in enumerate(RANK_NAMES, 1)
        if np.any(ranks == rank)
    }  # fmt: skip
    emotions: list[Row] = [
        (name, *(int(np.sum(ranks[results.crops.labels[outcome.chosen] == i] == rank)) for rank in (1, 2, 3)))
        for i, name in enumerate(results.crops.label_names)
    ]
    balances = [p.balance for p in outcome.pictures]
    text = (
        "Relevances of all pixels and channels are brought to 0..1, counted in ten bins, and the counts summed over "
        f"bins 1 to 5, 4 to 8 and 6 to 10. The score of a relevance of 0 is {np.nanmedian(balances):.3f} in the median "
        f"picture ({np.nanmin(balances):.3f} to {np.nanmax(balances):.3f}): that is where nearly all pixels lie."
    )
    return Section(
        "The ranks",
        [text],
        [
            Table(
                ("rule", *RANK_NAMES, "no rank", "as the first"), rows,
                "Pictures of each rank, and the share that the rule ranks as the first one does.",
            ),
            Table(("emotion", *RANK_NAMES), emotions, "Pictures of each rank by emotion, as tabulated."),
        ],
        [
            Figure(
                "histograms.png",
                figures.histograms_png(means),
                "Mean histogram of the pictures of each rank (P1, Tables 3 and 4, show single ones).",
            )
        ],
    )  # fmt: skip


def agreed(parts: Mapping[str, Mapping[str, Agreement]]) -> Section:
    """Ranks against true ranks; variant -> emotion, or "all" -> agreement."""
    tables = []
    for variant, words in (("count", "P1's rank"), ("robust", "Robust rank")):
        rows = [
            (name, rank, score.count, *(shown(getattr(score, key)) for key in _SCORES))
            for name, part in parts[variant].items()
            for rank, score in zip(RANK_NAMES, part.scores, strict=True)
        ]
        rows += [
            (name, "mean", int(part.matrix.sum()), shown(part.accuracy),
             *(shown(part.macro(key)) for key in _SCORES[1:]))
            for name, part in parts[variant].items()
        ]  # fmt: skip
        tables.append(
            Table(
                ("emotion", "true rank", "pictures", "accuracy", "precision", "recall", "F1"), rows,
                f"{words} against the truth (P1, Tables 6 to 9). The accuracy of one rank is that of saying whether "
                "a picture has it; of the mean, that of all three. n/a: no such pictures.",
            )
        )  # fmt: skip
    return Section(
        "Agreement with the truth",
        (),
        tables,
        [
            Figure(
                "ranks.png", figures.ranks_png(parts["count"]), "P1's rank: rows are true, columns predicted."
            ),
            Figure("ranks_robust.png", figures.ranks_png(parts["robust"]), "The robust rank."),
        ],
    )


def ordered(results: Results, outcome: Outcome, order: Mapping[str, Mapping[str, Interval]]) -> Section:
    """How well estimates order the true intensities; estimator -> measure -> value."""
    rows = []
    for name, words in _ESTIMATORS.items():
        if name in order:
            rho, kappa = order[name]["spearman"], order[name].get("kappa", Interval(nan))
            rows.append((words, shown(rho.value), interval(rho), shown(kappa.value), interval(kappa)))
    figure = figures.order_png(
        {_ESTIMATORS[name]: measures["spearman"] for name, measures in order.items()},
        "Spearman's correlation with the true intensity",
    )
    drawn = [Figure("order.png", figure, "Order of the true intensities, with 95 % intervals; 0 is none.")]
    if not results.truth.annotators:
        chosen = outcome.chosen
        columns = {"P1's rank": outcome.ranks(COUNT), "robust": outcome.ranks("robust")}
        columns["small head"] = head_ranks(results)[chosen]
        columns["truth"] = results.truth.ranks[chosen]
        asked = results.plan.intensity
        png = figures.intensities_png(
            results.truth.strengths[chosen], columns, (asked.minimal_below, asked.strong_from)
        )
        drawn.append(
            Figure("intensities.png", png, "True intensities of the pictures of each rank; bars: medians.")
        )
    text = (
        f"How well each orders the {count_known(results, outcome)} ranked pictures by their true intensity. The small "
        "head was trained on intensities of synthetic faces with complex emotions; the ranks were never told any "
        "intensity. Kappa has quadratic weights and is only defined for ranks; the head's estimate becomes one by the "
        "same bounds."
    )
    return Section(
        "Order of the true intensities",
        [text],
        [
            Table(
                ("estimate", "Spearman", "95 % interval", "quadratic kappa", "95 % interval"), rows,
                f"Bootstrap over pictures, {results.plan.intensity.draws} draws.",
            )
        ],
        drawn,
    )  # fmt: skip


def rules(results: Results) -> Section | None:
    """What other rules of propagation would say; None where they were not asked."""
    if not results.compared:
        return None
    used = results.plan.intensity.propagation
    reference = [p.ranked[COUNT].rank for p in results.compared[used]]
    rows: list[Row] = []
    for rule, read in results.compared.items():
        if not read:
            rows.append((rule, None, None, None, None, "failed its own check: relevance was lost", None))
            continue
        ranks = [p.ranked[COUNT].rank for p in read]
        errors = max(p.error for p in read)
        same = float(np.mean([one == other for one, other in zip(ranks, reference, strict=True)]))
        kept = "yes" if LRP_RULES.build(rule).conserves else "no, on purpose"
        rows.append((rule, *(sum(r == rank for r in ranks) for rank in RANKS), same, kept, f"{errors:.1e}"))
    text = (
        "P1 does not say by which rule relevance is propagated, and the rank depends on it. Rules without negative "
        "relevance say minimal wherever most relevances are near 0. Captum has no z^B rule and no epsilon in "
        "proportion to the outputs (both are made from its base class), and no alpha-beta rule but alpha 1, "
        "beta 0. Maximum pools hand relevance to the largest input. Biases keep their share, which is counted in the "
        "sum; by zero they get none, and by z^B."
    )
    return Section(
        "Rules of propagation",
        [text],
        [
            Table(
                ("rule", *RANK_NAMES, f"as {used}", "conserves", "largest error of the sum"), rows,
                f"Ranks of the same {len(reference)} pictures; the error is a share of the logit (at least 1).",
            )
        ],
    )  # fmt: skip


def heatmaps(results: Results, outcome: Outcome) -> Section | None:
    """Pictures with their relevances; None where none are to be shown."""
    if not results.shown:
        return None
    places = {int(index): place for place, index in enumerate(outcome.chosen)}
    drawn = []
    for number, (index, relevance) in enumerate(results.shown.items()):
        picture = outcome.pictures[places[index]]
        rank = picture.ranked[COUNT].rank.name
        label = results.crops.label_names[int(results.crops.labels[index])]
        strength = results.truth.strengths[index]
        true = "" if isnan(strength) else f", true {strength:.2f}"
        png = figures.heatmaps_png(results.crops.images_rgb[index], relevance, f"{label}:\n{rank}{true}")
        sums = picture.ranked[COUNT].sums
        caption = f"{label}, rank {rank.lower()}{true}; C1, C2, C3 = {sums[0]}, {sums[1]}, {sums[2]}."
        drawn.append(Figure(f"heatmaps_{number:02d}.png", png, caption))
    text = (
        "Red supports the emotion, blue opposes it, white is 0; each map has its own symmetric scale, which stands "
        "beside it and leaves out the strongest half percent. P1 shows blue for low and red for high, without saying "
        "where 0 lies. Beside each picture lie its rank, histogram and maps: folder heatmaps."
    )
    return Section("Heatmaps", [text], (), drawn)


def published(results: Results, parts: Mapping[str, Mapping[str, Agreement]]) -> Section:
    """P1's figures beside ours."""
    ours = shown(parts["count"]["all"].accuracy) if parts else NOT_AVAILABLE
    rows: list[Row] = [(name, f"{value} %", NOT_AVAILABLE) for name, value in PUBLISHED.items()]
    rows.append((results.pictures.manifest.name, NOT_AVAILABLE, ours))
    text = [
        "P1's figures are no targets. They are agreement of ranks on correctly classified pictures with the majority of "
        "ten annotators, whose votes are not published; P1 gives no kappa. JAFFE leaves about five test pictures for "
        "each emotion, so that one picture is a fifth of a class.",
        "The rule as written says strong for every picture (the largest score is always 1); as tabulated it is decided "
        "by the ratio of the two most extreme relevances. Neither can reach 94 to 96 % agreement with people unless that "
        "ratio happens to follow the intensity, and P1's abstract, table and text give different figures for JAFFE, "
        "KDEF and CK+.",
    ]
    caption = "Share of pictures whose rank is the true one: published, and here."
    return Section("Beside the paper", text, [Table(("set", "published", "measured here"), rows, caption)])


def shown(value: float) -> str | float:
    """A table's cell; NaN is not available."""
    return NOT_AVAILABLE if isnan(value) else float(value)


def interval(item: Interval) -> str:
    """A table's cell."""
    return NOT_AVAILABLE if isnan(item.low) else f"{item.low:.2f} to {item.high:.2f}"
