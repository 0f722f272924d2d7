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

from affect_core.data.pictures import read_picture
from affect_core.emotion.base import EmotionConfig, build_runtime
from affect_core.emotion.card import Card
from affect_core.emotion.preprocess import to_batch
from affect_core.errors import ExplainError, InputError, Unavailable
from affect_core.explain.base import EXPLAINERS, ExplainConfig, Explainer, build_explainer
from affect_core.explain.faithfulness import curves
from affect_core.explain.measure import measure_map
from affect_core.explain.network import explain_model
from affect_core.faces import FaceConfig, FaceStage
from affect_core.files import write_whole
from affect_core.types import Face, Frame, Heatmap

FORMAT: Final = 1
MAPS_FILE: Final = "maps.npz"
METRICS_FILE: Final = "metrics.json"


@dataclass(frozen=True, eq=False)
class Explanation:
    """One face, read by one model and explained by several methods.

    Attributes:
        picture, model: names, from the file and the card.
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
    """

    def __init__(self, card: Card, methods: Sequence[str], config: ExplainConfig, target: str = "") -> None:
        if target and target not in card.labels:
            raise InputError(f"expected a label of {card.name} ({', '.join(card.labels)}), got {target}")
        self.card, self._methods, self._target = card, tuple(methods), target
        self._explained = explain_model(card, build_runtime(EmotionConfig(runtime="auto"), card))
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
            "methods": list(self._methods),
            "target": target,
            **asdict(config),
        }

    def explain(self, picture: Path, folder: Path, progress: Callable[[str], None]) -> Explanation:
        """The largest face of a picture. What lies in ``folder`` from the same settings is taken as it is.

        Raises:
            InputError: the picture cannot be read, or shows no face.
        """
        face = largest_face(picture, self.card)
        settings = self._settings | {"crop": _digest(face)}
        kept = _load(folder, settings)
        if kept is None:
            kept = self._make(face, progress)
            _save(folder, settings, *kept)
        maps, found = kept
        return Explanation(picture.stem, self.card.name, face=face, maps=maps, folder=folder, **found)

    def _make(self, face: Face, progress: Callable[[str], None]) -> tuple[dict[str, Heatmap], dict[str, Any]]:
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
            drawn = curves(self._explained.predict, batch[0], heatmap, target)
            areas = {"deletion_area": drawn.deletion_area, "insertion_area": drawn.insertion_area}
            maps[method] = heatmap
            metrics[method] = {**measure_map(heatmap, face), **areas, "seconds": seconds}
        probabilities = dict(zip(self.card.labels, shares, strict=True))
        label = self.card.labels[target]
        return maps, {"label": label, "probabilities": probabilities, "metrics": metrics, "failed": failed}


def largest_face(picture: Path, card: Card) -> Face:
    """As the card's crops are cut; raises InputError when the picture cannot be read or shows no face."""
    frame = Frame(read_picture(picture), 0, "picture")
    found = FaceStage(FaceConfig(min_face_px=40, max_faces=1), card.crop).process(frame).faces
    if not found:
        raise InputError(
            f"expected a face in {picture}, found none; give a picture with a face of 40 px or more"
        )
    return found[0]


def _digest(face: Face) -> str:
    return hashlib.sha256(face.crop.image_rgb.tobytes()).hexdigest()


def _load(folder: Path, settings: dict[str, Any]) -> tuple[dict[str, Heatmap], dict[str, Any]] | None:
    """What was kept with these settings; None if there is none, or it is not whole."""
    try:
        content = json.loads((folder / METRICS_FILE).read_text())
        if content.pop("settings") != settings:
            return None
        with np.load(folder / MAPS_FILE) as kept:
            return {method: kept[method] for method in content["metrics"]}, content
    except (OSError, ValueError, KeyError):
        return None


def _save(folder: Path, settings: dict[str, Any], maps: dict[str, Heatmap], found: dict[str, Any]) -> None:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **maps)
    write_whole(folder / MAPS_FILE, buffer.getvalue())
    write_whole(folder / METRICS_FILE, json.dumps({**found, "settings": settings}, indent=1) + "\n")
