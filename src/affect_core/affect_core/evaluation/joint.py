"""The reports of several sessions side by side: one table as JSON, CSV and HTML."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from affect_core.errors import InputError
from affect_core.evaluation.report import render
from affect_core.evaluation.summary import Summary
from affect_core.files import write_whole
from affect_core.texts import read_json

INDEX = "index.html"
COLUMNS = (
    "part",
    "protocol",
    "lighting",
    "occlusion",
    "frames",
    "hold",
    "hold_low",
    "hold_high",
    "frame",
    "neutral",
    "accuracy5",
    "macro_f1",
    "lag_ms_p50",
    "missed",
    "error_share",
)


def read_summary(folder: Path) -> Summary | None:
    """The summary of a report; None if there is none.

    Raises:
        InputError: it cannot be read.
    """
    path = folder / "summary.json"
    if not path.is_file():
        return None
    try:
        return dict(read_json(path))
    except (InputError, ValueError, TypeError) as error:
        raise InputError(f"expected a summary in {path}: {error}; delete its folder") from error


def write_joint(
    folder: Path, name: str, description: str, run: Mapping[str, Any], parts: Mapping[str, Summary | None]
) -> Path:
    """Write summary.json, summary.csv and index.html; returns the path of index.html.

    Args:
        folder: whose subfolders are the parts' reports.
        name, description: of the composition.
        run: seed, participant and what else identifies the run.
        parts: part -> its summary; None where it is not finished.
    """
    rows = {part: joint_row(part, summary) for part, summary in parts.items() if summary is not None}
    left = [part for part, summary in parts.items() if summary is None]
    content = {"name": name, **run, "finished": not left, "left": left, "parts": rows}
    text = io.StringIO()
    table = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    table.writeheader()
    table.writerows(rows.values())
    page = render(
        "joint.html.j2", name=name, description=description, run=run, rows=list(rows.values()), left=left
    )
    write_whole(folder / "summary.json", json.dumps(content, indent=2, allow_nan=False) + "\n")
    write_whole(folder / "summary.csv", text.getvalue())
    write_whole(folder / INDEX, page)
    return folder / INDEX


def joint_row(part: str, summary: Summary) -> dict[str, Any]:
    """One line of the table, in the order of `COLUMNS`; None = absent."""
    accuracy, transition = summary["accuracy"], summary["transition"]
    low, high = summary["intervals"]["hold"] or (None, None)
    values = {
        "part": part,
        "hold_low": low,
        "hold_high": high,
        "frames": summary["frames"]["labelled"],
        **{key: summary[key] for key in ("protocol", "lighting", "occlusion", "accuracy5")},
        **{key: accuracy[key] for key in ("hold", "frame", "neutral", "macro_f1")},
        **{key: transition[key] for key in ("lag_ms_p50", "missed", "error_share")},
    }
    return {column: values[column] for column in COLUMNS}
