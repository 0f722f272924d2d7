"""Many explanations in few numbers and pictures: per model and method, what the maps have in common."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import bootstrap

from affect_core.explain.faithfulness import Sanity, agreement
from affect_core.explain.study import Explanation
from affect_core.explain.subjects import evenly
from affect_core.types import Heatmap, ImageRGB

SHARES: Final = ("box_share", "box_area", "face_share", "face_area")
AREAS: Final = ("deletion_area", "insertion_area")
AGREEMENT_FACES: Final = 20
"""Methods are compared with each other on so many faces at most, evenly spread: ranking takes time."""

_DRAWS: Final = 2000
_SEED: Final = 20_260


@dataclass(frozen=True)
class Mean:
    """Of one measure over faces, with the 95 % interval of a bootstrap over the faces.

    Attributes:
        mean, lo, hi: of the ``n`` faces that have the measure: a flat map has no top.
    """

    mean: float
    lo: float
    hi: float
    n: int


@dataclass(frozen=True, eq=False)
class MeanMap:
    """What the maps of one label have in common, in crop pixels: all crops have the face in the same place.

    Attributes:
        crop_rgb: uint8 (S, S, 3), mean of the crops.
        heatmap: (S, S), mean of the maps, each divided by the sum of its values without sign.
        n: number of faces.
    """

    crop_rgb: ImageRGB
    heatmap: Heatmap
    n: int


def by_model(made: Sequence[Explanation]) -> dict[str, list[Explanation]]:
    """In the order in which they come."""
    found: dict[str, list[Explanation]] = {}
    for one in made:
        found.setdefault(one.model, []).append(one)
    return found


def means(made: Sequence[Explanation]) -> dict[str, dict[str, Mean]]:
    """Method -> measure -> mean over the faces of one model; measures that no face has are left out."""
    methods = dict.fromkeys(method for one in made for method in one.metrics)
    found: dict[str, dict[str, Mean]] = {}
    for method in methods:
        rows = [one.metrics[method] for one in made if method in one.metrics]
        names = dict.fromkeys(name for row in rows for name in row)
        columns = {name: np.array([row.get(name, np.nan) for row in rows]) for name in names}
        found[method] = {name: mean for name, column in columns.items() if (mean := mean_of(column))}
    return found


def mean_of(values: NDArray[np.float64]) -> Mean | None:
    """Mean of the values (N,) that are not NaN; None if all are. One value has no interval but itself."""
    known = values[~np.isnan(values)]
    if not len(known):
        return None
    mean = float(known.mean())
    if np.ptp(known) == 0.0:
        return Mean(mean, mean, mean, len(known))
    drawn = bootstrap(
        (known,), np.mean, n_resamples=_DRAWS, method="percentile", rng=np.random.default_rng(_SEED)
    )
    return Mean(mean, float(drawn.confidence_interval.low), float(drawn.confidence_interval.high), len(known))


def mean_maps(made: Sequence[Explanation]) -> dict[tuple[str, str], MeanMap]:
    """(label that is explained, method) -> what its maps have in common, over the faces of one model."""
    groups: dict[tuple[str, str], list[Explanation]] = {}
    for one in made:
        for method in one.maps:
            groups.setdefault((one.label, method), []).append(one)
    found = {}
    for (label, method), several in sorted(groups.items()):
        crops = np.mean([one.face.crop.image_rgb for one in several], axis=0)
        maps = np.mean([_normalised(one.maps[method]) for one in several], axis=0)
        found[label, method] = MeanMap(
            np.asarray(crops + 0.5, np.uint8), maps.astype(np.float32), len(several)
        )
    return found


def agreements(made: Sequence[Explanation]) -> dict[tuple[str, str], float]:
    """See `agreement`, over faces of one model on which no method failed."""
    methods = list(dict.fromkeys(method for one in made for method in (*one.maps, *one.failed)))
    whole = [one for one in made if set(one.maps) == set(methods)]
    chosen = [whole[index] for index in evenly(len(whole), AGREEMENT_FACES)] if whole else []
    return agreement({m: np.stack([one.maps[m] for one in chosen]) for m in methods}) if chosen else {}


def comparison(made: Sequence[Explanation], sanity: Mapping[str, Sanity | str]) -> dict[str, Any]:
    """The numbers of one model, for JSON: faces, means per method, agreement of methods, sanity."""
    return {
        "faces": len(made),
        "labels": dict(Counter(one.label for one in made)),
        "methods": {
            method: {name: asdict(mean) for name, mean in found.items()}
            for method, found in means(made).items()
        },
        "agreement": [
            {"methods": pair, "rank_correlation": value} for pair, value in agreements(made).items()
        ],
        "sanity": {
            method: {"why_not": one}
            if isinstance(one, str)
            else {"rank_correlation": one.correlation, "survives": one.survives}
            for method, one in sanity.items()
        },
    }


def _normalised(heatmap: Heatmap) -> NDArray[np.float64]:
    total = float(np.abs(heatmap).sum(dtype=np.float64))
    return heatmap / total if total else heatmap.astype(np.float64)
