"""Explanations: where in the face the evidence lies, and how to measure and draw it."""

from affect_core.explain import methods  # noqa: F401 - fills the registry
from affect_core.explain.attention import METHOD, attention_attribution, upsample
from affect_core.explain.base import EXPLAINERS, ExplainConfig, Explainer, build_explainer
from affect_core.explain.metrics import face_share, region_shares, top_pixels
from affect_core.explain.render import COLOUR_MAPS, colours, overlay, overlay_on_image

__all__ = [
    "COLOUR_MAPS",
    "EXPLAINERS",
    "METHOD",
    "ExplainConfig",
    "Explainer",
    "attention_attribution",
    "build_explainer",
    "colours",
    "face_share",
    "overlay",
    "overlay_on_image",
    "region_shares",
    "top_pixels",
    "upsample",
]
