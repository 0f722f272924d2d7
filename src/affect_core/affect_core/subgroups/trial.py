"""One comparison of two groups, from the pictures to the numbers."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from affect_core.data.manifest import Manifest, to_lines
from affect_core.files import claim
from affect_core.subgroups.balance import Balanced, balance
from affect_core.subgroups.bias import Bias, Estimate, difference_of_means, measure
from affect_core.subgroups.config import SubgroupConfig
from affect_core.subgroups.explained import Cell, Heat, Masks, cells, explain_round, heat
from affect_core.subgroups.faces import FaceSet, Indices, load_faces
from affect_core.subgroups.groups import MIXED as MIXED_CODE
from affect_core.subgroups.groups import Groups, find_groups
from affect_core.subgroups.landmarks import find_landmarks
from affect_core.subgroups.plants import NO_PLANT, PLANTS
from affect_core.subgroups.rounds import (
    FIRST,
    MATCHED,
    MIXED,
    SECOND,
    TRAININGS,
    Fold,
    Network,
    Readings,
    folds,
    gather,
    read_faces,
    trained,
    training_set,
)
from affect_core.subgroups.space import FaceSpace
from affect_core.torch_compat import use_threads
from affect_core.types import Floats, ImageRGB

_ASKED: Final = "asked.json"
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Trial:
    """What is compared.

    Attributes:
        name: a word, for files.
        title: for the report.
        attribute: see `find_groups`.
        names: of the two groups; empty = as the attribute has them.
        plant: a name in `PLANTS`.
    """

    name: str
    title: str
    attribute: str
    names: tuple[str, ...] = ()
    plant: str = NO_PLANT


Example = tuple[str, ImageRGB, Floats, NDArray[np.bool_], NDArray[np.bool_]]


@dataclass(frozen=True, eq=False)
class Found:
    """What came of a trial.

    Attributes:
        trial, groups, balanced, faces, readings, bias: see their classes.
        source68: where the 68 landmarks come from.
        trained_on: training -> pictures, of the first round.
        heats: of every cell.
        examples: expression, picture, points, mask and warped mask, of one face of every expression.
        looks: band -> share of the first group's heat there minus the second's, each by its own training; percent.
        looks_found: bands whose interval leaves 0 out, at a level corrected for their number.
        seconds: it took, in this call.
    """

    trial: Trial
    groups: Groups
    balanced: Balanced
    faces: FaceSet
    source68: str
    readings: Readings
    bias: Bias
    trained_on: Mapping[str, int]
    heats: Mapping[Cell, Heat]
    examples: tuple[Example, ...]
    looks: Mapping[str, Estimate]
    looks_found: tuple[str, ...]
    seconds: float

    @property
    def verdict(self) -> tuple[str, ...]:
        """Signs of a bias; empty = none was found."""
        return (*self.bias.found, *(f"looks at {band}" for band in self.looks_found))

    @property
    def codes(self) -> Mapping[str, str]:
        """Training or test -> its short name, as in P3's table IV."""
        first, second = self.groups.codes
        return {MIXED: MIXED_CODE, FIRST: first, SECOND: second, MATCHED: f"{MIXED_CODE} half"}

    @property
    def named_heats(self) -> dict[str, Heat]:
        """``FE-MA happy`` -> heat: trained on, tested on, expression."""
        code = self.codes
        return {f"{code[a]}-{code[b]} {label}": one for (a, b, label), one in self.heats.items()}


