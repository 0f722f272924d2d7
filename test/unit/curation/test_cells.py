"""All cells: planned, kept, and the same with any number of processes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from affect_core.curation.cells import planned, run_cells
from affect_core.curation.config import ClassifierConfig, ProtocolConfig, RemoverConfig
from affect_core.curation.protocols import Cell, Points


def test_what_is_planned() -> None:
    """Once without removal; in both protocols two ways at three shares and three more ways at one."""
    cells = planned(ProtocolConfig(), ClassifierConfig(names=("LR", "NB")))
    assert len(cells) == len(set(cells)) == len({cell.key for cell in cells}) == 2 * (1 + 2 * (2 * 3 + 3))
    assert (
        sum(cell.remover == "random" for cell in cells)
        == sum(cell.remover == "aforet" for cell in cells)
        == 12
    )
    assert {cell.share for cell in cells if cell.remover == "osm"} == {0.1}


def test_processes_change_nothing_and_results_are_kept(
    curation_gaussians: Callable[..., Points], tmp_path: Path
) -> None:
    points = curation_gaussians(classes=3, each=20, dimensions=4, folds=2)
    cells = [Cell("honest", "aforet", 0.1, "NB"), Cell("paper", "random", 0.1, "NB")]
    settings = (cells, points, RemoverConfig(), ClassifierConfig(), 0)
    alone = run_cells(*settings, tmp_path / "one", 1)
    both = run_cells(*settings, tmp_path / "two", 2)
    kept = run_cells(*settings, tmp_path / "two", 1)
    assert list(alone) == list(both) == list(kept) == cells
    for cell in cells:
        for other in (both, kept):
            assert np.array_equal(alone[cell].predicted, other[cell].predicted)
            assert np.array_equal(alone[cell].scores, other[cell].scores)
            assert alone[cell].auc == other[cell].auc
            assert np.array_equal(alone[cell].lost, other[cell].lost)
