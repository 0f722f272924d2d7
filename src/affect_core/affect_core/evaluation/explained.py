"""Why these labels: for every expression a crop, its heatmap and the shares of its regions, from the maps that are heard.

What was published during the session is shown, and nothing is computed afterwards: a map of the report is one that
anybody could have seen, and the report needs no network.
"""

from __future__ import annotations

import math
from collections import Counter, OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np

from affect_core.evaluation.records import TruthEvent
from affect_core.evaluation.samples import AFTER_SETTLED_NS
from affect_core.explain import UNSIGNED, signed_overlay, unsigned_overlay
from affect_core.types import AttributionMap, Face, FaceSet, ImageRGB

HELD_FRAMES: Final = 256
"""Frames whose crops wait for a map: one that took seconds still finds its crop."""
CANDIDATES: Final = 4
"""Of each label and kind of map. The choice is made at the end: the event that a frame belongs to may come after it."""
SIDE_PX: Final = 224
"""Of each of the two pictures."""


@dataclass(frozen=True, eq=False)
class Explained:
    """A crop and what was said about it.

    Attributes:
        title: expression that was commanded; empty without commands.
        stamp_ns: of the frame.
        face: with its crop.
        map: of that crop; its label is the one that was read.
    """

    title: str
    stamp_ns: int
    face: Face
    map: AttributionMap

    @property
    def signed(self) -> bool:
        """Whether the map tells for from against."""
        return self.map.method not in UNSIGNED

    def picture(self) -> ImageRGB:
        """The crop, and beside it the map over the crop: uint8 (`SIDE_PX`, 2 `SIDE_PX` + gap, 3)."""
        crop = self.face.crop.image_rgb
        drawn = (signed_overlay if self.signed else unsigned_overlay)(crop, self.map.heatmap)
        gap = np.full((SIDE_PX, 4, 3), 255, np.uint8)
        return np.hstack([_enlarge(crop), gap, _enlarge(drawn)])

    def row(self) -> dict[str, Any]:
        """What the report's template writes; None = unknown."""
        return {
            "title": self.title,
            "label": self.map.label,
            "method": self.map.method,
            "signed": self.signed,
            "compute_ms": _known(self.map.compute_ms),
            "face_share": _known(self.map.face_share),
            "face_area_share": _known(self.map.face_area_share),
            "regions": [(name.replace("_", " "), share) for name, share in self.map.region_shares.items()],
        }


class ExplainedBook:
    """Fed like the collector; keeps one map for each commanded label, or without commands for each label that was read.

    A map with a sign is preferred to one without; among equals the first counts that comes when the expression has
    stood for `AFTER_SETTLED_NS`. Where a frame shows several faces, it is the largest.
    """

    def __init__(self) -> None:
        self._events: dict[tuple[int, int], TruthEvent] = {}
        self._faces: OrderedDict[int, FaceSet] = OrderedDict()
        self._early: OrderedDict[int, list[AttributionMap]] = OrderedDict()
        self._found: list[tuple[int, Face, AttributionMap]] = []
        self._kept: Counter[tuple[str, str, bool]] = Counter()

    def plan(self, event: TruthEvent) -> None:
        """A trial event: says which expression a frame shows."""
        self._events[event.stamp_ns, event.index] = event

    def add_faces(self, faces: FaceSet) -> None:
        """Faces of a frame, with their crops."""
        _hold(self._faces, faces.stamp_ns, faces)
        self.add_attributions(faces.stamp_ns, self._early.pop(faces.stamp_ns, ()))

    def add_attributions(self, stamp_ns: int, maps: Iterable[AttributionMap]) -> None:
        """Maps of a frame; they may come before its faces."""
        maps = list(maps)
        if stamp_ns in self._faces:
            for item in maps:
                self._take(stamp_ns, item)
        elif maps:
            _hold(self._early, stamp_ns, self._early.get(stamp_ns, []) + maps)

    def explained(self) -> list[Explained]:
        """In order of time."""
        planned = [event for _, event in sorted(self._events.items())]
        commanded = any(event.shows for event in planned)
        best: dict[str, Explained] = {}
        for stamp_ns, face, item in self._found:
            title = _title(planned, stamp_ns) if commanded else ""
            if title is None:
                continue
            made, key = Explained(title, stamp_ns, face, item), title or item.label
            if key not in best or _rank(made) > _rank(best[key]):
                best[key] = made
        return sorted(best.values(), key=lambda one: one.stamp_ns)

    def _take(self, stamp_ns: int, item: AttributionMap) -> None:
        largest = max(self._faces[stamp_ns].faces, key=_area, default=None)
        if largest is None or largest.face_id != item.face_id:
            return
        title = _title([event for _, event in sorted(self._events.items())], stamp_ns)
        key = (title or "", item.label if title is None else "", item.method in UNSIGNED)
        if self._kept[key] < CANDIDATES:
            self._kept[key] += 1
            self._found.append((stamp_ns, largest, item))


def _title(events: Iterable[TruthEvent], stamp_ns: int) -> str | None:
    """The expression that a frame shows and has shown for a while; None if there is none."""
    before = [event for event in events if event.stamp_ns <= stamp_ns]
    if not before or not before[-1].shows or stamp_ns < before[-1].settled_ns + AFTER_SETTLED_NS:
        return None
    return before[-1].label


def _rank(one: Explained) -> tuple[bool, int]:
    return one.signed, -one.stamp_ns


def _area(face: Face) -> float:
    x0, y0, x1, y1 = (float(v) for v in face.detection.box_xyxy)
    return (x1 - x0) * (y1 - y0)


def _hold(store: OrderedDict[int, Any], stamp_ns: int, value: Any) -> None:
    store[stamp_ns] = value
    while len(store) > HELD_FRAMES:
        store.popitem(last=False)


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value


def _enlarge(image_rgb: ImageRGB) -> ImageRGB:
    return np.asarray(cv2.resize(image_rgb, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_CUBIC), np.uint8)
