from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from affect_core.curation.config import (
    ClassifierConfig,
    CurationConfig,
    FindingConfig,
    ProtocolConfig,
    RvaConfig,
)
from affect_core.curation.protocols import Points, assign_folds
from affect_core.data.manifest import Manifest, Record, save_manifest
from affect_core.synth.humans.base import HumanSetConfig

_EYES_NOSE_MOUTH = ((40.0, 40.0), (24.0, 40.0), (32.0, 50.0), (38.0, 58.0), (26.0, 58.0))


@pytest.fixture(scope="session")
def curation_rva() -> RvaConfig:
    """Seconds: pictures of 16 px, one block of each width."""
    return RvaConfig(
        size_px=16, stem=4, channels=(4, 8), latents=(3,), epochs=3, batch=16, warm_up=2, precision="32-true"
    )


@pytest.fixture(scope="session")
def curation_config(curation_rva: RvaConfig) -> CurationConfig:
    """The whole study in seconds."""
    return CurationConfig(
        faces=HumanSetConfig(labels="basic-8", images=96, size_px=64, seed=4000),
        rva=curation_rva,
        classifiers=ClassifierConfig(trees=4, mlp_epochs=4, boosting_rounds=2, boosting_leaves=3),
        protocol=ProtocolConfig(folds=2),
        finding=FindingConfig(repeats=2, draws=10, cured=("NB",)),
        smallest_class=4,
    )


@pytest.fixture
def curation_gaussians() -> Callable[..., Points]:
    """Round Gaussians of standard deviation 1 whose means are drawn with standard deviation ``spread``."""

    def make(
        classes: int = 7, each: int = 60, dimensions: int = 32, spread: float = 0.3, folds: int = 5
    ) -> Points:
        random = np.random.default_rng(7)
        labels = np.tile(np.arange(classes), each)
        means = random.normal(0.0, spread, (classes, dimensions))
        latents = means[labels] + random.normal(size=(len(labels), dimensions))
        subjects = np.arange(len(labels))
        assigned = assign_folds(labels, subjects, folds, True, 0)
        return Points(latents, labels, assigned, subjects, tuple(f"class {c}" for c in range(classes)))

    return make


@pytest.fixture
def curation_set(tmp_path: Path) -> Callable[..., Manifest]:
    """A set of pictures whose class is their grey level; ``counts`` says how many of each class."""

    def make(counts: dict[str, int], **changes: object) -> Manifest:
        folder = tmp_path / "set"
        records = []
        for place, name in enumerate(counts):
            for index in range(counts[name]):
                picture = np.full((64, 64, 3), 40 + 40 * place + index % 20, np.uint8)
                image = f"{name}_{index}.png"
                folder.mkdir(exist_ok=True)
                Image.fromarray(picture).save(folder / image)
                records.append(Record(image, name, landmarks_xy=_EYES_NOSE_MOUTH))
        manifest = Manifest(folder, "mine", tuple(counts), tuple(records), "grey squares", synthetic=True)
        manifest = replace(manifest, **changes)  # type: ignore[arg-type]
        save_manifest(manifest)
        return manifest

    return make
