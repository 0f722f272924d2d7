"""The attention map of a network as an attribution: it comes with the forward pass and costs nothing more."""

from __future__ import annotations

import cv2
import numpy as np

from affect_core.explain.measure import measured_map
from affect_core.types import AttributionMap, Emotion, EmotionSet, Face, FaceSet, Heatmap

METHOD = "amal_attention"


def attention_attributions(faces: FaceSet, emotions: EmotionSet) -> tuple[AttributionMap, ...]:
    """The attention over every face of a frame that has an estimate, in the order of the faces; see below."""
    by_id = {emotion.face_id: emotion for emotion in emotions.emotions}
    maps = (attention_attribution(face, by_id[face.face_id]) for face in faces.faces if face.face_id in by_id)
    return tuple(item for item in maps if item is not None)


def attention_attribution(face: Face, emotion: Emotion) -> AttributionMap | None:
    """The attention map in crop pixels, with its overlap with the face; None for a network without attention.

    The map is the same for every label: it says where the network looked, not what speaks for one class
    (P0, Probierz et al. 2026, section 3.1).

    Args:
        face: the crop and the landmarks that the regions are drawn from.
        emotion: what was read from that crop.
    """
    if emotion.attention is None:
        return None
    heatmap = upsample(emotion.attention, face.crop.image_rgb.shape[0])
    return measured_map(heatmap, face, emotion.label, METHOD)


def upsample(attention: Heatmap, size_px: int) -> Heatmap:
    """Bilinear, cell centres on cell centres: (h, w) -> (S, S), float32."""
    cells = np.ascontiguousarray(attention, np.float32)
    return np.asarray(cv2.resize(cells, (size_px, size_px), interpolation=cv2.INTER_LINEAR), np.float32)
