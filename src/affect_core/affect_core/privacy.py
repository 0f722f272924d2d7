"""Recordings without recognisable faces: what is blurred, when a frame may be written, and what a recording says of it.

Why it is done like this: `doc/decisions/0017-a-frame-is-written-when-its-faces-are-known.md`.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from affect_core.config import Settings, setting
from affect_core.errors import InputError
from affect_core.trial.session import Session
from affect_core.types import Floats, Frame, ImageRGB

FACT: Final = "privacy"
"""Key of a recording's metadata under which `about` stands."""

VIRTUAL_CAMERAS: Final = ("avatar",)
"""Cameras that no person can be in front of."""

_HELD_STAMPS: Final = 4096
_HOLDS: Final = (
    "camera frames",
    "face crops",
    "face boxes and landmarks",
    "emotion estimates",
    "heatmaps",
    "session with its participant id",
    "operator's notes",
)


@dataclass(frozen=True)
class BlurConfig(Settings):
    """How strongly, how widely and for how long faces are blurred."""

    cells: int = setting(4, "a blurred area is this many plain squares wide and high", low=1, high=8)
    margin: float = setting(0.35, "added to a face's box on every side, share of the box", low=0.0, high=2.0)
    before_s: float = setting(
        1.0, "frames are wholly blurred for this long after a face was lost, s", low=0.0
    )
    after_s: float = setting(
        1.2, "and before one was found: longer than a search for newcomers waits, s", low=0.0
    )
    held_bytes: int = setting(512 << 20, "frames that wait take no more memory than this", low=1)


def blur_faces(
    image_rgb: ImageRGB, boxes_xyxy: Iterable[Floats], config: BlurConfig | None = None
) -> ImageRGB:
    """A copy with a few plain squares in the place of every box; what is outside the widened boxes stays as it is.

    Args:
        boxes_xyxy: (4,) each, pixels; one that is not finite blurs the whole image.
    """
    chosen = config or BlurConfig()
    blurred = np.array(image_rgb)
    for box in boxes_xyxy:
        rows, columns = _widened(box, image_rgb.shape, chosen.margin)
        _make_squares(blurred[rows, columns], chosen.cells)
    return blurred


def blur_whole(image_rgb: ImageRGB, config: BlurConfig | None = None) -> ImageRGB:
    """A copy that is a few plain squares and nothing else: face crops, and frames in which no face is known."""
    blurred = np.array(image_rgb)
    _make_squares(blurred, (config or BlurConfig()).cells)
    return blurred


def about(session: Session | None, anonymized: bool) -> dict[str, Any]:
    """What a recording's metadata say of the persons in it; `session` is None as long as none has begun."""
    virtual = session is not None and session.camera in VIRTUAL_CAMERAS
    return {
        "shows": "virtual head" if virtual else "persons",
        "anonymized": anonymized,
        "pictures": _PICTURES[anonymized],
        "consent": "unknown" if session is None else _CONSENT[session.consent_given],
        "holds": list(_HOLDS),
    }


def in_words(said: Mapping[str, Any]) -> str:
    """The same for a diagnostic: ``pictures of persons``."""
    if said["shows"] != "persons":
        return f"pictures of a {said['shows']}"
    return "persons, their faces blurred" if said["anonymized"] else "pictures of persons"


def is_anonymized(facts: Mapping[str, Any]) -> bool:
    """Whether the metadata of a recording say that its pictures are blurred."""
    said = facts.get(FACT)
    return isinstance(said, Mapping) and said.get("anonymized") is True


def refuse_anonymized(facts: Mapping[str, Any], path: object) -> None:
    """Raise InputError where perception would read blurred pictures."""
    if is_anonymized(facts):
        raise InputError(
            f"expected pictures that perception can read, got the anonymized recording {path}, in which faces are "
            "blurred; score what was said while it was recorded: affect-hri evaluate --as-recorded"
        )


