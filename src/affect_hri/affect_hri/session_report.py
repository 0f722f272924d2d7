"""From what was collected in a session to its folder: summary.json, records, pictures, HTML."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from affect_core.errors import ConfigError
from affect_core.evaluation import Collected, Summary, installed_versions, summarise
from affect_core.evaluation.explained import Explained
from affect_core.evaluation.report import write_report
from affect_core.paths import find_named
from affect_core.privacy import is_anonymized
from affect_core.smoothing import NONE
from affect_core.trial import Session
from affect_core.types import ImageRGB

PACKAGES = ("affect_core", "affect_hri", "torch", "numpy", "opencv-python-headless", "ros-rclpy", "numba")


def write_session(
    folder: Path,
    session: Session,
    collected: Collected,
    samples: Sequence[tuple[str, ImageRGB]] = (),
    explained: Sequence[Explained] = (),
    recorded: Mapping[str, Any] | None = None,
    smoothing: str = NONE,
    pictures: str = "",
) -> Summary:
    """Score and write everything into ``folder``; returns what summary.json holds.

    Args:
        folder: made where it is missing.
        session: who and under which conditions.
        collected: what happened.
        samples: label and picture.
        explained: crops with their maps.
        smoothing: how the estimates were smoothed already.
        pictures: why there are none; empty where there is no reason. An anonymized bag is one.
        recorded: what a bag says about its recording; goes into recorded.json, its weights into the hashes.
    """
    hashes = {**_hashes(session), **_recorded_weights(recorded or {})}
    summary = summarise(session, collected, installed_versions(*PACKAGES), hashes, smoothing)
    summary["pictures"] = (_ANONYMIZED if is_anonymized(recorded or {}) else pictures) or None
    write_report(folder, summary, collected.records, collected.events, samples, explained)
    if recorded:
        (folder / "recorded.json").write_text(json.dumps(recorded, indent=2, sort_keys=True) + "\n")
    return summary


_ANONYMIZED = (
    "The recording is anonymized: faces in it are blurred. Scored is what was said while it was recorded; there is no "
    "running perception on it again."
)


def _recorded_weights(recorded: Mapping[str, Any]) -> dict[str, str]:
    """The weights that read the faces while the bag was recorded."""
    models = recorded.get("models")
    rows = models.items() if isinstance(models, dict) else ()
    return {
        f"recorded weights of {name}": str(model["sha256"])
        for name, model in rows
        if isinstance(model, dict) and model.get("sha256")
    }


def _hashes(session: Session) -> dict[str, str]:
    try:
        protocol = find_named("config/trials", session.protocol.partition(":")[0], ".yaml")  # or a part of it
    except ConfigError:  # a bag from elsewhere, or one that nobody conducted
        return {}
    return {"protocol": hashlib.sha256(protocol.read_bytes()).hexdigest()}
