from pathlib import Path

import pytest


@pytest.fixture
def shipped_protocols(monkeypatch: pytest.MonkeyPatch) -> Path:
    """The checkout as the share folder: its ``config/trials`` is the one that ships."""
    root = Path(__file__).resolve().parents[3]
    monkeypatch.setenv("AFFECT_HRI_SHARE", str(root))
    return root / "config" / "trials"


@pytest.fixture
def onsets_s() -> dict[str, float]:
    return {
        "neutral": 0.5,
        "confusion": 0.4,
        "frustration": 0.3,
        "skepticism": 0.4,
        "disapproval": 0.4,
        "boredom": 0.8,
    }
