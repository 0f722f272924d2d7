"""The paper's demonstrations on points of our own: two Gaussians on a line (figure 5) and in the plane (figures 6, 7)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from affect_core.curation.aforet import (
    Aforet,
    affinities,
    class_means,
    log_confidences,
    sigma_of,
    squared_distances,
)
from affect_core.curation.base import Floats, Indices, Removal
from affect_core.curation.config import RemoverConfig


@dataclass(frozen=True, eq=False)
class Line:
    """Figure 5: what two classes on a line look like.

    Attributes:
        x: (N,).
        densities: (N, 2), of the classes.
        posteriors: (N, 2), by Bayes from the densities with equal priors.
        beta: (N, 2), equation 8 for a point at x of either class.
    """

    x: Floats
    densities: Floats
    posteriors: Floats
    beta: Floats


@dataclass(frozen=True, eq=False)
class Plane:
    """Figure 6: two overlapping classes, what is removed at one share, and the overlap at several.

    Attributes:
        points, labels: (N, 2) and (N,).
        means: (2, 2); sigma: of the affinity.
        removal: at the share shown.
        shares, overlaps: share removed -> mean share of the 5 nearest neighbours with another label.
    """

    points: Floats
    labels: Indices
    means: Floats
    sigma: float
    removal: Removal
    shares: tuple[float, ...]
    overlaps: tuple[float, ...]


def line(means: tuple[float, float] = (0.0, 4.0), sigma: float = 1.0, other_sd: float = 2.0) -> Line:
    """A narrow class (standard deviation sigma) and a wide one; equation 8 knows one sigma for both."""
    x = np.linspace(means[0] - 4.0 * sigma, means[1] + 3.0 * other_sd, 400)
    sds = np.array([sigma, other_sd])
    squared = (x[:, None] - np.array(means)[None, :]) ** 2
    densities = np.exp(-squared / (2.0 * sds**2)) / (sds * np.sqrt(2.0 * np.pi))
    posteriors = densities / densities.sum(axis=1, keepdims=True)
    return Line(x, densities, posteriors, np.exp(log_confidences(squared, sigma)))


def plane(
    removers: RemoverConfig, seed: int, share: float = 0.15, each: int = 200, apart: float = 2.0
) -> Plane:
    """Two round Gaussians of standard deviation 1, their centres ``apart``."""
    random = np.random.default_rng([seed, each])
    labels = np.repeat([0, 1], each).astype(np.int64)
    points = random.normal(size=(2 * each, 2)) + np.stack([labels * apart, np.zeros(2 * each)], axis=1)
    aforet = Aforet(replace(removers, per_class=False))
    means = class_means(points, labels, 2)
    shares = (0.0, 0.05, 0.10, 0.15, 0.20, 0.30)
    kept = [aforet.remove(points, labels, q).kept for q in shares]
    return Plane(
        points,
        labels,
        means,
        removers.sigma or sigma_of(squared_distances(points, means)),
        aforet.remove(points, labels, share),
        shares,
        tuple(overlap(points[k], labels[k]) for k in kept),
    )


def surface(plane: Plane, edge: int = 120) -> tuple[Floats, Floats, Floats]:
    """Figure 7: x and y (edge,), and the affinity to both class means over them, (2, edge, edge)."""
    low, high = plane.points.min(axis=0) - 0.5, plane.points.max(axis=0) + 0.5
    x, y = (np.linspace(a, b, edge) for a, b in zip(low, high, strict=True))
    grid = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    found = affinities(squared_distances(grid, plane.means), plane.sigma)
    return x, y, np.asarray(found.T.reshape(2, edge, edge))


def overlap(points: Floats, labels: Indices, k: int = 5) -> float:
    """Mean share of the k nearest neighbours that have another label; 0 = classes apart."""
    from sklearn.neighbors import NearestNeighbors

    places = (
        NearestNeighbors(n_neighbors=min(k, len(points) - 1)).fit(points).kneighbors(return_distance=False)
    )
    return float(np.mean(labels[places] != labels[:, None]))
