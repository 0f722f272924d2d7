"""`summary.json`: one trial in numbers. Keys may be added, never renamed; absent values are null."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence
from importlib import metadata
from typing import Any

from affect_core.evaluation.affect import affect_by_label
from affect_core.evaluation.calibration import Calibration, calibrate
from affect_core.evaluation.collector import Collected
from affect_core.evaluation.conditions import conditions
from affect_core.evaluation.gaps import gaps, told
from affect_core.evaluation.records import FrameRecord, TruthEvent
from affect_core.evaluation.repetitions import intervals, repetition_rows
from affect_core.evaluation.scoring import Score, judge, percentiles, score
from affect_core.evaluation.smoothing import compare_smoothers
from affect_core.labels import COMPLEX_5
from affect_core.smoothing import NONE
from affect_core.trial import EventKind, Session

LATENCIES = (50, 95, 99)
ACCURACIES = ("frame", "hold", "onset", "neutral", "macro_precision", "macro_recall", "macro_f1")
STAGES = ("render", "detect", "track", "infer")

Summary = dict[str, Any]


def summarise(
    session: Session,
    collected: Collected,
    versions: Mapping[str, str] | None = None,
    hashes: Mapping[str, str] | None = None,
    smoothing: str = NONE,
) -> Summary:
    """The content of `summary.json`.

    Args:
        session: who and under which conditions.
        collected: what happened.
        versions: software -> version.
        hashes: file -> sha256; the model's weights are added.
        smoothing: how the estimates were smoothed already; see `affect_core.smoothing`.
    """
    result = score(collected.events, collected.records)
    calibration = calibrate(judge(collected.events, collected.records))
    weights = {"weights": collected.model_sha256} if collected.model_sha256 else {}
    summary = {
        "session": session.id,
        "participant": session.participant or None,
        "started_at": session.started_at or None,
        "versions": dict(sorted((versions or {}).items())),
        "hashes": dict(sorted({**(hashes or {}), **weights}.items())),
        "protocol": session.protocol,
        "clock": session.clock,
        "seed": session.seed,
        "model": collected.model or None,
        "runtime": collected.runtime or None,
        "lighting": session.lighting or None,
        "occlusion": session.occlusion or None,
        "look": session.look or None,
        "frames": dataclasses.asdict(collected.counts),
        "fps": {"camera": collected.fps_camera, "labels": collected.fps_labels},
        "latency_ms": _latency(collected.records),
        "stage_ms": {stage: _median(collected.records, f"{stage}_ms") for stage in STAGES},
        **_scores(result),
        "intervals": {
            name: list(pair) if pair else None
            for name, pair in intervals(collected.events, collected.records).items()
        },
        "repetitions": repetition_rows(collected.events, collected.records),
        "conditions": conditions(collected.events, collected.records),
        "calibration": calibration and _calibration(calibration),
        "smoothing": smoothing,
        "smoothers": compare_smoothers(collected.events, collected.records)
        if smoothing == NONE and result.hold is not None
        else None,
        "affect": affect_by_label(collected.events, collected.records),
        # Between the runs of a session that was resumed nobody was there, which is no loss.
        "gaps": None if session.resumed else gaps(collected.events, collected.records),
    }
    return {key: finite(value) for key, value in summary.items()}


def installed_versions(*packages: str) -> dict[str, str]:
    """Versions of those of the packages that are installed."""
    found = {}
    for package in packages:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:  # a source tree on PYTHONPATH has no version
            continue
    return found


def missing(summary: Summary, events: Iterable[TruthEvent], records: Sequence[FrameRecord]) -> list[str]:
    """What was lost, and why values of the summary are null, in sentences for the report."""
    kinds = {event.kind for event in events}
    read = [record for record in records if record.probabilities is not None]
    reasons = {
        "No ground truth: nothing was commanded, so there is no accuracy.": EventKind.COMMAND not in kinds,
        "The session was aborted: frames after that are not scored.": EventKind.ABORT in kinds,
        "No frame was read: no estimate arrived.": not records,
        "No face was read in any frame.": records and not read,
        "The model does not know all five complex emotions, so there is no five-class accuracy.": bool(read)
        and not any(set(COMPLEX_5) <= set(record.labels) for record in read),
        "No latency was measured.": bool(read) and all(math.isnan(record.latency_ms) for record in read),
        "A real camera or a video: nothing was rendered.": summary["frames"]["rendered"] is None,
    }
    lost = told(summary["gaps"] or ()) if records else ""
    pictures = summary.get("pictures")
    own = [text for text in (lost, pictures) if text]
    return [*own, *(reason for reason, holds in reasons.items() if holds)]


def summary_table(summary: Summary) -> list[tuple[str, str]]:
    """The result as rows of (what, value) in plain text."""
    frames, accuracy, latency = summary["frames"], summary["accuracy"], summary["latency_ms"]
    transition, fps = summary["transition"], summary["fps"]
    scene = [summary[key] for key in ("look", "lighting", "occlusion")]
    scene = [part for part in scene if part not in (None, "none", "face")]
    return [
        ("session", summary["session"]),
        ("protocol", ", ".join([summary["protocol"], *scene])),
        ("model", f"{summary['model'] or '-'} ({summary['runtime'] or '-'})"),
        ("frames labelled", f"{frames['labelled']} of {frames['published']}, {frames['dropped']} dropped"),
        ("accuracy, held", percent(accuracy["hold"], summary["intervals"]["hold"])),
        ("accuracy, all commanded frames", percent(accuracy["frame"], summary["intervals"]["frame"])),
        ("accuracy, neutral rests", percent(accuracy["neutral"])),
        ("accuracy, held, five classes", percent(summary["accuracy5"])),
        ("macro F1", number(accuracy["macro_f1"], ".3f")),
        ("lag after settling, median", number(transition["lag_ms_p50"], ".0f", " ms")),
        ("expressions never read", number(transition["missed"], "d")),
        ("errors before settling", percent(transition["error_share"])),
        ("flicker while held", number(transition["flicker_hz"], ".2f", " changes/s")),
        ("latency p50 / p95", f"{number(latency['p50'], '.1f')} / {number(latency['p95'], '.1f', ' ms')}"),
        ("rate camera / labels", f"{number(fps['camera'], '.1f')} / {number(fps['labels'], '.1f', ' fps')}"),
    ]


def percent(share: float | None, interval: Sequence[float] | None = None) -> str:
    """A share as per cent with one decimal, with its interval if there is one; "-" for None."""
    return "-" if share is None else f"{100 * share:.1f} %{between(interval)}"


def between(interval: Sequence[float] | None) -> str:
    """An interval of shares as per cent, in brackets; empty for None."""
    return f" [{100 * interval[0]:.1f}, {100 * interval[1]:.1f}]" if interval else ""


def number(value: float | None, style: str, unit: str = "") -> str:
    """A number with its unit; "-" for None."""
    return "-" if value is None else f"{value:{style}}{unit}"


def _scores(result: Score) -> Summary:
    return {
        "accuracy": {key: getattr(result, key) for key in ACCURACIES},
        "accuracy5": result.accuracy5,
        "per_class": {label: dataclasses.asdict(value) for label, value in result.per_class.items()},
        "confusion": {"labels": list(result.labels), "matrix": [list(row) for row in result.confusion]},
        "transition": {
            "lag_ms_p50": percentiles(result.lag_ms, [50])[0],
            "missed": result.missed,
            "error_share": result.error_share,
            "flicker_hz": result.flicker_hz,
        },
    }


def _calibration(found: Calibration) -> Summary:
    return {
        "ece": found.before.ece,
        "ece_scaled": found.after.ece,
        "temperatures": list(found.temperatures),
        "n": found.n,
    }


def _latency(records: tuple[FrameRecord, ...]) -> dict[str, float | None]:
    values = percentiles((record.latency_ms for record in records), LATENCIES)
    return {f"p{share}": value for share, value in zip(LATENCIES, values, strict=True)}


def _median(records: tuple[FrameRecord, ...], stage: str) -> float | None:
    return percentiles((getattr(record, stage) for record in records), [50])[0]


def finite(value: Any) -> Any:
    """The same with None for NaN and infinity, all the way down."""
    if isinstance(value, dict):
        return {key: finite(part) for key, part in value.items()}
    if isinstance(value, list):
        return [finite(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
