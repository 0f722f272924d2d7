"""What a model said about the pictures of a test, with the truth: everything that any score is computed from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from affect_core.array_files import ArrayFile
from affect_core.errors import InputError
from affect_core.files import whole
from affect_core.labels import NEUTRAL

Floats = NDArray[np.float64]

BINS: Final[Mapping[str, tuple[float, float]]] = {
    "<0.5": (0.0, 0.5),
    "0.5-0.75": (0.5, 0.75),
    ">0.75": (0.75, 1.01),
    ">0.5": (0.5, 1.01),
}
"""Bins of intensity, lower end included; the last one is reported beside the others."""

_SEPARATOR: Final = "/"


@dataclass(frozen=True, eq=False)
class Predictions:
    """One model on one test.

    Attributes:
        logits: float32 (N, C).
        truth: int64 (N,), index into the model's labels.
        groups: int64 (N,), 0 to G - 1: the subject or head that is shown; see `grouped`.
        intensity: float32 (N,), NaN = unknown.
        lighting, background: (N,) words.
    """

    logits: NDArray[np.float32]
    truth: NDArray[np.int64]
    groups: NDArray[np.int64]
    intensity: NDArray[np.float32]
    lighting: NDArray[np.str_]
    background: NDArray[np.str_]

    def __post_init__(self) -> None:
        sizes = {item.name: len(getattr(self, item.name)) for item in fields(self)}
        if len(set(sizes.values())) != 1:
            raise InputError(f"expected columns of one length, got {sizes}")

    def __len__(self) -> int:
        return len(self.truth)

    def where(self, chosen: NDArray[np.bool_]) -> Predictions:
        """The pictures that are chosen; groups are numbered anew."""
        columns: dict[str, Any] = {item.name: getattr(self, item.name)[chosen] for item in fields(self)}
        _, columns["groups"] = np.unique(columns["groups"], return_inverse=True)
        return Predictions(**columns)

    def in_bin(self, name: str) -> Predictions:
        """The pictures whose intensity lies in one of `BINS`."""
        low, high = BINS[name]
        return self.where((self.intensity >= low) & (self.intensity < high))

    def without_neutral(self, labels: tuple[str, ...]) -> Predictions:
        """The five-class reading: images of the other classes only, and the neutral logit left out."""
        if NEUTRAL not in labels:
            return self
        neutral = labels.index(NEUTRAL)
        kept = self.where(self.truth != neutral)
        logits = np.delete(kept.logits, neutral, axis=1)
        return replace(kept, logits=logits, truth=kept.truth - (kept.truth > neutral))

    def probabilities(self, temperature: float = 1.0) -> Floats:
        """Softmax of logits / temperature, (N, C)."""
        scaled = self.logits.astype(np.float64) / temperature
        exponentials = np.exp(scaled - scaled.max(axis=1, keepdims=True))
        return np.asarray(exponentials / exponentials.sum(axis=1, keepdims=True))


def grouped(subjects: NDArray[np.str_]) -> NDArray[np.int64]:
    """Group of each picture by its subject; where all show the same one, or none is known, each is its own group."""
    names, groups = np.unique(subjects, return_inverse=True)
    return np.arange(len(subjects)) if len(names) <= 1 else np.asarray(groups, np.int64)


def save_predictions(tests: Mapping[str, Predictions], path: Path) -> None:
    """All tests of one run in one npz; logits in half precision, which is what the weights are stored in."""
    columns: dict[str, Any] = {}
    for name, one in tests.items():
        small = {
            "logits": one.logits.astype(np.float16),
            "truth": one.truth.astype(np.int8),
            "groups": one.groups.astype(np.int16 if len(one) < 32_767 else np.int32),
            "intensity": one.intensity.astype(np.float16),
            "lighting": one.lighting,
            "background": one.background,
        }
        columns |= {f"{name}{_SEPARATOR}{column}": value for column, value in small.items()}
    with whole(path) as unfinished, unfinished.open("wb") as file:
        np.savez_compressed(file, **columns)


def load_predictions(path: Path) -> dict[str, Predictions]:
    """Test -> predictions; raises InputError if the file cannot be read."""
    try:
        with ArrayFile(path) as content:
            names = dict.fromkeys(key.split(_SEPARATOR)[0] for key in content)
            return {name: _read(content, name) for name in names}
    except (InputError, ValueError, KeyError) as error:
        raise InputError(f"expected predictions at {path}: {error}; run the experiment again") from error


def _read(content: Any, name: str) -> Predictions:
    column = {item.name: content[f"{name}{_SEPARATOR}{item.name}"] for item in fields(Predictions)}
    return Predictions(
        column["logits"].astype(np.float32),
        column["truth"].astype(np.int64),
        column["groups"].astype(np.int64),
        column["intensity"].astype(np.float32),
        column["lighting"],
        column["background"],
    )
