"""LIME masks: the few superpixels that speak most for a class."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch
from captum.attr import Lime
from numpy.typing import NDArray
from torch import Tensor

from affect_core.config import Settings, setting
from affect_core.explain.draws import seeded
from affect_core.registry import Registry

Probabilities = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""Pictures (N, 3, S, S), 0..1 -> shares of the classes (N, C)."""

SEGMENTERS: Registry[NDArray[np.int64]] = Registry("segmentation")
"""Name -> builder ``(image, config) -> numbers from 0``, both (S, S) pixels; the image is float, 0..1."""

EXPLAINED: Final = ("true", "predicted")


@dataclass(frozen=True)
class LimeConfig(Settings):
    """How LIME is asked. P3 gives the number of features; the rest are the defaults of its authors' `lime_image`."""

    features: int = setting(5, "superpixels in a mask, at most (P3)", low=1)
    samples: int = setting(1000, "pictures with hidden superpixels", low=8)
    segmentation: str = setting("quickshift", "how a picture is cut into superpixels")
    segments: int = setting(50, "slic: superpixels that are asked for", low=2)
    kernel_size: float = setting(4.0, "quickshift: width of the smoothing, px", low=0.1)
    max_distance: float = setting(200.0, "quickshift: cut-off of the distances", low=0.1)
    ratio: float = setting(0.2, "quickshift: weight of colour against place", low=0.0, high=1.0)
    kernel_width: float = setting(0.25, "of the weight of a sample by its cosine distance", low=0.01)
    alpha: float = setting(1.0, "of the ridge regression", low=0.0)
    explain: str = setting("true", "which class is explained", choices=EXPLAINED)
    correct_only: bool = setting(False, "leave out pictures that are read wrongly")
    batch: int = setting(64, "pictures in a forward pass", low=1)
    seed: int = setting(0, "of the samples", low=0)


@dataclass(frozen=True, eq=False)
class Mask:
    """What speaks for a class.

    Attributes:
        pixels: bool (S, S), the union of the chosen superpixels.
        chosen: their numbers, the strongest first; only superpixels with a positive weight.
        weights: float (K,), of all superpixels.
    """

    pixels: NDArray[np.bool_]
    chosen: tuple[int, ...]
    weights: NDArray[np.float64]


def lime_mask(
    image: NDArray[np.float32],
    target: int,
    probabilities: Probabilities,
    config: LimeConfig,
    segments: NDArray[np.int64] | None = None,
) -> Mask:
    """The superpixels of a picture that speak most for a class; Ribeiro et al. 2016, as P3, section II.C, uses it.

    Hidden superpixels get their mean colour. A superpixel of weight 0 or less is never chosen, so that a mask may
    have fewer than ``config.features``, or none.

    Args:
        image: float32 (3, S, S), 0..1.
        target: index of the class.
        probabilities: of the network.
        config: see its class.
        segments: int (S, S), numbers from 0; None = as ``config.segmentation`` says.
    """
    parts = segment(image, config) if segments is None else segments
    picture = torch.from_numpy(np.ascontiguousarray(image))[None]
    mask = torch.from_numpy(parts.astype(np.int64))[None, None]
    method = Lime(_forward(probabilities), _ridge(config.alpha), _closeness(config.kernel_width))
    with seeded(config.seed), torch.no_grad():
        weights = method.attribute(
            picture,
            baselines=torch.from_numpy(flattened(image, parts))[None],
            target=target,
            feature_mask=mask,
            n_samples=config.samples,
            perturbations_per_eval=config.batch,
            return_input_shape=False,
        )
    return strongest(parts, weights[0].double().numpy(), config.features)


def strongest(segments: NDArray[np.int64], weights: NDArray[np.float64], features: int) -> Mask:
    """The union of the ``features`` superpixels with the largest positive weights; ties: the lower number."""
    order = np.argsort(-weights, kind="stable")[:features]
    chosen = tuple(int(number) for number in order if weights[number] > 0.0)
    return Mask(np.isin(segments, chosen), chosen, weights)


def segment(image: NDArray[np.float32], config: LimeConfig) -> NDArray[np.int64]:
    """(S, S): superpixels of float (3, S, S), numbered from 0 without gaps."""
    parts = SEGMENTERS.build(config.segmentation, np.moveaxis(image, 0, -1).astype(np.float64), config)
    numbers = np.unique(parts, return_inverse=True)[1]
    return np.asarray(numbers, np.int64).reshape(parts.shape)


def flattened(image: NDArray[np.float32], segments: NDArray[np.int64]) -> NDArray[np.float32]:
    """The picture (3, S, S), every superpixel in its mean colour."""
    counts = np.bincount(segments.ravel())
    means = [np.bincount(segments.ravel(), weights=plane.ravel()) / counts for plane in image]
    return np.asarray(np.stack([mean[segments] for mean in means]), np.float32)


@SEGMENTERS.register("quickshift")
def _quickshift(image: NDArray[np.float64], config: LimeConfig) -> NDArray[np.int64]:
    from skimage.segmentation import quickshift

    found = quickshift(  # type: ignore[no-untyped-call] # scikit-image types its data in part
        image,
        kernel_size=config.kernel_size,
        max_dist=config.max_distance,
        ratio=config.ratio,
        rng=config.seed,
    )
    return np.asarray(found, np.int64)


@SEGMENTERS.register("slic")
def _slic(image: NDArray[np.float64], config: LimeConfig) -> NDArray[np.int64]:
    from skimage.segmentation import slic

    return np.asarray(slic(image, n_segments=config.segments, start_label=0), np.int64)


def _forward(probabilities: Probabilities) -> Callable[[Tensor], Tensor]:
    return lambda batch: torch.from_numpy(probabilities(np.ascontiguousarray(batch.numpy())))


def _closeness(width: float) -> Callable[..., Tensor]:
    """Weight of a sample, sqrt(exp(-d^2 / width^2)): d is the cosine distance of what is shown from all."""

    def weigh(_original: Tensor, _changed: Tensor, shown: Tensor, **_others: Any) -> Tensor:
        cosine = shown.float().mean().sqrt()  # of a 0/1 vector with the vector of ones
        return torch.exp(-((1.0 - cosine) ** 2) / width**2).sqrt()

    return weigh


def _ridge(alpha: float) -> Any:
    from captum._utils.models.linear_model import SkLearnRidge

    return SkLearnRidge(alpha=alpha)
