"""The one manifest format: every set of labelled pictures, synthetic or real, is listed like this.

A set is a folder with two files: `SET_FILE` says what the set is, `RECORDS_FILE` has one JSON object per line and
picture. Pictures and masks are named relative to the folder, or absolutely where they stay in somebody else's folder.
What is not known is null on disk and NaN or None here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from math import isnan, nan
from pathlib import Path
from typing import Any, Final, TextIO

import yaml

from affect_core.config import load_yaml
from affect_core.errors import ConfigError, InputError
from affect_core.files import write_whole
from affect_core.limits import LIMITS, expect_at_most
from affect_core.texts import parse_json, values_of

SET_FILE: Final = "set.yaml"
RECORDS_FILE: Final = "records.jsonl"
FORMAT: Final = 1

Point = tuple[float, float]


@dataclass(frozen=True)
class Record:
    """One labelled picture. Left and right are the subject's.

    Attributes:
        image: path of the picture.
        label: name of the class; empty if the picture has none.
        soft_label: share of each class, summing to 1, where the picture shows a blend; else None.
        categories: all classes that the set itself gives the picture, in its own words, where it may give several.
        intensity: strength of the expression, 0..1.
        valence, arousal, dominance: -1..1.
        action_units: FACS name -> amount (right, left), 0..1.
        landmarks_xy: five points (x, y), pixels of the picture, in the order of `affect_core.types.LANDMARKS`.
        box_xyxy: of the face, pixels.
        head_deg: yaw, pitch, roll.
        lighting, background: kind of each.
        subject: who is shown; two pictures of one subject must not be in different splits.
        mask: path of a grey PNG with the `affect_core.avatar.truth.Segment` of every pixel; empty = none.
        attributes: anything else, such as skin tone, glasses or the occluder; words and numbers.
    """

    image: str
    label: str = ""
    soft_label: Mapping[str, float] | None = None
    categories: tuple[str, ...] = ()
    intensity: float = nan
    valence: float = nan
    arousal: float = nan
    dominance: float = nan
    action_units: Mapping[str, Point] | None = None
    landmarks_xy: tuple[Point, ...] | None = None
    box_xyxy: tuple[float, ...] | None = None
    head_deg: tuple[float, ...] | None = None
    lighting: str = ""
    background: str = ""
    subject: str = ""
    mask: str = ""
    attributes: Mapping[str, str | float] = field(default_factory=dict)


@dataclass(frozen=True)
class Manifest:
    """A set of pictures.

    Attributes:
        folder: where the set lies.
        name: of the set.
        labels: its classes, in order.
        description: what is shown, in a sentence.
        licence: of the pictures.
        synthetic: nobody was photographed.
        stand_in: what the pictures stand in for, and why; empty = nothing.
        settings: how the set was made.
        records: the pictures.
    """

    folder: Path
    name: str
    labels: tuple[str, ...]
    records: tuple[Record, ...]
    description: str = ""
    licence: str = ""
    synthetic: bool = False
    stand_in: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.records)

    def image_path(self, record: Record) -> Path:
        """The picture of a record."""
        return self.folder / record.image

    def mask_path(self, record: Record) -> Path | None:
        """The mask of a record; None if it has none."""
        return self.folder / record.mask if record.mask else None


def save_manifest(manifest: Manifest) -> Path:
    """Write both files into the manifest's folder, each whole or not at all; returns the records' path."""
    head = {
        "format": FORMAT,
        "name": manifest.name,
        "labels": list(manifest.labels),
        "description": manifest.description,
        "licence": manifest.licence,
        "synthetic": manifest.synthetic,
        "stand_in": manifest.stand_in,
        "settings": json.loads(json.dumps(manifest.settings)),  # tuples as lists
    }
    manifest.folder.mkdir(parents=True, exist_ok=True)
    write_whole(manifest.folder / RECORDS_FILE, to_lines(manifest.records))
    write_whole(
        manifest.folder / SET_FILE, yaml.safe_dump(head, sort_keys=False, width=100, allow_unicode=True)
    )
    return manifest.folder / RECORDS_FILE


def load_manifest(folder: Path) -> Manifest:
    """Read a set.

    Raises:
        ConfigError: no set in the folder, or its head cannot be used.
        InputError: a line of the records cannot be used; says which.
    """
    with values_of(folder):
        source = folder / SET_FILE
        if not source.is_file():
            raise ConfigError(
                f"expected a set of pictures in {folder}, found no {SET_FILE}; generate or import it"
            )
        head = load_yaml(source)
        known = {item.name for item in fields(Manifest)} - {"folder", "records"} | {"format"}
        if set(head) - known or not {"name", "labels"} <= set(head) or head.get("format") != FORMAT:
            raise ConfigError(
                f"{source}: expected format {FORMAT} with name, labels and any of {', '.join(sorted(known))}; "
                f"got {', '.join(map(str, head))}; make the set anew"
            )
        head.pop("format")
        if not isinstance(head["labels"], list) or not all(isinstance(name, str) for name in head["labels"]):
            raise ConfigError(f"{source}: expected labels as a list of names, got {head['labels']!r}")
        head["labels"] = tuple(head["labels"])
        return Manifest(folder=folder, records=read_records(folder / RECORDS_FILE), **head)


def read_records(path: Path) -> tuple[Record, ...]:
    """Records of a file with one JSON object per line; raises InputError with the line's number."""
    try:
        expect_at_most(LIMITS.manifest_bytes, path.stat().st_size, f"bytes in {path}")
        with path.open(encoding="utf-8") as file:
            return tuple(_records(path, file))
    except OSError as error:
        raise InputError(f"expected records at {path}: {error.strerror}; make the set anew") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: expected UTF-8, got {error}; make the set anew") from error


