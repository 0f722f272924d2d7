"""Pictures of what was read: box, label, probabilities and heatmap over the source image, and a legend."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from affect_core.explain import UNSIGNED, evidence_on_image
from affect_core.explain.render import LOOKED_RGB, OPPOSES_RGB, SUPPORTS_RGB
from affect_core.types import AttributionMap, Detection, Emotion, Floats, ImageRGB

BOX_RGB = (64, 220, 120)
TEXT_RGB = (0, 40, 10)
PALE_RGB, DIM_RGB, TRACK_RGB = (240, 244, 248), (150, 160, 170), (70, 76, 82)
_DARKEN = 0.35
"""What is left of the picture behind bars and legend."""
_FONT = cv2.FONT_HERSHEY_SIMPLEX

RGB = tuple[int, int, int]
Entry = tuple[RGB | None, str]
"""Of the legend: colour of a square, and a text."""
Area = tuple[int, int, int, int]
"""Left, top, right, bottom: pixels, right and bottom outside."""


def annotate(
    image_rgb: ImageRGB,
    faces: Iterable[tuple[str, Detection]],
    emotions: Iterable[Emotion] = (),
    attributions: Iterable[AttributionMap] = (),
    *,
    bars: bool = True,
    area: Area | None = None,
) -> ImageRGB:
    """A copy of the image with every face's box, landmarks, label, probabilities and heatmap, and a legend of the maps.

    Args:
        image_rgb: uint8 (H, W, 3).
        faces: (face id, detection) pairs.
        emotions, attributions: matched to the faces by id; a face without one is drawn without.
        bars: whether the probabilities are drawn.
        area: where bars and legend find their place; None = anywhere in the image.
    """
    attributions, by_id = list(attributions), {emotion.face_id: emotion for emotion in emotions}
    picture = image_rgb
    for item in attributions:
        picture = evidence_on_image(picture, item, item.method not in UNSIGNED)
    picture = np.ascontiguousarray(picture.copy() if picture is image_rgb else picture)
    area = area or (0, 0, picture.shape[1], picture.shape[0])
    pen = _Pen.of(area)
    for face_id, detection in faces:
        emotion = by_id.get(face_id)
        _draw_face(picture, pen, detection, _caption(face_id, emotion))
        if emotion is not None and bars:
            _draw_bars(picture, pen, detection, emotion, area)
    _draw_legend(picture, pen, attributions, area)
    return picture


def area_around(image_rgb: ImageRGB, box_xyxy: Floats, margin: float = 0.6) -> Area:
    """The part of the image around a box, ``margin`` box widths wider on every side."""
    x0, y0, x1, y1 = (float(v) for v in box_xyxy)
    pad = margin * max(x1 - x0, y1 - y0)
    height, width = image_rgb.shape[:2]
    return max(0, int(x0 - pad)), max(0, int(y0 - pad)), min(width, int(x1 + pad)), min(height, int(y1 + pad))


@dataclass(frozen=True)
class _Pen:
    """How large letters and lines are: they grow with the picture, and stay readable in a small one."""

    scale: float
    line_px: int

    @classmethod
    def of(cls, area: Area) -> _Pen:
        height = area[3] - area[1]
        scale = min(0.8, max(0.36, 0.55 * height / 720))
        return cls(scale, round(36 * scale))

    @property
    def pad_px(self) -> int:
        return max(3, round(9 * self.scale))

    @property
    def square_px(self) -> int:
        return round(0.5 * self.line_px)

    def width_px(self, text: str) -> int:
        (width, _), _ = cv2.getTextSize(text, _FONT, self.scale, 1)
        return int(width)

    def write(self, picture: ImageRGB, text: str, x: int, top: int, rgb: RGB) -> None:
        """In a line that begins at ``top``."""
        baseline = top + round(0.72 * self.line_px)
        cv2.putText(picture, text, (x, baseline), _FONT, self.scale, rgb, 1, cv2.LINE_AA)


def _caption(face_id: str, emotion: Emotion | None) -> str:
    return f"{face_id} {emotion.label} {emotion.confidence:.2f}" if emotion else face_id


def _draw_face(picture: ImageRGB, pen: _Pen, detection: Detection, caption: str) -> None:
    x0, y0, x1, y1 = (round(float(v)) for v in detection.box_xyxy)
    cv2.rectangle(picture, (x0, y0), (x1, y1), BOX_RGB, 2, cv2.LINE_AA)
    for x, y in detection.landmarks_xy:
        cv2.circle(picture, (round(float(x)), round(float(y))), 2, BOX_RGB, -1, cv2.LINE_AA)
    top = max(0, y0 - pen.line_px)
    right = x0 + pen.width_px(caption) + 2 * pen.pad_px
    cv2.rectangle(picture, (x0, top), (right, top + pen.line_px), BOX_RGB, -1)
    pen.write(picture, caption, x0 + pen.pad_px, top, TEXT_RGB)


def _draw_bars(picture: ImageRGB, pen: _Pen, detection: Detection, emotion: Emotion, area: Area) -> None:
    """The probabilities of all classes beside the face: to its right, or where there is room."""
    names = max(pen.width_px(label) for label in emotion.labels)
    bar = round(110 * pen.scale)
    width = names + bar + pen.width_px("1.00") + 4 * pen.pad_px
    height = len(emotion.labels) * pen.line_px + 2 * pen.pad_px
    left, top = _beside(detection, (width, height), 2 * pen.pad_px, area)
    _darken(picture, (left, top, left + width, top + height))
    for row, (label, share) in enumerate(zip(emotion.labels, emotion.probabilities, strict=True)):
        y, x = top + pen.pad_px + row * pen.line_px, left + pen.pad_px
        is_top = label == emotion.label
        pen.write(picture, label, x, y, PALE_RGB if is_top else DIM_RGB)
        x += names + pen.pad_px
        low, high = y + round(0.28 * pen.line_px), y + round(0.72 * pen.line_px)
        picture[low:high, x : x + bar] = TRACK_RGB
        picture[low:high, x : x + round(bar * float(share))] = BOX_RGB if is_top else DIM_RGB
        pen.write(picture, f"{share:.2f}", x + bar + pen.pad_px, y, PALE_RGB if is_top else DIM_RGB)


def _beside(detection: Detection, size_wh: tuple[int, int], gap_px: int, area: Area) -> tuple[int, int]:
    """Left upper corner of a panel beside a box: right of it, left of it, or at the right edge; always in the area."""
    x0, y0, x1, _ = (round(float(v)) for v in detection.box_xyxy)
    (width, height), (left, top, right, bottom) = size_wh, area
    x = x1 + gap_px
    if x + width > right:
        x = x0 - gap_px - width if x0 - gap_px - width >= left else right - width
    return max(left, x), max(top, min(y0, bottom - height))


def _draw_legend(picture: ImageRGB, pen: _Pen, maps: Sequence[AttributionMap], area: Area) -> None:
    """What the colours mean, one line per method, at the bottom on the left."""
    lines = _legend(maps)
    room = area[2] - area[0] - 2 * pen.pad_px
    if max((_length_px(pen, parts) for parts in lines), default=0) > room:
        lines = [[part] for parts in lines for part in parts]
    if not lines:
        return
    left, bottom = area[0], area[3]
    top = bottom - len(lines) * pen.line_px - 2 * pen.pad_px
    right = left + max(_length_px(pen, parts) for parts in lines) + 2 * pen.pad_px
    _darken(picture, (left, top, right, bottom))
    for row, parts in enumerate(lines):
        x, y = left + pen.pad_px, top + pen.pad_px + row * pen.line_px
        for part in parts:
            _draw_entry(picture, pen, part, x, y)
            x += _length_px(pen, [part])


def _draw_entry(picture: ImageRGB, pen: _Pen, entry: Entry, x: int, y: int) -> None:
    rgb, text = entry
    if rgb is not None:
        low = y + (pen.line_px - pen.square_px) // 2
        picture[low : low + pen.square_px, x : x + pen.square_px] = rgb
        x += pen.square_px + pen.pad_px
    pen.write(picture, text, x, y, PALE_RGB)


def _length_px(pen: _Pen, parts: Sequence[Entry]) -> int:
    """Of a line, with a gap after each of its parts."""
    square = pen.square_px + pen.pad_px
    return sum(pen.width_px(text) + 2 * pen.pad_px + (square if rgb else 0) for rgb, text in parts)


def _legend(maps: Sequence[AttributionMap]) -> list[list[Entry]]:
    """One line per method."""
    lines: list[list[Entry]] = []
    for method in dict.fromkeys(item.method for item in maps):
        labels = {item.label for item in maps if item.method == method}
        label = labels.pop() if len(labels) == 1 else "the label"
        if method in UNSIGNED:
            lines.append([(None, f"{method}:"), (LOOKED_RGB, "looked here (no sign)")])
        else:
            lines.append(
                [(None, f"{method}:"), (SUPPORTS_RGB, f"supports {label}"), (OPPOSES_RGB, "opposes it")]
            )
    return lines


def _darken(picture: ImageRGB, area: Area) -> None:
    left, top, right, bottom = area
    part = picture[max(0, top) : bottom, max(0, left) : right]
    part[...] = np.asarray(part * _DARKEN, np.uint8)
