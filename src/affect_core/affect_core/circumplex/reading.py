"""What a trained network says about pictures, and what that costs: the interface for whoever uses a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import nan
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import numpy as np

from affect_core.circumplex.samples import Samples
from affect_core.emotion.base import RUNTIMES, Output
from affect_core.emotion.card import load_card
from affect_core.emotion.cost import cost
from affect_core.emotion.preprocess import to_batch
from affect_core.emotion.stage import softmax
from affect_core.types import ImageRGB

_BATCH: Final = 64
_REPEATS: Final = 5


@dataclass(frozen=True)
class Affect:
    """One picture.

    Attributes:
        label: most probable class.
        probs: class -> share; they sum to 1.
        valence, arousal, dominance: -1..1; NaN = the network does not estimate it.
    """

    label: str
    probs: Mapping[str, float]
    valence: float = nan
    arousal: float = nan
    dominance: float = nan


class Reader:
    """Reads pictures with a trained model.

    Args:
        model: folder with a card.
        threads: of torch.
        device: cpu or cuda.

    Raises:
        ModelError: the model cannot be used.
    """

    def __init__(self, model: Path, threads: int = 1, device: str = "cpu") -> None:
        self.card = load_card(model)
        self._runtime = RUNTIMES.build("torch", self.card, threads, "auto", device)

    def read(self, crops: Sequence[ImageRGB]) -> tuple[Affect, ...]:
        """One answer for each crop, uint8 (S, S, 3), cut out as the card says."""
        output = self.outputs(np.stack(crops))
        return tuple(self._affect(output, row) for row in range(len(crops)))

    def outputs(self, images_rgb: np.ndarray[Any, np.dtype[np.uint8]]) -> Output:
        """The raw outputs for uint8 (N, S, S, 3)."""
        parts = [
            self._runtime.forward(to_batch(list(images_rgb[first : first + _BATCH]), self.card))
            for first in range(0, len(images_rgb), _BATCH)
        ]
        columns = zip(*parts, strict=True)
        return Output(*(None if column[0] is None else np.concatenate(column) for column in columns))

    @property
    def parameters(self) -> int:
        """Numbers that are learnt."""
        card = self.card
        return cost(card.architecture, len(card.labels), card.crop.size_px, card.options).parameters

    def latency_ms(self, repeats: int = _REPEATS) -> float:
        """Median time of one picture, after one that does not count."""
        size = self.card.crop.size_px
        crop = to_batch([np.zeros((size, size, 3), np.uint8)], self.card)
        self._runtime.forward(crop)
        return float(np.median([_timed(self._runtime, crop) for _ in range(repeats)]))

    def _affect(self, output: Output, row: int) -> Affect:
        shares = softmax(output.logits[row])
        values = () if output.regression is None else map(float, output.regression[row])
        return Affect(
            label=self.card.labels[int(shares.argmax())],
            probs=dict(zip(self.card.labels, map(float, shares), strict=True)),
            **(dict(zip(self.card.regression, values, strict=True)) if values else {}),
        )


def read_samples(model: Path, samples: Samples, device: str = "cpu") -> Output:
    """Outputs of a model for all pictures of a set that was cut out for it."""
    return Reader(model, device=device).outputs(samples.images_rgb)


def _timed(runtime: Any, crop: Any) -> float:
    started = perf_counter()
    runtime.forward(crop)
    return (perf_counter() - started) * 1e3
