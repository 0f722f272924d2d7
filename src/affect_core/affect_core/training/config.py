"""A training run, as its YAML file describes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from affect_core.config import from_mapping, load_yaml
from affect_core.data.augment import AugmentConfig
from affect_core.data.sources import SOURCES
from affect_core.emotion.base import ARCHITECTURES
from affect_core.emotion.card import WEIGHT_DTYPES
from affect_core.errors import ConfigError, UnknownName
from affect_core.faces.crop import CropSpec
from affect_core.labels import LABEL_SETS
from affect_core.texts import values_of
from affect_core.training.losses import LossConfig
from affect_core.training.schedules import OptimiserConfig

SPLITS: Final = ("train", "validation", "test")
_BASE: Final = "base"
_INIT: Final = ("random", "imagenet")
_QUICK: Final = {"epochs": 2, "train": 600, "validation": 200, "test": 200}


@dataclass(frozen=True)
class TrainingConfig:
    """What is trained, on what, and how.

    Attributes:
        name, notes, training_data, licence: for the card.
        architecture, options: entry of `ARCHITECTURES` and its options.
        init: ``random``, ``imagenet``, or ``{"from": path}`` of a model folder or checkpoint to go on from.
        labels: classes in the order of the outputs.
        crop: how faces are cut out.
        weights_dtype: how the weights are stored.
        data: split -> (name of the source, its settings).
        limits: split -> at most so many crops, every class keeping its share.
        augmentation, loss, optimiser: see their classes.
        roots: folders that relative paths are looked up in, best first.
    """

    name: str
    architecture: str
    options: Mapping[str, Any]
    init: str | Mapping[str, str]
    labels: tuple[str, ...]
    crop: CropSpec
    weights_dtype: str
    data: Mapping[str, tuple[str, Mapping[str, Any]]]
    limits: Mapping[str, int]
    augmentation: AugmentConfig
    loss: LossConfig
    optimiser: OptimiserConfig
    training_data: str
    licence: str
    notes: str
    roots: tuple[Path, ...]

    @property
    def identity(self) -> dict[str, Any]:
        """What makes two networks the same: plain words, numbers and lists."""
        return {
            "architecture": self.architecture,
            "options": dict(self.options),
            "labels": list(self.labels),
            "size_px": self.crop.size_px,
        }


def load_training(
    path: Path, changes: Mapping[str, Any] | None = None, root: Path | None = None, quick: bool = False
) -> TrainingConfig:
    """Read and check a training file.

    A file may name another one as its ``base`` and then says only what differs.

    Args:
        path: the file.
        changes: like another file on top of it.
        root: folder that relative paths of data and models are looked up in before the file's own folder.
        quick: a run of minutes: few epochs, few pictures.

    Raises:
        ConfigError, UnknownName: what is wrong in the file, and what is known.
    """
    with values_of(path):
        values = merge(_read(path), changes or {})
        if quick:
            epochs = min(_QUICK["epochs"], values.get("optimiser", {}).get("epochs", _QUICK["epochs"]))
            limits = {split: _QUICK[split] for split in SPLITS}
            values = merge(values, {"optimiser": {"epochs": epochs}, "limits": limits})
        return _training(path, values, (*([root] if root else []), path.parent))


def merge(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """``base`` with ``changes``: mappings are merged key by key (``init`` is not), all else is replaced."""
    merged = dict(base)
    for key, value in changes.items():
        old = merged.get(key)
        both = isinstance(old, Mapping) and isinstance(value, Mapping) and key != "init"
        merged[key] = {**old, **value} if both and isinstance(old, Mapping) else value
    return merged


def _read(path: Path) -> dict[str, Any]:
    values = load_yaml(path)
    base = values.pop(_BASE, None)
    return values if base is None else merge(_read(path.parent / base), values)


def _training(path: Path, values: Mapping[str, Any], roots: tuple[Path, ...]) -> TrainingConfig:
    known = set(TrainingConfig.__dataclass_fields__) - {"roots"}
    if set(values) - known or not {"name", "architecture", "labels", "data"} <= set(values):
        raise ConfigError(
            f"{path}: expected name, architecture, labels, data and any of {', '.join(sorted(known | {_BASE}))}; "
            f"got {', '.join(values)}"
        )
    return TrainingConfig(
        name=values["name"],
        architecture=_known("architecture", values["architecture"], ARCHITECTURES.names()),
        options=values.get("options") or {},
        init=_init(path, values.get("init", "random")),
        labels=LABEL_SETS[_known("label set", values["labels"], LABEL_SETS)],
        crop=from_mapping(CropSpec, values.get("crop", {}), f"{path}: crop"),
        weights_dtype=_known("weights_dtype", values.get("weights_dtype", "float32"), WEIGHT_DTYPES),
        data=_data(path, values["data"]),
        limits=_limits(path, values.get("limits", {})),
        augmentation=from_mapping(AugmentConfig, values.get("augmentation", {}), f"{path}: augmentation"),
        loss=from_mapping(LossConfig, values.get("loss", {}), f"{path}: loss"),
        optimiser=from_mapping(OptimiserConfig, values.get("optimiser", {}), f"{path}: optimiser"),
        training_data=values.get("training_data", "").strip(),
        licence=values.get("licence", ""),
        notes=values.get("notes", "").strip(),
        roots=roots,
    )


def _known(kind: str, name: str, known: Any) -> str:
    if name not in known:
        raise UnknownName(kind, name, known)
    return name


def _init(path: Path, value: Any) -> str | Mapping[str, str]:
    if value in _INIT or (isinstance(value, Mapping) and set(value) == {"from"}):
        return value  # type: ignore[no-any-return] # checked just now
    raise ConfigError(f"{path}: init: expected {', '.join(_INIT)} or {{from: PATH}}, got {value!r}")


def _limits(path: Path, values: Mapping[str, Any]) -> dict[str, int]:
    if set(values) - set(SPLITS) or not all(isinstance(v, int) and v > 0 for v in values.values()):
        raise ConfigError(f"{path}: limits: expected numbers for {', '.join(SPLITS)}, got {values!r}")
    return dict(values)


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
