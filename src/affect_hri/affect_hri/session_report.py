"""From what was collected in a session to its folder: summary.json, records, pictures, HTML."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from affect_core.errors import ConfigError
from affect_core.evaluation import Collected, Summary, installed_versions, summarise
from affect_core.evaluation.explained import Explained
from affect_core.evaluation.report import write_report
from affect_core.paths import find_named
from affect_core.trial import Session
from affect_core.types import ImageRGB

PACKAGES = ("affect_core", "affect_hri", "torch", "numpy", "opencv-python-headless", "ros-rclpy", "numba")


def write_session(
    folder: Path,
    session: Session,
    collected: Collected,
    samples: Sequence[tuple[str, ImageRGB]] = (),
    explained: Sequence[Explained] = (),
) -> Summary:
    """Score and write everything into ``folder``; returns what summary.json holds."""
    summary = summarise(session, collected, installed_versions(*PACKAGES), _hashes(session))
    write_report(folder, summary, collected.records, collected.events, samples, explained)
    return summary


def _hashes(session: Session) -> dict[str, str]:
    try:
        protocol = find_named("config/trials", session.protocol, ".yaml")
    except ConfigError:  # a bag from elsewhere, or one that nobody conducted
        return {}
    return {"protocol": hashlib.sha256(protocol.read_bytes()).hexdigest()}
