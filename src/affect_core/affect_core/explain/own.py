"""A network's own attention as an explainer among others."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from affect_core.errors import Unavailable
from affect_core.explain.attention import METHOD, upsample
from affect_core.explain.base import ExplainConfig, Explainer, Heatmaps
from affect_core.explain.network import Explained


class AttentionExplainer:
    """The attention map: where the network looked, the same for every target, never negative."""

    def __init__(self, explained: Explained) -> None:
        self._network = explained.network

    def attribute(self, inputs: Tensor, target: int) -> Heatmaps:
        """See `Explainer.attribute`."""
        with torch.no_grad():
            attention = self._network(inputs).attention.float().numpy()
        return np.stack([upsample(cells, inputs.shape[-1]) for cells in attention])


def attention(explained: Explained, _config: ExplainConfig) -> Explainer:
    """See `AttentionExplainer`; raises Unavailable for a network without attention."""
    if not hasattr(explained.network, "attend"):
        raise Unavailable(f"{METHOD}: the network {explained.name} has no attention of its own; use grad_cam")
    return AttentionExplainer(explained)
