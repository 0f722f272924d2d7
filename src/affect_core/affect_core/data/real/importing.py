"""A real set -> a manifest. Pictures stay where they are unless copies are asked for."""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from tqdm import tqdm

from affect_core.data.manifest import Manifest, Point, Record, save_manifest
from affect_core.data.pictures import read_picture
from affect_core.data.real.base import (
    FACE,
    PERSON,
    REAL_SETS,
    Box,
    LeftOut,
    RealSet,
    RealSetConfig,
    Reason,
    Sample,
)
from affect_core.data.real.find_face import FaceFinder, Found, WholeBox, clip, rivals
from affect_core.data.real.journal import JOURNAL_FILE, Journal
from affect_core.data.real.labelling import Labelled, Labelling, People
from affect_core.errors import InputError, UnknownName
from affect_core.files import claim, write_whole

LEFT_OUT_FILE: Final = "left_out.jsonl"
CLAIM_FILE: Final = "import.yaml"

_DETECTED_NOTE: Final = "landmarks from the detector"


@dataclass(frozen=True)
class Imported:
    """What came of an import.

    Attributes:
        manifest: with one record for each person that was kept.
        left_out: everybody else.
        notes: what is worth knowing of those that were kept -> how many.
    """

    manifest: Manifest
    left_out: tuple[LeftOut, ...]
    notes: dict[str, int]

    @property
    def reasons(self) -> dict[Reason, int]:
        """Reason -> how many were left out for it, most first."""
        return dict(Counter(item.reason for item in self.left_out).most_common())

    @property
    def damaged(self) -> bool:
        """Somebody was left out because the copy of the set, or its list, is not whole."""
        return any(reason.damage for reason in self.reasons)


@dataclass(frozen=True)
class _Kept:
    sample: Sample
    label: Labelled
    face: Found


def import_set(kind: str, source: Path, folder: Path, config: RealSetConfig | None = None) -> Imported:
    """Read a set and write its manifest, and who was left out and why, into ``folder``.

    An interrupted import goes on: what became of a picture is remembered (`affect_core.data.real.journal`).

    Args:
        kind: name in `REAL_SETS`.
        source: folder that the set was unpacked into.
        folder: of the manifest.

    Raises:
        UnknownName: the kind.
        ConfigError: ``folder`` holds an import with other settings; the set has no map for the labels.
        InputError: the source does not have the layout.
    """
    config = config or RealSetConfig()
    found = REAL_SETS.build(kind, source)
    labelling = People(found) if config.region == PERSON else Labelling(found, config)
    settings = {"kind": kind, "source": str(source.resolve()), **asdict(config), "labels": labelling.name}
    if config.region == FACE:
        settings.pop("region")  # imports made before there was another one say nothing
    claim(folder / CLAIM_FILE, settings)
    journal = Journal(folder / JOURNAL_FILE)
    try:
        outcomes = _progress(_outcomes(found, labelling, _finder(found, config), journal), found, folder)
        kept, left_out = _settle(outcomes, shared=config.region == PERSON)
    finally:
        journal.close()
    return _write(kept, left_out, found, labelling, config, folder, settings)


def _finder(found: RealSet, config: RealSetConfig) -> FaceFinder | WholeBox:
    return WholeBox() if config.region == PERSON else FaceFinder(config, found.region)


def _outcomes(
    found: RealSet, labelling: Labelling | People, finder: FaceFinder | WholeBox, journal: Journal
) -> Iterator[_Kept | LeftOut]:
    """One for each entry of the set; cheap checks before the picture is opened."""
    seen: dict[str, tuple[str, ...]] = {}
    for entry in found.entries:
        yield entry if isinstance(entry, LeftOut) else _outcome(entry, seen, labelling, finder, journal)


def _outcome(
    sample: Sample,
    seen: dict[str, tuple[str, ...]],
    labelling: Labelling | People,
    finder: FaceFinder | WholeBox,
    journal: Journal,
) -> _Kept | LeftOut:
    before = seen.setdefault(sample.key, sample.classes)
    if before is not sample.classes:
        same = set(before) == set(sample.classes)
        return LeftOut(sample.source, Reason.DUPLICATE if same else Reason.CONTRADICTION, str(sample.image))
    try:
        label = labelling.label(sample.classes)
    except UnknownName as error:
        return LeftOut(sample.source, Reason.UNKNOWN_CLASS, str(error))
    if isinstance(label, Reason):
        return LeftOut(sample.source, label, ", ".join(sample.classes))
    if not sample.image.is_file():
        return LeftOut(sample.source, Reason.MISSING, str(sample.image))
    face = journal.get(sample.key, sample.image)
    if face is None:
        face = _face(sample, finder)
        journal.add(sample.key, sample.image, face)
    return (
        LeftOut(sample.source, face, str(sample.image))
        if isinstance(face, Reason)
        else _Kept(sample, label, face)
    )


