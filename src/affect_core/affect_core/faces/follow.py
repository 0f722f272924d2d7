"""Follows faces from frame to frame, and decides when the whole image is searched again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from affect_core.faces.base import Detector, FaceConfig
from affect_core.faces.boxes import areas, cover_matrix, iou_matrix, suppress
from affect_core.faces.glance import Glance
from affect_core.types import Detection, Floats, ImageRGB

_SAME_COVER: Final = 0.7
"""Two boxes of which so much of the smaller lies in the other are one face, as in MTCNN's last stage."""

_DOUBTS: Final = 2
"""A followed face that so many searches in a row did not find is let go."""

_LEAD: Final = 0.5
"""Share of the last motion by which the next box is moved ahead."""

_STIR_SHARE: Final = 0.01
"""Something moves if so much of the picture changes from one frame to the next."""


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
    """A face: where it is, how it moved since the last frame (px), and how many searches in a row missed it."""

    detection: Detection
    motion_xy: Floats = field(default_factory=lambda: np.zeros(2))
    doubts: int = 0

    @property
    def expected_xyxy(self) -> Floats:
        """Where its box will be in the next frame if it goes on like this."""
        return np.asarray(self.detection.box_xyxy + np.tile(_LEAD * self.motion_xy, 2))


class Follower:
    """Looks where the faces were (`Detector.refine`, all in one batch), and searches the image (`detect`)

    - when a face is lost: its score drops, its box jumps, or it has run into another one;
    - when the picture changes as a whole;
    - every ``redetect_s`` while faces are followed: so long may a newcomer wait beside others; sooner while
      something moves beside them: after ``stir_s``, and twice as long after each such search that finds nobody new;
    - every ``search_s`` while nobody is there, and for ``id_timeout_s`` after a loss.

    What a search finds takes the place of what was followed. A followed face that it misses stays until a second
    search in a row misses it: somebody half behind a hand is still there. The results follow from the frames and
    their stamps alone; no clock is read.
    """

    def __init__(self, detector: Detector, config: FaceConfig) -> None:
        self._detector, self._config = detector, config
        self._redetect_ns, self._stir_ns, self._search_ns, self._miss_ns = (
            round(1e9 * value)
            for value in (config.redetect_s, config.stir_s, config.search_s, config.id_timeout_s)
        )
        self._held: list[_Held] = []
        self._glance = Glance()
        self._stamp_ns = self._searched_ns = self._stirred_ns = 0
        self._patience_ns = self._stir_ns
        self._missed_ns: int | None = None

    def follow(self, image_rgb: ImageRGB, stamp_ns: int) -> Sight:
        """The faces in the frame stamped ``stamp_ns``."""
        fresh = self._is_fresh(image_rgb, stamp_ns)
        if fresh:
            self._held, self._missed_ns, self._patience_ns = [], None, self._stir_ns
        held = self._hold(image_rgb)
        lost = len(held) < len(self._held)
        search = fresh or lost or self._is_due(held, stamp_ns) or self._stirs(held, stamp_ns)
        if search:
            held = self._search(image_rgb, held)
            self._searched_ns = stamp_ns
            self._note_missed(len(held), stamp_ns)
        self._held = held
        return Sight([item.detection for item in held], search, fresh)

    def _is_fresh(self, image_rgb: ImageRGB, stamp_ns: int) -> bool:
        changed = self._glance.look(image_rgb)
        back, self._stamp_ns = stamp_ns < self._stamp_ns, stamp_ns
        return back or changed >= self._config.cut_share

    def _hold(self, image_rgb: ImageRGB) -> list[_Held]:
        """Those of the followed faces that are still there, at their new places, each once."""
        if not self._held:
            return []
        expected = np.stack([item.expected_xyxy for item in self._held])
        seen = self._detector.refine(image_rgb, expected)
        overlap = np.diag(iou_matrix(expected, np.stack([item.box_xyxy for item in seen])))
        pairs = [
            (old, new)
            for old, new, share in zip(self._held, seen, overlap, strict=True)
            if new.score >= self._config.track_score and share >= self._config.track_iou
        ]
        kept = [_Held(new, _middle(new) - _middle(old.detection), old.doubts) for old, new in pairs]
        best = _unique([item.detection for item in kept])
        return [item for i, item in enumerate(kept) if i in best]

    def _is_due(self, held: Sequence[_Held], stamp_ns: int) -> bool:
        missing = self._missed_ns is not None and stamp_ns - self._missed_ns <= self._miss_ns
        looking_for = missing or not held
        interval_ns = self._search_ns if looking_for else self._redetect_ns
        return stamp_ns - self._searched_ns >= interval_ns

    def _note_missed(self, count: int, stamp_ns: int) -> None:
        """A search is over: fewer faces than before it means that somebody is missing since now; more, nobody."""
        if count != len(self._held):
            self._missed_ns = stamp_ns if count < len(self._held) else None
        if count > len(self._held):
            self._patience_ns = self._stir_ns

    def _stirs(self, held: Sequence[_Held], stamp_ns: int) -> bool:
        """Whether something moves beside the people who are followed, and it is time to see what it is."""
        if stamp_ns - self._stirred_ns > self._redetect_ns:
            self._patience_ns = self._stir_ns
        boxes = np.array([item.detection.box_xyxy for item in held]).reshape(-1, 4)
        if self._glance.elsewhere(boxes) < _STIR_SHARE:
            return False
        self._stirred_ns = stamp_ns
        if stamp_ns - self._searched_ns < self._patience_ns:
            return False
        self._patience_ns = self._patience_ns * 2
        return True

    def _search(self, image_rgb: ImageRGB, held: Sequence[_Held]) -> list[_Held]:
        found = [_Held(item, _motion(item, held)) for item in self._detector.detect(image_rgb)]
        missed = [
            replace(item, doubts=item.doubts + 1)
            for item in held
            if item.doubts + 1 < _DOUBTS and _which(item.detection, found) is None
        ]
        together = [*found, *missed]
        order = np.argsort([-_area(item.detection) for item in together], kind="stable")
        return [together[i] for i in order[: self._config.max_faces]]


def _unique(detections: Sequence[Detection]) -> set[int]:
    if len(detections) < 2:
        return set(range(len(detections)))
    boxes = np.stack([item.box_xyxy for item in detections])
    return set(suppress(boxes, np.array([item.score for item in detections]), _SAME_COVER, of_smaller=True))


def _which(detection: Detection, held: Sequence[_Held]) -> int | None:
    """Which of the faces this one is; None = none of them."""
    if not held:
        return None
    boxes = np.stack([item.detection.box_xyxy for item in held])
    cover = cover_matrix(detection.box_xyxy[None], boxes)[0]
    return int(cover.argmax()) if cover.max() > _SAME_COVER else None


def _motion(detection: Detection, held: Sequence[_Held]) -> Floats:
    """How the followed face that was found again moves; a new one is taken to rest."""
    which = _which(detection, held)
    return np.zeros(2) if which is None else held[which].motion_xy


def _middle(detection: Detection) -> Floats:
    return np.asarray((detection.box_xyxy[:2] + detection.box_xyxy[2:]) / 2)


def _area(detection: Detection) -> float:
    return float(areas(detection.box_xyxy[None])[0])
