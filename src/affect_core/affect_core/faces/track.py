"""Ids for faces: which face of this frame is which face of the last one."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment  # type: ignore[import-untyped] # scipy ships no types

from affect_core.faces.boxes import iou_matrix
from affect_core.types import Detection, Floats


@dataclass
class _Track:
    face_id: str
    box_xyxy: Floats
    seen_ns: int


class Tracker:
    """Gives every face an id (f00001, f00002, ..., or with a run f00001_3fa2c1, ...) that is never reused.

    A face keeps its id while its box overlaps the one it had last, also across a dropout of at most
    ``timeout_s``. Time is that of the stamps; the tracker reads no clock. When stamps jump back (a recording
    that starts again), all faces are new.

    Args:
        iou: least overlap of a face with its last box, 0..1.
        timeout_s: longest dropout a face survives.
        run: ends every id, so that two trackers of one session never give the same; see `new_run`.
    """

    def __init__(self, iou: float = 0.3, timeout_s: float = 0.5, run: str = "") -> None:
        self.adapt(iou, timeout_s)
        self._tracks: list[_Track] = []
        self._last_ns: int | None = None
        self._count = 0
        self._ending = f"_{run}" if run else ""

    def adapt(self, iou: float, timeout_s: float) -> None:
        """Go on with other limits."""
        self._iou = iou
        self._timeout_ns = round(timeout_s * 1e9)

    def update(self, detections: Sequence[Detection], stamp_ns: int) -> list[tuple[str, Detection]]:
        """The detections of the frame stamped ``stamp_ns``, in their order, each with its id."""
        self._forget(stamp_ns)
        pairs = self._match(detections)
        return [(self._follow(pairs.get(i), item, stamp_ns), item) for i, item in enumerate(detections)]

    def _forget(self, stamp_ns: int) -> None:
        if self._last_ns is not None and stamp_ns < self._last_ns:
            self._tracks = []
        self._tracks = [t for t in self._tracks if stamp_ns - t.seen_ns <= self._timeout_ns]
        self._last_ns = stamp_ns

    def _match(self, detections: Sequence[Detection]) -> dict[int, _Track]:
        """Detection index -> its track, by the assignment with the largest total overlap."""
        if not detections or not self._tracks:
            return {}
        boxes = np.stack([item.box_xyxy for item in detections])
        overlap = iou_matrix(boxes, np.stack([track.box_xyxy for track in self._tracks]))
        allowed = np.where(overlap >= self._iou, overlap, 0.0)
        rows, columns = linear_sum_assignment(allowed, maximize=True)
        return {int(r): self._tracks[c] for r, c in zip(rows, columns, strict=True) if allowed[r, c] > 0.0}

    def _follow(self, track: _Track | None, detection: Detection, stamp_ns: int) -> str:
        if track is None:
            self._count += 1
            track = _Track(f"f{self._count:05d}{self._ending}", detection.box_xyxy, stamp_ns)
            self._tracks.append(track)
        track.box_xyxy, track.seen_ns = detection.box_xyxy, stamp_ns
        return track.face_id


def new_run() -> str:
    """A `Tracker.run` that nobody has used: six random hexadecimal digits, which may stand in the name of a topic."""
    return secrets.token_hex(3)
