"""A training run, as its YAML file describes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from affect_core.config import from_mapping, load_yaml
from affect_core.data.augment import AugmentConfig
from affect_core.data.sources import SOURCES
from affect_core.emotion.base import ARCHITECTURES
from affect_core.emotion.card import WEIGHT_DTYPES
from affect_core.errors import ConfigError, UnknownName
from affect_core.faces.crop import CropSpec
from affect_core.labels import LABEL_SETS
from affect_core.training.losses import LossConfig
from affect_core.training.module import OptimiserConfig

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True)
class TrainingConfig:
    """What is trained, on what, and how.

    Attributes:
        name, notes, training_data, licence: for the card.
        architecture, options: entry of `ARCHITECTURES` and its options.
        labels: classes in the order of the outputs.
        crop: how faces are cut out.
        weights_dtype: how the weights are stored.
        data: split -> (name of the source, its settings).
        augmentation, loss, optimiser: see their classes.
    """

    name: str
    architecture: str
    options: Mapping[str, Any]
    labels: tuple[str, ...]
    crop: CropSpec
    weights_dtype: str
    data: Mapping[str, tuple[str, Mapping[str, Any]]]
    augmentation: AugmentConfig
    loss: LossConfig
    optimiser: OptimiserConfig
    training_data: str
    licence: str
    notes: str


def load_training(path: Path) -> TrainingConfig:
    """Read and check a training file; raises ConfigError, UnknownName."""
    values = load_yaml(path)
    known = set(TrainingConfig.__dataclass_fields__)
    if set(values) - known or not {"name", "architecture", "labels", "data"} <= set(values):
        raise ConfigError(
            f"{path}: expected name, architecture, labels, data and any of {', '.join(sorted(known))}; "
            f"got {', '.join(values)}"
        )
    return TrainingConfig(
        name=values["name"],
        architecture=_known("architecture", values["architecture"], ARCHITECTURES.names()),
        options=values.get("options", {}),
        labels=LABEL_SETS[_known("label set", values["labels"], LABEL_SETS)],
        crop=from_mapping(CropSpec, values.get("crop", {}), f"{path}: crop"),
        weights_dtype=_known("weights_dtype", values.get("weights_dtype", "float32"), WEIGHT_DTYPES),
        data=_data(path, values["data"]),
        augmentation=from_mapping(AugmentConfig, values.get("augmentation", {}), f"{path}: augmentation"),
        loss=from_mapping(LossConfig, values.get("loss", {}), f"{path}: loss"),
        optimiser=from_mapping(OptimiserConfig, values.get("optimiser", {}), f"{path}: optimiser"),
        training_data=values.get("training_data", "").strip(),
        licence=values.get("licence", ""),
        notes=values.get("notes", "").strip(),
    )


def _known(kind: str, name: str, known: Any) -> str:
    if name not in known:
        raise UnknownName(kind, name, known)
    return name


def _data(path: Path, splits: Mapping[str, Any]) -> dict[str, tuple[str, Mapping[str, Any]]]:
    """Each split names one source with its settings: ``train: {avatar: {images: 5000}}``."""
    if set(splits) - set(SPLITS) or not {"train", "validation"} <= set(splits):
        raise ConfigError(
            f"{path}: data: expected {', '.join(SPLITS)} (test may be absent), got {', '.join(splits)}"
        )
    chosen = {}
    for split, source in splits.items():
        if not isinstance(source, Mapping) or len(source) != 1:
            raise ConfigError(f"{path}: data: {split}: expected one source with its settings, got {source!r}")
        name, settings = next(iter(source.items()))
        chosen[split] = (_known("data source", name, SOURCES.names()), settings or {})
    return chosen
