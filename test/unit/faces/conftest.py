import numpy as np
import pytest

from affect_core.types import Detection


@pytest.fixture
def face_at():
    """Makes a detection whose 100 px box has its left top corner at (x, y)."""

    def make(x, y=0.0, size=100.0, score=0.9):
        unit = np.array([[0.3, 0.4], [0.7, 0.4], [0.5, 0.6], [0.35, 0.8], [0.65, 0.8]])
        return Detection(np.array([x, y, x + size, y + size]), unit * size + (x, y), score)

    return make


@pytest.fixture(scope="session")
def astronaut():
    from skimage.data import astronaut

    return astronaut()
