"""All explainers by name. What they need is imported when one is built: captum and torch are heavy."""

from __future__ import annotations

import warnings
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Final

from affect_core.explain.attention import METHOD
from affect_core.explain.base import EXPLAINERS, ExplainConfig, Explainer

if TYPE_CHECKING:
    from affect_core.explain.network import Explained

_MODULES: Final = {
    "own": {METHOD: "attention"},
    "gradients": ("saliency", "input_x_gradient", "integrated_gradients", "gradient_shap"),
    "deep_lift": ("deep_lift", "deep_lift_shap"),
    "cam": ("grad_cam", "guided_backprop", "guided_grad_cam"),
    "perturbation": ("occlusion", "lime", "kernel_shap"),
    "relevance": ("lrp",),
}
"""Module of this package -> the methods in it, each a function ``(explained, config) -> Explainer``."""

UNSIGNED: Final = frozenset((METHOD, "saliency", "guided_backprop", "guided_grad_cam"))
"""Their maps say where, and not whether it speaks for the label or against it."""


def _build(module: str, function: str, explained: Explained, config: ExplainConfig) -> Explainer:
    # Captum warns at every use that it sets hooks, and that it asks for gradients. Our tests see that both are undone.
    warnings.filterwarnings("ignore", category=UserWarning, module=r"captum\.")
    build = getattr(import_module(f"affect_core.explain.{module}"), function)
    explainer: Explainer = build(explained, config)
    return explainer


for _module, _methods in _MODULES.items():
    for _name in _methods:
        _function = _methods[_name] if isinstance(_methods, dict) else _name
        EXPLAINERS.register(_name)(partial(_build, _module, _function))
