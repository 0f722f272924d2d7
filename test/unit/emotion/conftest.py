from pathlib import Path

import pytest

from affect_core.emotion import ARCHITECTURES, Card, save_card, save_weights
from affect_core.faces import CropSpec
from affect_core.labels import COMPLEX_6


@pytest.fixture(scope="session")
def shared_cache(tmp_path_factory):
    """One cache for all tests of this folder that do not look into it."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def cache(monkeypatch, shared_cache):
    """Nothing of these tests goes into the user's cache."""
    monkeypatch.setenv("AFFECT_HRI_CACHE", str(shared_cache))
    return shared_cache / "runtimes"


@pytest.fixture
def own_cache(monkeypatch, tmp_path):
    """An empty cache of this test's own; the folder of its files."""
    monkeypatch.setenv("AFFECT_HRI_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "runtimes"


@pytest.fixture
def model_folder(tmp_path: Path):
    """Writes a model folder with random weights; returns its card."""

    def make(architecture="amal", options=None, dtype="float32", labels=COMPLEX_6, size_px=64):
        import torch

        torch.manual_seed(0)
        options = {"trunk": "resnet18"} if options is None else options
        network = ARCHITECTURES.build(architecture, len(labels), size_px, **options)
        folder = tmp_path / architecture
        folder.mkdir()
        card = Card(
            folder=folder,
            name=f"random_{architecture}",
            architecture=architecture,
            labels=labels,
            crop=CropSpec(size_px, 0.1),
            mean=(0.5, 0.4, 0.3),
            std=(0.25, 0.2, 0.1),
            weights=save_weights(network.state_dict(), folder, dtype),
            training_data="none: random weights",
            licence="Apache-2.0",
            options=options,
        )
        save_card(card)
        return card

    return make
