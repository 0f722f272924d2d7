"""Grad-CAM (Selvaraju et al. 2017), guided backpropagation (Springenberg et al. 2015), and their product."""

from __future__ import annotations

import torch
from captum.attr import GuidedBackprop, LayerAttribution, LayerGradCam
from torch import Tensor, nn

from affect_core.errors import Unavailable
from affect_core.explain.base import ExplainConfig, Explainer, Heatmaps
from affect_core.explain.checks import to_heatmaps
from affect_core.explain.network import Explained


class GradCamExplainer:
    """Feature maps of the last layer with places, each weighted by the mean gradient of the logit; signed."""

    def __init__(self, explained: Explained) -> None:
        self._method = LayerGradCam(explained.logits, explained.features)

    def attribute(self, inputs: Tensor, target: int) -> Heatmaps:
        """See `Explainer.attribute`."""
        return to_heatmaps(self.maps(inputs, target), "grad_cam")

    def maps(self, inputs: Tensor, target: int) -> Tensor:
        """(N, 1, H, W)."""
        # Parameters ask for no gradient here, so the pictures must.
        cells = self._method.attribute(inputs.clone().requires_grad_(), target=target)
        smooth: Tensor = LayerAttribution.interpolate(cells, tuple(inputs.shape[2:]), "bilinear")
        return smooth.detach()


class GuidedExplainer:
    """Size of the gradients that flow only where something was seen and where it speaks for the target; no sign.

    Args:
        cam: weights them by its maps (guided Grad-CAM); None = they stand alone.
    """

    def __init__(self, explained: Explained, name: str, cam: GradCamExplainer | None = None) -> None:
        if explained.split is None:
            raise Unavailable(f"{name}: {explained.why_not}")
        if not any(isinstance(part, nn.ReLU) for part in explained.split.modules()):
            raise Unavailable(
                f"{name}: the network {explained.name} has no ReLU to guide gradients through; use grad_cam"
            )
        self._method = GuidedBackprop(explained.split)
        self._name, self._cam = name, cam

    def attribute(self, inputs: Tensor, target: int) -> Heatmaps:
        """See `Explainer.attribute`."""
        guided: Tensor = self._method.attribute(inputs.clone().requires_grad_(), target=target).detach()
        if self._cam is not None:
            guided = guided * torch.relu(self._cam.maps(inputs, target))
        # A gradient has the sign of a change of colour, not of evidence: without it red and green would cancel out.
        return to_heatmaps(guided.abs(), self._name)


def grad_cam(explained: Explained, _config: ExplainConfig) -> Explainer:
    """See `GradCamExplainer`."""
    return GradCamExplainer(explained)


def guided_backprop(explained: Explained, _config: ExplainConfig) -> Explainer:
    """See `GuidedExplainer`."""
    return GuidedExplainer(explained, "guided_backprop")


def guided_grad_cam(explained: Explained, _config: ExplainConfig) -> Explainer:
    """See `GuidedExplainer`: weighted by Grad-CAM."""
    return GuidedExplainer(explained, "guided_grad_cam", GradCamExplainer(explained))
