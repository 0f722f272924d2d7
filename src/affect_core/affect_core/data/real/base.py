"""What a reader of a real set yields, why a person may be left out, and how an import is set up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from math import nan
from pathlib import Path
from typing import Final, Protocol

from affect_core.config import Settings, setting
from affect_core.data.manifest import Point
from affect_core.registry import Registry

Box = tuple[float, float, float, float]


class Reason(StrEnum):
    """Why somebody in a set does not become a record. The text is what reports say."""

    NO_EMOTION = "the set says: no emotion, uncertain, or no face"
    NOT_MAPPED = "no class that the wanted labels know"
    SEVERAL = "several classes at once"
    NO_FACE = "no face found"
    TAKEN = "the face found belongs to another person"
    DUPLICATE = "listed twice"
    CONTRADICTION = "listed twice with different classes"
    MISSING = "picture missing"
    CORRUPT = "picture cannot be read"
    UNKNOWN_CLASS = "unknown class"
    BAD_ROW = "row cannot be read"
    BOX_OUTSIDE = "box outside the picture"

    @property
    def damage(self) -> bool:
        """Something is wrong with the copy of the set, or with its list; otherwise it is only not for us."""
        return self in _DAMAGE


_DAMAGE: Final = frozenset(
    {
        Reason.CONTRADICTION,
        Reason.MISSING,
        Reason.CORRUPT,
        Reason.UNKNOWN_CLASS,
        Reason.BAD_ROW,
        Reason.BOX_OUTSIDE,
    }
)


@dataclass(frozen=True)
class Sample:
    """One person in a picture, as the set lists them.

    Attributes:
        source: where the set says so, such as ``training.csv:12``.
        image: path of the picture.
        classes: names of the classes, as `RealSet.source_labels` has them; usually one.
        box_xyxy: of the face or the whole person, pixels; None = not given.
        landmarks_xy: five points in the order of `affect_core.types.LANDMARKS`; None = not given or not usable.
        valence, arousal, dominance: -1..1; NaN = unknown.
        split: the set's own word: train, val or test.
        subject: pictures of one subject must stay together when a set is split.
        notes: what is wrong without being a reason to leave it out.
        attributes: anything else.
    """

    source: str
    image: Path
    classes: tuple[str, ...]
    box_xyxy: Box | None = None
    landmarks_xy: tuple[Point, ...] | None = None
    valence: float = nan
    arousal: float = nan
    dominance: float = nan
    split: str = ""
    subject: str = ""
    notes: tuple[str, ...] = ()
    attributes: Mapping[str, str | float] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Two samples with one key are the same person in the same picture."""
        box = "" if self.box_xyxy is None else " ".join(f"{edge:g}" for edge in self.box_xyxy)
        return f"{self.image} {box}"


@dataclass(frozen=True)
class LeftOut:
    """Somebody who does not become a record. ``detail``: what came instead of what was expected."""

    source: str
    reason: Reason
    detail: str = ""


@dataclass(frozen=True)
class RealSet:
    """What a reader found in a folder.

    Attributes:
        entries: reads the lists; pictures are not opened.
        total: number of entries, for the progress bar.
        maps: wanted labels -> name of the map in ``config/label_maps.yaml``; "" = the classes are those labels.
        region: what `Sample.box_xyxy` holds: "face" or "person".
        title, licence: of the set.
    """

    entries: Iterator[Sample | LeftOut]
    total: int
    maps: Mapping[str, str]
    region: str
    title: str
    licence: str


class Reader(Protocol):
    """Opens one published layout of one set."""

    def __call__(self, folder: Path) -> RealSet:
        """Raises InputError when the folder does not have the layout; says what was looked for."""


REAL_SETS: Registry[RealSet] = Registry("real set")
"""Kind -> reader of a folder."""


FACE: Final = "face"
PERSON: Final = "person"


@dataclass(frozen=True)
class RealSetConfig(Settings):
    """How a set becomes a manifest."""

    region: str = setting(
        FACE,
        "face: everybody whose face is found and whose class has a label of ours; person: everybody with a box, as "
        "the set draws it, without landmarks, without a label of ours, with the set's own classes",
        choices=(FACE, PERSON),
    )

    labels: str = setting("", "label set of the records; empty = the first one that the set has a map for")
    several: str = setting(
        "skip",
        "a person with several classes after the map: skip leaves them out, share gives each an equal share",
        choices=("skip", "share"),
    )
    pictures: str = setting(
        "absolute",
        "pictures stay where they are, named by absolute or relative paths, or are copied into the folder",
        choices=("absolute", "relative", "copy"),
    )
    detector: str = setting("mtcnn", "face detector where the set gives no landmarks")
    min_face_px: int = setting(24, "smallest face that is searched for, pixels of the picture", low=12)
    upper_share: float = setting(
        0.6, "upper part of a person's box that is searched first, share of its height", low=0.1, high=1.0
    )
    surround: float = setting(0.15, "searched around a box, share of its longer edge", low=0.0, high=1.0)
