"""The ground truth of P1, section III-B: ten people say minimal, average or strong, and the majority is right."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from affect_core.errors import InputError
from affect_core.types import IntensityRank

Votes = NDArray[np.int64]
"""(pictures, annotators), values of `IntensityRank` without UNKNOWN."""

_WORDS: Final = {
    **{rank.name.lower(): rank for rank in IntensityRank if rank},
    "min": IntensityRank.MINIMAL,
    "avg": IntensityRank.AVERAGE,
    "str": IntensityRank.STRONG,
}
_IMAGE: Final = "image"


def majority(votes: Sequence[int]) -> IntensityRank:
    """The rank that most of the votes say.

    P1 has no rule for ties. Ours: the middle vote, where the two middle ones agree; else the lowest of the tied ranks.

    Raises:
        InputError: there are no votes, or some are no rank.
    """
    counts = _counts(np.asarray([votes], np.int64))[0]
    tied = np.flatnonzero(counts == counts.max()) + 1
    if len(tied) == 1:
        return IntensityRank(int(tied[0]))
    ordered = sorted(votes)
    middle, other = ordered[(len(ordered) - 1) // 2], ordered[len(ordered) // 2]
    return IntensityRank(int(middle if middle == other else tied[0]))


def fleiss_kappa(votes: Votes) -> float:
    """Agreement beyond chance, at most 1 (Fleiss 1971); NaN where all votes of all pictures are the same.

    Args:
        votes: (N, A), every picture judged by the same number of people, at least two.
    """
    counts = _counts(votes).astype(np.float64)  # (N, 3)
    people = counts.sum(axis=1)[0]
    if people < 2:
        raise InputError("expected votes of at least two people, got one; kappa compares people")
    agreed = ((counts**2).sum(axis=1) - people) / (people * (people - 1))
    chance = float(((counts.sum(axis=0) / counts.sum()) ** 2).sum())
    return float("nan") if chance == 1.0 else float((agreed.mean() - chance) / (1.0 - chance))


def read_votes(path: Path) -> dict[str, list[int]]:
    """Votes by the picture's file name, from a CSV file: column ``image``, then one for each annotator.

    A vote is minimal, average or strong, or min, avg, str; capitals do not matter.

    Raises:
        InputError: the file, a column or a vote is missing or wrong; says which line.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            rows = [row for row in csv.reader(stream) if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"expected votes in a CSV file at {path}: {error}") from error
    if not rows or rows[0][0].strip().lower() != _IMAGE or len(rows[0]) < 3:
        raise InputError(
            f"{path}: expected the columns {_IMAGE} and at least two annotators, got "
            f"{', '.join(rows[0]) if rows else 'an empty file'}"
        )
    return {
        Path(row[0].strip()).name: _votes(f"{path}:{number}", row[1:], len(rows[0]) - 1)
        for number, row in enumerate(rows[1:], 2)
    }


def matrix(votes: Mapping[str, Sequence[int]]) -> Votes:
    """(N, A) in the order of the names."""
    return np.array([list(votes[name]) for name in votes], np.int64)


def _votes(where: str, cells: Sequence[str], people: int) -> list[int]:
    words = [cell.strip().lower() for cell in cells]
    wrong = [word for word in words if word not in _WORDS]
    if wrong or len(words) != people:
        raise InputError(
            f"{where}: expected {people} votes of {', '.join(_WORDS)}, got {', '.join(words) or 'none'}; "
            "correct the line"
        )
    return [int(_WORDS[word]) for word in words]


def _counts(votes: Votes) -> Votes:
    """(N, 3): votes for each rank."""
    if votes.ndim != 2 or not votes.size or votes.min() < 1 or votes.max() > len(IntensityRank) - 1:
        raise InputError(f"expected votes 1 to 3 of at least one person, got {votes.tolist()}")
    return np.stack([(votes == rank).sum(axis=1) for rank in range(1, len(IntensityRank))], axis=1)
