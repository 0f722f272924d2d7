"""What was shown when, from a table beside a bag: for recordings that no trial_node conducted.

    start_s,label,onset_s
    0.0,neutral,
    2.5,confusion,0.6
    6.0,end,

``start_s``: seconds after the first frame's stamp. ``label``: in force from there on; ``neutral`` is a rest, ``end``
ends the session. ``onset_s``: seconds until the expression is settled; empty or no such column: 0.
"""

from __future__ import annotations

import csv
import math
from itertools import pairwise
from pathlib import Path

from affect_core.errors import InputError
from affect_core.evaluation.records import TruthEvent
from affect_core.labels import LABEL_SETS, NEUTRAL
from affect_core.trial import EventKind

NAME = "labels.csv"
END = "end"
_COLUMNS = ("start_s", "label")


def labels_beside(bag: Path) -> Path | None:
    """``labels.csv`` in the bag's folder, or ``<bag>.csv`` next to it; None if there is neither."""
    folder = bag if bag.is_dir() else bag.parent
    places = (folder / NAME, folder.with_name(f"{folder.name}.csv"))
    return next((place for place in places if place.is_file()), None)


def read_labels(path: Path, first_ns: int) -> list[TruthEvent]:
    """The table as events.

    Args:
        path: the CSV.
        first_ns: stamp of the first frame.

    Raises:
        InputError: it is not there, or a row is wrong; names the row.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            missing = [name for name in _COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise InputError(
                    f"expected the columns {', '.join(_COLUMNS)} in {path}, {missing[0]} is missing"
                )
            rows = list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"expected a table of labels at {path}: {error}") from error
    events = [TruthEvent(first_ns, EventKind.SESSION_START)]
    events += [_event(row, f"{path}, row {n}", first_ns, n) for n, row in enumerate(rows, start=1)]
    if len(events) == 1:
        raise InputError(f"expected rows of {', '.join(_COLUMNS)} in {path}, there are none")
    for earlier, later in pairwise(events[1:]):
        if later.stamp_ns <= earlier.stamp_ns:
            raise InputError(f"{path}, row {later.index}: expected a later start_s than in the row before")
    return events


def _event(row: dict[str, str | None], where: str, first_ns: int, index: int) -> TruthEvent:
    start_s = _seconds(row, "start_s", where)
    onset_s = _seconds(row, "onset_s", where) if (row.get("onset_s") or "").strip() else 0.0
    label = (row["label"] or "").strip()
    known = {name for names in LABEL_SETS.values() for name in names}
    if label not in known and label != END:
        raise InputError(f"{where}: expected one of {', '.join(sorted(known))} or {END}, got {label!r}")
    stamp_ns = first_ns + round(start_s * 1e9)
    if label == END:
        return TruthEvent(stamp_ns, EventKind.SESSION_END, index=index)
    kind = EventKind.REST if label == NEUTRAL else EventKind.COMMAND
    return TruthEvent(stamp_ns, kind, label, onset_s, index)


def _seconds(row: dict[str, str | None], column: str, where: str) -> float:
    text = (row.get(column) or "").strip()
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0.0 <= value < math.inf:
        raise InputError(f"{where}: expected {column} in seconds, 0 or more, got {text!r}")
    return value
