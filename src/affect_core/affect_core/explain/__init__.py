"""Explanations: where in the face the evidence lies, and how to measure and draw it."""

from affect_core.explain.attention import METHOD, attention_attribution, attention_attributions, upsample
from affect_core.explain.base import EXPLAINERS, ExplainConfig, Explainer, build_explainer
from affect_core.explain.methods import UNSIGNED  # importing it fills the registry
from affect_core.explain.metrics import face_share, region_shares, top_pixels
from affect_core.explain.render import (
    COLOUR_MAPS,
    colours,
    evidence_on_image,
    overlay,
    overlay_on_image,
    signed_overlay,
    unsigned_overlay,
)

__all__ = [
    "COLOUR_MAPS",
    "EXPLAINERS",
    "METHOD",
    "UNSIGNED",
    "ExplainConfig",
    "Explainer",
    "attention_attribution",
    "attention_attributions",
    "build_explainer",
    "colours",
    "evidence_on_image",
    "face_share",
    "overlay",
    "overlay_on_image",
    "region_shares",
    "signed_overlay",
    "top_pixels",
    "unsigned_overlay",
    "upsample",
]
