"""Which of two groups a picture belongs to, by any attribute of a set."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from affect_core.data.manifest import Manifest, Record
from affect_core.errors import ConfigError
from affect_core.registry import Registry

Values = list["str | float | None"]
"""One for each record; None or empty = undetermined."""

UNDETERMINED: Final = -1
RANDOM: Final = "random"
MIXED: Final = "MI"

ATTRIBUTES: Registry[Values] = Registry("derived attribute")
"""Attributes that no manifest holds: name -> builder ``(manifest, seed) -> Values``."""

_FIELDS: Final = ("lighting", "background")
_NAMED: Final = 12


@dataclass(frozen=True, eq=False)
class Groups:
    """Two groups of pictures; the first is P3's "female", the second its "male".

    Attributes:
        attribute: what tells them apart.
        names: of the two.
        codes: short names, such as FE and MA.
        of: int64, one for each record: 0, 1 or `UNDETERMINED`.
        about: sentence on how they were told apart.
    """

    attribute: str
    names: tuple[str, str]
    of: NDArray[np.int64]
    about: str

    @property
    def codes(self) -> tuple[str, str]:
        """First two letters, as in P3's table IV; A and B where these are the same, or those of "mixed"."""
        first, second = (name[:2].upper() for name in self.names)
        clash = first == second or MIXED in (first, second) or not first.isalpha() or not second.isalpha()
        return ("A", "B") if clash else (first, second)


def find_groups(manifest: Manifest, attribute: str, names: Sequence[str] = (), seed: int = 0) -> Groups:
    """Two groups.

    Args:
        manifest: the set.
        attribute: a key of the records' attributes, ``lighting``, ``background``, or a name in `ATTRIBUTES`.
        names: the two values that are compared; not needed where there are just two, or where they are numbers:
            those are cut at their median.
        seed: of what is drawn.

    Raises:
        ConfigError: no record has the attribute, or there are not two values; lists what there is.
    """
    values = _values(manifest, attribute, seed)
    known = [value for value in values if value not in (None, "")]
    if not known:
        raise ConfigError(
            f"expected an attribute {attribute!r} in {manifest.folder}, no record has it; there are: "
            f"{', '.join(attributes(manifest))}"
        )
    if all(isinstance(value, int | float) for value in known) and not names:
        return _cut(attribute, values)
    return _named(attribute, values, tuple(names))


def attributes(manifest: Manifest) -> tuple[str, ...]:
    """What the pictures of a set can be told apart by."""
    held = {key for record in manifest.records for key in record.attributes}
    fields = {name for name in _FIELDS if any(getattr(record, name) for record in manifest.records)}
    return tuple(sorted(held | fields | set(ATTRIBUTES)))


def _values(manifest: Manifest, attribute: str, seed: int) -> Values:
    if attribute in ATTRIBUTES:
        return ATTRIBUTES.build(attribute, manifest, seed)
    if attribute in _FIELDS:
        return [getattr(record, attribute) for record in manifest.records]
    return [record.attributes.get(attribute) for record in manifest.records]


def _cut(attribute: str, values: Values) -> Groups:
    """Numbers, at their median; those that are equal to it belong to the lower group."""
    numbers = np.array([np.nan if value in (None, "") else float(value) for value in values])
    middle = float(np.nanmedian(numbers))
    of = np.where(np.isnan(numbers), UNDETERMINED, (numbers > middle).astype(np.int64))
    _check_both(attribute, of, Counter(map(str, values)))
    about = f"{attribute}: up to the median {middle:g}, and above it"
    return Groups(attribute, (f"lower {attribute}", f"higher {attribute}"), of.astype(np.int64), about)


def _named(attribute: str, values: Values, names: tuple[str, ...]) -> Groups:
    counts = Counter(str(value) for value in values if value not in (None, ""))
    chosen = names or tuple(sorted(counts))
    if len(chosen) != 2 or chosen[0] == chosen[1]:
        listed = ", ".join(f"{name} ({count})" for name, count in counts.most_common(_NAMED))
        raise ConfigError(
            f"expected two values of {attribute!r} to compare, got {len(chosen)}: {listed}; name two of them"
        )
    place = {name: index for index, name in enumerate(chosen)}
    of = np.array([place.get(str(value), UNDETERMINED) for value in values], np.int64)
    _check_both(attribute, of, counts)
    return Groups(attribute, (chosen[0], chosen[1]), of, f"{attribute}: {chosen[0]} and {chosen[1]}")


def _check_both(attribute: str, of: NDArray[np.int64], counts: Counter[str]) -> None:
    if not (np.any(of == 0) and np.any(of == 1)):
        listed = ", ".join(f"{name} ({count})" for name, count in counts.most_common(_NAMED))
        raise ConfigError(f"expected pictures of both groups by {attribute!r}, got: {listed}; choose others")


@ATTRIBUTES.register(RANDOM)
def _random(manifest: Manifest, seed: int) -> Values:
    """A coin for every subject that falls evenly in every class: nothing can depend on it but by chance."""
    first: dict[str, str] = {}
    for record in manifest.records:
        first.setdefault(subject_of(record), record.label)
    rng = np.random.default_rng(seed)
    shuffled = [list(first)[index] for index in rng.permutation(len(first))]
    ordered = sorted(shuffled, key=first.__getitem__)
    side = {subject: "AB"[place % 2] for place, subject in enumerate(ordered)}
    return [side[subject_of(record)] for record in manifest.records]


@ATTRIBUTES.register("face_shape")
def _face_shape(manifest: Manifest, seed: int) -> Values:
    """Two clusters of the resting heads' landmarks (k-means), for rendered faces only."""
    from sklearn.cluster import KMeans

    from affect_core.subgroups.landmarks import resting_landmarks

    points = resting_landmarks(manifest)
    cluster = KMeans(2, n_init=10, random_state=seed).fit_predict(points.reshape(len(points), -1))
    extent = np.ptp(points, axis=1)
    ratio = [float((extent[cluster == side, 0] / extent[cluster == side, 1]).mean()) for side in (0, 1)]
    names = ("wide", "narrow") if ratio[0] > ratio[1] else ("narrow", "wide")
    return [names[side] for side in cluster]


def subject_of(record: Record) -> str:
    """Who is shown; a picture of nobody known is its own subject."""
    return record.subject or record.image
