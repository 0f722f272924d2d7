"""Pictures, and what reads them: both converters."""

import importlib.util

import numpy as np
import pytest

from affect_hri import conversions

CONVERTERS = [
    "rosbags_image",
    pytest.param(
        "cv_bridge",
        marks=pytest.mark.skipif(
            importlib.util.find_spec("cv_bridge") is None,
            reason="needs cv_bridge, which comes with a ROS installation",
        ),
    ),
]


@pytest.fixture(params=CONVERTERS)
def reader(request):
    return conversions.ImageReader(request.param)


@pytest.fixture
def pixels():
    return np.random.default_rng(5).integers(0, 256, (4, 5, 3), np.uint8)
