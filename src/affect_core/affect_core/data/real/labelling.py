"""The classes of a set -> one of our labels, by the maps of ``config/label_maps.yaml``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from affect_core.data.label_maps import load_label_maps
from affect_core.data.real.base import RealSet, RealSetConfig, Reason
from affect_core.errors import ConfigError, UnknownName
from affect_core.labels import LABEL_SETS


@dataclass(frozen=True)
class Labelled:
    """A label; ``shares`` when there are several, which sum to 1, and ``label`` is then the first in order."""

    label: str
    shares: Mapping[str, float] | None = None


class Labelling:
    """Gives every sample of a set its label.

    Args:
        found: the set.
        config: which labels, and what happens to a person with several classes.

    Raises:
        ConfigError: the set has no map for the wanted labels.
    """

    def __init__(self, found: RealSet, config: RealSetConfig) -> None:
        wanted = config.labels or next(iter(found.maps))
        if wanted not in found.maps:
            raise ConfigError(
                f"expected labels that {found.title} has a map for ({', '.join(found.maps)}), got {wanted}"
            )
        self.name = wanted
        self.labels = LABEL_SETS[wanted]
        self._map = _classes(found.maps[wanted], self.labels)
        self._share = config.several == "share"

    def label(self, classes: Sequence[str]) -> Labelled | Reason:
        """The label, or why there is none.

        Classes that the map knows but has no label for are passed over. Classes with one label between them count
        once.

        Raises:
            UnknownName: a class that the map does not know.
        """
        for name in classes:
            if name not in self._map:
                raise UnknownName("class", name, self._map)
        present = {self._map[name] for name in classes}
        labels = [label for label in self.labels if label in present]
        if not labels:
            return Reason.NOT_MAPPED
        if len(labels) == 1:
            return Labelled(labels[0])
        shares = dict.fromkeys(labels, 1.0 / len(labels))
        return Labelled(labels[0], shares) if self._share else Reason.SEVERAL


class People:
    """Leaves everybody without a label of ours; the set's own classes are what counts.

    Args:
        found: the set.
    """

    def __init__(self, found: RealSet) -> None:
        labels, map_name = next(iter(found.maps.items()))
        self.name = "own"
        self.labels = tuple(_classes(map_name, LABEL_SETS[labels]))

    def label(self, classes: Sequence[str]) -> Labelled | Reason:
        """No label; raises UnknownName for a class that the set does not have."""
        for name in classes:
            if name not in self.labels:
                raise UnknownName("class", name, self.labels)
        return Labelled("")


def _classes(map_name: str, labels: Sequence[str]) -> dict[str, str | None]:
    if not map_name:
        return {label: label for label in labels}
    return {name: entry.label for name, entry in load_label_maps()[map_name].entries.items()}