def _face(sample: Sample, finder: FaceFinder | WholeBox) -> Found | Reason:
    """The landmarks that the set gives, or else the detector's."""
    try:
        image_rgb = read_picture(sample.image)
    except InputError:
        return Reason.CORRUPT
    height, width = image_rgb.shape[:2]
    points = None if isinstance(finder, WholeBox) else sample.landmarks_xy
    around = None if points is None else _bounds(points)
    if points is None or around is None or clip(around, width, height) is None:
        return finder.find(image_rgb, sample.box_xyxy)
    box = sample.box_xyxy or around
    return Reason.BOX_OUTSIDE if clip(box, width, height) is None else Found(box, points)


def _bounds(points: tuple[Point, ...]) -> Box:
    xs, ys = zip(*points, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def _settle(outcomes: Iterable[_Kept | LeftOut], shared: bool) -> tuple[list[_Kept], list[LeftOut]]:
    """Those who stay, and those left out; a face that several people of a picture got stays with the nearest.

    ``shared``: boxes of whole people may overlap, and all of them stay.
    """
    kept: list[_Kept] = []
    left_out: list[LeftOut] = []
    for outcome in outcomes:
        kept.append(outcome) if isinstance(outcome, _Kept) else left_out.append(outcome)
    by_picture: dict[Path, list[int]] = defaultdict(list)
    for place, item in enumerate(kept):
        by_picture[item.sample.image].append(place)
    lost = {
        places[rank]
        for places in by_picture.values()
        if len(places) > 1 and not shared
        for rank in rivals([kept[place].face for place in places])
    }
    left_out += [
        LeftOut(kept[place].sample.source, Reason.TAKEN, str(kept[place].sample.image)) for place in lost
    ]
    return [item for place, item in enumerate(kept) if place not in lost], left_out


def _write(
    kept: list[_Kept],
    left_out: list[LeftOut],
    found: RealSet,
    labelling: Labelling | People,
    config: RealSetConfig,
    folder: Path,
    settings: dict[str, Any],
) -> Imported:
    place = _PICTURES[config.pictures]
    records = tuple(
        replace(_record(item, found), image=place(folder, item.sample.image, number))
        for number, item in enumerate(kept)
    )
    made = Imported(
        Manifest(
            folder=folder,
            name=f"{found.title} ({settings['kind']})",
            labels=labelling.labels,
            records=records,
            description=f"{found.title}: one {config.region} for each record.",
            licence=found.licence,
            settings=settings,
        ),
        tuple(left_out),
        dict(Counter(note for item in kept for note in _notes(item))),
    )
    lines = [{"source": item.source, "reason": item.reason.value, "detail": item.detail} for item in left_out]
    write_whole(folder / LEFT_OUT_FILE, "".join(json.dumps(line) + "\n" for line in lines))
    save_manifest(made.manifest)
    return made


def _record(item: _Kept, found: RealSet) -> Record:
    sample = item.sample
    return Record(
        image=str(sample.image),
        label=item.label.label,
        soft_label=item.label.shares,
        categories=sample.classes if found.region == PERSON else (),
        valence=sample.valence,
        arousal=sample.arousal,
        dominance=sample.dominance,
        landmarks_xy=item.face.landmarks_xy or None,
        box_xyxy=item.face.box_xyxy,
        subject=sample.subject,
        attributes={**sample.attributes, "split": sample.split, "source": sample.source},
    )


def _notes(item: _Kept) -> Iterator[str]:
    yield from item.sample.notes
    if item.face.landmarks_xy == ():
        return
    if item.sample.landmarks_xy is None or item.sample.landmarks_xy != item.face.landmarks_xy:
        yield _DETECTED_NOTE


def _absolute(_folder: Path, image: Path, _number: int) -> str:
    return str(image.resolve())


def _relative(folder: Path, image: Path, _number: int) -> str:
    return os.path.relpath(image.resolve(), folder.resolve())


def _copy(folder: Path, image: Path, number: int) -> str:
    name = f"images/{number:06d}{image.suffix.lower()}"
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(image, folder / name)
    return name


_PICTURES: Final[dict[str, Callable[[Path, Path, int], str]]] = {
    "absolute": _absolute,
    "relative": _relative,
    "copy": _copy,
}


def _progress(outcomes: Iterator[_Kept | LeftOut], found: RealSet, folder: Path) -> Iterator[_Kept | LeftOut]:
    return iter(tqdm(outcomes, total=found.total, desc=f"import {folder.name}", unit="person"))
