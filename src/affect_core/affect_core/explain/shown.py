"""Which map is shown over a face now: the newest that still says something about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from affect_core.config import Settings, setting
from affect_core.explain.methods import UNSIGNED
from affect_core.types import AttributionMap, Emotion, Floats


@dataclass(frozen=True)
class ShownConfig(Settings):
    """How long a map is shown."""

    map_age_s: float = setting(1.5, "a map of an older frame is not drawn any more, s", low=0.0)


class Shown:
    """Keeps the newest map of every face and method."""

    def __init__(self, config: ShownConfig) -> None:
        self._age_ns = round(config.map_age_s * 1e9)
        self._maps: dict[tuple[str, str], tuple[int, AttributionMap]] = {}

    def add(self, stamp_ns: int, maps: Iterable[AttributionMap]) -> None:
        """Maps of a frame have come; in which order they come does not matter."""
        for item in maps:
            kept_ns, _ = self._maps.get((item.face_id, item.method), (stamp_ns, item))
            # Much younger than what comes now: a recording that begins anew.
            if not stamp_ns < kept_ns <= stamp_ns + self._age_ns:
                self._maps[item.face_id, item.method] = stamp_ns, item

    def over(
        self, stamp_ns: int, emotions: Iterable[Emotion], places: dict[str, Floats]
    ) -> list[AttributionMap]:
        """What is drawn over a frame: one map for a face, or none.

        A map with a sign goes before one without: it says more. It must explain the label that is read now. A face that
        is not in the frame has no map, and a map of an earlier frame moves along with its face.

        Args:
            stamp_ns: of the frame.
            emotions: of the frame.
            places: face id -> crop to image, (2, 3), of the frame's faces.
        """
        self._forget(stamp_ns)
        found = (
            self._best(stamp_ns, emotion, places[emotion.face_id])
            for emotion in emotions
            if emotion.face_id in places
        )
        return [item for item in found if item is not None]

    def _best(self, stamp_ns: int, emotion: Emotion, crop_to_image: Floats) -> AttributionMap | None:
        rows = [
            (item.method not in UNSIGNED, made_ns, item)
            for (face_id, method), (made_ns, item) in self._maps.items()
            if face_id == emotion.face_id
            and made_ns <= stamp_ns
            and (method in UNSIGNED or item.label == emotion.label)
        ]
        if not rows:
            return None
        *_, best = max(rows, key=lambda row: row[:2])
        return replace(best, crop_to_image=crop_to_image)

    def _forget(self, stamp_ns: int) -> None:
        """Too old, or of a later time: a recording that begins anew."""
        self._maps = {
            key: (made_ns, item)
            for key, (made_ns, item) in self._maps.items()
            if abs(stamp_ns - made_ns) <= self._age_ns
        }
