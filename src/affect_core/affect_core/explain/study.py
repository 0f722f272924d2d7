"""Explanations of pictures by several methods, measured and kept on disk."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray

from affect_core.array_files import ArrayFile
from affect_core.data.masks import warp_segments
from affect_core.emotion.base import AUTO, EmotionConfig, build_runtime
from affect_core.emotion.card import Card
from affect_core.emotion.preprocess import to_batch
from affect_core.errors import ExplainError, InputError, Unavailable
from affect_core.explain.base import EXPLAINERS, ExplainConfig, Explainer, build_explainer
from affect_core.explain.faithfulness import SURVIVES, Sanity, curves, sanity
from affect_core.explain.measure import measure_map
from affect_core.explain.network import explain_model
from affect_core.explain.subjects import Shown, Subject
from affect_core.faces import CropSpec, FaceConfig, FaceStage, align
from affect_core.files import write_whole
from affect_core.texts import read_json
from affect_core.types import Face, Frame, Heatmap

FORMAT: Final = 2
MAPS_FILE: Final = "maps.npz"
METRICS_FILE: Final = "metrics.json"


@dataclass(frozen=True, eq=False)
class Explanation:
    """One face, read by one model and explained by several methods.

    Attributes:
        picture, model: names, of the subject and the card.
        truth: class of the face; empty if unknown.
        facts: what else is known of it.
        label: that is explained.
        probabilities: label -> share.
        face: its crop and landmarks.
        maps: method -> (S, S).
        metrics: method -> measure -> number; see `measure_map`, and ``deletion_area``, ``insertion_area``, ``seconds``.
        failed: method -> why there is no map: it failed its own check.
        folder: where it is kept.
    """

    picture: str
    model: str
    truth: str
    facts: dict[str, str]
    label: str
    probabilities: dict[str, float]
    face: Face
    maps: dict[str, Heatmap]
    metrics: dict[str, dict[str, float]]
    failed: dict[str, str]
    folder: Path


class Study:
    """One model and its explainers, made once.

    Attributes:
        unfit: method -> why it is wrong for this model.

    Args:
        card: of the model.
        methods: names from the registry.
        config: of all methods.
        target: label that is explained; empty = the one that is read.
        margin: around the face, see `CropSpec`; None = as the model's card says.
        with_curves: measure deletion and insertion too, 42 readings for each map.
        runtime: reads the labels, and changed pictures for the methods that need no gradient.
    """

    def __init__(
        self,
        card: Card,
        methods: Sequence[str],
        config: ExplainConfig,
        target: str = "",
        margin: float | None = None,
        with_curves: bool = True,
        runtime: str = AUTO,
    ) -> None:
        if target and target not in card.labels:
            raise InputError(f"expected a label of {card.name} ({', '.join(card.labels)}), got {target}")
        self._made_of = (card, tuple(methods), config, target, margin, with_curves, runtime)
        self.card, self._target, self._config, self._with_curves = card, target, config, with_curves
        self._crop = card.crop if margin is None else replace(card.crop, margin=margin)
        self._explained = explain_model(card, build_runtime(EmotionConfig(runtime=runtime), card))
        self._explainers: dict[str, Explainer] = {}
        self.unfit: dict[str, str] = {}
        for method in methods:
            EXPLAINERS.get(method)
            try:
                self._explainers[method] = build_explainer(self._explained, replace(config, method=method))
            except Unavailable as error:
                self.unfit[method] = str(error)
        self._settings = {
            "format": FORMAT,
            "weights_sha256": card.weights.sha256,
            "methods": list(methods),
            "target": target,
            "crop": asdict(self._crop),
            "curves": with_curves,
            **asdict(config),
        }

    def __reduce__(self) -> tuple[type[Study], tuple[object, ...]]:
        """Another process makes it anew: networks with hooks cannot be sent."""
        return Study, self._made_of

    def explain(self, subject: Subject, folder: Path, progress: Callable[[str], None]) -> Explanation:
        """One face. What lies in ``folder`` from the same settings is taken as it is.

        Raises:
            InputError: the picture cannot be read, or shows no face.
        """
        shown = subject.read()
        face = _face(subject, shown, self._crop)
        segments = None if shown.segments is None else warp_segments(shown.segments, face.crop)
        settings = self._settings | {"face": _digest(face, segments)}
        kept = _load(folder, settings)
        if kept is None:
            kept = self._make(face, segments, progress)
            _save(folder, settings, *kept)
        maps, found = kept
        return Explanation(
            subject.name,
            self.card.name,
            subject.truth,
            subject.facts,
            face=face,
            maps=maps,
            folder=folder,
            **found,
        )

    def sanity(self, made: Sequence[Explanation], progress: Callable[[str], None]) -> dict[str, Sanity | str]:
        """For each method, whether its maps of these faces survive random weights; see `faithfulness.sanity`.

        Where a method's own check fails on the random network there is no map to compare: why.
        """
        found: dict[str, Sanity | str] = {}
        for method in self._explainers if made else ():
            progress(f"sanity of {method}")
            config = replace(self._config, method=method)
            try:
                several = [sanity(self._explained, config, *self._asked(one)) for one in made]
            except ExplainError as error:
                found[method] = str(error)
                continue
            correlation = float(np.mean([one.correlation for one in several]))
            found[method] = Sanity(correlation, survives=bool(correlation > SURVIVES))
        return found

    def _asked(self, one: Explanation) -> tuple[torch.Tensor, int]:
        batch = torch.from_numpy(to_batch([one.face.crop.image_rgb], self.card))
        return batch, self.card.labels.index(one.label)

    def _make(
        self, face: Face, segments: NDArray[np.uint8] | None, progress: Callable[[str], None]
    ) -> tuple[dict[str, Heatmap], dict[str, Any]]:
        batch = to_batch([face.crop.image_rgb], self.card)
        logits = torch.from_numpy(self._explained.predict(batch))[0].double()
        shares = logits.softmax(dim=0).tolist()
        target = self.card.labels.index(self._target) if self._target else int(logits.argmax())
        maps: dict[str, Heatmap] = {}
        metrics, failed = {}, {}
        for method, explainer in self._explainers.items():
            progress(method)
            started = perf_counter()
            try:
                heatmap = explainer.attribute(torch.from_numpy(batch), target)[0]
            except ExplainError as error:
                failed[method] = str(error)
                continue
            seconds = perf_counter() - started
            maps[method] = heatmap
            metrics[method] = {
                **measure_map(heatmap, face, segments),
                **(self._areas(batch[0], heatmap, target) if self._with_curves else {}),
                "seconds": seconds,
            }
        probabilities = dict(zip(self.card.labels, shares, strict=True))
        label = self.card.labels[target]
        return maps, {"label": label, "probabilities": probabilities, "metrics": metrics, "failed": failed}

    def _areas(self, picture: NDArray[np.float32], heatmap: Heatmap, target: int) -> dict[str, float]:
        drawn = curves(self._explained.predict, picture, heatmap, target)
        return {"deletion_area": drawn.deletion_area, "insertion_area": drawn.insertion_area}


def _face(subject: Subject, shown: Shown, crop: CropSpec) -> Face:
    """The face where it is known to be, else the largest that is found."""
    if shown.detection is not None:
        return Face("", shown.detection, align(shown.image_rgb, shown.detection.landmarks_xy, crop))
    frame = Frame(shown.image_rgb, 0, "picture")
    found = FaceStage(FaceConfig(min_face_px=40, max_faces=1), crop).process(frame).faces
    if not found:
        raise InputError(
            f"expected a face in {subject.source}, found none; give a picture with a face of 40 px or more"
        )
    return found[0]


def _digest(face: Face, segments: NDArray[np.uint8] | None) -> str:
    known = b"" if segments is None else segments.tobytes()
    return hashlib.sha256(face.crop.image_rgb.tobytes() + known).hexdigest()


def _load(folder: Path, settings: dict[str, Any]) -> tuple[dict[str, Heatmap], dict[str, Any]] | None:
    """What was kept with these settings; None if there is none, or it is not whole."""
    try:
        content = read_json(folder / METRICS_FILE)
        if content.pop("settings") != settings:
            return None
        with ArrayFile(folder / MAPS_FILE) as kept:
            return {method: kept[method] for method in content["metrics"]}, content
    except (InputError, KeyError, AttributeError):
        return None


def _save(folder: Path, settings: dict[str, Any], maps: dict[str, Heatmap], found: dict[str, Any]) -> None:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **maps)
    write_whole(folder / MAPS_FILE, buffer.getvalue())
    write_whole(folder / METRICS_FILE, json.dumps({**found, "settings": settings}, indent=1) + "\n")