def _records(path: Path, file: TextIO) -> Iterator[Record]:
    most = LIMITS.json_line_bytes
    number = 0
    while line := file.readline(most + 1):
        number += 1
        expect_at_most(most, len(line), f"characters in line {number} of {path}")
        if line.strip():
            yield _record(f"{path}:{number}", line)


def to_lines(records: Iterable[Record]) -> str:
    """One JSON object per line, without what is not known."""
    return "".join(json.dumps(_plain(record), separators=(",", ":")) + "\n" for record in records)


def _plain(record: Record) -> dict[str, Any]:
    values = {item.name: getattr(record, item.name) for item in fields(Record)}
    return {name: value for name, value in values.items() if not _unknown(value)}


def _unknown(value: object) -> bool:
    return value is None or value in ("", (), {}) or (isinstance(value, float) and isnan(value))


def _record(where: str, line: str) -> Record:
    try:
        values: dict[str, Any] = parse_json(line)
        for name in ("landmarks_xy", "box_xyxy", "head_deg", "categories"):
            if name in values:
                values[name] = _tuples(values[name])
        if "action_units" in values:
            values["action_units"] = {name: _tuples(sides) for name, sides in values["action_units"].items()}
        record = Record(**values)
        _check(where, record)
    except (ValueError, TypeError, AttributeError, ArithmeticError, InputError) as error:
        if isinstance(error, InputError) and str(error).startswith(where):
            raise
        raise InputError(
            f"{where}: expected a record, one JSON object: {error}; correct or remove the line"
        ) from error
    return record


def _check(where: str, record: Record) -> None:
    points = record.landmarks_xy
    if points is not None and [len(p) for p in points] != [2] * 5:
        raise InputError(f"{where}: expected five landmarks (x, y), got {points}; correct or remove the line")
    if record.soft_label is not None and abs(sum(record.soft_label.values()) - 1.0) > 1e-3:
        raise InputError(
            f"{where}: expected soft labels that sum to 1, got {dict(record.soft_label)}; correct or remove the line"
        )


def _tuples(value: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(tuple(item) if isinstance(item, list) else item for item in value)
