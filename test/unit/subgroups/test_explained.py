"""Masks of a cell, kept for a call that goes on later."""

import numpy as np
import pytest

from affect_core.subgroups.explained import Masks, _load, _save


@pytest.mark.parametrize("count", [0, 1, 3])
def test_masks_come_back_from_the_disk_also_where_a_cell_is_empty(tmp_path, count):
    pixels = np.random.default_rng(0).random((count, 5, 5)) > 0.5
    (tmp_path / "masks").mkdir()
    _save(tmp_path / "masks" / "A.npz", Masks(np.arange(count) + 7, pixels))
    found = _load(tmp_path / "masks" / "A.npz", 5)
    assert found.faces.tolist() == [7, 8, 9][:count]
    assert np.array_equal(found.pixels, pixels)
