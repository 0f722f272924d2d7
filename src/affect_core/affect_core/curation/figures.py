"""The pictures of the report, PNG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import cv2
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from affect_core.curation.base import Floats, Indices, Mask
from affect_core.curation.finding import SHARES, Found
from affect_core.curation.rva_training import Fitted
from affect_core.curation.toy import Line, Plane, surface
from affect_core.evaluation.figures import DPI, FAINT, INK, SPARE, new_figure, to_png

TWO = ("#4c78a8", "#e45756")


def line_png(line: Line) -> bytes:
    """Densities, posteriors and beta over one dimension (figure 5)."""
    figure = Figure(figsize=(8.4, 4.6), dpi=DPI, layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True)
    for place, colour in enumerate(TWO):
        name = f"class {place + 1}"
        above.plot(line.x, line.densities[:, place], color=colour, label=f"density, {name}")
        below.plot(line.x, line.posteriors[:, place], color=colour, label=f"posterior, {name}")
        below.plot(line.x, line.beta[:, place], color=colour, linestyle="--", label=f"beta, {name}")
    peak = 4.0 * line.beta[:, 0] * line.beta[:, 1]
    below.plot(line.x, peak, color=INK, linestyle=":", label="4 beta (1 - beta): high in the overlap")
    below.set_xlabel("the only feature")
    for axes in (above, below):
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False, fontsize=8, loc="center right")
    return to_png(figure)


def plane_png(plane: Plane) -> bytes:
    """Two classes before and after removal (figure 6), and the overlap over the share removed."""
    figure = Figure(figsize=(12.0, 4.0), dpi=DPI, layout="constrained")
    before, after, curve = figure.subplots(1, 3)
    kept = plane.removal.kept
    for axes, shown, title in (
        (before, np.ones(len(kept), bool), f"before, {len(kept)} points"),
        (after, kept, f"after, {kept.sum()} points"),
    ):
        for place, (colour, mark) in enumerate(zip(TWO, "ox", strict=True)):
            own = shown & (plane.labels == place)
            axes.scatter(*plane.points[own].T, 14, color=colour, marker=mark, label=f"class {place + 1}")
        axes.scatter(*plane.means.T, 90, color="#b00020", marker="*", label="class means", zorder=3)
        axes.set_title(title, fontsize=10)
        axes.set_xlim(plane.points[:, 0].min() - 0.3, plane.points[:, 0].max() + 0.3)
        axes.set_ylim(plane.points[:, 1].min() - 0.3, plane.points[:, 1].max() + 0.3)
    after.scatter(*plane.points[~kept].T, 10, color=FAINT, alpha=0.5, label="removed", zorder=0)
    for axes in (before, after):
        axes.legend(frameon=False, fontsize=8)
    curve.plot(plane.shares, plane.overlaps, color=INK, marker="o")
    curve.set_xlabel("share removed")
    curve.set_ylabel("neighbours with another label")
    curve.set_ylim(0.0)
    return to_png(figure)


def surfaces_png(plane: Plane) -> bytes:
    """The affinity to each class mean over the plane (figure 7)."""
    x, y, found = surface(plane)
    figure = Figure(figsize=(11.0, 4.4), dpi=DPI, layout="constrained")
    grid_x, grid_y = np.meshgrid(x, y)
    for place in range(2):
        axes: Any = figure.add_subplot(1, 2, place + 1, projection="3d")
        axes.plot_surface(grid_x, grid_y, found[place], cmap="viridis", rcount=60, ccount=60, linewidth=0)
        axes.set_title(f"affinity to class {place + 1}", fontsize=10)
        axes.set_zlim(0.0, 1.0)
    return to_png(figure)


def latent_png(latents: Floats, labels: Indices, kept: Mask, classes: Sequence[str]) -> bytes:
    """First two principal components of the latent vectors: all faces by class, and what is removed among them."""
    from sklearn.decomposition import PCA

    pca = PCA(2).fit(latents)
    flat = pca.transform(latents)
    figure = Figure(figsize=(11.5, 4.8), dpi=DPI, layout="constrained")
    by_class, by_fate = figure.subplots(1, 2, sharex=True, sharey=True)
    for place, name in enumerate(classes):
        own = labels == place
        colour = SPARE[place % len(SPARE)]
        by_class.scatter(*flat[own].T, 9, color=colour, alpha=0.7, label=name)
        by_class.scatter(*flat[own].mean(axis=0), 130, color=colour, marker="*", edgecolors=INK, zorder=3)
    by_fate.scatter(*flat[kept].T, 9, color=FAINT, alpha=0.6, label="kept")
    by_fate.scatter(*flat[~kept].T, 14, color="#e45756", label="removed")
    explained = pca.explained_variance_ratio_
    for axes in (by_class, by_fate):
        axes.set_xlabel(f"first component ({explained[0]:.0%} of the variance)")
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False, fontsize=8, loc="upper right")
    by_class.set_ylabel(f"second component ({explained[1]:.0%})")
    return to_png(figure)


def training_png(fitted: Sequence[Fitted]) -> bytes:
    """Validation ELBO and divergence over the epochs, a line for each latent size."""
    figure = Figure(figsize=(9.0, 3.4), dpi=DPI, layout="constrained")
    left, right = figure.subplots(1, 2)
    for place, each in enumerate(fitted):
        epochs = [row["epoch"] for row in each.log]
        colour, name = SPARE[place % len(SPARE)], f"latent size {each.rva.latent}"
        left.plot(epochs, [row["validation_elbo"] for row in each.log], color=colour, label=name)
        left.axvline(each.best["epoch"], color=colour, linestyle=":", linewidth=1.0)
        right.plot(epochs, [row["divergence"] for row in each.log], color=colour, label=name)
    left.set_ylabel("validation ELBO, nats a face")
    right.set_ylabel("divergence, nats a face")
    for axes in (left, right):
        axes.set_xlabel("epoch")
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False, fontsize=8)
    return to_png(figure)


def rebuilt_png(originals: NDArray[np.uint8], rebuilt: NDArray[np.uint8]) -> bytes:
    """Faces above what the decoder makes of their latent vectors."""
    page = np.vstack([np.hstack(list(originals)), np.hstack(list(rebuilt))])
    big = cv2.resize(page, None, fx=2.0, fy=2.0, interpolation=cv2.INTER_NEAREST)
    return cv2.imencode(".png", np.ascontiguousarray(big[:, :, ::-1]))[1].tobytes()


def beta_png(beta: Floats, thresholds: Mapping[str, float], known: Mapping[str, Mask]) -> bytes:
    """Histogram of beta with the thresholds of each share; groups of faces that are known to be something beside."""
    figure, axes = new_figure(8.4, 3.4)
    edges = np.linspace(beta.min(), beta.max(), 41)
    axes.hist(beta, bins=edges.tolist(), color="#9ecae1", edgecolor="white", linewidth=0.4, label="all faces")
    for place, (name, mask) in enumerate(known.items()):
        colour = TWO[::-1][place % 2]
        axes.hist(beta[mask], bins=edges.tolist(), histtype="step", color=colour, linewidth=1.4, label=name)
    for style, (name, value) in zip(("-", "--", ":", "-."), thresholds.items(), strict=False):
        axes.axvline(value, color=INK, linestyle=style, linewidth=1.2, label=f"{name}: {value:.3f}")
    axes.set_xlabel("beta, the confidence in the own class")
    axes.set_ylabel("faces")
    axes.legend(frameon=False, fontsize=8)
    return to_png(figure)


def gain_png(lines: Mapping[str, Sequence[tuple[float, float]]]) -> bytes:
    """Accuracy, mean over the classifiers, over the share removed; a line is (share, accuracy) points."""
    figure, axes = new_figure(8.4, 4.0)
    for place, (name, points) in enumerate(lines.items()):
        bound = name.startswith("ceiling")
        colour = FAINT if bound else SPARE[place % len(SPARE)]
        style, mark = ("--", "") if bound else ("-", "o")
        axes.plot(*zip(*points, strict=True), color=colour, linestyle=style, marker=mark, label=name)
    axes.set_xlabel("share removed")
    axes.set_ylabel("accuracy, mean over the classifiers")
    axes.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return to_png(figure)


def finding_png(found: Mapping[str, Sequence[Found]]) -> bytes:
    """Recall of what is sought over the share removed, one plot each; the diagonal is chance."""
    columns = min(2, len(found))
    rows = -(-len(found) // columns)
    figure = Figure(figsize=(5.4 * columns, 4.2 * rows), dpi=DPI, layout="constrained")
    plots = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in plots[len(found) :]:
        axes.set_axis_off()
    for axes, (title, ways) in zip(plots, found.items(), strict=False):
        axes.plot([0.0, 1.0], [0.0, 1.0], color=FAINT, linestyle="--", linewidth=1.0)
        for place, way in enumerate(ways):
            axes.plot(
                SHARES, way.curve, color=SPARE[place % len(SPARE)], label=f"{way.way}: AUC {way.auc:.2f}"
            )
        axes.set_title(title, fontsize=10)
        axes.set_xlabel("share removed")
        axes.set_ylabel("share of the sought that is removed")
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False, fontsize=7)
    return to_png(figure)


def sheet_png(faces: Sequence[NDArray[np.uint8]], captions: Sequence[str], columns: int = 8) -> bytes | None:
    """Faces with two lines below each; None without faces."""
    if not faces:
        return None
    rows = -(-len(faces) // columns)
    figure = Figure(figsize=(1.5 * columns, 1.95 * rows), dpi=DPI, layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in grid:
        axes.set_axis_off()
    for axes, face, caption in zip(grid, faces, captions, strict=False):
        axes.imshow(face, interpolation="antialiased")
        axes.set_title(caption, fontsize=7, y=-0.04, va="top", pad=0)
    return to_png(figure)
