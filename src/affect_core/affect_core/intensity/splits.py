"""Which pictures the head learns from, which choose the epoch, and which are ranked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from affect_core.data.crop_set import CropSet
from affect_core.errors import InputError
from affect_core.intensity.base import ClassifierConfig

Indices = NDArray[np.int64]
PICTURE: Final = "picture"
SUBJECT: Final = "subject"
_LEAST: Final = 3


@dataclass(frozen=True, eq=False)
class Split:
    """Indices of the crops in each part, ascending.

    Attributes:
        group_by: `PICTURE` draws pictures, as P1 does; `SUBJECT` draws people, so that nobody is in two parts.
    """

    train: Indices
    validation: Indices
    test: Indices
    group_by: str

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        parts = {name: getattr(self, name).tolist() for name in ("train", "validation", "test")}
        return {"group_by": self.group_by, **parts}


def split(crops: CropSet, config: ClassifierConfig, group_by: str, seed: int) -> Split:
    """P1's two cuts, each with the classes in their proportions.

    Raises:
        InputError: a class has too few pictures or, with `SUBJECT`, too few people to be in every part.
    """
    _check_classes(crops)
    groups = np.asarray(crops.info["subject"]) if group_by == SUBJECT else None
    everything = np.arange(len(crops))
    rest, test = _cut(everything, crops, groups, config.test_share, seed)
    train, validation = _cut(rest, crops, groups, config.validation_share, seed + 1)
    made = Split(train, validation, test, group_by)
    for name, part in (("train", train), ("test", test)):
        missing = [label for i, label in enumerate(crops.label_names) if not np.any(crops.labels[part] == i)]
        if missing:
            raise InputError(
                f"expected every class in the {name} part, none of {', '.join(missing)} is there: too few "
                f"{'people' if groups is not None else 'pictures'}; add some, or split by {PICTURE}"
            )
    return made


def repeats_subjects(crops: CropSet) -> bool:
    """Whether somebody is shown more than once; unnamed people count as different ones."""
    subjects = np.asarray(crops.info["subject"])
    named = subjects[subjects != ""]
    return len(np.unique(named)) < len(named) == len(subjects)


def _cut(
    chosen: Indices, crops: CropSet, groups: NDArray[Any] | None, share: float, seed: int
) -> tuple[Indices, Indices]:
    """The rest, and about ``share`` of the chosen."""
    labels = crops.labels[chosen]
    if groups is None:
        from sklearn.model_selection import train_test_split

        rest, part = train_test_split(chosen, test_size=share, stratify=labels, random_state=seed)
    else:
        from sklearn.model_selection import StratifiedGroupKFold

        people = len(np.unique(groups[chosen]))
        folds = StratifiedGroupKFold(min(max(2, round(1.0 / share)), people), shuffle=True, random_state=seed)
        first, second = next(iter(folds.split(chosen, labels, groups[chosen])))
        rest, part = chosen[first], chosen[second]
    return np.sort(rest), np.sort(part)


def _check_classes(crops: CropSet) -> None:
    few = {name: count for name, count in crops.counts().items() if count < _LEAST}
    if few:
        raise InputError(
            f"expected at least {_LEAST} pictures of each class, got "
            f"{', '.join(f'{count} of {name}' for name, count in few.items())}; add some, or leave the class out"
        )
