"""Pictures of a study of subgroups, as PNG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy.cluster.hierarchy import dendrogram

from affect_core.evaluation.figures import DPI, FAINT, INK, SPARE, new_figure, to_png
from affect_core.subgroups.bias import Estimate
from affect_core.subgroups.heatmaps import GAIN, Tree, difference
from affect_core.subgroups.space import FaceSpace
from affect_core.types import Floats, ImageRGB

_HOT, _COLD = "Reds", "Blues"


def process_png(
    rows: Sequence[tuple[str, ImageRGB, Floats, NDArray[np.bool_], NDArray[np.bool_]]], space: FaceSpace
) -> bytes:
    """P3, table II: a face with its points and triangles, its LIME mask, and the mask in the face space.

    Args:
        rows: expression, picture (S, S, 3), its 89 points, mask (S, S), warped mask (H, W).
        space: the face space.
    """
    figure = Figure(figsize=(6.6, 2.5 * len(rows)), dpi=DPI, layout="constrained")
    grid = figure.subplots(len(rows), 3, squeeze=False)
    for axes, (label, image, points, mask, warped) in zip(grid, rows, strict=True):
        axes[0].imshow(image)
        axes[0].set_ylabel(label)
        axes[1].imshow(np.where(mask[..., None], image, image // 4))
        for one in axes[:2]:
            one.triplot(*points.T, space.triangles, color="#ffe066", linewidth=0.25)
            one.plot(*points.T, ".", color="#ff4d4d", markersize=1.5)
        axes[2].imshow(warped, cmap="gray", vmin=0, vmax=1)
        axes[2].triplot(*space.points_xy.T, space.triangles, color="#ffe066", linewidth=0.25)
    for axes, title in zip(grid[0], ("89 points", "LIME", "face space"), strict=True):
        axes.set_title(title, size=10, color=INK)
    _bare(grid)
    return to_png(figure)


def heatmaps_png(
    maps: Mapping[tuple[str, str], Sequence[Floats | None]],
    labels: Sequence[str],
    space: FaceSpace,
) -> bytes:
    """P3, tables IX and X: a row for every training and test, a column for every expression."""
    highest = max((float(one.max()) for row in maps.values() for one in row if one is not None), default=1.0)
    figure = Figure(figsize=(1.5 * len(labels) + 1.0, 1.75 * len(maps) + 0.4), dpi=DPI, layout="constrained")
    grid = figure.subplots(len(maps), len(labels), squeeze=False)
    shown = None
    for axes, ((training, test), row) in zip(grid, maps.items(), strict=True):
        axes[0].set_ylabel(f"{training}-{test}")
        for one, heat in zip(axes, row, strict=True):
            if heat is not None:
                shown = one.imshow(heat, cmap="magma", vmin=0.0, vmax=highest or 1.0)
                _outline(one, space, "white")
    for axes, label in zip(grid[0], labels, strict=True):
        axes.set_title(label, size=10, color=INK)
    if shown is not None:
        figure.colorbar(shown, ax=grid, shrink=0.6, label="share of the masks")
    _bare(grid)
    return to_png(figure)


def differences_png(
    pairs: Sequence[tuple[str, Floats, Floats]], names: tuple[str, str], space: FaceSpace, gain: float = GAIN
) -> bytes:
    """P3, table XI: |f - m|, max(f - m, 0) and max(m - f, 0), shown ``gain`` times as strong.

    Args:
        pairs: expression, heatmap f of the first group, heatmap m of the second, each by its own training.
        names: of the two heatmaps, such as FE-FE.
        space: the face space.
    """
    first, second = names
    titles = (f"|{first} - {second}|", f"{first} above {second}", f"{second} above {first}")
    figure = Figure(figsize=(1.5 * len(pairs) + 1.6, 6.0), dpi=DPI, layout="constrained")
    grid = figure.subplots(3, len(pairs), squeeze=False)
    for column, (label, one, other) in enumerate(pairs):
        found = difference(one, other)
        parts = (found.absolute, found.first, found.second)
        for axes, part, colours in zip(grid[:, column], parts, ("Greys", _HOT, _COLD), strict=True):
            axes.imshow(np.clip(gain * part, 0.0, 1.0), cmap=colours, vmin=0.0, vmax=1.0)
            _outline(axes, space, FAINT)
        grid[0, column].set_title(label, size=10, color=INK)
    for axes, title in zip(grid[:, 0], titles, strict=True):
        axes.set_ylabel(title, size=8)
    _bare(grid)
    return to_png(figure)


def dendrogram_png(tree: Tree) -> bytes:
    """P3, figure 3: Ward's tree, one colour for each expression (the last word of a name)."""
    figure, axes = new_figure(7.4, 1.0 + 0.24 * len(tree.names))
    with np.errstate(all="ignore"):
        dendrogram(
            tree.links,
            labels=list(tree.names),
            orientation="left",
            ax=axes,
            color_threshold=0.0,
            above_threshold_color=INK,
            leaf_font_size=8,
        )
    endings = list(dict.fromkeys(name.split()[-1] for name in tree.names))
    for text in axes.get_yticklabels():
        text.set_color(SPARE[endings.index(text.get_text().split()[-1]) % len(SPARE)])
    axes.spines[["left"]].set_visible(False)
    axes.set_xlabel("height")
    return to_png(figure)


