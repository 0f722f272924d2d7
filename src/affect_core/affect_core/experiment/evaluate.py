"""A trained model on the experiment's tests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from affect_core.data.crop_set import CropSet
from affect_core.emotion.base import RUNTIMES, Runtime
from affect_core.emotion.card import Card
from affect_core.emotion.preprocess import to_batch
from affect_core.errors import InputError
from affect_core.experiment.crops import load_crops
from affect_core.experiment.places import Places
from affect_core.experiment.plan import TestSpec
from affect_core.experiment.predictions import Predictions, grouped

_BATCH: Final = 64


def answers_on_tests(
    card: Card, tests: Iterable[TestSpec], places: Places, threads: int
) -> dict[str, Predictions]:
    """Key of the test -> what the model says. A set that several tests share is read once.

    Raises:
        InputError: a test has no pictures.
    """
    tests = list(tests)
    read = answers_on_sets(card, {test.set: test for test in tests}, places, threads)
    return {test.key: with_lighting(read[test.set], test) for test in tests}


def answers_on_sets(
    card: Card, sets: Mapping[str, TestSpec | None], places: Places, threads: int
) -> dict[str, Predictions]:
    """Name of the set -> what the model says; a test tells how the set's labels are to be read."""
    runtime = RUNTIMES.build("torch", card, threads)
    loaded = {name: load_crops(places, name, card.crop, card.labels, test) for name, test in sets.items()}
    return {name: predictions(logits_of(runtime, card, crops), crops) for name, crops in loaded.items()}


def with_lighting(answer: Predictions, test: TestSpec) -> Predictions:
    """The pictures that belong to the test; raises InputError if there are none."""
    if not test.lighting:
        return answer
    chosen = answer.where(answer.lighting == test.lighting)
    if not len(chosen):
        known = ", ".join(sorted(set(answer.lighting.tolist())))
        raise InputError(
            f"test {test.key}: expected pictures with lighting {test.lighting!r} in {test.set}, it has {known}"
        )
    return chosen


def predictions(logits: NDArray[np.float32], crops: CropSet) -> Predictions:
    """With the truth that the crops carry."""
    info: Mapping[str, NDArray[Any]] = crops.info
    return Predictions(
        logits=logits,
        truth=crops.labels,
        groups=grouped(info["subject"]),
        intensity=info["intensity"].astype(np.float32),
        lighting=info["lighting"],
        background=info["background"],
    )


def logits_of(runtime: Runtime, card: Card, crops: CropSet) -> NDArray[np.float32]:
    """(N, C)."""
    chunks = [crops.images_rgb[i : i + _BATCH] for i in range(0, len(crops), _BATCH)]
    parts = [runtime.forward(to_batch(list(chunk), card)).logits for chunk in chunks]
    return np.asarray(np.concatenate(parts), np.float32)
