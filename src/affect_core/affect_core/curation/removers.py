"""What AFORET is compared with. The paper cites the three others without a form: each is read here from its idea."""

from __future__ import annotations

import numpy as np

from affect_core.curation.aforet import Aforet
from affect_core.curation.base import REMOVERS, Floats, Indices, Removal, Remover

__all__ = ["REMOVERS", "Aforet", "Neighbourhood", "Nothing", "NuSvm", "OverlapSensitive", "Random"]


@REMOVERS.register("osm")
class OverlapSensitive(Remover):
    """OSM (Lee and Kim 2018): the share of the k nearest neighbours with another label is the overlap degree.

    The source weighs a fuzzy support vector machine by it; here the highest degrees go. With k = 5 there are six
    degrees only, so equals are many: those with the nearest foreign neighbour go first.
    """

    def scores(self, points: Floats, labels: Indices) -> Floats:
        """Minus the degree; ties are broken by less than a step of it."""
        distances, foreign = _neighbours(points, labels, self.config.osm_neighbours)
        degree = foreign.mean(axis=1)
        nearest = np.where(foreign, distances, np.inf).min(axis=1)
        return np.asarray(-degree + _ranks(nearest) / (2.0 * foreign.shape[1]))


@REMOVERS.register("nu_svm")
class NuSvm(Remover):
    """nu-SVM (Devi et al. 2019): a one-class machine for each class; the lowest decision values go."""

    def scores(self, points: Floats, labels: Indices) -> Floats:
        """Distance to the own class's boundary, + inside, in units of the machine's largest value."""
        from sklearn.svm import OneClassSVM

        found = np.empty(len(points))
        for name in np.unique(labels):
            own = labels == name
            values = OneClassSVM(nu=self.config.nu).fit(points[own]).decision_function(points[own])
            found[own] = values / (np.abs(values).max() or 1.0)  # machines of large classes have large values
        return found


@REMOVERS.register("nbu")
class Neighbourhood(Remover):
    """NBU (Vuttipittayamongkol and Elyan 2020): the most neighbours of other classes go; equals by class, large first."""

    def scores(self, points: Floats, labels: Indices) -> Floats:
        """Minus the number of foreign neighbours; large classes less by under 1, equals of a class at random."""
        neighbours = self.config.nbu_neighbours or round(np.sqrt(len(points)))
        _, foreign = _neighbours(points, labels, neighbours)
        sizes = np.bincount(labels)[labels]
        tie = 0.5 * sizes / (sizes.max() + 1.0) + 0.4 / (sizes.max() + 1.0) * _drawn(self.seed, len(points))
        return np.asarray(-foreign.sum(axis=1) - tie)


@REMOVERS.register("random")
class Random(Remover):
    """The control that every other must beat: as many faces, drawn."""

    def scores(self, points: Floats, labels: Indices) -> Floats:
        """A random order."""
        return _drawn(self.seed, len(points))


@REMOVERS.register("none")
class Nothing(Remover):
    """The control without removal."""

    def scores(self, points: Floats, labels: Indices) -> Floats:
        """All alike."""
        return np.zeros(len(points))

    def remove(self, points: Floats, labels: Indices, share: float) -> Removal:
        """Everything stays, whatever the share."""
        return super().remove(points, labels, 0.0)


def _neighbours(
    points: Floats, labels: Indices, k: int
) -> tuple[Floats, np.ndarray[tuple[int, int], np.dtype[np.bool_]]]:
    """Distances (N, k) to the nearest others, and whether those have another label."""
    from sklearn.neighbors import NearestNeighbors

    k = min(k, len(points) - 1)
    distances, places = NearestNeighbors(n_neighbors=k).fit(points).kneighbors()
    return distances, labels[places] != labels[:, None]


def _ranks(values: Floats) -> Floats:
    """0 to below 1, by value."""
    return np.asarray(np.argsort(np.argsort(values, kind="stable"), kind="stable") / len(values))


def _drawn(seed: int, count: int) -> Floats:
    return np.random.default_rng([seed, count]).random(count)
