"""What the ranks are held against: votes, or the intensities that synthetic faces were rendered with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import nan
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from affect_core.data.crop_set import CropSet
from affect_core.emotion.base import REGRESSION
from affect_core.errors import InputError
from affect_core.intensity.agreement import Ranks, ranks_of
from affect_core.intensity.base import IntensityConfig
from affect_core.intensity.votes import fleiss_kappa, majority, matrix


@dataclass(frozen=True, eq=False)
class Truth:
    """True ranks of all crops.

    Attributes:
        ranks: (N,); 0 = not known.
        strengths: (N,), what the ranks were made of, for measures of order; NaN = not known.
        about: where they come from.
        kappa: of the annotators (Fleiss); NaN without votes.
        annotators: how many; 0 without votes.
    """

    ranks: Ranks
    strengths: NDArray[np.float64]
    about: str
    kappa: float = nan
    annotators: int = 0


def find_truth(crops: CropSet, config: IntensityConfig, votes: Mapping[str, Sequence[int]] | None) -> Truth:
    """The votes if there are any; else the intensities in thirds; else nothing.

    Raises:
        InputError: not one of the votes is about a picture of the set.
    """
    if votes is not None:
        return _voted(crops, votes)
    intensities = crops.regression[:, REGRESSION.index("intensity")].astype(np.float64)
    ranks = ranks_of(intensities, config.minimal_below, config.strong_from)
    if not ranks.any():
        return Truth(ranks, intensities, "The set has neither intensities nor votes: ranks are only counted.")
    about = (
        f"True ranks are the intensities that the faces were rendered with: minimal below "
        f"{config.minimal_below:.3g}, strong from {config.strong_from:.3g} on."
    )
    return Truth(ranks, intensities, about)


def _voted(crops: CropSet, votes: Mapping[str, Sequence[int]]) -> Truth:
    names = [Path(str(image)).name for image in crops.info["image"]]
    known = {name: list(votes[name]) for name in names if name in votes}
    if not known:
        raise InputError(
            f"expected votes on pictures of the set, such as {names[0]}, got votes on {next(iter(votes), 'none')}; "
            "name the pictures' files in the column image"
        )
    ranks = np.array([int(majority(known[name])) if name in known else 0 for name in names], np.int64)
    strengths = np.array([float(np.mean(known[name])) if name in known else nan for name in names])
    table = matrix(known)
    kappa = fleiss_kappa(table)
    about = (
        f"True ranks are the majority of {table.shape[1]} votes on each of {len(known)} pictures; the annotators agree "
        f"with Fleiss' kappa {kappa:.2f}. P1 gives none."
    )
    return Truth(ranks, strengths, about, kappa, table.shape[1])