class Anonymizer:
    """Holds frames back until it is known where faces are in them, and shortly before and after.

    Frames come out in the order they came, blurred. A frame of which nobody said where its faces are never comes out.

    Attributes:
        left_out: number of those.
    """

    def __init__(self, config: BlurConfig | None = None) -> None:
        self._config = config or BlurConfig()
        self._before_ns = round(self._config.before_s * 1e9)
        self._after_ns = round(self._config.after_s * 1e9)
        self._waiting: deque[tuple[Frame, int]] = deque()
        self._waiting_bytes = 0
        self._boxes: OrderedDict[int, dict[str, Floats]] = OrderedDict()
        self._newest_ns = -1
        self.left_out = 0

    def add_frame(self, frame: Frame, arrived_ns: int) -> None:
        """A frame, and when it came; both are given back by `take`."""
        self._waiting.append((frame, arrived_ns))
        self._waiting_bytes += frame.image_rgb.nbytes

    def add_faces(self, stamp_ns: int, boxes_xyxy: Mapping[str, Floats]) -> None:
        """Face id -> box in the frame of that stamp; an empty mapping says that there is none."""
        self._boxes[stamp_ns] = {name: np.asarray(box, np.float64) for name, box in boxes_xyxy.items()}
        self._newest_ns = stamp_ns
        while len(self._boxes) > _HELD_STAMPS:
            self._boxes.popitem(last=False)

    def take(self) -> Iterator[tuple[Frame, int]]:
        """The frames of which all is known, or for which there is no more room."""
        while self._waiting and (self._is_known(self._waiting[0][0]) or self._is_full()):
            yield from self._next()

    def flush(self) -> Iterator[tuple[Frame, int]]:
        """At the end: also those of which nothing more will come to be known."""
        while self._waiting:
            yield from self._next()

    def _is_known(self, frame: Frame) -> bool:
        return self._newest_ns >= frame.stamp_ns + self._after_ns

    def _is_full(self) -> bool:
        return self._waiting_bytes > self._config.held_bytes

    def _next(self) -> Iterator[tuple[Frame, int]]:
        frame, arrived_ns = self._waiting.popleft()
        self._waiting_bytes -= frame.image_rgb.nbytes
        if frame.stamp_ns not in self._boxes:
            self.left_out += 1
            return
        yield replace(frame, image_rgb=self._blurred(frame)), arrived_ns

    def _blurred(self, frame: Frame) -> ImageRGB:
        own = self._boxes[frame.stamp_ns]
        near = {
            face_id
            for stamp_ns, found in self._boxes.items()
            if frame.stamp_ns - self._before_ns <= stamp_ns <= frame.stamp_ns + self._after_ns
            for face_id in found
        }
        # Nobody there, or somebody whom the detector does not see; or one whom it saw or will see, only not now.
        if not near or near - set(own):
            return blur_whole(frame.image_rgb, self._config)
        return blur_faces(frame.image_rgb, own.values(), self._config)


_PICTURES: Final = {
    False: "as taken",
    True: "faces in a few plain squares; frames without a known face, or with one just lost or found, wholly so",
}
_CONSENT: Final = {True: "given", False: "not asked for, or not given"}


def _widened(box: Floats, shape: Sequence[int], margin: float) -> tuple[slice, slice]:
    """Rows and columns of the image within the box and its margin."""
    height, width = shape[:2]
    if not np.all(np.isfinite(box)):
        return slice(0, height), slice(0, width)
    left, right = sorted((float(box[0]), float(box[2])))
    top, bottom = sorted((float(box[1]), float(box[3])))
    aside, above = margin * (right - left), margin * (bottom - top)
    rows = np.clip([np.floor(top - above), np.ceil(bottom + above)], 0, height)
    columns = np.clip([np.floor(left - aside), np.ceil(right + aside)], 0, width)
    return slice(int(rows[0]), int(rows[1])), slice(int(columns[0]), int(columns[1]))


def _make_squares(area: NDArray[np.uint8], cells: int) -> None:
    """In place: the means of ``cells`` x ``cells`` parts."""
    height, width = area.shape[:2]
    if not height or not width:
        return
    small = cv2.resize(area, (min(cells, width), min(cells, height)), interpolation=cv2.INTER_AREA)
    area[:] = cv2.resize(small, (width, height), interpolation=cv2.INTER_NEAREST)
