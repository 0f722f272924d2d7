"""The ways to train that P2 (Wagner et al. 2024, CAGE) compares: what each reads, minimises, and is chosen by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from torch import Tensor

from affect_core.circumplex import losses, metrics
from affect_core.circumplex.recipe import Recipe
from affect_core.circumplex.samples import Samples
from affect_core.emotion.base import Output
from affect_core.registry import Registry
from affect_core.types import Floats


class Truth(NamedTuple):
    """What a batch of N pictures shows.

    Attributes:
        labels: int64 (N,).
        present: float (N, K), 0 or 1.
        affect: float (N, D), NaN = unknown.
    """

    labels: Tensor
    present: Tensor
    affect: Tensor


Loss = Callable[[Output, Truth, Tensor, Recipe], Tensor]


@dataclass(frozen=True)
class Mode:
    """One way to train.

    Attributes:
        network: mode of `affect_core.emotion.architectures.circumplex.Circumplex`.
        loss: (output, truth, weights of the classes, recipe) -> scalar.
        weights: training pictures -> weights of the classes; raises InputError for an empty class.
        score: (output as arrays, pictures) -> the higher the better; chooses the epoch.
        several: reads sets in which a picture has several labels.
        second: starts from a trained `combined` network, on a set with equally many of every class.
    """

    network: str
    loss: Loss
    weights: Callable[[Samples], Floats]
    score: Callable[[Output, Samples], float]
    several: bool = False
    second: bool = False


MODES: Registry[Mode] = Registry("mode")
"""Name -> builder without arguments."""


@MODES.register("discrete")
def _discrete() -> Mode:
    """Classes only: weighted cross-entropy."""
    return Mode("discrete", _class_loss, _class_weights, _macro_f1)


@MODES.register("combined")
def _combined() -> Mode:
    """Classes, valence and arousal: equation 1."""
    return Mode("combined", _combined_loss, _class_weights, _macro_f1)


@MODES.register("va")
def _va() -> Mode:
    """Valence and arousal only: equation 2, as a second stage."""
    return Mode("va", _va_loss, _no_weights, _concordance, second=True)


@MODES.register("multi")
def _multi() -> Mode:
    """Several labels, valence, arousal and dominance: the equation for EMOTIC, section 4.3."""
    return Mode("combined", _multi_loss, _label_weights, _macro_recall, several=True)


def _class_loss(output: Output, truth: Truth, weights: Tensor, _recipe: Recipe) -> Tensor:
    return losses.weighted_cross_entropy(output.logits, truth.labels, weights)


def _combined_loss(output: Output, truth: Truth, weights: Tensor, recipe: Recipe) -> Tensor:
    error = losses.squared_error(output.regression, truth.affect)
    return _class_loss(output, truth, weights, recipe) + recipe.alpha * error


def _va_loss(output: Output, truth: Truth, _weights: Tensor, recipe: Recipe) -> Tensor:
    error = losses.squared_error(output.regression, truth.affect)
    return losses.concordance_loss(output.regression, truth.affect) + recipe.beta * error


def _multi_loss(output: Output, truth: Truth, weights: Tensor, recipe: Recipe) -> Tensor:
    error = losses.squared_error(output.regression, truth.affect)
    labels = losses.weighted_binary_cross_entropy(output.logits, truth.present, weights)
    return labels + recipe.alpha * error


def _class_weights(samples: Samples) -> Floats:
    return losses.inverse_frequency_weights(samples.counts(), samples.label_names)


def _label_weights(samples: Samples) -> Floats:
    counts = [int(count) for count in samples.present.sum(axis=0)]
    return losses.positive_weights(counts, len(samples), samples.present_names)


def _no_weights(samples: Samples) -> Floats:
    return np.ones(len(samples.label_names))


def _macro_f1(output: Output, samples: Samples) -> float:
    return metrics.classified(samples.labels, output.logits.argmax(axis=1), samples.label_names).f1


def _concordance(output: Output, samples: Samples) -> float:
    return metrics.estimated(samples.affect, output.regression, samples.dimensions)["mean"].ccc


def _macro_recall(output: Output, samples: Samples) -> float:
    return metrics.listed(samples.present, output.logits).macro_recall


def mode_of(name: str) -> Mode:
    """The mode; raises UnknownName, which lists the known ones."""
    return MODES.build(name)


STAGES: Final = ("discrete", "combined", "va")
"""The modes that are compared on sets with one class for each picture, in the order in which they are trained."""
