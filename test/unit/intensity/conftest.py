"""A painted set whose classes a small head tells apart at once, and the study of it."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from affect_core.data.manifest import Manifest, Record, save_manifest
from affect_core.faces.crop import CropSpec, template_px
from affect_core.intensity.base import ClassifierConfig, IntensityConfig, TrunkConfig
from affect_core.intensity.study import Plan
from affect_core.labels import BASIC_8

SIZE = 32
CROP = CropSpec(SIZE, 0.06, "expression")
COLOURS = {
    "happy": (255, 0, 0), "sad": (0, 255, 0), "surprise": (0, 0, 255), "fear": (255, 255, 0),
    "disgust": (255, 0, 255), "anger": (0, 255, 255), "contempt": (255, 255, 255), "neutral": (0, 0, 0),
}  # fmt: skip


@pytest.fixture(scope="session")
def intensity_plan():
    """A narrow head on untrained convolutions, crops of 32 px."""
    return Plan(
        IntensityConfig(compared=2, shown=3, draws=50, lrp_batch=8),
        ClassifierConfig(
            image_size_px=SIZE,
            trunk="random",
            hidden=64,
            dropout=0.0,
            epochs=20,
            batch_size=16,
            learning_rate=3e-3,
        ),
        TrunkConfig(pictures=16, validation=8, size_px=SIZE, epochs=1),
    )


@pytest.fixture(scope="session")
def intensity_light_plan(intensity_plan):
    """The same without pictures and without other rules of propagation."""
    return replace(intensity_plan, intensity=replace(intensity_plan.intensity, compared=0, shown=0))


@pytest.fixture(scope="session")
def intensity_set(tmp_path_factory):
    """Writes ``per_class`` pictures of each label: a patch in the label's colour, larger with the intensity."""

    def make(labels=BASIC_8, per_class=10, intensities=True, subjects=0):
        folder = tmp_path_factory.mktemp("painted")
        (folder / "images").mkdir()
        random = np.random.default_rng(0)
        landmarks = tuple((float(x), float(y)) for x, y in template_px(CROP))
        records = []
        for number in range(per_class * len(labels)):
            label = labels[number % len(labels)]
            intensity = float((number // len(labels) + 0.5) / per_class)
            picture = random.integers(90, 130, (SIZE, SIZE, 3))
            edge = 16 + round(14 * intensity)
            picture[1 : 1 + edge, 1 : 1 + edge] = COLOURS[label]
            name = f"images/{number:04d}.png"
            Image.fromarray(picture.astype(np.uint8)).save(folder / name)
            known = {"intensity": intensity} if intensities else {}
            subject = f"s{number // len(labels) % subjects}" if subjects else ""
            records.append(Record(name, label, landmarks_xy=landmarks, subject=subject, **known))
        made = Manifest(folder, "painted", tuple(BASIC_8), tuple(records), "patches of colour")
        save_manifest(made)
        return made

    return make
