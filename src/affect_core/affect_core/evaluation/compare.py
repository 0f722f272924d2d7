"""Two trials beside each other: differences of their numbers, with intervals over repetitions.

Where both hold the same repetitions (the same protocol with another model, say), each is compared with its like, and the
bootstrap draws pairs; else it draws the repetitions of each trial by themselves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from affect_core.errors import InputError

DRAWS: Final = 4000
_SEED: Final = 20_260
_TAILS: Final = (2.5, 97.5)

Row = Mapping[str, Any]
Array = NDArray[np.float64]

MEASURES: Final[Mapping[str, tuple[str, str, str]]] = {
    "accuracy, held": ("command", "correct_settled", "settled"),
    "accuracy, all commanded frames": ("command", "correct", "frames"),
    "accuracy, held, five classes": ("command", "correct5", "settled"),
    "accuracy, neutral rests": ("rest", "correct", "frames"),
    "lag, ms": ("command", "lag_ms", ""),
}
"""Name -> kind of repetition, what is summed, what it is divided by; without a divisor the mean over repetitions."""


@dataclass(frozen=True)
class Difference:
    """First minus second of one measure.

    Attributes:
        name: see `MEASURES`.
        first, second, difference: the values.
        lo, hi: 95 % interval of the difference.
        paired: like repetitions were compared with each other.
        n: repetitions of each, or pairs.
    """

    name: str
    first: float
    second: float
    difference: float
    lo: float
    hi: float
    paired: bool
    n: tuple[int, int]


def compare(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[Difference]:
    """Every measure that both have; each a content of summary.json.

    Raises:
        InputError: one of them has no repetitions, from a trial without commands or an older version.
    """
    for summary in (first, second):
        if not summary.get("repetitions"):
            raise InputError(
                f"expected a summary with repetitions, got that of {summary.get('session', 'something else')} without; "
                "evaluate its bag again"
            )
    found = (_difference(name, first["repetitions"], second["repetitions"]) for name in MEASURES)
    return [one for one in found if one is not None]


def _difference(name: str, first: Sequence[Row], second: Sequence[Row]) -> Difference | None:
    kind, above, below = MEASURES[name]
    ours, theirs = (
        {
            (row["label"], row["repetition"]): row
            for row in rows
            if row["kind"] == kind and row[above] is not None
        }
        for rows in (first, second)
    )
    paired = set(ours) == set(theirs)
    keys = sorted(ours) if paired else None
    one, other = (_values(rows, keys or sorted(rows), above, below) for rows in (ours, theirs))
    if not len(one) or not len(other):
        return None
    random = np.random.default_rng(_SEED)
    picks = _picks(len(one), random)
    drawn = _mean(one[picks]) - _mean(other[picks if paired else _picks(len(other), random)])
    values = float(_mean(one)), float(_mean(other))
    low, high = np.nanpercentile(drawn, _TAILS)
    count = (len(one), len(other))
    return Difference(name, *values, values[0] - values[1], float(low), float(high), paired, count)


def _values(rows: Mapping[Any, Row], keys: Sequence[Any], above: str, below: str) -> Array:
    """(N, 2): what is summed, and what it is divided by."""
    pairs = [(rows[key][above], rows[key][below] if below else 1.0) for key in keys]
    return np.array(pairs, np.float64).reshape(-1, 2)


def _picks(count: int, random: np.random.Generator) -> NDArray[np.int64]:
    return random.integers(0, count, (DRAWS, count))


def _mean(values: Array) -> Array:
    sums = values.sum(axis=-2)
    return np.asarray(sums[..., 0] / np.where(sums[..., 1] > 0, sums[..., 1], np.nan))
