"""A model's card: everything that must be known to feed its weights and to read its answer."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from affect_core.config import Settings, from_mapping, load_yaml, setting
from affect_core.errors import ConfigError, ModelError
from affect_core.faces.crop import CropSpec
from affect_core.paths import find_named
from affect_core.texts import values_of

CARD_FILE = "card.yaml"
WEIGHT_DTYPES = ("float32", "float16")

ESTIMATES: Final = ("valence", "arousal", "dominance", "intensity")
"""What a network may estimate beside the class; fields of `affect_core.types.Emotion`. -1..1, intensity 0..1."""

REGRESSION: Final = ("valence", "arousal", "intensity")
"""Columns of the estimates of a network whose card does not name them, and of crop sets."""


@dataclass(frozen=True)
class Weights(Settings):
    """The weights file that belongs to a card."""

    file: str = setting("weights.safetensors", "file name, beside the card")
    sha256: str = setting("", "hash of the file, 64 hexadecimal digits")
    dtype: str = setting("float32", "how matrices and kernels are stored", choices=WEIGHT_DTYPES)


@dataclass(frozen=True)
class Card:
    """A model on disk, without its weights.

    Attributes:
        folder: where the card was read from.
        name: the model's name.
        architecture, options: entry of `ARCHITECTURES` and its options.
        labels: classes in the order of the outputs.
        crop: how faces are cut out for this model.
        mean, std: of the training pixels in 0..1, per channel (red, green, blue).
        weights: file, hash, stored type.
        training_data, licence, notes: for the reader.
        results: measured numbers, each with its n.
        regression: columns of the network's estimates, each one of `ESTIMATES`; a network may have none all the same.
        training_heads: parts and measures of the random robot heads among the training pictures, and what of the
            OhBot lies outside them; see `affect_core.synth.robots.unseen.card_entry`.
    """

    folder: Path
    name: str
    architecture: str
    labels: tuple[str, ...]
    crop: CropSpec
    mean: tuple[float, ...]
    std: tuple[float, ...]
    weights: Weights
    training_data: str
    licence: str
    options: Mapping[str, Any] = field(default_factory=dict)
    colour_order: str = "RGB"
    notes: str = ""
    results: Mapping[str, Any] = field(default_factory=dict)
    training_heads: Mapping[str, Any] = field(default_factory=dict)
    regression: tuple[str, ...] = REGRESSION

    def __post_init__(self) -> None:
        source = self.folder / CARD_FILE
        _expect(
            len(set(self.labels)) == len(self.labels) > 1, source, "two or more different labels", self.labels
        )
        _expect(len(self.mean) == len(self.std) == 3, source, "mean and std of three channels", self.mean)
        names = all(isinstance(label, str) for label in self.labels)
        _expect(names, source, "labels that are names", self.labels)
        numbers = all(isinstance(v, int | float) and math.isfinite(v) for v in (*self.mean, *self.std))
        _expect(numbers, source, "mean and std of numbers", (self.mean, self.std))
        _expect(
            Path(self.weights.file).name == self.weights.file,
            source,
            "weights beside the card",
            self.weights.file,
        )
        _expect(min(self.std) > 0, source, "std above 0", self.std)
        _expect(self.colour_order == "RGB", source, "colour_order RGB", self.colour_order)
        known = set(self.regression) <= set(ESTIMATES) and len(set(self.regression)) == len(self.regression)
        _expect(known, source, f"regression with different ones of {', '.join(ESTIMATES)}", self.regression)

    @property
    def weights_path(self) -> Path:
        """The weights file."""
        return self.folder / self.weights.file


def load_card(model: str | Path) -> Card:
    """Read the card of a model folder, or of a named model below ``models/``.

    Raises:
        ConfigError: no such folder or name; lists the known names.
        ModelError: the card is missing, incomplete or inconsistent.
    """
    folder = find_named("models", str(model))
    source = folder / CARD_FILE
    if not source.is_file():
        raise ModelError(
            f"expected a model card at {source}, found none; train the model or restore the file"
        )
    try:
        with values_of(source):
            return _card(folder, source, load_yaml(source))
    except ConfigError as error:
        raise ModelError(f"{source} is not a usable card: {error}") from error


def _card(folder: Path, source: Path, values: dict[str, Any]) -> Card:
    parts: dict[str, Any] = {
        "crop": from_mapping(CropSpec, values.pop("crop", {}), f"{source}: crop"),
        "weights": from_mapping(Weights, values.pop("weights", {}), f"{source}: weights"),
    }
    lists: dict[str, Any] = {key: tuple(values.pop(key, ())) for key in ("labels", "mean", "std")}
    if "regression" in values:
        lists["regression"] = tuple(values.pop("regression"))
    return Card(folder=folder, **parts, **lists, **values)


def save_card(card: Card) -> Path:
    """Write the card into its folder; returns the file."""
    values: dict[str, Any] = {
        "name": card.name,
        "architecture": card.architecture,
        "options": dict(card.options),
        "labels": list(card.labels),
        "crop": vars(card.crop),
        "colour_order": card.colour_order,
        "mean": list(card.mean),
        "std": list(card.std),
        "weights": vars(card.weights),
        "training_data": card.training_data,
        "licence": card.licence,
        "notes": card.notes,
        "results": dict(card.results),
    }
    if card.regression != REGRESSION:
        values["regression"] = list(card.regression)
    if card.training_heads:
        values["training_heads"] = dict(card.training_heads)
    path = card.folder / CARD_FILE
    path.write_text(
        yaml.safe_dump(values, sort_keys=False, width=100, allow_unicode=True, default_flow_style=None)
    )
    return path


def _expect(condition: bool, source: Path, expected: str, got: object) -> None:
    if not condition:
        raise ModelError(f"{source}: expected {expected}, got {got}; correct the card")
