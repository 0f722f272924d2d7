"""The pictures of the report, as PNG bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from matplotlib.ticker import MaxNLocator

from affect_core.circumplex.metrics import CDF_AT, Values
from affect_core.circumplex.recipe import AFFECT
from affect_core.circumplex.samples import Samples
from affect_core.evaluation.figures import DPI, FAINT, INK, colours, new_figure, to_png
from affect_core.types import Floats

_LIMIT: Final = 1.08
_STYLES: Final = ("-", "--", ":", "-.")
_MOST: Final = 4000  # points in a scatter plot


def circumplex_png(samples: Samples) -> bytes:
    """Every picture's place, and a ring at the median of every class; P2, figure 4."""
    figure, axes = new_figure(6.4, 6.2)
    _frame(axes)
    for label, (name, colour) in enumerate(colours(samples.label_names).items()):
        places = samples.affect[samples.labels == label, :2]
        axes.scatter(places[:_MOST, 0], places[:_MOST, 1], s=14, color=colour, alpha=0.45, linewidths=0)
        if len(places):
            axes.scatter(
                np.nanmedian(places[:, 0]),
                np.nanmedian(places[:, 1]),
                s=130,
                facecolor=colour,
                edgecolor=INK,
                linewidths=1.4,
                label=name,
                zorder=3,
            )
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False)
    return to_png(figure)


def by_class_png(samples: Samples) -> bytes:
    """Box plots of valence and arousal of every class; P2, figure 5."""
    figure, pair = _pair(10.0, 1.6 + 0.34 * len(samples.label_names))
    for d, axes in enumerate(pair):
        values = [samples.affect[samples.labels == i, d] for i in range(len(samples.label_names))]
        drawn = axes.boxplot(
            [v[~np.isnan(v)] for v in values], orientation="horizontal", patch_artist=True, widths=0.6, sym=""
        )
        for box, colour in zip(drawn["boxes"], colours(samples.label_names).values(), strict=True):
            box.set_facecolor(colour)
        for line in drawn["medians"]:
            line.set_color(INK)
        axes.set_yticks(range(1, len(values) + 1), samples.label_names)
        axes.invert_yaxis()
        axes.set_xlim(-_LIMIT, _LIMIT)
        axes.set_xlabel(AFFECT[d])
    return to_png(figure)


def shift_png(train: Samples, test: Samples) -> bytes:
    """Distribution of valence and arousal in training and test pictures; P2, figure 6."""
    figure, pair = _pair(9.0, 3.0)
    bins = np.linspace(-1.0, 1.0, 21)
    for d, axes in enumerate(pair):
        for samples, name, colour in ((train, "training", "#4c78a8"), (test, "test", "#e45756")):
            values = samples.affect[:, d][~np.isnan(samples.affect[:, d])]
            weights = np.full(len(values), 1.0 / max(1, len(values)))
            axes.hist(
                values,
                bins.tolist(),
                weights=weights,
                histtype="step",
                linewidth=1.8,
                color=colour,
                label=name,
            )
        axes.set_xlabel(AFFECT[d])
    pair[0].set_ylabel("share of the pictures")
    pair[0].legend(frameon=False)
    return to_png(figure)


def confusion_png(matrix: Floats, names: Sequence[str]) -> bytes:
    """Share of each row, in percent; rows are the truth. P2, figure 9."""
    totals = matrix.sum(axis=1, keepdims=True)
    shares = np.divide(matrix, totals, out=np.zeros(matrix.shape), where=totals > 0)
    figure, axes = new_figure(1.8 + 0.66 * len(names), 1.4 + 0.56 * len(names))
    axes.imshow(shares, cmap="Blues", vmin=0.0, vmax=1.0, aspect="auto")
    for row, column in np.ndindex(*shares.shape):
        ink = "white" if shares[row, column] > 0.5 else INK
        axes.text(
            column, row, f"{100 * shares[row, column]:.0f}", ha="center", va="center", color=ink, fontsize=9
        )
    axes.set_xticks(range(len(names)), names, rotation=30, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(names)), names)
    axes.set_xlabel("read")
    axes.set_ylabel("true")
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    return to_png(figure)


