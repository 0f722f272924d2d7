"""Explainers that change the picture and look what becomes of the logit: occlusion, LIME, KernelSHAP.

They need no gradient, so the network runs wherever it runs fastest (`Explained.predict`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from captum.attr import KernelShap, Lime, Occlusion
from skimage.segmentation import slic
from torch import Tensor

from affect_core.errors import ExplainError
from affect_core.explain.base import ExplainConfig, Explainer, Heatmaps
from affect_core.explain.checks import check_sum, to_heatmaps
from affect_core.explain.draws import average, seeded
from affect_core.explain.gradients import rise
from affect_core.explain.network import Explained

_COMPACTNESS = 10.0


class PerturbationExplainer:
    """A method of captum's that needs only what the network says about changed pictures."""

    def __init__(self, name: str, attribute: Callable[[Tensor, int], Tensor], seed: int) -> None:
        self._name, self._attribute, self._seed = name, attribute, seed

    def attribute(self, inputs: Tensor, target: int) -> Heatmaps:
        """See `Explainer.attribute`. Pictures one by one: each has superpixels of its own."""
        with torch.no_grad():
            maps = [self._one(picture[None], target) for picture in inputs]
        return np.concatenate(maps)

    def _one(self, picture: Tensor, target: int) -> Heatmaps:
        with seeded(self._seed):
            return to_heatmaps(self._attribute(picture, target), self._name)


def occlusion(explained: Explained, config: ExplainConfig) -> Explainer:
    """What the logit loses when a window of the picture is flat, Zeiler and Fergus 2014."""
    method = Occlusion(_forward(explained))

    def attribute(picture: Tensor, target: int) -> Tensor:
        window, stride = (
            tuple(max(1, round(share * side)) for side in picture.shape[2:])
            for share in (config.window, config.stride)
        )
        found: Tensor = method.attribute(
            picture,
            sliding_window_shapes=(picture.shape[1], *window),
            strides=(picture.shape[1], *(min(pair) for pair in zip(stride, window, strict=True))),
            baselines=average(picture),
            target=target,
            perturbations_per_eval=config.batch,
        )
        return found / found.shape[1]  # captum repeats the value for every channel

    return PerturbationExplainer("occlusion", attribute, config.seed)


def lime(explained: Explained, config: ExplainConfig) -> Explainer:
    """Weights of a linear model of the logit over superpixels that are there or flat, Ribeiro et al. 2016."""
    method = Lime(_forward(explained))

    def attribute(picture: Tensor, target: int) -> Tensor:
        return _by_superpixel(method, picture, target, config)

    return PerturbationExplainer("lime", attribute, config.seed)


def kernel_shap(explained: Explained, config: ExplainConfig) -> Explainer:
    """Shapley values of superpixels, Lundberg and Lee 2017; they sum to the difference to the flat picture."""
    method = KernelShap(_forward(explained))

    def attribute(picture: Tensor, target: int) -> Tensor:
        found = _by_superpixel(method, picture, target, config)
        promised = rise(explained, picture, average(picture), target)
        check_sum("kernel_shap", found, promised, config.tolerance)
        return found

    return PerturbationExplainer("kernel_shap", attribute, config.seed)


def superpixels(picture: Tensor, segments: int) -> Tensor:
    """SLIC (Achanta et al. 2012) of a normalised picture (1, 3, H, W): (1, 1, H, W), numbered from 0."""
    values = picture[0].permute(1, 2, 0).numpy()
    low, high = values.min(), values.max()
    image = (values - low) / max(float(high - low), 1e-6)
    labels = slic(image, n_segments=segments, compactness=_COMPACTNESS, start_label=0)
    return torch.from_numpy(labels.astype(np.int64))[None, None]


def _by_superpixel(method: Any, picture: Tensor, target: int, config: ExplainConfig) -> Tensor:
    """Each superpixel's weight, spread evenly over its pixels and channels, so that the map sums to the weights."""
    mask = superpixels(picture, config.segments)
    if not mask.any():
        raise ExplainError(
            f"{config.method}: expected a picture of two superpixels or more, got one; it is nearly flat, or "
            f"segments ({config.segments}) is too small for it"
        )
    weights: Tensor = method.attribute(
        picture,
        baselines=average(picture),
        target=target,
        feature_mask=mask,
        n_samples=config.samples,
        perturbations_per_eval=config.batch,
        return_input_shape=True,
    )
    sizes = torch.bincount(mask.flatten())[mask]
    return weights / (sizes * picture.shape[1])


def _forward(explained: Explained) -> Callable[[Tensor], Tensor]:
    return lambda batch: torch.from_numpy(explained.predict(np.ascontiguousarray(batch.numpy())))
