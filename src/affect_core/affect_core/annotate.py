"""Pictures of what was read: box, label and heatmap over the source image."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np

from affect_core.explain import overlay_on_image
from affect_core.types import AttributionMap, Detection, Emotion, Floats, ImageRGB

BOX_RGB = (64, 220, 120)
TEXT_RGB = (0, 40, 10)


def annotate(
    image_rgb: ImageRGB,
    faces: Iterable[tuple[str, Detection]],
    emotions: Iterable[Emotion] = (),
    attributions: Iterable[AttributionMap] = (),
) -> ImageRGB:
    """A copy of the image with every face's box, landmarks, label and heatmap.

    Args:
        image_rgb: uint8 (H, W, 3).
        faces: (face id, detection) pairs.
        emotions, attributions: matched to the faces by id; a face without one is drawn without.
    """
    picture = image_rgb
    for item in attributions:
        picture = overlay_on_image(picture, item, alpha=0.45)
    picture = np.ascontiguousarray(picture.copy() if picture is image_rgb else picture)
    by_id = {emotion.face_id: emotion for emotion in emotions}
    for face_id, detection in faces:
        _draw_face(picture, detection, _caption(face_id, by_id.get(face_id)))
    return picture


def around(image_rgb: ImageRGB, box_xyxy: Floats, margin: float = 0.6) -> ImageRGB:
    """The part of the image around a box, ``margin`` box widths wider on every side."""
    x0, y0, x1, y1 = (float(v) for v in box_xyxy)
    pad = margin * max(x1 - x0, y1 - y0)
    height, width = image_rgb.shape[:2]
    left, right = max(0, int(x0 - pad)), min(width, int(x1 + pad))
    top, bottom = max(0, int(y0 - pad)), min(height, int(y1 + pad))
    return image_rgb[top:bottom, left:right]


def _caption(face_id: str, emotion: Emotion | None) -> str:
    return f"{face_id} {emotion.label} {emotion.confidence:.2f}" if emotion else face_id


def _draw_face(picture: ImageRGB, detection: Detection, caption: str) -> None:
    x0, y0, x1, y1 = (round(float(v)) for v in detection.box_xyxy)
    cv2.rectangle(picture, (x0, y0), (x1, y1), BOX_RGB, 2, cv2.LINE_AA)
    for x, y in detection.landmarks_xy:
        cv2.circle(picture, (round(float(x)), round(float(y))), 2, BOX_RGB, -1, cv2.LINE_AA)
    (width, height), base = cv2.getTextSize(caption, cv2.FONT_HERSHEY_SIMPLEX, 0.55, 1)
    top = max(0, y0 - height - base - 6)
    cv2.rectangle(picture, (x0, top), (x0 + width + 8, top + height + base + 6), BOX_RGB, -1)
    cv2.putText(
        picture, caption, (x0 + 4, top + height + 3), cv2.FONT_HERSHEY_SIMPLEX, 0.55, TEXT_RGB, 1, cv2.LINE_AA
    )
