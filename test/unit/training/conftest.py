import numpy as np
import pytest

from affect_core.avatar import Segment
from affect_core.data.crop_set import CropSet, save_part
from affect_core.faces import CropSpec
from affect_core.labels import COMPLEX_6

SPEC = CropSpec(32, 0.0)


@pytest.fixture
def coloured_set():
    """Makes crops whose class is their colour: learnable in a few steps."""

    def make(count, seed=0):
        random = np.random.default_rng(seed)
        labels = np.arange(count) % 6
        palette = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [1, 1, 1]])
        images = palette[labels][:, None, None] * 155 + random.integers(0, 100, (count, 32, 32, 3))
        segments = np.full((count, 32, 32), Segment.WALL, np.uint8)
        segments[:, 8:24, 8:24] = Segment.SKIN
        info = {"lighting": np.array(["even", "dim"])[np.arange(count) // 6 % 2]}
        return CropSet(images.astype(np.uint8), labels, segments, COMPLEX_6, SPEC, info=info)

    return make


@pytest.fixture
def training_file(tmp_path, coloured_set):
    """A training file on coloured crops, with its sets on disk."""
    for split, count, seed in (("train", 96, 0), ("validation", 24, 1), ("test", 24, 2)):
        save_part(coloured_set(count, seed), tmp_path / split, 0)
    path = tmp_path / "tiny.yaml"
    path.write_text(
        f"""
name: tiny
architecture: amal
options: {{trunk: resnet18}}
labels: complex-6
crop: {{size_px: 32, margin: 0.0}}
weights_dtype: float16
data:
  train: {{folder: {{path: {tmp_path}/train}}}}
  validation: {{folder: {{path: {tmp_path}/validation}}}}
  test: {{folder: {{path: {tmp_path}/test}}}}
augmentation: {{patch: 0.0}}
optimiser: {{epochs: 1, batch_size: 24, threads: 1}}
training_data: coloured squares
licence: Apache-2.0
"""
    )
    return path
