"""A folder that shows one trial: report.html with its plots, summary.json and records.csv."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import cv2
import jinja2
import numpy as np

from affect_core.evaluation.affect import DIMENSIONS
from affect_core.evaluation.explained import Explained
from affect_core.evaluation.figures import figures
from affect_core.evaluation.records import FrameRecord, TruthEvent
from affect_core.evaluation.repetitions import repetition_of
from affect_core.evaluation.scoring import Judged, judge
from affect_core.evaluation.summary import STAGES, Summary, between, missing, number, percent
from affect_core.files import write_whole
from affect_core.types import ImageRGB

TEMPLATES = Path(__file__).parent / "templates"
TITLES = {
    "timeline.png": "What was read, over time",
    "confusion.png": "Confusion",
    "per_class.png": "Per class",
    "lag.png": "Lag",
    "reliability.png": "Do the probabilities mean what they say",
    "latency.png": "Latency",
}

Samples = Sequence[tuple[str, ImageRGB]]


def write_report(
    folder: Path,
    summary: Summary,
    records: Sequence[FrameRecord],
    events: Sequence[TruthEvent],
    samples: Samples = (),
    explained: Sequence[Explained] = (),
) -> Path:
    """Write a report; returns the path of report.html.

    Every file appears whole or not at all. Links are relative: the folder can be moved or sent.

    Args:
        folder: made if it is not there.
        summary: from `summarise`.
        records, events: the same that the summary was made from.
        samples: (caption, image uint8 (H, W, 3)) pairs to show, boxes and overlays already drawn.
        explained: a crop and its map for each expression.

    Raises:
        InputError: the folder cannot be written.
    """
    plots = figures(summary, events, records)
    pictures = {f"sample_{index:02d}.jpg": sample for index, sample in enumerate(samples)}
    maps = {f"explained_{index:02d}.jpg": one for index, one in enumerate(explained)}
    rows = {name: one.row() for name, one in maps.items()}
    captions = {name: caption for name, (caption, _) in pictures.items()}
    files = {
        "summary.json": to_json(summary).encode(),
        "records.csv": records_csv(summary, records, events).encode(),
        **{name: content for name, content in plots.items() if content is not None},
        **{name: jpeg(image) for name, (_, image) in pictures.items()},
        **{name: jpeg(one.picture()) for name, one in maps.items()},
        "report.html": _html(summary, missing(summary, events, records), plots, captions, rows).encode(),
    }
    for name, content in files.items():
        write_whole(folder / name, content)
    return folder / "report.html"


def to_json(summary: Summary) -> str:
    """`summary.json` as text; the order of its keys is that of the summary."""
    return json.dumps(summary, indent=2, allow_nan=False) + "\n"


def records_csv(summary: Summary, records: Sequence[FrameRecord], events: Iterable[TruthEvent]) -> str:
    """One line per frame; empty cells are unknown. A repetition is the how manieth command (or rest) of its label."""
    events = list(events)
    truths = {frame.record.stamp_ns: frame for frame in judge(events, records)}
    labels = list(dict.fromkeys(label for record in records for label in record.labels))
    times = ("latency_ms", *(f"{stage}_ms" for stage in STAGES))
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    scene = [summary["look"], summary["lighting"], summary["occlusion"]]
    repetitions = repetition_of(events)
    head = ["session", "participant", "look", "lighting", "occlusion", "stamp_ns", "event", "repetition"]
    head += ["truth", "settled", "label", "correct", "faces"]
    table.writerow([*head, *times, *(f"p_{label}" for label in labels), *DIMENSIONS])
    for record in records:
        truth = truths.get(record.stamp_ns)
        share = dict(zip(record.labels, record.probabilities or (), strict=True))
        index, label, settled, correct = _truth_cells(truth)
        table.writerow(
            [summary["session"], summary["participant"], *_scene_cells(truth, scene), record.stamp_ns]
            + [index, repetitions.get(truth.truth, "") if truth else "", label, settled]
            + [record.label, correct, record.faces]
            + [_cell(getattr(record, time)) for time in times]
            + [_cell(share.get(label, float("nan"))) for label in labels]
            + [_cell(getattr(record, name)) for name in DIMENSIONS]
        )
    return text.getvalue()


def render(template: str, **values: object) -> str:
    """A page from one of `TEMPLATES`; a value that the template does not find is an error."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(percent=percent, number=number, between=between)
    return environment.get_template(template).render(**values)


def _html(
    summary: Summary,
    notes: list[str],
    plots: dict[str, bytes | None],
    samples: dict[str, str],
    explained: dict[str, dict[str, Any]],
) -> str:
    return render(
        "report.html.j2",
        summary=summary,
        notes=notes,
        plots={name: TITLES[name] for name, content in plots.items() if content is not None},
        absent=[TITLES[name] for name, content in plots.items() if content is None]
        + ([] if explained else ["Why these labels"]),
        samples=samples,
        explained=explained,
    )


def jpeg(image_rgb: ImageRGB) -> bytes:
    """A picture as a file's content."""
    _, encoded = cv2.imencode(
        ".jpg", cv2.cvtColor(image_rgb, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 90]
    )
    return encoded.tobytes()


def _truth_cells(truth: Judged | None) -> tuple[object, object, object, object]:
    if truth is None:
        return "", "", "", ""
    return truth.truth.index, truth.truth.label, int(truth.settled), int(truth.correct)


def _scene_cells(truth: Judged | None, scene: list[Any]) -> list[Any]:
    """Look, lighting and occlusion: the event's where it has a scene, else the session's."""
    shown = truth.truth.scene if truth else None
    return scene if shown is None else [scene[0], shown.lighting, shown.occlusion]


def _cell(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.6g}"
