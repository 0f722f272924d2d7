"""From networks to heatmaps: LIME masks of the tested faces, kept on disk, and their means in the face space."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from affect_core.array_files import ArrayFile
from affect_core.files import whole
from affect_core.subgroups.faces import FaceSet, Indices
from affect_core.subgroups.heatmaps import Mean
from affect_core.subgroups.masks import LimeConfig, lime_mask, segment
from affect_core.subgroups.rounds import FIRST, MIXED, SECOND, Fold, Network, to_floats
from affect_core.subgroups.space import FaceSpace
from affect_core.types import Floats

if TYPE_CHECKING:
    from affect_core.subgroups.config import SubgroupConfig

Cell = tuple[str, str, str]
"""Training, group that is tested, expression."""

EXPLAINED: Final = (FIRST, MIXED, SECOND)
"""The trainings that heatmaps are made of, in the order of P3's table IX."""


@dataclass(frozen=True, eq=False)
class Masks:
    """The masks of some faces of one cell.

    Attributes:
        faces: (M,), indices into the `FaceSet`.
        pixels: bool (M, S, S).
    """

    faces: Indices
    pixels: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Heat:
    """The heatmap of one cell.

    Attributes:
        heatmap: (H, W) of the face space, 0..1; None where no face was explained.
        count: faces it is the mean of.
        empty: faces of which no superpixel spoke for the class.
        shares: (M, B), for every face with a mask the shares of its pixels in the bands of the face space.
    """

    heatmap: Floats | None
    count: int
    empty: int
    shares: Floats


def cells(label_names: tuple[str, ...]) -> list[Cell]:
    """All cells: 3 trainings x 2 groups x expressions."""
    return [
        (training, group, label)
        for training in EXPLAINED
        for group in (FIRST, SECOND)
        for label in label_names
    ]


def explain_round(
    faces: FaceSet,
    fold: Fold,
    networks: Mapping[str, Network],
    predicted: Mapping[str, Indices],
    config: SubgroupConfig,
    folder: Path,
) -> dict[Cell, Masks]:
    """LIME masks of every cell of a round; those that an interrupted call left are read from ``folder``.

    Args:
        faces: all.
        fold: of the round; only its test faces are explained, by networks that did not see them.
        networks: training -> network.
        predicted: training -> (T,), what each read in the fold's test faces.
        config: of the study.
        folder: of the round.
    """
    made: dict[Cell, Masks] = {}
    superpixels: dict[int, NDArray[np.int64]] = {}
    wanted = cells(faces.label_names)
    for training, group, label in tqdm(wanted, f"LIME, round {fold.number + 1}", unit="cell", disable=None):
        cell = (training, group, label)
        path = folder / "masks" / f"{training}_{group}_{faces.label_names.index(label)}.npz"
        if not path.is_file():
            chosen = chosen_faces(faces, fold, predicted[training], cell, config)
            targets = _targets(faces, fold, predicted[training], chosen, config.lime)
            _save(path, _explain(faces, chosen, targets, networks[training], config.lime, superpixels))
        made[cell] = _load(path, faces.size_px)
    return made


def chosen_faces(
    faces: FaceSet, fold: Fold, predicted: Indices, cell: Cell, config: SubgroupConfig
) -> Indices:
    """The test faces of a cell that are explained; the same ones for every training, unless only right ones are."""
    _, group, label = cell
    place = faces.label_names.index(label)
    here = (faces.groups[fold.test] == (FIRST, SECOND).index(group)) & (faces.labels[fold.test] == place)
    if config.lime.correct_only:
        here &= predicted == place
    shuffled = np.random.default_rng([config.seed, 3]).permutation(len(fold.test))
    found = fold.test[shuffled[here[shuffled]]]
    return np.asarray(found[: config.explained] if config.explained else found)


def heat(masks: list[Masks], faces: FaceSet, space: FaceSpace) -> Heat:
    """The merged heatmap of a cell over all rounds."""
    mean, shares, empty = Mean(), [], 0
    bands = np.stack([band.ravel() for band in space.bands.values()], axis=1).astype(np.float64)
    for index, mask in _each(masks):
        warped = space.warp(mask, faces.points_xy[index])
        mean.add(warped)
        if warped.any():
            shares.append(warped.ravel() @ bands / warped.sum())
        else:
            empty += 1
    rows = np.array(shares).reshape(len(shares), bands.shape[1])
    return Heat(mean.value() if mean.count else None, mean.count, empty, rows)


def _each(masks: list[Masks]) -> Iterator[tuple[int, NDArray[np.bool_]]]:
    for part in masks:
        yield from ((int(index), mask) for index, mask in zip(part.faces, part.pixels, strict=True))


def _targets(faces: FaceSet, fold: Fold, predicted: Indices, chosen: Indices, config: LimeConfig) -> Indices:
    if config.explain == "true":
        return faces.labels[chosen]
    place = {int(index): number for number, index in enumerate(fold.test)}
    return np.array([predicted[place[int(index)]] for index in chosen], np.int64)


def _explain(
    faces: FaceSet,
    chosen: Indices,
    targets: Indices,
    network: Network,
    config: LimeConfig,
    superpixels: dict[int, NDArray[np.int64]],
) -> Masks:
    images = to_floats(faces.images_rgb[chosen])
    pixels = np.zeros((len(chosen), faces.size_px, faces.size_px), np.bool_)
    for number, (index, target) in enumerate(zip(chosen, targets, strict=True)):
        if int(index) not in superpixels:
            superpixels[int(index)] = segment(images[number], config)
        parts = superpixels[int(index)]
        mask = lime_mask(images[number], int(target), network.probabilities, config, parts)
        pixels[number] = mask.pixels
    return Masks(chosen, pixels)


def _save(path: Path, masks: Masks) -> None:
    flat = masks.pixels.reshape(len(masks.pixels), masks.pixels.shape[1] * masks.pixels.shape[2])
    with whole(path) as unfinished, unfinished.open("wb") as file:
        np.savez(file, faces=masks.faces, bits=np.packbits(flat, axis=1))


def _load(path: Path, size_px: int) -> Masks:
    with ArrayFile(path) as stored:
        bits = np.unpackbits(stored["bits"], axis=1, count=size_px * size_px)
        return Masks(stored["faces"], bits.reshape(-1, size_px, size_px).astype(np.bool_))
