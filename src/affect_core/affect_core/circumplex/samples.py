"""What P2's networks are trained on: pictures with a class, several labels, and a place in the circumplex."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from affect_core.circumplex.recipe import AFFECT
from affect_core.errors import InputError
from affect_core.faces.crop import CropSpec

Indices = NDArray[np.int64]

TRAIN: Final = "train"
HELD_OUT: Final = "held_out"
TEST: Final = "test"
PARTS: Final = (TRAIN, HELD_OUT, TEST)
NO_CLASS: Final = -1

_ARRAYS: Final = ("images_rgb", "labels", "affect", "present", "subjects", "given")


@dataclass(frozen=True, eq=False)
class Samples:
    """N pictures of a set.

    Attributes:
        name: of the set.
        images_rgb: uint8 (N, S, S, 3).
        labels: int64 (N,), indices into ``label_names``; `NO_CLASS` = none.
        label_names: classes.
        affect: float32 (N, D), -1..1, NaN = unknown.
        dimensions: names of D.
        present: float32 (N, K), 1 where a picture has a label of ``present_names``.
        present_names: labels of which a picture may have several.
        subjects: text (N,); pictures of one subject stay together.
        given: text (N,), the set's own split; empty = none.
        crop: how the pictures were cut out.
        notes: sentences for the report and the cards.
    """

    name: str
    images_rgb: NDArray[np.uint8]
    labels: Indices
    label_names: tuple[str, ...]
    affect: NDArray[np.float32]
    crop: CropSpec
    dimensions: tuple[str, ...] = AFFECT
    present: NDArray[np.float32] = field(default_factory=lambda: np.empty((0, 0), np.float32))
    present_names: tuple[str, ...] = ()
    subjects: NDArray[Any] = field(default_factory=lambda: np.empty(0, str))
    given: NDArray[Any] = field(default_factory=lambda: np.empty(0, str))
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        count, size = len(self.images_rgb), self.crop.size_px
        defaults = {
            "present": np.zeros((count, len(self.present_names)), np.float32),
            "subjects": np.array([str(i) for i in range(count)]),
            "given": np.full(count, ""),
        }
        for name, value in defaults.items():
            if not getattr(self, name).size:
                object.__setattr__(self, name, value)
        expected = {
            "images_rgb": (count, size, size, 3),
            "labels": (count,),
            "affect": (count, len(self.dimensions)),
            "present": (count, len(self.present_names)),
            "subjects": (count,),
            "given": (count,),
        }
        for name, shape in expected.items():
            if getattr(self, name).shape != shape:
                raise InputError(f"{self.name}: expected {name} {shape}, got {getattr(self, name).shape}")
        if count and not NO_CLASS <= self.labels.min() <= self.labels.max() < len(self.label_names):
            raise InputError(
                f"{self.name}: expected labels {NO_CLASS} to {len(self.label_names) - 1}, got "
                f"{np.unique(self.labels).tolist()}"
            )
        known = self.affect[~np.isnan(self.affect)]
        if known.size and np.abs(known).max() > 1.0:
            raise InputError(
                f"{self.name}: expected {', '.join(self.dimensions)} of -1 to 1, got {np.abs(known).max():g}"
            )

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, chosen: Indices) -> Samples:
        """The pictures with these indices, in this order."""
        arrays: dict[str, Any] = {name: getattr(self, name)[chosen] for name in _ARRAYS}
        return replace(self, **arrays)

    def counts(self) -> list[int]:
        """Pictures of each class."""
        return [int((self.labels == i).sum()) for i in range(len(self.label_names))]


@dataclass(frozen=True)
class Split:
    """Indices of each part, sorted; no subject is in two parts unless the set itself has it so."""

    train: Indices
    held_out: Indices
    test: Indices

    def part(self, name: str) -> Indices:
        """One of `PARTS`."""
        found: Indices = getattr(self, name)
        return found


def split(samples: Samples, held_out: float, tested: float, seed: int) -> Split:
    """Divide a set by subjects, every class keeping its share.

    A set that has a split keeps it: what it calls ``test``, or ``val`` where it has no test as AffectNet, is tested
    on; the epoch is chosen by ``held_out`` of the training pictures, or by its own ``val``.

    Raises:
        InputError: a part would be empty.
    """
    kinds = set(np.unique(samples.given)) - {""}
    everything = np.arange(len(samples))
    if not kinds:
        rest, test = _divide(samples, everything, tested, seed)
        train, held = _divide(samples, rest, held_out, seed)
    else:
        train = everything[samples.given == "train"]
        test = everything[samples.given == ("test" if "test" in kinds else "val")]
        if {"val", "test"} <= kinds:
            held = everything[samples.given == "val"]
        else:
            train, held = _divide(samples, train, held_out, seed)
    made = Split(np.sort(train), np.sort(held), np.sort(test))
    for name in PARTS:
        if not len(made.part(name)):
            raise InputError(
                f"{samples.name}: expected pictures for {name}, got none of {len(samples)}; give a larger set, or "
                "one whose split names train and val"
            )
    return made


def balanced(labels: Indices, seed: int) -> Indices:
    """As many pictures of every class as the smallest has, drawn once; P2, section 5.3. Sorted indices.

    Raises:
        InputError: no picture has a class.
    """
    classes = [label for label in np.unique(labels) if label != NO_CLASS]
    if not classes:
        raise InputError("expected pictures with classes to balance, got none")
    least = min(int((labels == label).sum()) for label in classes)
    random = np.random.default_rng([seed, least])
    drawn = [random.permutation(np.flatnonzero(labels == label))[:least] for label in classes]
    return np.sort(np.concatenate(drawn))


def _divide(samples: Samples, chosen: Indices, share: float, seed: int) -> tuple[Indices, Indices]:
    """The rest, and about ``share`` of ``chosen``; whole subjects, classes in their proportions."""
    subjects = samples.subjects[chosen]
    folds = min(max(2, round(1.0 / share)), len(np.unique(subjects)))
    if folds < 2:
        raise InputError(
            f"{samples.name}: expected at least two subjects to divide, got {len(np.unique(subjects))}"
        )
    from sklearn.model_selection import StratifiedGroupKFold

    folder = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    rest, part = next(iter(folder.split(np.zeros(len(chosen)), _strata(samples, chosen, folds), subjects)))
    return chosen[rest], chosen[part]


def _strata(samples: Samples, chosen: Indices, folds: int) -> Sequence[int]:
    """Classes; those with fewer pictures than folds count as one, so that nobody has to be left out."""
    labels = samples.labels[chosen].copy()
    for label in np.unique(labels):
        if (labels == label).sum() < folds:
            labels[labels == label] = len(samples.label_names)
    return [int(label) for label in labels]
