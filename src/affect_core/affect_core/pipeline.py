"""The whole of perception on one page: frame -> faces -> emotions -> attributions.

    pipeline = Pipeline(FaceConfig(), EmotionConfig())
    faces, emotions, attributions = pipeline.run(frame)
    for seen in pipeline.run_all(frames):  # a recording, on two cores
        ...

The nodes call the same stages one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from time import perf_counter

from affect_core.ahead import ahead
from affect_core.emotion import EmotionConfig, EmotionStage
from affect_core.explain import attention_attributions
from affect_core.faces import FaceConfig, FaceStage
from affect_core.smoothing import TemporalConfig
from affect_core.types import AttributionMap, EmotionSet, FaceSet, Frame


@dataclass(frozen=True)
class Seen:
    """Everything that is seen in one frame.

    Attributes:
        frame, faces: what was looked at, and the faces in it.
        emotions: one estimate per face that could be read.
        attributions: one per face of a network with attention.
        latency_ms: time the stages took for it, without waiting for one another.
    """

    frame: Frame
    faces: FaceSet
    emotions: EmotionSet
    attributions: tuple[AttributionMap, ...]
    latency_ms: float


class Pipeline:
    """Reads one stream of frames; faces keep their ids from frame to frame.

    Args:
        face_config: detector and tracker.
        emotion_config: model and runtime; the model's card decides how faces are cut out.
        temporal_config: how the estimates of a face are smoothed over time; by default they are not.
    """

    def __init__(
        self,
        face_config: FaceConfig,
        emotion_config: EmotionConfig,
        temporal_config: TemporalConfig | None = None,
    ) -> None:
        self.emotion_stage = EmotionStage(emotion_config, temporal_config)
        self.face_stage = FaceStage(face_config, self.emotion_stage.crop_spec)

    def run(self, frame: Frame, dropped: int = 0) -> tuple[FaceSet, EmotionSet, tuple[AttributionMap, ...]]:
        """Everything that is seen in one frame.

        Args:
            frame: image and stamp.
            dropped: frames that were left out since the last call.

        Returns:
            The faces, one estimate per face that could be read, and one attribution per face of a network with attention.
        """
        faces = self.face_stage.process(frame, dropped)
        emotions = self.emotion_stage.process(faces)
        return faces, emotions, attention_attributions(faces, emotions)

    def run_all(self, frames: Iterable[Frame]) -> Iterator[Seen]:
        """The same for every frame of a recording, in order.

        The faces of later frames are found on another thread meanwhile, and those frames are read there.
        """
        for frame, faces, took_s in ahead(self._find_all(frames)):
            started_s = perf_counter()
            emotions = self.emotion_stage.process(faces)
            attributions = attention_attributions(faces, emotions)
            latency_ms = 1e3 * (took_s + perf_counter() - started_s)
            yield Seen(frame, faces, emotions, attributions, latency_ms)

    def _find_all(self, frames: Iterable[Frame]) -> Iterator[tuple[Frame, FaceSet, float]]:
        """With the time it took, s."""
        for frame in frames:
            started_s = perf_counter()
            faces = self.face_stage.process(frame)
            yield frame, faces, perf_counter() - started_s
