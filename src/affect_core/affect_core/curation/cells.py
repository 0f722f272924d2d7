"""All cells of the study, each kept when it is done, by as many processes as asked for."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
from tqdm import tqdm

from affect_core.array_files import ArrayFile
from affect_core.curation.base import REMOVERS, Floats
from affect_core.curation.config import ClassifierConfig, ProtocolConfig, RemoverConfig
from affect_core.curation.protocols import PROTOCOLS, Cell, Measured, Points, run_cell
from affect_core.files import whole
from affect_core.processes import spread

CONTROL: Final = "random"
AFORET: Final = "aforet"
_ARRAYS: Final = ("predicted", "scores", "trained_on", "thresholds", "lost", "auc")


def planned(protocol: ProtocolConfig, classifiers: ClassifierConfig) -> list[Cell]:
    """Nothing removed once for both protocols, which are the same then; AFORET and random at every loss; all at one."""
    ways = [(name, share) for share in protocol.losses for name in (AFORET, CONTROL)]
    others = [name for name in REMOVERS if name not in (AFORET, CONTROL, "none")]
    ways += [(name, protocol.compared_at) for name in others]
    cells = [Cell("paper", "none", 0.0, name) for name in classifiers.names]
    return cells + [
        Cell(kind, remover, share, name)
        for kind in PROTOCOLS
        for remover, share in ways
        for name in classifiers.names
    ]


def run_cells(
    cells: Sequence[Cell],
    points: Points,
    removers: RemoverConfig,
    classifiers: ClassifierConfig,
    seed: int,
    folder: Path,
    workers: int,
) -> dict[Cell, Measured]:
    """Every cell's result; those that an earlier call finished are read from ``folder``."""
    found = {cell: _read(folder, cell) for cell in cells}
    missing = [cell for cell, tested in found.items() if tested is None]
    done = {cell: tested for cell, tested in found.items() if tested is not None}
    arguments = (points, removers, classifiers, seed)
    with tqdm(total=len(cells), initial=len(done), desc="classifiers", unit="table cell") as bar:
        for cell, tested in spread(partial(_quietly, arguments), missing, workers):
            _write(folder, cell, tested)
            done[cell] = tested
            bar.update()
    return {cell: done[cell] for cell in cells}


_Arguments = tuple[Points, RemoverConfig, ClassifierConfig, int]


def _quietly(arguments: _Arguments, cell: Cell) -> Measured:
    """One thread: the processes share the cores already. A perceptron that is stopped by its epochs is no news."""
    from sklearn.exceptions import ConvergenceWarning
    from threadpoolctl import threadpool_limits

    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore", ConvergenceWarning)
        return run_cell(cell, *arguments)


def _path(folder: Path, cell: Cell) -> Path:
    return folder / f"{cell.key}.npz"


def _write(folder: Path, cell: Cell, tested: Measured) -> None:
    arrays: Mapping[str, Floats] = {name: np.asarray(getattr(tested, name)) for name in _ARRAYS}
    with whole(_path(folder, cell)) as unfinished, unfinished.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)


def _read(folder: Path, cell: Cell) -> Measured | None:
    path = _path(folder, cell)
    if not path.is_file():
        return None
    with ArrayFile(path) as stored:
        arrays: dict[str, Any] = {name: stored[name] for name in _ARRAYS}
    return Measured(**{**arrays, "auc": float(arrays["auc"])})
