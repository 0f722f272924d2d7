"""The part of a report that says what the networks look at: masks, heatmaps, their differences and their tree."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from affect_core.errors import InputError
from affect_core.papers import Figure, Section, Table
from affect_core.subgroups.config import SubgroupConfig
from affect_core.subgroups.explained import EXPLAINED
from affect_core.subgroups.figures import dendrogram_png, differences_png, heatmaps_png, process_png
from affect_core.subgroups.heatmaps import DISTANCES, GAIN, Tree, distance, grow, same_tree
from affect_core.subgroups.rounds import FIRST, MIXED, SECOND
from affect_core.subgroups.space import FaceSpace
from affect_core.subgroups.trial import Found
from affect_core.types import Floats

_SHOWN: Final = 3

Row = list[str | int | float | None]
"""Of a table."""


def look_sections(one: Found, config: SubgroupConfig, space: FaceSpace) -> list[Section]:
    """What the networks of a trial look at."""
    return [_heatmaps(one, config, space), _tree_section(one)]


def _heatmaps(one: Found, config: SubgroupConfig, space: FaceSpace) -> Section:
    codes, labels, name = one.codes, one.readings.label_names, one.trial.name
    maps = {
        (codes[a], codes[b]): [one.heats[a, b, label].heatmap for label in labels]
        for b in (FIRST, SECOND)
        for a in EXPLAINED
    }
    own = tuple(f"{codes[group]}-{codes[group]}" for group in (FIRST, SECOND))
    pairs = own_pairs(one)
    figures = [
        Figure(
            f"{name}_lime.png",
            process_png(one.examples[:_SHOWN], space),
            f"From a face to the face space (P3, table II), by the training {codes[MIXED]}.",
        ),
        Figure(
            f"{name}_heatmaps.png",
            heatmaps_png(maps, labels, space),
            "Merged LIME masks (P3, tables IX and X); rows: trained on - tested on.",
        ),
    ]
    if pairs:
        caption = f"Differences of the merged masks, shown {GAIN:g} times as strong (P3, table XI)."
        drawn = differences_png(pairs, (own[0], own[1]), space)
        figures.append(Figure(f"{name}_differences.png", drawn, caption))
    return Section(
        f"{one.trial.title}: what the networks look at",
        [
            f"LIME explains the {config.lime.explain} expression of up to {config.explained or 'all'} faces of each "
            f"expression, group and round, by networks that did not see them; a mask holds the "
            f"{config.lime.features} superpixels that speak most for it.",
        ],
        [_bands(one, own), *_own_distances(one, pairs)],
        figures,
    )


def _bands(one: Found, own: tuple[str, ...]) -> Table:
    """Where the masks lie."""
    bands = list(one.looks)
    means = [
        np.concatenate([h.shares for (a, b, _), h in one.heats.items() if a == b == group])
        for group in (FIRST, SECOND)
    ]
    rows = [
        [
            band,
            *(float(100.0 * shares[:, place].mean()) if len(shares) else None for shares in means),
            one.looks[band].value,
            one.looks[band].low,
            one.looks[band].high,
            "yes" if band in one.looks_found else "no",
        ]
        for place, band in enumerate(bands)
    ]
    return Table(
        ["part of the face", *own, "difference", "from", "to", "differs"],
        rows,
        "Share of the masks in each part, percent; 95 % intervals of the difference, the last column for all parts "
        "together.",
    )


def own_pairs(one: Found) -> list[tuple[str, Floats, Floats]]:
    """Expression, heatmap of the first group by its own training, and that of the second."""
    found = []
    for label in one.readings.label_names:
        first, second = (one.heats[group, group, label].heatmap for group in (FIRST, SECOND))
        if first is not None and second is not None:
            found.append((label, first, second))
    return found


def _own_distances(one: Found, pairs: list[tuple[str, Floats, Floats]]) -> list[Table]:
    rows: list[Row] = [[label, distance(first, second)] for label, first, second in pairs]
    caption = "Distance of the two groups' heatmaps, each by its own training: 0 = alike, 1 = unrelated, 2 = opposite."
    return [Table(["expression", "distance"], rows, caption)] if rows else []


def _tree_section(one: Found) -> Section:
    title = f"{one.trial.title}: which heatmaps are alike"
    try:
        tree, root = trees(one)
    except InputError as error:
        return Section(title, [f"There is no tree: {error}."])
    same = "joins the maps in the same way" if same_tree(tree, root) else "joins some maps differently"
    left_out = f" Left out, as they are constant: {', '.join(tree.left_out)}." if tree.left_out else ""
    agreed: list[Row] = [[kind, value] for kind, value in nearest(tree).items()]
    return Section(
        title,
        [
            "Ward's method on 1 - correlation, as in P3, figure 3. Ward's method is made for Euclidean distances; with "
            f"sqrt(2 (1 - correlation)), which is one, the tree {same}.{left_out}",
        ],
        [
            Table(
                ["nearest other heatmap has the same", "share of the heatmaps"],
                agreed,
                "What makes heatmaps alike: each map is compared with the one that is nearest to it.",
            )
        ],
        [
            Figure(
                f"{one.trial.name}_dendrogram.png",
                dendrogram_png(tree),
                "Names: trained on - tested on, expression (P3, figure 3); one colour for each expression.",
            )
        ],
    )


def trees(one: Found) -> tuple[Tree, Tree]:
    """By both kinds of distance; raises InputError when there are not two maps with a shape."""
    maps = {name: heat.heatmap for name, heat in one.named_heats.items() if heat.heatmap is not None}
    return grow(maps, DISTANCES[0]), grow(maps, DISTANCES[1])


def nearest(tree: Tree) -> dict[str, float]:
    """How often the nearest other map has the same expression, training, or test."""
    between = tree.between + np.diag(np.full(len(tree.names), np.inf))
    partner = between.argmin(axis=1)
    words = [(*name.split(" ", 1)[0].rsplit("-", 1), name.split(" ", 1)[1]) for name in tree.names]
    alike = np.array(
        [[a == b for a, b in zip(words[i], words[j], strict=True)] for i, j in enumerate(partner)]
    )
    return dict(zip(("training", "test", "expression"), map(float, alike.mean(axis=0)), strict=True))


def looks_numbers(one: Found) -> dict[str, Any]:
    """For summary.json."""
    numbers: dict[str, Any] = {
        "looks": {band: vars(estimate) for band, estimate in one.looks.items()},
        "heatmaps": {name: {"n": h.count, "empty": h.empty} for name, h in one.named_heats.items()},
        "distance_of_groups": {label: distance(first, second) for label, first, second in own_pairs(one)},
    }
    try:
        tree, root = trees(one)
    except InputError:
        return {**numbers, "tree": None}
    links = {"names": list(tree.names), "links": tree.links.tolist(), "same_with_root": same_tree(tree, root)}
    return {**numbers, "tree": {**links, "nearest": nearest(tree), "left_out": list(tree.left_out)}}
