"""What came of a study, as a folder: report.html with its pictures, and summary.json with every number."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from affect_core.evaluation.report import render
from affect_core.evaluation.summary import finite, installed_versions
from affect_core.files import write_whole

JSON_FILE: Final = "summary.json"
HTML_FILE: Final = "report.html"
_VERSIONED: Final = ("affect_core", "torch", "torchvision", "scikit-learn", "captum", "numpy")


@dataclass(frozen=True)
class Table:
    """Rows of text and numbers.

    Attributes:
        header: of the columns.
        rows: cells; a float is shown with three digits, None as a dash.
        caption: what is shown.
    """

    header: Sequence[str]
    rows: Sequence[Sequence[str | int | float | None]]
    caption: str = ""


@dataclass(frozen=True)
class Figure:
    """A picture file.

    Attributes:
        name: of the file, such as ``confusion.png``.
        content: the file.
        caption: what is shown.
    """

    name: str
    content: bytes
    caption: str = ""


@dataclass(frozen=True)
class Section:
    """A part of a report, shown in the order text, tables, figures."""

    title: str
    text: Sequence[str] = ()
    tables: Sequence[Table] = ()
    figures: Sequence[Figure] = ()


@dataclass(frozen=True)
class Study:
    """One study.

    Attributes:
        name: as on the command line.
        title: of the page.
        paper: author, year, title.
        about: where the pictures come from.
        notes: sentences that stand at the top: synthetic, stand-ins, untrained trunks, what does not follow from
            the paper.
        config: everything that was set, with the seed; plain values.
        numbers: what was measured; plain values, NaN = not measured.
        sections: of the page.
        headline: the command's last line.
        extra: further files of the folder, name -> content.
    """

    name: str
    title: str
    paper: str
    about: str
    notes: Sequence[str]
    config: Mapping[str, Any]
    numbers: Mapping[str, Any]
    sections: Sequence[Section]
    headline: str
    extra: Mapping[str, bytes] = field(default_factory=dict)


def write_study(study: Study, folder: Path) -> Path:
    """Write the report; returns the path of report.html. Every file appears whole or not at all."""
    pictures = {figure.name: figure.content for part in study.sections for figure in part.figures}
    summary = {
        "study": study.name,
        "paper": study.paper,
        "data": study.about,
        "notes": list(study.notes),
        "config": dict(study.config),
        "versions": installed_versions(*_VERSIONED),
        **study.numbers,
    }
    page = render("study.html.j2", study=study, summary=summary)
    files = {
        **pictures,
        **study.extra,
        JSON_FILE: (json.dumps(finite(summary), indent=1, allow_nan=False) + "\n").encode(),
        HTML_FILE: page.encode(),
    }
    for name, content in files.items():
        write_whole(folder / name, content)
    return folder / HTML_FILE
