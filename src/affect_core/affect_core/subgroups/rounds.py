"""The grid of P3: networks trained on both groups, on either, and on half of both; each tested on unseen faces."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from affect_core.array_files import ArrayFile
from affect_core.emotion.architectures.pretrained import IMAGENET, IMAGENET_MEAN, IMAGENET_STD
from affect_core.emotion.base import ARCHITECTURES
from affect_core.emotion.weights import read_weights, save_weights
from affect_core.errors import ConfigError, InputError
from affect_core.files import whole
from affect_core.machine import cpu_gains_from_bf16
from affect_core.subgroups.faces import FaceSet, Indices
from affect_core.subgroups.variants import VariantBatches
from affect_core.training.score import confusion

if TYPE_CHECKING:
    from affect_core.subgroups.config import SubgroupConfig

MIXED: Final = "mixed"
FIRST: Final = "first"
SECOND: Final = "second"
MATCHED: Final = "matched"
TRAININGS: Final = (MIXED, FIRST, SECOND, MATCHED)
"""What a network is trained on; matched: a half of the mixed set, which is twice as large as either group's."""

TESTS: Final = (MIXED, FIRST, SECOND)

_WEIGHTS: Final = "weights.safetensors"
_PREDICTED: Final = "predicted.npz"
_BATCH: Final = 64


@dataclass(frozen=True, eq=False)
class Fold:
    """Faces that are trained on, and faces that are tested; nobody is in both. Indices."""

    number: int
    train: Indices
    test: Indices


def folds(faces: FaceSet, count: int, rounds: int, seed: int) -> list[Fold]:
    """The first ``rounds`` of ``count`` folds, with equal shares of every expression and group; P3: five.

    Raises:
        InputError: there are too few subjects for so many folds.
    """
    from sklearn.model_selection import StratifiedGroupKFold

    people = len(np.unique(faces.subjects))
    if people < count:
        raise InputError(
            f"expected {count} subjects or more for {count} folds, got {people}; use fewer folds"
        )
    splitter = StratifiedGroupKFold(count, shuffle=True, random_state=seed)
    split = splitter.split(faces.labels, faces.strata, faces.subjects)
    made = [Fold(number, np.asarray(train), np.asarray(test)) for number, (train, test) in enumerate(split)]
    return made[:rounds]


def training_set(faces: FaceSet, fold: Fold, training: str, seed: int) -> Indices:
    """What a network of a fold is trained on; raises InputError when fewer than two are left."""
    allowed = fold.train[faces.trains[fold.train]]
    if training in (FIRST, SECOND):
        allowed = allowed[faces.groups[allowed] == (FIRST, SECOND).index(training)]
    if training == MATCHED:
        allowed = _half(faces, allowed, seed)
    if len(allowed) < 2:
        raise InputError(
            f"expected faces to train on in fold {fold.number}, got {len(allowed)}; use fewer folds"
        )
    return np.asarray(allowed, np.int64)


