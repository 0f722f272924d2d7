"""Faces that somebody else found, piece by piece, put together with the frames they were found in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from affect_core.faces.crop import CropSpec, align
from affect_core.types import Detection, Face, FaceSet, Frame


@dataclass
class _Pieces:
    """What has come of one frame."""

    frame: Frame | None = None
    face_ids: tuple[str, ...] | None = None
    found: dict[str, Detection] = field(default_factory=dict)

    @property
    def whole(self) -> bool:
        return (
            self.frame is not None and self.face_ids is not None and set(self.face_ids) <= self.found.keys()
        )


class Gatherer:
    """Waits until a frame, the list of its faces and every face of that list are there.

    The pieces of a frame may come in any order. Frames come out in the order of time: when one is whole, older ones
    that are not are given up and count as dropped.

    Args:
        crop_spec: from the card of the model that reads the crops.
        depth: at most so many frames are waited for at a time; then the oldest is given up.
    """

    def __init__(self, crop_spec: CropSpec, depth: int = 10) -> None:
        self._crop_spec, self._depth = crop_spec, depth
        self._waiting: dict[int, _Pieces] = {}
        self._last_ns: int | None = None
        self._dropped = 0

    def add_frame(self, frame: Frame) -> FaceSet | None:
        """A camera image. Gives the faces of its frame if nothing else is missing; so do the others."""
        pieces = self._of(frame.stamp_ns)
        if pieces is None:
            return None
        pieces.frame = frame
        return self._given(frame.stamp_ns)

    def add_list(self, stamp_ns: int, face_ids: Sequence[str]) -> FaceSet | None:
        """The ids of all faces of a frame, possibly none."""
        pieces = self._of(stamp_ns)
        if pieces is None:
            return None
        pieces.face_ids = tuple(face_ids)
        return self._given(stamp_ns)

    def add_face(self, stamp_ns: int, face_id: str, detection: Detection) -> FaceSet | None:
        """One face, in pixels of the frame."""
        pieces = self._of(stamp_ns)
        if pieces is None:
            return None
        pieces.found[face_id] = detection
        return self._given(stamp_ns)

    def _of(self, stamp_ns: int) -> _Pieces | None:
        """None for a frame that is over."""
        if self._last_ns is not None and stamp_ns <= self._last_ns:
            return None
        pieces = self._waiting.setdefault(stamp_ns, _Pieces())
        if len(self._waiting) > self._depth:
            self._give_up(min(self._waiting))
        return pieces

    def _given(self, stamp_ns: int) -> FaceSet | None:
        pieces = self._waiting.get(stamp_ns)
        if pieces is None or not pieces.whole:
            return None
        for older in [stamp for stamp in self._waiting if stamp < stamp_ns]:
            self._give_up(older)
        del self._waiting[stamp_ns]
        dropped, self._dropped, self._last_ns = self._dropped, 0, stamp_ns
        return self._face_set(pieces, dropped)

    def _give_up(self, stamp_ns: int) -> None:
        self._dropped += self._waiting.pop(stamp_ns).frame is not None

    def _face_set(self, pieces: _Pieces, dropped: int) -> FaceSet:
        frame, face_ids = pieces.frame, pieces.face_ids
        assert frame is not None and face_ids is not None
        height, width = frame.image_rgb.shape[:2]
        found = [(face_id, pieces.found[face_id]) for face_id in face_ids]
        faces = tuple(
            Face(face_id, one, align(frame.image_rgb, one.landmarks_xy, self._crop_spec))
            for face_id, one in found
        )
        return FaceSet(frame.stamp_ns, frame.frame_id, faces, (width, height), dropped)
