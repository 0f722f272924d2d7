"""Contract of the explainers: what they are given, what they return, what can be set."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from affect_core.config import Settings, setting
from affect_core.registry import Registry

if TYPE_CHECKING:
    from affect_core.explain.network import Explained

Heatmaps = NDArray[np.float32]
"""(N, H, W), one signed map per picture: positive = speaks for the target."""


class Explainer(Protocol):
    """Says which pixels speak for a class."""

    def attribute(self, inputs: Any, target: int) -> Heatmaps:
        """The maps of a batch.

        Args:
            inputs: tensor float32 (N, 3, H, W), normalised as the network's card says.
            target: index of the class that is explained.

        Returns:
            float32 (N, H, W), finite.

        Raises:
            ExplainError: the method's own check failed: its map would say something false.
        """


@dataclass(frozen=True)
class ExplainConfig(Settings):
    """How an emotion is explained. A method uses those settings that it has a use for."""

    method: str = setting("grad_cam", "how: a name from the registry of explainers")
    steps: int = setting(32, "integrated gradients: points on the way from the baseline", low=2)
    baselines: int = setting(8, "GradientSHAP, DeepLiftSHAP: number of baselines", low=1)
    samples: int = setting(200, "LIME, KernelSHAP: perturbed pictures", low=8)
    segments: int = setting(50, "LIME, KernelSHAP: superpixels that are asked for", low=2)
    window: float = setting(0.15, "occlusion: edge of the window, share of the crop", low=0.01, high=1.0)
    stride: float = setting(0.07, "occlusion: step of the window, share of the crop", low=0.01, high=1.0)
    batch: int = setting(16, "perturbed pictures in a forward pass", low=1)
    seed: int = setting(0, "of everything that is drawn", low=0)
    tolerance: float = setting(
        0.05,
        "largest error of a promised sum, share of what it should be (of 1 logit, if that is more)",
        low=0.0,
    )


EXPLAINERS: Registry[Explainer] = Registry("explainer")
"""Name -> builder ``(explained, config) -> Explainer``; it raises Unavailable, with the reason, for a network that the
method is wrong for."""


def build_explainer(explained: Explained, config: ExplainConfig) -> Explainer:
    """The explainer that ``config`` names, for one network.

    Raises:
        UnknownName: no such method.
        Unavailable: the method is wrong for this network; says why.
    """
    return EXPLAINERS.build(config.method, explained, config)


Predict = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""Logits of a batch: float32 (N, 3, H, W) -> (N, C)."""
