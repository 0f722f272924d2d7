"""Faces in, explanations out: one model and every method that fits it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib import import_module
from time import perf_counter

import torch

from affect_core import torch_compat
from affect_core.emotion import EmotionConfig, EmotionStage
from affect_core.emotion.card import Card
from affect_core.emotion.preprocess import to_batch
from affect_core.emotion.runtimes import preload as preload_runtime
from affect_core.emotion.runtimes import preload_program
from affect_core.errors import ExplainError, InputError, UnknownName
from affect_core.explain.base import ExplainConfig, Explainer, build_explainer
from affect_core.explain.interrupt import Token, interruptible
from affect_core.explain.measure import measured_map
from affect_core.explain.network import explain_model
from affect_core.faces import FaceConfig, FaceStage
from affect_core.types import AttributionMap, Emotion, EmotionSet, Face, FaceSet, Frame

_UNLIMITED = Token()


def preload(config: EmotionConfig) -> None:
    """Load what every `ExplainStage` uses: torch with torchvision, captum, and the program that runs the network.

    Raises:
        AffectError: see `affect_core.emotion.runtimes.preload`.
    """
    preload_program("torch")
    import_module("captum.attr")
    preload_runtime(config)


@dataclass(frozen=True, eq=False)
class Reading:
    """A face, what was read from it, and the estimates of its whole frame."""

    face: Face
    emotion: Emotion
    frame: EmotionSet


class ExplainStage:
    """Explains the faces that one model has read. For one thread at a time.

    Args:
        emotion: model, and the runtime for methods that need no gradient.
        config: of all methods; its ``method`` is built at once, others when they are first asked for.

    Raises:
        ConfigError: no such method, or it is wrong for this model (Unavailable), or the runtime is not there.
        ModelError: card or weights cannot be used.
    """

    def __init__(self, emotion: EmotionConfig, config: ExplainConfig) -> None:
        torch_compat.use_threads(emotion.threads)
        self._emotions, self._config = EmotionStage(emotion), config
        self._token = _UNLIMITED
        self._explained = interruptible(
            explain_model(self.card, self._emotions.runtime), lambda: self._token.check()
        )
        self._explainers: dict[str, Explainer] = {}
        self._explainer(config.method)

    def adapt(self, config: ExplainConfig) -> None:
        """Explain with other settings from the next map on, from whatever thread this is called.

        Raises:
            ConfigError: as when it was made; then everything stays as it was.
        """
        explainers = {config.method: build_explainer(self._explained, config)}
        self._config, self._explainers = config, explainers

    @property
    def card(self) -> Card:
        """Of the model."""
        return self._emotions.card

    def explain(
        self, reading: Reading, method: str = "", label: str = "", token: Token = _UNLIMITED
    ) -> AttributionMap:
        """The map of one face, measured, in crop pixels; ``compute_ms`` is what it took.

        Args:
            reading: of a crop that was cut with the model's card.
            method: name from the registry; empty = the configured one.
            label: what is explained; empty = what was read.
            token: is asked between forward passes.

        Raises:
            UnknownName: no such method or label.
            Unavailable: the method is wrong for this model.
            ExplainError: the method's own check failed, or the method itself, on this picture.
            InputError: the crop has another size than the card says.
            Cancelled: see `Token`.
        """
        method, label = method or self._config.method, label or reading.emotion.label
        if label not in self.card.labels:
            raise UnknownName(f"label of {self.card.name}", label, self.card.labels)
        explainer = self._explainer(method)
        started = perf_counter()
        inputs = torch.from_numpy(to_batch([reading.face.crop.image_rgb], self.card))
        self._token = token
        try:
            heatmap = explainer.attribute(inputs, self.card.labels.index(label))[0]
        except (ValueError, RuntimeError, IndexError) as error:
            # What captum and the libraries below it raise at a picture that they did not expect.
            raise ExplainError(
                f"{method}: expected a map, the method ended with {type(error).__name__}: {error}; choose another one"
            ) from error
        finally:
            self._token = _UNLIMITED
        token.check()
        return measured_map(heatmap, reading.face, label, method, 1e3 * (perf_counter() - started))

    def read(self, frame: Frame, face_id: str = "") -> Reading:
        """A face of a picture that nobody has read yet.

        Args:
            frame: the picture.
            face_id: f00001, f00002, ... in the detector's order; empty = the first.

        Raises:
            InputError: no face, or none of that id.
        """
        # Made anew for every picture: the faces of one are not followed into the next.
        faces = FaceStage(FaceConfig(min_face_px=40, tracking=False), self.card.crop).process(frame)
        return find_reading(faces, self._emotions.process(faces), face_id)

    def expect_own(self, emotions: EmotionSet) -> None:
        """Raises InputError unless the estimates are of the model that is explained here."""
        if emotions.model_sha256 != self.card.weights.sha256:
            raise InputError(
                f"expected estimates of {self.card.name} ({self.card.weights.sha256[:8]}), got those of "
                f"{emotions.model or 'a nameless model'} ({emotions.model_sha256[:8]}); give both nodes the same model"
            )

    def _explainer(self, method: str) -> Explainer:
        explainers, config = self._explainers, self._config  # another thread may exchange them
        if method not in explainers:
            explainers[method] = build_explainer(self._explained, replace(config, method=method))
        return explainers[method]


def find_reading(faces: FaceSet, emotions: EmotionSet, face_id: str = "") -> Reading:
    """One face of a frame with its estimate.

    Args:
        faces, emotions: of the same frame.
        face_id: empty = the first one.

    Raises:
        InputError: the frame has no face with an estimate, or not this one.
    """
    found = readings(faces, emotions)
    if not found:
        raise InputError("expected a face, found none; give a frame or picture with a face of 40 px or more")
    wanted = face_id or found[0].face.face_id
    for reading in found:
        if reading.face.face_id == wanted:
            return reading
    known = ", ".join(reading.face.face_id for reading in found)
    raise InputError(f"expected the id of a face in that frame ({known}), got {face_id}")


def readings(faces: FaceSet, emotions: EmotionSet) -> tuple[Reading, ...]:
    """All faces that have an estimate, in the order of the faces."""
    by_id = {emotion.face_id: emotion for emotion in emotions.emotions}
    return tuple(
        Reading(face, by_id[face.face_id], emotions) for face in faces.faces if face.face_id in by_id
    )
