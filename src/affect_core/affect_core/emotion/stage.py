"""Faces in, emotion estimates out."""

from __future__ import annotations

from time import perf_counter

import numpy as np

from affect_core.emotion.base import REGRESSION, Batch, EmotionConfig, Output, build_runtime
from affect_core.emotion.card import Card, load_card
from affect_core.emotion.preprocess import to_batch
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

    def process(self, faces: FaceSet, dropped: int = 0) -> EmotionSet:
        """One estimate per face, in the order of the faces; none for a frame without a face.

        Args:
            faces: of one frame.
            dropped: face sets that were replaced by a newer one since the last call.
        """
        started = perf_counter()
        emotions = self._read(faces.faces, faces.stamp_ns) if faces.faces else ()
        infer_ms = (perf_counter() - started) * 1e3
        return EmotionSet(
            stamp_ns=faces.stamp_ns,
            frame_id=faces.frame_id,
            emotions=emotions,
            model=self.card.name,
            model_sha256=self.card.weights.sha256,
            runtime=self.runtime.name,
            infer_ms=infer_ms if emotions else float("nan"),
            dropped=dropped,
        )

    def _read(self, faces: tuple[Face, ...], stamp_ns: int) -> tuple[Emotion, ...]:
        output = self.runtime.forward(to_batch([face.crop.image_rgb for face in faces], self.card))
        return tuple(self._emotion(face, output, i, stamp_ns) for i, face in enumerate(faces))

    def _emotion(self, face: Face, output: Output, row: int, stamp_ns: int) -> Emotion:
        shares = self._temporal.smooth(face.face_id, softmax(output.logits[row]), stamp_ns)
        estimates = () if output.regression is None else map(float, output.regression[row])
        return Emotion(
            face_id=face.face_id,
            labels=self.card.labels,
            logits=output.logits[row],
            probabilities=np.asarray(shares, np.float32),
            attention=None if output.attention is None else output.attention[row],
            **dict(zip(REGRESSION, estimates, strict=False)),  # none: they stay NaN
        )


def softmax(logits: Batch) -> Batch:
    """Probabilities along the last axis (P0 equation 3), computed in double precision; float32."""
    shifted = np.asarray(logits, np.float64) - np.max(logits, axis=-1, keepdims=True)
    exponentials = np.exp(shifted)
    return np.asarray(exponentials / exponentials.sum(axis=-1, keepdims=True), np.float32)