def error_cdf_png(curves: Mapping[str, Mapping[str, Floats]], within: Sequence[float] = CDF_AT) -> bytes:
    """Share of pictures within an absolute error; one line for each network. P2, figures 10 and 11."""
    figure, pair = _pair(9.6, 3.6)
    for dimension, axes in zip(AFFECT, pair, strict=True):
        for place, (name, shares) in enumerate(curves.items()):
            colour = f"C{place % 10}"
            axes.plot(
                within,
                shares[dimension],
                _STYLES[place % len(_STYLES)],
                color=colour,
                linewidth=1.8,
                label=name,
            )
        axes.axvline(0.3, color=FAINT, linewidth=0.8)
        axes.axhline(0.8, color=FAINT, linewidth=0.8)
        axes.set_xlim(0.0, 1.0)
        axes.set_ylim(0.0, 1.02)
        axes.set_xlabel(f"absolute error of {dimension}")
    pair[0].set_ylabel("share of the pictures")
    pair[1].legend(loc="lower right", frameon=False, fontsize=8)
    return to_png(figure)


def estimates_png(samples: Samples, guess: Values) -> bytes:
    """Where the pictures are, and where a network puts them, in the colours of their classes."""
    figure, pair = _pair(10.6, 5.2)
    for axes, places, title in ((pair[0], samples.affect, "true"), (pair[1], guess, "estimated")):
        _frame(axes)
        for label, (name, colour) in enumerate(colours(samples.label_names).items()):
            shown = places[samples.labels == label][:_MOST]
            axes.scatter(shown[:, 0], shown[:, 1], s=14, color=colour, alpha=0.7, linewidths=0, label=name)
        axes.set_title(title, fontsize=10)
    pair[1].legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False)
    return to_png(figure)


def learning_png(curves: Mapping[str, Sequence[float]]) -> bytes:
    """Score of the held-out pictures by epoch; macro F1, for va the mean CCC."""
    figure, axes = new_figure(8.4, 3.4)
    for place, (name, values) in enumerate(curves.items()):
        axes.plot(
            range(1, len(values) + 1),
            values,
            _STYLES[place % len(_STYLES)],
            color=f"C{place % 10}",
            marker="o",
            markersize=3,
            linewidth=1.4,
            label=name,
        )
    axes.set_xlabel("epoch")
    axes.set_ylabel("score")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False, fontsize=8)
    return to_png(figure)


def labels_png(frequencies: Mapping[str, float]) -> bytes:
    """Share of the people that have each label, the most frequent first; P2, figure 7."""
    ordered = sorted(frequencies.items(), key=lambda item: -item[1])
    figure, axes = new_figure(7.0, 1.0 + 0.22 * len(ordered))
    axes.barh([name for name, _ in ordered], [share for _, share in ordered], color="#4c78a8")
    axes.invert_yaxis()
    axes.set_xlabel("share of the training people with the label")
    return to_png(figure)


def _frame(axes: Axes) -> None:
    """The circle, its axes and what they mean."""
    axes.add_patch(Circle((0.0, 0.0), 1.0, fill=False, color=FAINT, linewidth=0.8))
    axes.axhline(0.0, color=FAINT, linewidth=0.8, zorder=0)
    axes.axvline(0.0, color=FAINT, linewidth=0.8, zorder=0)
    axes.set_xlim(-_LIMIT, _LIMIT)
    axes.set_ylim(-_LIMIT, _LIMIT)
    axes.set_aspect("equal")
    axes.set_xlabel("valence: unpleasant to pleasant")
    axes.set_ylabel("arousal: calm to excited")


def _pair(width: float, height: float) -> tuple[Figure, tuple[Axes, Axes]]:
    figure = Figure(figsize=(width, height), dpi=DPI, layout="constrained")
    left, right = figure.subplots(1, 2)
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(colors=INK, labelsize=9)
    return figure, (left, right)
