import numpy as np
import pytest

from affect_core.errors import InputError
from affect_core.explain import face_share, region_shares, top_pixels

HEATMAP = np.array([[4.0, 3.0, 0.0], [2.0, -5.0, 0.0], [1.0, 0.0, 0.0]], np.float32)
LEFT = np.array([[1, 0, 0], [1, 0, 0], [1, 0, 0]], np.bool_)


def test_top_pixels_by_hand():
    # A third of nine pixels is three: those with 4, 3 and 2.
    assert np.argwhere(top_pixels(HEATMAP, 1 / 3)).tolist() == [[0, 0], [0, 1], [1, 0]]
    assert np.argwhere(top_pixels(HEATMAP, 0.0)).tolist() == [[0, 0]]
    assert np.argwhere(top_pixels(np.zeros((2, 2), np.float32), 0.5)).tolist() == [[0, 0], [0, 1]]


def test_face_share_by_hand():
    assert face_share(HEATMAP, LEFT, 1 / 3) == pytest.approx(2 / 3)
    assert face_share(HEATMAP, LEFT, 0.1) == 1.0
    assert face_share(HEATMAP, ~LEFT, 0.1) == 0.0


def test_a_flat_map_has_no_top():
    assert np.isnan(face_share(np.full((3, 3), 0.5, np.float32), LEFT))


def test_region_shares_by_hand():
    # Positive mass 4 + 3 + 2 + 1 = 10, of which 7 in the left column; the negative pixel does not count.
    shares = region_shares(HEATMAP, {"left": LEFT, "rest": ~LEFT})
    assert shares == pytest.approx({"left": 0.7, "rest": 0.3})


def test_no_positive_mass_has_no_shares():
    assert region_shares(-np.ones((3, 3), np.float32), {"left": LEFT}) == {}


def test_masks_of_another_size_are_refused():
    with pytest.raises(InputError, match=r"\(3, 3\).*\(2, 2\)"):
        face_share(HEATMAP, np.ones((2, 2), np.bool_))
    with pytest.raises(InputError, match=r"\(3, 3\).*\(2, 2\)"):
        region_shares(HEATMAP, {"all": np.ones((2, 2), np.bool_)})