def grid_png(values: Floats, rows: Sequence[str], columns: Sequence[str], label: str) -> bytes:
    """Numbers as a coloured table; rows = training, columns = test."""
    figure, axes = new_figure(1.8 + 1.0 * len(columns), 1.2 + 0.62 * len(rows))
    axes.imshow(values, cmap="Blues", vmin=0.0, vmax=100.0, aspect="auto")
    for row, column in np.ndindex(*values.shape):
        colour = "white" if values[row, column] > 55.0 else INK
        axes.text(column, row, f"{values[row, column]:.1f}", ha="center", va="center", color=colour, size=10)
    axes.set_xticks(range(len(columns)), columns)
    axes.set_yticks(range(len(rows)), rows)
    axes.set_xlabel(f"tested on; {label}")
    axes.set_ylabel("trained on")
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    return to_png(figure)


def confusions_png(
    matrices: Mapping[tuple[str, str], Floats], labels: Sequence[str], trainings: int = 3
) -> bytes:
    """P3, tables VI to VIII: confusion matrices in percent, rows = truth; a row for every training."""
    columns = -(-len(matrices) // trainings)
    figure = Figure(figsize=(2.9 * columns + 0.6, 2.7 * trainings), dpi=DPI, layout="constrained")
    grid = figure.subplots(trainings, columns, squeeze=False)
    for axes, ((training, test), matrix) in zip(grid.ravel(), matrices.items(), strict=True):
        axes.imshow(matrix, cmap="Blues", vmin=0.0, vmax=100.0)
        for row, column in np.ndindex(*matrix.shape):
            if np.isfinite(matrix[row, column]) and matrix[row, column] >= 0.5:
                colour = "white" if matrix[row, column] > 55.0 else INK
                text = f"{matrix[row, column]:.0f}"
                axes.text(column, row, text, ha="center", va="center", color=colour, size=6)
        axes.set_title(f"{training}-{test}", size=9, color=INK)
        axes.set_xticks(range(len(labels)), labels, rotation=45, ha="right", size=6)
        axes.set_yticks(range(len(labels)), labels, size=6)
        axes.tick_params(length=0)
    return to_png(figure)


def intervals_png(rows: Mapping[str, Estimate], label: str) -> bytes:
    """Numbers with their intervals, one below the other; 0 is marked."""
    figure, axes = new_figure(7.2, 0.9 + 0.34 * len(rows))
    for place, estimate in enumerate(rows.values()):
        colour = "#e45756" if estimate.clear else "#4c78a8"
        axes.plot([estimate.low, estimate.high], [place, place], color=colour, linewidth=2.0)
        axes.plot([estimate.value], [place], "o", color=colour, markersize=5)
    axes.axvline(0.0, color=FAINT, linewidth=1.0, linestyle="--")
    axes.set_yticks(range(len(rows)), list(rows))
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xlabel(label)
    axes.spines[["left"]].set_visible(False)
    return to_png(figure)


def _outline(axes: Any, space: FaceSpace, colour: str) -> None:
    """Thin lines of the canonical face."""
    points = space.landmarks_xy
    closed = [[*range(36, 42), 36], [*range(42, 48), 42], [*range(48, 60), 48]]
    for part in (range(17), range(17, 22), range(22, 27), range(27, 31), range(31, 36), *closed):
        axes.plot(*points[list(part)].T, color=colour, linewidth=0.5)


def _bare(grid: Any) -> None:
    for axes in np.ravel(grid):
        axes.set_xticks([])
        axes.set_yticks([])
        axes.spines[:].set_visible(False)
