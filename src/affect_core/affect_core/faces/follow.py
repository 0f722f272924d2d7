"""Follows faces from frame to frame, and decides when the whole image is searched again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from affect_core.faces.base import Detector, FaceConfig
from affect_core.faces.boxes import areas, cover_matrix, iou_matrix, suppress
from affect_core.types import Detection, Floats, ImageRGB

_SAME_COVER: Final = 0.7
"""Two boxes of which so much of the smaller lies in the other are one face, as in MTCNN's last stage."""

_DOUBTS: Final = 2
"""A followed face that so many searches in a row did not find is let go."""

_SAMPLES: Final = 64
_CHANGED: Final = 24
"""A cut is looked for in so many samples across the image; one has changed from so many grey levels."""


@dataclass(frozen=True, eq=False)
class Sight:
    """What was seen in one frame.

    Attributes:
        detections: largest first.
        searched: whether the whole image was searched; else faces were only followed.
        fresh: whether nothing that was seen before counts: first frame, cut, another size, time ran back.
    """

    detections: list[Detection]
    searched: bool
    fresh: bool


@dataclass(frozen=True, eq=False)
class _Held:
    detection: Detection
    doubts: int = 0


class Follower:
    """Looks where the faces were (`Detector.refine`, all in one batch), and searches the image (`detect`)

    - when a face is lost: its score drops, its box jumps, or it has run into another one;
    - when the picture changes as a whole;
    - every ``redetect_s`` while faces are followed: so long may a newcomer wait beside others;
    - every ``search_s`` while nobody is there, and for ``id_timeout_s`` after a loss.

    What a search finds takes the place of what was followed. A followed face that it misses stays until a second
    search in a row misses it: somebody half behind a hand is still there. The results follow from the frames and
    their stamps alone; no clock is read.
    """

    def __init__(self, detector: Detector, config: FaceConfig) -> None:
        self._detector, self._config = detector, config
        self._redetect_ns, self._search_ns, self._miss_ns = (
            round(1e9 * value) for value in (config.redetect_s, config.search_s, config.id_timeout_s)
        )
        self._held: list[_Held] = []
        self._glance: NDArray[np.int16] | None = None
        self._stamp_ns = self._searched_ns = self._missed_ns = 0

    def follow(self, image_rgb: ImageRGB, stamp_ns: int) -> Sight:
        """The faces in the frame stamped ``stamp_ns``."""
        fresh = self._is_fresh(image_rgb, stamp_ns)
        if fresh:
            self._held, self._missed_ns = [], stamp_ns - self._miss_ns - 1
        held = self._hold(image_rgb)
        lost = len(held) < len(self._held)
        if lost:
            self._missed_ns = stamp_ns
        search = fresh or lost or self._is_due(held, stamp_ns)
        if search:
            held = self._search(image_rgb, held)
            self._searched_ns = stamp_ns
        self._held = held
        return Sight([item.detection for item in held], search, fresh)

    def _is_fresh(self, image_rgb: ImageRGB, stamp_ns: int) -> bool:
        last, self._glance = self._glance, glance(image_rgb)
        back, self._stamp_ns = stamp_ns < self._stamp_ns, stamp_ns
        if last is None or back or last.shape != self._glance.shape:
            return True
        return changed_share(last, self._glance) >= self._config.cut_share

    def _hold(self, image_rgb: ImageRGB) -> list[_Held]:
        """Those of the followed faces that are still there, at their new places, each once."""
        if not self._held:
            return []
        last = np.stack([item.detection.box_xyxy for item in self._held])
        seen = self._detector.refine(image_rgb, last)
        pairs = zip(self._held, seen, strict=True)
        kept = [_Held(new, old.doubts) for old, new in pairs if self._is_same(old.detection, new)]
        best = _unique([item.detection for item in kept])
        return [item for i, item in enumerate(kept) if i in best]

    def _is_same(self, old: Detection, new: Detection) -> bool:
        if not new.score >= self._config.track_score:
            return False
        return bool(iou_matrix(old.box_xyxy[None], new.box_xyxy[None])[0, 0] >= self._config.track_iou)

    def _is_due(self, held: Sequence[_Held], stamp_ns: int) -> bool:
        looking_for = not held or stamp_ns - self._missed_ns <= self._miss_ns
        interval_ns = self._search_ns if looking_for else self._redetect_ns
        return stamp_ns - self._searched_ns >= interval_ns

    def _search(self, image_rgb: ImageRGB, held: Sequence[_Held]) -> list[_Held]:
        found = [_Held(item) for item in self._detector.detect(image_rgb)]
        missed = [
            _Held(item.detection, item.doubts + 1)
            for item in held
            if item.doubts + 1 < _DOUBTS and not _is_among(item.detection, found)
        ]
        together = [*found, *missed]
        order = np.argsort([-_area(item.detection) for item in together], kind="stable")
        return [together[i] for i in order[: self._config.max_faces]]


def glance(image_rgb: ImageRGB) -> NDArray[np.int16]:
    """A few samples of the image's green, evenly spread."""
    step = max(1, image_rgb.shape[1] // _SAMPLES)
    return image_rgb[step // 2 :: step, step // 2 :: step, 1].astype(np.int16)


def changed_share(before: NDArray[np.int16], after: NDArray[np.int16]) -> float:
    """Share of the samples that differ clearly, 0..1."""
    return float(np.mean(np.abs(after - before) > _CHANGED))


def _unique(detections: Sequence[Detection]) -> set[int]:
    if not detections:
        return set()
    boxes = np.stack([item.box_xyxy for item in detections])
    return set(suppress(boxes, np.array([item.score for item in detections]), _SAME_COVER, of_smaller=True))


def _is_among(detection: Detection, held: Sequence[_Held]) -> bool:
    if not held:
        return False
    boxes: Floats = np.stack([item.detection.box_xyxy for item in held])
    return bool(cover_matrix(detection.box_xyxy[None], boxes).max() > _SAME_COVER)


def _area(detection: Detection) -> float:
    return float(areas(detection.box_xyxy[None])[0])
