"""Faces in, emotion estimates out."""

from __future__ import annotations

from math import nan
from time import perf_counter

import numpy as np

from affect_core.emotion.base import Batch, EmotionConfig, Output, build_runtime
from affect_core.emotion.card import Card, load_card
from affect_core.emotion.preprocess import to_batch
from affect_core.errors import ModelError
from affect_core.faces.crop import CropSpec
from affect_core.smoothing import Temporal, TemporalConfig
from affect_core.types import Emotion, EmotionSet, Face, FaceSet


class EmotionStage:
    """Reads the faces of one frame in one batch.

    Args:
        config: model and runtime. Raises ConfigError or ModelError when they cannot be used.
        temporal: how the estimates of a face are smoothed over time; UnknownName for an unknown smoother.
    """

    def __init__(self, config: EmotionConfig, temporal: TemporalConfig | None = None) -> None:
        self._temporal = Temporal(temporal or TemporalConfig())
        self.card: Card = load_card(config.model)
        self.runtime = build_runtime(config, self.card)

    @property
    def runtime_name(self) -> str:
        """What runs the network, such as ``openvino-bf16``."""
        return self.runtime.name

    @property
    def crop_spec(self) -> CropSpec:
        """How the faces must be cut out for this model."""
        return self.card.crop

    def smooth(self, temporal: TemporalConfig) -> None:
        """Smooth in another way from now on, with nothing remembered; raises UnknownName and goes on as before."""
        self._temporal = Temporal(temporal)

    def warm_up(self) -> None:
        """Read one empty crop: what a network allocates with its first pass, and the time of that, come here."""
        size_px = self.card.crop.size_px
        self.runtime.forward(to_batch([np.zeros((size_px, size_px, 3), np.uint8)], self.card))

    def process(self, faces: FaceSet, dropped: int = 0) -> EmotionSet:
        """One estimate per face, in the order of the faces; none for a frame without a face.

        A face whose logits are not all finite has no estimate and is named as unread: a label would be made up.

        Args:
            faces: of one frame.
            dropped: face sets that were replaced by a newer one since the last call.
        """
        started = perf_counter()
        emotions, unread = self._read(faces.faces, faces.stamp_ns) if faces.faces else ((), ())
        infer_ms = (perf_counter() - started) * 1e3
        return EmotionSet(
            stamp_ns=faces.stamp_ns,
            frame_id=faces.frame_id,
            emotions=emotions,
            model=self.card.name,
            model_sha256=self.card.weights.sha256,
            runtime=self.runtime.name,
            infer_ms=infer_ms if faces.faces else float("nan"),
            dropped=dropped,
            unread=unread,
        )

    def _read(self, faces: tuple[Face, ...], stamp_ns: int) -> tuple[tuple[Emotion, ...], tuple[str, ...]]:
        """The estimates, and the ids of faces that have none."""
        output = self.runtime.forward(to_batch([face.crop.image_rgb for face in faces], self.card))
        finite = np.isfinite(output.logits).all(axis=-1)
        emotions = tuple(
            self._emotion(face, output, i, stamp_ns) for i, face in enumerate(faces) if finite[i]
        )
        return emotions, tuple(face.face_id for i, face in enumerate(faces) if not finite[i])

    def _emotion(self, face: Face, output: Output, row: int, stamp_ns: int) -> Emotion:
        shares = self._temporal.smooth(face.face_id, softmax(output.logits[row]), stamp_ns)
        known = self._estimates(output, row)
        return Emotion(
            face_id=face.face_id,
            labels=self.card.labels,
            logits=output.logits[row],
            probabilities=np.asarray(shares, np.float32),
            attention=None if output.attention is None else output.attention[row],
            valence=known.get("valence", nan),
            arousal=known.get("arousal", nan),
            dominance=known.get("dominance", nan),
            intensity=known.get("intensity", nan),
        )

    def _estimates(self, output: Output, row: int) -> dict[str, float]:
        """By the card's names; what the network does not estimate stays NaN."""
        if output.regression is None:
            return {}
        names, values = self.card.regression, output.regression[row]
        if len(names) != len(values):
            raise ModelError(
                f"{self.card.folder}: expected {len(names)} estimates ({', '.join(names)}), the network has "
                f"{len(values)}; correct the card's regression"
            )
        return dict(zip(names, map(float, values), strict=True))


def softmax(logits: Batch) -> Batch:
    """Probabilities along the last axis (P0 equation 3), computed in double precision; float32."""
    shifted = np.asarray(logits, np.float64) - np.max(logits, axis=-1, keepdims=True)
    exponentials = np.exp(shifted)
    return np.asarray(exponentials / exponentials.sum(axis=-1, keepdims=True), np.float32)
