import pytest

from affect_core.emotion import load_card
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
def model_folder(untrained):
    """Writes a model folder with random weights; returns its card."""

    def make(architecture="amal", options=None, dtype="float32", labels=COMPLEX_6, size_px=64):
        folder = untrained(
            f"random_{architecture}",
            architecture,
            {"trunk": "resnet18"} if options is None else options,
            labels,
            CropSpec(size_px, 0.1),
            dtype,
            mean=(0.5, 0.4, 0.3),
            std=(0.25, 0.2, 0.1),
        )
        return load_card(folder)

    return make