def _half(faces: FaceSet, indices: Indices, seed: int) -> Indices:
    """Every second picture of each expression and group, at random."""
    rng = np.random.default_rng([seed, 2])
    parts = [rng.permutation(indices[faces.strata[indices] == s]) for s in np.unique(faces.strata[indices])]
    return np.sort(np.concatenate([part[: -(-len(part) // 2)] for part in parts]))


@dataclass(frozen=True, eq=False)
class Network:
    """A trained network with the pixels it expects.

    Attributes:
        module: returns `Output`; in evaluation mode.
        mean, std: per channel, of pixels in 0..1.
    """

    module: nn.Module
    mean: tuple[float, ...]
    std: tuple[float, ...]

    def probabilities(self, images: NDArray[np.float32], exact: bool = False) -> NDArray[np.float32]:
        """Shares of the classes (N, C) for pictures float32 (N, 3, S, S), 0..1; exact = in single precision."""
        mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (self.mean, self.std))
        rough = not exact and cpu_gains_from_bf16()
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=rough):
            batch = ((torch.from_numpy(images) - mean) / std).contiguous(memory_format=torch.channels_last)
            logits = self.module(batch).logits.float()
        return np.asarray(logits.softmax(dim=1).numpy(), np.float32)

    def read(self, images_rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Shares of the classes (N, C) for pictures uint8 (N, S, S, 3), in single precision."""
        parts = [images_rgb[start : start + _BATCH] for start in range(0, len(images_rgb), _BATCH)]
        return np.concatenate([self.probabilities(to_floats(part), exact=True) for part in parts])


def to_floats(images_rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """uint8 (N, S, S, 3) -> float32 (N, 3, S, S), 0..1."""
    return np.ascontiguousarray(np.moveaxis(images_rgb, -1, 1), np.float32) / np.float32(255.0)


def trained(
    faces: FaceSet,
    fold: Fold,
    training: str,
    config: SubgroupConfig,
    folder: Path,
    seed: int,
    threads: int = 1,
) -> Network:
    """The network of a fold and training: read from ``folder``, or trained, going on where it was stopped."""
    chosen = training_set(faces, fold, training, seed)
    mean, std = _pixels(faces.images_rgb[chosen], config)
    torch.manual_seed(seed * 101 + fold.number)
    network = build(config, len(faces.label_names))
    path = folder / _WEIGHTS
    if path.is_file():
        network.load_state_dict(read_weights(path))
        return Network(network.eval(), mean, std)
    from affect_core.training.crops_only import fit_crops
    from affect_core.training.hardware import Hardware

    batches = VariantBatches(
        faces.images_rgb[chosen],
        faces.taught[chosen],
        len(faces.label_names),
        config.optimiser.batch_size,
        config.variants,
        seed,
    )
    work = folder / "training"
    identity = {"architecture": config.architecture, "options": dict(config.options), "training": training}
    fitted = fit_crops(
        network, batches, faces.size_px, mean, std, config.optimiser, work, identity,
        hardware=Hardware(threads=threads),
    )  # fmt: skip
    with whole(path) as unfinished:
        save_weights(fitted.state_dict(), unfinished.parent, file=unfinished.name)
    shutil.rmtree(work, ignore_errors=True)
    return Network(fitted, mean, std)


def build(config: SubgroupConfig, classes: int) -> nn.Module:
    """The network before its training; raises ConfigError for options that it does not know."""
    options = {**config.options, "init": config.init}
    try:
        made: nn.Module = ARCHITECTURES.build(config.architecture, classes, config.align.size_px, **options)
    except TypeError as error:
        raise ConfigError(f"options of {config.architecture}: {error}; correct them") from error
    return made


def _pixels(images_rgb: NDArray[np.uint8], config: SubgroupConfig) -> tuple[tuple[float, ...], ...]:
    """Mean and deviation per channel: ImageNet's with its weights, else those of the training set."""
    if config.init == IMAGENET:
        return IMAGENET_MEAN, IMAGENET_STD
    pixels = images_rgb.reshape(-1, 3)
    counts = np.stack([np.bincount(channel, minlength=256) for channel in pixels.T]) / len(pixels)
    levels = np.arange(256) / 255.0
    mean = counts @ levels
    std = np.sqrt(np.maximum(counts @ levels**2 - mean**2, 1e-6))
    return tuple(round(float(v), 4) for v in mean), tuple(round(float(v), 4) for v in std)


@dataclass(frozen=True, eq=False)
class Readings:
    """What the networks of all rounds read in the faces that they had not seen.

    Attributes:
        faces: (N,), indices of the tested faces.
        rounds: (N,), number of the fold that each was tested in.
        truth, groups, subjects: (N,), see `FaceSet`.
        predicted: training -> (N,), the class that was read.
        label_names: of the classes.
    """

    faces: Indices
    rounds: Indices
    truth: Indices
    groups: Indices
    subjects: Indices
    predicted: Mapping[str, Indices]
    label_names: tuple[str, ...]

    def tested(self, test: str) -> NDArray[np.bool_]:
        """(N,): which of them belong to a test set."""
        every = np.ones(len(self.truth), np.bool_)
        return every if test == MIXED else self.groups == (FIRST, SECOND).index(test)

    def counts(self, training: str, test: str) -> Indices:
        """Confusion (C, C), rows = truth."""
        here = self.tested(test)
        return confusion(self.truth[here], self.predicted[training][here], len(self.label_names))


def percentages(counts: NDArray[Any]) -> NDArray[np.float64]:
    """A confusion matrix with rows that sum to 100; a class without pictures is NaN."""
    totals = np.asarray(counts, np.float64).sum(axis=-1, keepdims=True)
    return np.asarray(
        100.0 * np.divide(counts, totals, out=np.full(np.shape(counts), np.nan), where=totals > 0)
    )


def mean_accuracy(matrix: NDArray[Any]) -> float:
    """Mean class-wise accuracy, percent: the mean diagonal of a matrix in percent; P3, table V."""
    return float(np.nanmean(np.diagonal(matrix, axis1=-2, axis2=-1)))


def column_sums(matrix: NDArray[Any]) -> NDArray[np.float64]:
    """(C,): how often each class is read, 100 = as often as it is shown; the last rows of P3's tables VI to VIII."""
    return np.asarray(np.nansum(matrix, axis=-2))


def read_faces(faces: FaceSet, fold: Fold, network: Network, folder: Path) -> NDArray[np.float32]:
    """Shares of the classes (T, C) for the fold's test faces, kept in ``folder``."""
    path = folder / _PREDICTED
    if path.is_file():
        with ArrayFile(path) as stored:
            return np.asarray(stored["probabilities"], np.float32)
    made = network.read(faces.images_rgb[fold.test])
    with whole(path) as unfinished, unfinished.open("wb") as file:
        np.savez(file, probabilities=made, test=fold.test)
    return made


def gather(faces: FaceSet, tested: list[Fold], shares: Mapping[str, list[NDArray[np.float32]]]) -> Readings:
    """All rounds together; every face is tested at most once."""
    order = np.concatenate([fold.test for fold in tested])
    return Readings(
        faces=order,
        rounds=np.concatenate([np.full(len(fold.test), fold.number) for fold in tested]),
        truth=faces.labels[order],
        groups=faces.groups[order],
        subjects=faces.subjects[order],
        predicted={
            training: np.concatenate(parts).argmax(axis=1).astype(np.int64)
            for training, parts in shares.items()
        },
        label_names=faces.label_names,
    )
