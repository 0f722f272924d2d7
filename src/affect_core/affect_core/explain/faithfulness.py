"""Does a map say what the network depends on? Deletion and insertion, and whether the map depends on the network."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import trapezoid
from scipy.stats import spearmanr

from affect_core.explain.base import ExplainConfig, Heatmaps, Predict, build_explainer
from affect_core.types import Heatmap

if TYPE_CHECKING:
    from torch import Tensor

    from affect_core.explain.network import Explained

STEPS: Final = 20
SURVIVES: Final = 0.5
"""Rank correlation with the map of the randomised network from which a method is taken to ignore the network."""


@dataclass(frozen=True, eq=False)
class Curves:
    """The target's probability while pixels go or come, the highest values of the map first (Petsiuk et al. 2018).

    Attributes:
        share: (T,), of the pixels, 0..1.
        deletion: (T,), pixels are replaced by the mean colour.
        insertion: (T,), pixels are put into a picture in the mean colour.
    """

    share: NDArray[np.float64]
    deletion: NDArray[np.float64]
    insertion: NDArray[np.float64]

    @property
    def deletion_area(self) -> float:
        """Below the curve, 0..1; small when the map names what matters first."""
        return float(trapezoid(self.deletion, self.share))

    @property
    def insertion_area(self) -> float:
        """Below the curve, 0..1; large when the map names what matters first."""
        return float(trapezoid(self.insertion, self.share))


@dataclass(frozen=True)
class Sanity:
    """A method's map of a network and of the same network with random weights (Adebayo et al. 2018).

    Attributes:
        correlation: rank correlation of the two maps without sign, mean over pictures; NaN if a map is flat.
        survives: the map hardly depends on what the network has learned: it is no explanation.
    """

    correlation: float
    survives: bool


def curves(
    predict: Predict, picture: NDArray[np.float32], heatmap: Heatmap, target: int, steps: int = STEPS
) -> Curves:
    """Both curves of one map.

    Args:
        predict: see `Predict`.
        picture: (3, H, W), normalised: the mean colour is 0.
        heatmap: (H, W).
        target: class.
        steps: the pixels go in so many parts.
    """
    order = np.argsort(-heatmap, axis=None, kind="stable")
    ranks = np.empty(order.size, np.int64)
    ranks[order] = np.arange(order.size)
    share = np.linspace(0.0, 1.0, steps + 1)
    gone = ranks.reshape(heatmap.shape)[None, None] < np.round(share * order.size)[:, None, None, None]
    pictures = np.broadcast_to(picture, (steps + 1, *picture.shape))
    deletion, insertion = (
        _probability(predict, np.where(kept, pictures, 0.0).astype(np.float32), target)
        for kept in (~gone, gone)
    )
    return Curves(share, deletion, insertion)


def sanity(explained: Explained, config: ExplainConfig, inputs: Tensor, target: int) -> Sanity:
    """Compare the maps of pictures with those of `randomised`."""
    trained, random = (
        build_explainer(one, config).attribute(inputs, target)
        for one in (explained, randomised(explained, config.seed))
    )
    correlation = float(
        np.mean([rank_correlation(np.abs(a), np.abs(b)) for a, b in zip(trained, random, strict=True)])
    )
    return Sanity(correlation, survives=bool(correlation > SURVIVES))


def randomised(explained: Explained, seed: int) -> Explained:
    """The same network with the weights it would start from."""
    from affect_core.explain.draws import seeded
    from affect_core.explain.network import explain_network

    network = deepcopy(explained.network)
    with seeded(seed):
        for part in network.modules():
            reset = getattr(part, "reset_parameters", None) or getattr(part, "_reset_parameters", None)
            if callable(reset):
                reset()
    return explain_network(network, f"{explained.name} with random weights")


def agreement(maps: dict[str, Heatmaps]) -> dict[tuple[str, str], float]:
    """Rank correlation of each two methods' maps of the same pictures, mean over the pictures."""
    names = list(maps)
    return {
        (a, b): float(
            np.mean([rank_correlation(one, other) for one, other in zip(maps[a], maps[b], strict=True)])
        )
        for i, a in enumerate(names)
        for b in names[i + 1 :]
    }


def rank_correlation(one: Heatmap, other: Heatmap) -> float:
    """Spearman's, -1..1; NaN when a map is flat."""
    if np.ptp(one) == 0.0 or np.ptp(other) == 0.0:
        return float("nan")
    return float(spearmanr(one.ravel(), other.ravel()).statistic)


def _probability(predict: Predict, batch: NDArray[np.float32], target: int) -> NDArray[np.float64]:
    logits = predict(batch).astype(np.float64)
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers[:, target] / powers.sum(axis=1))
