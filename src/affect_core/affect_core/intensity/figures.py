"""The pictures of the study's report, as PNG files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from affect_core.evaluation.figures import DPI, FAINT, INK, new_figure, to_png
from affect_core.intensity.agreement import Agreement, Interval
from affect_core.intensity.rank import BINS, GROUPS, RANKS
from affect_core.types import ImageRGB

COLOURS: Final = {"minimal": "#72b7b2", "average": "#f2a93b", "strong": "#e45756"}
_MAPS: Final = ("red", "green", "blue", "sum")
_SPREAD: Final = 99.5
"""Percentile of the absolute relevances that gets the full colour: single pixels would leave the rest pale."""


def history_png(history: Sequence[Mapping[str, float]], best: int) -> bytes:
    """Losses and accuracy over the epochs; the kept epoch is marked."""
    figure, axes = new_figure(6.0, 2.8)
    epochs = np.arange(1, len(history) + 1)
    axes.plot(epochs, [item["loss"] for item in history], color="#4c78a8", label="loss, training")
    axes.plot(
        epochs, [item["validation_loss"] for item in history], color="#e45756", label="loss, validation"
    )
    axes.plot(
        epochs,
        [item["validation_accuracy"] for item in history],
        color="#54a27a",
        label="accuracy, validation",
    )
    axes.axvline(best, color=FAINT, linewidth=1.0, linestyle=":")
    axes.set_xlabel("epoch")
    axes.legend(frameon=False, fontsize=8)
    return to_png(figure)


def emotions_png(counts: NDArray[np.int64], names: Sequence[str]) -> bytes:
    """Confusion of the emotions, rows = truth."""
    figure, axes = new_figure(4.6, 4.2)
    _matrix(axes, counts, names)
    axes.set_xlabel("read")
    axes.set_ylabel("shown")
    return to_png(figure)


def ranks_png(parts: Mapping[str, Agreement]) -> bytes:
    """The 3 x 3 matrix of each emotion, rows = truth (P1, Figs 15 to 17)."""
    columns = min(4, len(parts))
    rows = -(-len(parts) // columns)
    figure = Figure(figsize=(2.5 * columns, 2.5 * rows), dpi=DPI, layout="constrained")
    names = ("Min", "Avg", "Str")
    grid = figure.subplots(rows, columns, squeeze=False)
    for axes in grid.ravel()[len(parts) :]:
        axes.set_visible(False)
    for axes, (title, part) in zip(grid.ravel(), parts.items(), strict=False):
        _matrix(axes, part.matrix, names)
        axes.set_title(f"{title} ({part.matrix.sum()})", size=9, color=INK)
    return to_png(figure)


def histograms_png(groups: Mapping[str, NDArray[np.float64]]) -> bytes:
    """Mean counts in the ten bins of the pictures of each rank, on a logarithmic axis; below, the three groups."""
    figure, axes = new_figure(7.0, 3.4)
    width = 0.8 / max(1, len(groups))
    for place, (name, counts) in enumerate(groups.items()):
        at = np.arange(1, BINS + 1) - 0.4 + width * (place + 0.5)
        axes.bar(at, np.maximum(counts, 0.1), width, color=COLOURS[name], label=name)
    axes.set_yscale("log")
    axes.set_ylim(bottom=0.1)
    for place, (group, name) in enumerate(zip(GROUPS, COLOURS, strict=True)):
        axes.plot(
            [group.start + 0.6, group.stop + 0.4], [-0.13 - 0.045 * place] * 2, color=COLOURS[name], linewidth=3,
            clip_on=False, transform=axes.get_xaxis_transform(),
        )  # fmt: skip
    axes.set_xticks(np.arange(1, BINS + 1), [f"I{i}" for i in range(1, BINS + 1)])
    axes.tick_params(axis="x", pad=1)
    axes.set_xlabel("bin; the bars show the groups G1 to G3", labelpad=40)
    axes.set_ylabel("pixels and channels, mean")
    figure.legend(frameon=False, fontsize=8, title="rank", title_fontsize=8, loc="outside right upper")
    return to_png(figure)


def intensities_png(
    intensities: NDArray[np.float64], columns: Mapping[str, NDArray[np.int64]], bounds: tuple[float, float]
) -> bytes:
    """True intensities of the pictures of each rank, for each way of ranking; dotted: the bounds of the true ranks."""
    figure, axes = new_figure(1.6 + 1.9 * len(columns), 3.4)
    random = np.random.default_rng(0)
    ticks = []
    for place, (name, ranks) in enumerate(columns.items()):
        for step, rank in enumerate(RANKS):
            values = intensities[ranks == rank]
            at = place + 0.27 * (step - 1)
            spread = at + random.uniform(-0.08, 0.08, len(values))
            axes.scatter(spread, values, s=9, color=COLOURS[rank.name.lower()], alpha=0.6, linewidths=0)
            if len(values):
                axes.plot([at - 0.11, at + 0.11], [np.median(values)] * 2, color=INK, linewidth=1.6)
        ticks.append(name)
    for bound in bounds:
        axes.axhline(bound, color=FAINT, linestyle=":", linewidth=1.0)
    axes.set_xticks(range(len(ticks)), ticks)
    axes.set_ylabel("true intensity")
    axes.set_ylim(0.0, 1.02)
    for rank in RANKS:
        axes.scatter([], [], s=16, color=COLOURS[rank.name.lower()], label=rank.name.lower())
    figure.legend(frameon=False, fontsize=8, loc="outside right upper")
    return to_png(figure)


def order_png(found: Mapping[str, Interval], label: str) -> bytes:
    """One measure of every estimator with its interval; 0 = no order."""
    known = {name: item for name, item in found.items() if item.value == item.value}
    figure, axes = new_figure(6.4, 0.7 + 0.34 * max(1, len(known)))
    for place, item in enumerate(reversed(known.values())):
        axes.plot([item.low, item.high], [place, place], color="#4c78a8", linewidth=2.2)
        axes.plot([item.value], [place], "o", color="#4c78a8", markersize=5)
    axes.axvline(0.0, color=FAINT, linewidth=1.0)
    axes.set_yticks(range(len(known)), list(reversed(known)))
    axes.set_xlim(-1.0, 1.0)
    axes.set_xlabel(label)
    return to_png(figure)


def heatmaps_png(image_rgb: ImageRGB, relevance: NDArray[np.float32], title: str) -> bytes:
    """The crop, and its relevances in each channel and summed: blue opposes, red supports, white is 0 (P1, Figs 10-12).

    Args:
        image_rgb: uint8 (S, S, 3).
        relevance: (3, S, S), signed.
    """
    figure = Figure(figsize=(9.4, 2.3), dpi=DPI, layout="constrained")
    grid = figure.subplots(1, 1 + len(_MAPS))
    grid[0].imshow(image_rgb)
    grid[0].set_title(title, size=8, color=INK)
    for axes, name, values in zip(grid[1:], _MAPS, [*relevance, relevance.sum(axis=0)], strict=True):
        limit = colour_limit(values)
        shown = axes.imshow(values, cmap="bwr", vmin=-limit, vmax=limit)
        axes.set_title(name, size=8, color=INK)
        bar = figure.colorbar(shown, ax=axes, fraction=0.046, pad=0.02)
        bar.ax.tick_params(labelsize=5)
        bar.ax.ticklabel_format(axis="y", scilimits=(0, 0))
        bar.ax.yaxis.offsetText.set_fontsize(5)
    for axes in grid:
        axes.set_xticks([])
        axes.set_yticks([])
    return to_png(figure)


def colour_limit(values: NDArray[np.float32]) -> float:
    """The relevance that gets the full colour, either way; above 0 also for a map of zeros."""
    return max(float(np.percentile(np.abs(values), _SPREAD)), 1e-12)


def map_png(values: NDArray[np.float32]) -> bytes:
    """One map alone, pixel for pixel, in the same symmetric colours."""
    import io

    from matplotlib import colormaps
    from PIL import Image

    limit = colour_limit(values)
    scaled = (np.clip(values / limit, -1.0, 1.0) + 1.0) / 2.0
    buffer = io.BytesIO()
    Image.fromarray((colormaps["bwr"](scaled)[:, :, :3] * 255.0).round().astype(np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


def _matrix(axes: Axes, counts: NDArray[np.int64], names: Sequence[str]) -> None:
    totals = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, totals, out=np.zeros(counts.shape), where=totals > 0)
    axes.imshow(shares, cmap="Blues", vmin=0.0, vmax=1.0)
    for row in range(len(names)):
        for column in range(len(names)):
            text = str(counts[row, column]) if totals[row, 0] else "n/a"
            dark = shares[row, column] > 0.55
            axes.text(column, row, text, ha="center", va="center", size=8, color="white" if dark else INK)
    axes.set_xticks(range(len(names)), names, rotation=45 if len(names) > 3 else 0, size=8)
    axes.set_yticks(range(len(names)), names, size=8)
