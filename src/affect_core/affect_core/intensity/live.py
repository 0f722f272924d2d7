"""Ranks of the faces that are seen now, beside the labels and never before them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from affect_core.config import Settings, setting
from affect_core.emotion.card import Card, load_card
from affect_core.emotion.preprocess import to_batch
from affect_core.errors import Cancelled
from affect_core.explain.interrupt import Token
from affect_core.explain.live import Live, LiveConfig
from affect_core.explain.stage import Reading
from affect_core.explain.worker import Outcome, Worker
from affect_core.faces.crop import CropSpec, align, image_to_crop_points
from affect_core.types import EmotionSet, Face, FaceSet, ImageRGB, IntensityRank

_NS_PER_S: Final = 1_000_000_000
_TOLERANCE: Final = 0.01


@dataclass(frozen=True)
class LiveRankConfig(Settings):
    """Whether and how often intensities are ranked."""

    rank_model: str = setting(
        "", "model folder that affect-hri intensity --save-model wrote; empty = intensities are not ranked"
    )
    rank_rule: str = setting("composite", "rule of relevance propagation of the ranks")
    rank_rate_hz: float = setting(1.0, "ranks per second at most, by the frames' stamps", low=0.01)
    rank_budget_ms: float = setting(
        5000.0, "a rank that is not found so long after its crop came is given up, ms", low=1.0
    )
    rank_hold_s: float = setting(
        3.0, "so long a rank is attached to later estimates of the same face, s", low=0.0
    )


class FaceRanker:
    """Ranks one face by the relevances of a classifier of its own. For one thread at a time.

    Args:
        config: names the model and the rule.

    Raises:
        ConfigError: no such model or rule; the model is no chain of layers (Unavailable).
        ModelError: card or weights cannot be used.
    """

    def __init__(self, config: LiveRankConfig) -> None:
        from affect_core.explain.lrp_rules import LRP_RULES
        from affect_core.explain.network import explain_model
        from affect_core.explain.relevance import refuse_others

        self.card: Card = load_card(config.rank_model)
        LRP_RULES.get(config.rank_rule)
        self._rule = config.rank_rule
        self._explained = explain_model(self.card)
        refuse_others(self._explained)

    def rank(self, face: Face) -> IntensityRank:
        """The rank of the emotion that the classifier itself reads; UNKNOWN for a map without differences.

        Raises:
            ExplainError: relevance was lost; there is no rank.
        """
        import torch

        from affect_core.explain.relevance import relevances
        from affect_core.intensity.measure import pixel_box
        from affect_core.intensity.rank import rank

        batch = torch.from_numpy(to_batch([recut(face, self.card.crop)], self.card))
        with torch.no_grad():
            target = self._explained.logits(batch).argmax(dim=1)
        found = relevances(
            self._explained, batch, target, self._rule, box=pixel_box(self.card), tolerance=_TOLERANCE
        )
        return rank(found[0].numpy()).rank


def recut(face: Face, spec: CropSpec) -> ImageRGB:
    """The face as another model wants it, cut out of the crop that there is; what lies outside that is black."""
    points = image_to_crop_points(
        np.asarray(face.detection.landmarks_xy, np.float64), face.crop.crop_to_image
    )
    return align(face.crop.image_rgb, points, spec).image_rgb


class Held:
    """The last rank of every face. Threads share it.

    Args:
        hold_s: see `LiveRankConfig.rank_hold_s`.
    """

    def __init__(self, hold_s: float) -> None:
        self._hold_ns = round(hold_s * _NS_PER_S)
        self._lock = threading.Lock()
        self._ranks: dict[str, tuple[IntensityRank, int]] = {}

    def put(self, face_id: str, rank: IntensityRank, stamp_ns: int) -> None:
        """The rank of a face in the frame of this stamp."""
        with self._lock:
            self._ranks[face_id] = (rank, stamp_ns)

    def attach(self, emotions: EmotionSet) -> EmotionSet:
        """The estimates with the ranks of their faces; those of faces that are gone, or too old, are forgotten."""
        present = {emotion.face_id for emotion in emotions.emotions}
        with self._lock:
            self._ranks = {
                key: held
                for key, held in self._ranks.items()
                if key in present and 0 <= emotions.stamp_ns - held[1] <= self._hold_ns
            }
            known = dict(self._ranks)
        if not known:
            return emotions
        made = (
            replace(item, intensity_rank=known[item.face_id][0]) if item.face_id in known else item
            for item in emotions.emotions
        )
        return replace(emotions, emotions=tuple(made))


class LiveRanks:
    """Attaches ranks to estimates.

    The newest crop is ranked on a thread of its own, at its own pace; its rank goes to later estimates of the same
    face. With ``blocking`` every face of every frame is ranked before its estimate is returned, so that a recording
    gives the same ranks every time, however long it takes.

    Args:
        config: model and pace.
        blocking: see above.
        tell: gets what left a face without a rank, on the thread that met it.
        ranker: ranks a face; default is `FaceRanker` with the config's model.
    """

    def __init__(
        self,
        config: LiveRankConfig,
        *,
        blocking: bool = False,
        tell: Callable[[Exception], None] = lambda _error: None,
        ranker: Callable[[Face], IntensityRank] | None = None,
    ) -> None:
        self._rank = ranker or FaceRanker(config).rank
        self._tell = tell
        self._held = Held(config.rank_hold_s)
        self._live = Live(LiveConfig(rate_hz=config.rank_rate_hz, budget_ms=config.rank_budget_ms))
        self._worker = None if blocking else Worker(self._work, self._live, self._on_outcome)

    def attach(self, faces: FaceSet, emotions: EmotionSet) -> EmotionSet:
        """The estimates of a frame with the ranks that are known. Does not wait, unless it is blocking.

        Raises:
            AffectError: what `FaceRanker.rank` raises; only where it is blocking.
        """
        if self._worker is None:
            for face in faces.faces:
                self._held.put(face.face_id, self._rank(face), faces.stamp_ns)
            return self._held.attach(emotions)
        self._live.see(faces, emotions)
        self._worker.wake()
        return self._held.attach(emotions)

    def stop(self) -> None:
        """End the thread; what is under way is not waited for longer than it takes."""
        if self._worker is not None:
            self._worker.stop()

    def _work(self, reading: Reading, token: Token) -> IntensityRank:
        token.check()
        found = self._rank(reading.face)
        token.check()
        self._held.put(reading.face.face_id, found, reading.frame.stamp_ns)
        return found

    def _on_outcome(self, outcome: Outcome) -> None:
        if outcome.error is not None and not isinstance(outcome.error, Cancelled):
            self._tell(outcome.error)