def investigate(
    trial: Trial,
    manifest: Manifest,
    config: SubgroupConfig,
    folder: Path,
    space: FaceSpace,
    threads: int = 1,
) -> Found:
    """Balance, align, train, test, explain, compare; what an interrupted call left in ``folder`` is used.

    Args:
        trial, config, space: see their classes.
        manifest: the pictures.
        folder: of what is kept.
        threads: of torch, in trainings and for LIME.

    Raises:
        ConfigError, InputError: the set or its attribute cannot be used, see `find_groups` and `balance`.
    """
    started = time.monotonic()
    claim(folder / _ASKED, {"trial": vars(trial), "config": config.plain(), "set": _identity(manifest)})
    groups = find_groups(manifest, trial.attribute, trial.names, config.seed)
    balanced = balance(manifest, config.labels, groups, config.most, config.seed)
    source68, find = find_landmarks(manifest)
    plain = load_faces(manifest, balanced.chosen, config.labels, groups, find, config.align, space)
    faces = PLANTS.build(trial.plant, plain, config.plant, np.random.default_rng([config.seed, 4]))
    split = folds(faces, config.folds, config.rounds, config.seed)
    readings, masks = _rounds(faces, split, config, folder, threads)
    heats = {cell: heat(masks[cell], faces, space) for cell in cells(faces.label_names)}
    looks, looks_found = compare_looks(heats, tuple(space.bands), config)
    return Found(
        trial=trial,
        groups=groups,
        balanced=balanced,
        faces=faces,
        source68=source68,
        readings=readings,
        bias=measure(readings, config.bias, config.seed),
        trained_on={name: len(training_set(faces, split[0], name, config.seed)) for name in TRAININGS},
        heats=heats,
        examples=_examples(faces, masks, space),
        looks=looks,
        looks_found=looks_found,
        seconds=time.monotonic() - started,
    )


def compare_looks(
    heats: Mapping[Cell, Heat], bands: tuple[str, ...], config: SubgroupConfig
) -> tuple[dict[str, Estimate], tuple[str, ...]]:
    """How much more of the first group's heat lies in each band than of the second's; each by its own training.

    Returns:
        Band -> percent with its interval; and the bands whose interval leaves 0 out at a level for all of them.
    """
    own = [_own_shares(heats, group) for group in (FIRST, SECOND)]
    if min(map(len, own)) < 2:
        return {band: Estimate(float("nan"), float("nan"), float("nan")) for band in bands}, ()
    strict = 1.0 - (1.0 - config.bias.level) / len(bands)
    looks, found = {}, []
    for number, band in enumerate(bands):
        first, second = (100.0 * shares[:, number] for shares in own)
        looks[band] = difference_of_means(first, second, config.bias)
        if difference_of_means(first, second, replace(config.bias, level=strict)).clear:
            found.append(band)
    return looks, tuple(found)


def _own_shares(heats: Mapping[Cell, Heat], group: str) -> Floats:
    """(M, B): of all expressions, by the training on the group itself."""
    return np.concatenate([one.shares for (a, b, _), one in heats.items() if a == b == group])


def _rounds(
    faces: FaceSet, split: list[Fold], config: SubgroupConfig, folder: Path, threads: int
) -> tuple[Readings, dict[Cell, list[Masks]]]:
    """Train, test and explain, round by round."""
    use_threads(threads)  # also where the trainings are finished and only LIME is left
    shares: dict[str, list[NDArray[np.float32]]] = {name: [] for name in TRAININGS}
    masks: dict[Cell, list[Masks]] = {cell: [] for cell in cells(faces.label_names)}
    for fold in split:
        place = folder / f"round_{fold.number}"
        networks: dict[str, Network] = {}
        predicted: dict[str, Indices] = {}
        for name in TRAININGS:
            _log.info("round %d: %s", fold.number + 1, name)
            networks[name] = trained(faces, fold, name, config, place / name, config.seed, threads)
            shares[name].append(read_faces(faces, fold, networks[name], place / name))
            predicted[name] = shares[name][-1].argmax(axis=1)
        for cell, made in explain_round(faces, fold, networks, predicted, config, place).items():
            masks[cell].append(made)
    return gather(faces, split, shares), masks


def _examples(faces: FaceSet, masks: Mapping[Cell, list[Masks]], space: FaceSpace) -> tuple[Example, ...]:
    """The first explained face of every expression, by the mixed training."""
    made = []
    for label in faces.label_names:
        for part in (*masks[MIXED, FIRST, label], *masks[MIXED, SECOND, label]):
            if len(part.faces):
                index, mask = int(part.faces[0]), part.pixels[0]
                points = faces.points_xy[index]
                made.append((label, faces.images_rgb[index], points, mask, space.warp(mask, points)))
                break
    return tuple(made)


def _identity(manifest: Manifest) -> dict[str, object]:
    """What makes two sets the same."""
    return {
        "name": manifest.name,
        "records": hashlib.sha256(to_lines(manifest.records).encode()).hexdigest(),
    }
