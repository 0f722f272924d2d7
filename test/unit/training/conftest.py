import numpy as np
import pytest
import yaml
from torch import nn

from affect_core.avatar import Segment
from affect_core.data.crop_set import CropSet, save_part
from affect_core.emotion import ARCHITECTURES, Output
from affect_core.emotion.architectures.amal import AttentionHead, RegressionHead, attended_mean
from affect_core.faces import CropSpec
from affect_core.labels import COMPLEX_6

SPEC = CropSpec(32, 0.0)


@pytest.fixture
def coloured_set():
    """Makes crops whose class is their colour: learnable in a few steps."""

    def make(count, seed=0, contrast=155):
        random = np.random.default_rng(seed)
        labels = np.arange(count) % 6
        palette = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [1, 1, 1]])
        noise = random.integers(0, 255 - contrast, (count, 32, 32, 3))
        images = palette[labels][:, None, None] * contrast + noise
        segments = np.full((count, 32, 32), Segment.WALL, np.uint8)
        segments[:, 8:24, 8:24] = Segment.SKIN
        info = {"lighting": np.array(["even", "dim"])[np.arange(count) // 6 % 2]}
        return CropSet(images.astype(np.uint8), labels, segments, COMPLEX_6, SPEC, info=info)

    return make


class Tiny(nn.Module):
    """Everything that `Amal` has, in a thousandth of its size."""

    def __init__(self, classes, size_px, channels=16, regression=False, init="random"):
        super().__init__()
        layers = [nn.Conv2d(3, channels, 5, stride=4), nn.BatchNorm2d(channels), nn.ReLU()]
        self.trunk = nn.Sequential(*layers)
        self.attend = AttentionHead(channels)
        self.dropout = nn.Dropout(0.2)
        self.regressor = RegressionHead(channels) if regression else None
        self.classifier = nn.Linear(channels, classes)

    def forward(self, batch):
        features = self.trunk(batch).float()
        attention = self.attend(features)
        pooled = self.dropout(attended_mean(features, attention))
        regression = None if self.regressor is None else self.regressor(pooled)
        return Output(self.classifier(pooled), attention[:, 0], regression)


@pytest.fixture
def tiny_file(training_file, monkeypatch):
    """The training file with a network that is trained in a moment."""
    monkeypatch.setitem(ARCHITECTURES._builders, "tiny", Tiny)
    values = yaml.safe_load(training_file.read_text()) | {"architecture": "tiny", "options": {}}
    training_file.write_text(yaml.safe_dump(values))
    return training_file


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


@pytest.fixture
def noisy_file(tiny_file, coloured_set):
    """The same on crops that are hard to tell apart, with everything that draws random numbers switched on."""
    save_part(coloured_set(96, 0, contrast=40), tiny_file.parent / "train", 0)
    save_part(coloured_set(24, 1, contrast=40), tiny_file.parent / "validation", 0)
    values = yaml.safe_load(tiny_file.read_text())
    values["options"] = {"regression": True}
    values["augmentation"] = {"background": 0.7, "backdrops": 8, "blur": 0.4, "grey": 0.3, "patch": 0.5}
    del values["data"]["test"]
    tiny_file.write_text(yaml.safe_dump(values))
    return tiny_file
