"""AFORET: affinity to class means, equations 6 to 8, and what is removed by it.

The paper contradicts itself about the direction: its text and figure 5 say that beta grows towards the overlap and
that high ones are removed; equation 8 and algorithm 1 make beta high where a point is sure of its class and keep
``beta >= beta_t``. We follow the equation and the algorithm. Beta uses the label: a point with a wrong label, or far
from its class's mean, has a low one too, not only a point between classes. It takes every class for one round cloud.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from affect_core.curation.base import REMOVERS, Floats, Indices, Remover
from affect_core.errors import InputError


def class_means(points: Floats, labels: Indices, classes: int) -> Floats:
    """Equation 6: the mean of each class, (classes, d); raises InputError for a class without points."""
    counts = np.bincount(labels, minlength=classes)
    if not counts.all():
        raise InputError(
            f"expected points of every class 0 to {classes - 1}, got none of {np.flatnonzero(counts == 0)}"
        )
    return np.stack([points[labels == c].mean(axis=0) for c in range(classes)])


def squared_distances(points: Floats, means: Floats) -> Floats:
    """d_ij^2 of points (N, d) and means (C, d): (N, C)."""
    return np.stack([((points - mean) ** 2).sum(axis=1) for mean in means], axis=1)


def affinities(squared: Floats, sigma: float) -> Floats:
    """Equation 7: exp(-d^2 / (2 sigma^2)). For pictures only: it is 0 beyond some 38 sigma."""
    return np.asarray(np.exp(-squared / (2.0 * sigma**2)))


def log_confidences(squared: Floats, sigma: float) -> Floats:
    """Equation 8 for every class: log of a_ij / sum_j a_ij, (N, C).

    The posterior of round Gaussians with equal priors. In logarithms, because the direct form is 0 / 0 for points far
    from every mean: exp(-1000) = 0.
    """
    from scipy.special import log_softmax

    return np.asarray(log_softmax(-squared / (2.0 * sigma**2), axis=1))


def sigma_of(squared: Floats) -> float:
    """Where the paper gives no sigma: the square root of the median of all d_ij^2; ours."""
    sigma = float(np.sqrt(np.median(squared)))
    if not sigma > 0.0:
        raise InputError("expected points at different places, got all of them at one; encode the faces anew")
    return sigma


def nearest_other(log_confidence: Floats, labels: Indices) -> Indices:
    """The other class that each point is nearest to, (N,)."""
    others = log_confidence.copy()
    others[np.arange(len(labels)), labels] = -np.inf
    return np.asarray(others.argmax(axis=1), np.int64)


def beta(log_confidence: Floats, labels: Indices) -> Floats:
    """Equation 8: the confidence in the own class, (N,), 0..1."""
    return np.asarray(np.exp(_own(log_confidence, labels)))


def margin(log_confidence: Floats, labels: Indices) -> Floats:
    """Beta minus the best other class's, -1..1; for two classes 2 beta - 1. At least 0: the own mean is the nearest."""
    rows = np.arange(len(labels))
    other = np.exp(log_confidence[rows, nearest_other(log_confidence, labels)])
    return np.asarray(beta(log_confidence, labels) - other)


def ambiguity(log_confidence: Floats, labels: Indices) -> Floats:
    """1 - beta, 0..1: what the paper's text calls beta, and removes when it is high."""
    return np.asarray(-np.expm1(_own(log_confidence, labels)))


def entropy(log_confidence: Floats, labels: Indices) -> Floats:
    """Of the confidences, as a share of the highest possible, 0..1; ours. It does not look at the label."""
    terms = np.exp(log_confidence) * log_confidence
    return np.asarray(-np.nan_to_num(terms).sum(axis=1) / np.log(log_confidence.shape[1]))


MEASURES: Final[Mapping[str, Callable[[Floats, Indices], Floats]]] = {
    "beta": beta,
    "margin": margin,
    "ambiguity": ambiguity,
    "entropy": entropy,
}


@REMOVERS.register("aforet")
class Aforet(Remover):
    """The paper's: equations 6 to 8, then keep what is at or above the threshold."""

    def scores(self, points: Floats, labels: Indices) -> Floats:
        """The higher, the surer: beta and margin as they are, ambiguity and entropy negated.

        Beta and ambiguity are ranked by the logarithm of beta, which still tells points apart where beta is 0.
        """
        confidence = self.log_confidences(points, labels)
        if self.config.score in ("beta", "ambiguity"):
            return _own(confidence, labels)
        measured = MEASURES[self.config.score](confidence, labels)
        return measured if self.config.score == "margin" else -measured

    def log_confidences(self, points: Floats, labels: Indices) -> Floats:
        """`log_confidences` of points to the means of their own classes, with the configured or the median sigma."""
        squared = squared_distances(points, class_means(points, labels, int(labels.max()) + 1))
        return log_confidences(squared, self.config.sigma or sigma_of(squared))


def _own(log_confidence: Floats, labels: Indices) -> Floats:
    return np.asarray(log_confidence[np.arange(len(labels)), labels])
