"""Faces, emotions, attributions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from affect_core.errors import InputError
from affect_core.images import check_extent
from affect_core.limits import LIMITS, expect_at_most
from affect_core.privacy import blur_whole
from affect_core.types import (
    AttributionMap,
    Crop,
    Detection,
    Emotion,
    EmotionSet,
    Face,
    FaceSet,
    IntensityRank,
)
from affect_hri.conversions.images import ImageReader, to_image
from affect_hri.conversions.stamps import from_time, to_header
from affect_hri_interfaces import msg as affect


def from_face_set(faces: FaceSet, with_crops: bool = True) -> affect.FaceArray:
    """FaceSet -> FaceArray."""
    header = to_header(faces.stamp_ns, faces.frame_id)
    return affect.FaceArray(
        header=header,
        faces=[_from_face(face, header, with_crops) for face in faces.faces],
        image_width=faces.image_size_wh[0],
        image_height=faces.image_size_wh[1],
        dropped=faces.dropped,
        detect_ms=faces.detect_ms,
        track_ms=faces.track_ms,
    )


def to_face_set(message: affect.FaceArray, reader: ImageReader) -> FaceSet:
    """FaceArray -> FaceSet. Raises InputError when the crops were not sent (composed program)."""
    _expect_few(message.faces, "faces")
    return FaceSet(
        stamp_ns=from_time(message.header.stamp),
        frame_id=message.header.frame_id,
        faces=tuple(_to_face(face, reader) for face in message.faces),
        image_size_wh=(message.image_width, message.image_height),
        dropped=message.dropped,
        detect_ms=message.detect_ms,
        track_ms=message.track_ms,
    )


def blur_crops(message: affect.FaceArray, reader: ImageReader) -> affect.FaceArray:
    """The same FaceArray with every crop blurred beyond recognition; a crop that is no image is taken out."""
    for face in message.faces:
        header = face.crop.header
        try:
            face.crop = to_image(blur_whole(reader(face.crop)), header) if face.crop.data else face.crop
        except InputError:
            face.crop = Image(header=header)
    return message


def to_detections(message: affect.FaceArray) -> tuple[tuple[str, Detection], ...]:
    """FaceArray -> (face id, detection) pairs: all that is needed where crops are not."""
    _expect_few(message.faces, "faces")
    return tuple((face.face_id, _to_detection(face)) for face in message.faces)


def to_places(message: affect.FaceArray) -> dict[str, np.ndarray]:
    """FaceArray -> face id -> crop to image, (2, 3)."""
    _expect_few(message.faces, "faces")
    return {face.face_id: _affine(face.crop_to_image) for face in message.faces}


def _from_face(face: Face, header: Header, with_crop: bool) -> affect.Face:
    return affect.Face(
        face_id=face.face_id,
        score=face.detection.score,
        box_xyxy=_floats(face.detection.box_xyxy),
        landmarks_xy=_floats(face.detection.landmarks_xy),
        crop_to_image=_floats(face.crop.crop_to_image),
        crop=to_image(face.crop.image_rgb, header) if with_crop else Image(header=header),
    )


def _to_face(message: affect.Face, reader: ImageReader) -> Face:
    if not message.crop.data:
        raise InputError(
            f"expected a crop with face {message.face_id}, got none: the sender hands crops over in memory; "
            "run face_node in a process of its own, or this node in the composed program"
        )
    return Face(
        message.face_id, _to_detection(message), Crop(reader(message.crop), _affine(message.crop_to_image))
    )


def _to_detection(message: affect.Face) -> Detection:
    return Detection(
        np.array(message.box_xyxy, float),
        np.array(message.landmarks_xy, float).reshape(5, 2),
        float(message.score),
    )


def _floats(values: np.ndarray) -> list[float]:
    return [float(v) for v in np.ravel(values)]


def _affine(values: Iterable[float]) -> np.ndarray:
    return np.array(list(values), float).reshape(2, 3)


def from_emotion_set(emotions: EmotionSet) -> affect.EmotionEstimateArray:
    """EmotionSet -> EmotionEstimateArray (the attention map travels as an Attribution)."""
    return affect.EmotionEstimateArray(
        header=to_header(emotions.stamp_ns, emotions.frame_id),
        estimates=[from_emotion(emotion) for emotion in emotions.emotions],
        model=emotions.model,
        model_sha256=emotions.model_sha256,
        runtime=emotions.runtime,
        infer_ms=emotions.infer_ms,
        dropped=emotions.dropped,
    )


def to_emotion_set(message: affect.EmotionEstimateArray) -> EmotionSet:
    """EmotionEstimateArray -> EmotionSet."""
    _expect_few(message.estimates, "estimates")
    return EmotionSet(
        stamp_ns=from_time(message.header.stamp),
        frame_id=message.header.frame_id,
        emotions=tuple(_to_emotion(estimate) for estimate in message.estimates),
        model=message.model,
        model_sha256=message.model_sha256,
        runtime=message.runtime,
        infer_ms=message.infer_ms,
        dropped=message.dropped,
    )


def from_emotion(emotion: Emotion) -> affect.EmotionEstimate:
    """Emotion -> EmotionEstimate."""
    return affect.EmotionEstimate(
        face_id=emotion.face_id,
        label=emotion.label,
        confidence=emotion.confidence,
        labels=list(emotion.labels),
        probabilities=_floats(emotion.probabilities),
        logits=_floats(emotion.logits),
        valence=emotion.valence,
        arousal=emotion.arousal,
        dominance=emotion.dominance,
        intensity=emotion.intensity,
        intensity_rank=int(emotion.intensity_rank),
    )


def _expect_few(items: Sequence[object], what: str) -> None:
    expect_at_most(LIMITS.faces, len(items), f"{what} in a message", "the sender is broken")


def _to_emotion(message: affect.EmotionEstimate) -> Emotion:
    counts = (len(message.labels), len(message.probabilities), len(message.logits))
    expect_at_most(LIMITS.classes, max(counts), "classes in an estimate", "the sender is broken")
    return Emotion(
        face_id=message.face_id,
        labels=tuple(message.labels),
        logits=np.array(message.logits, np.float32),
        probabilities=np.array(message.probabilities, np.float32),
        valence=message.valence,
        arousal=message.arousal,
        dominance=message.dominance,
        intensity=message.intensity,
        intensity_rank=_rank(message.intensity_rank),
    )


def _rank(value: int) -> IntensityRank:
    try:
        return IntensityRank(value)
    except ValueError:
        raise InputError(
            f"expected intensity_rank 0 to {max(IntensityRank)}, got {value}; the sender has another message"
        ) from None


def from_attributions(maps: Iterable[AttributionMap], emotions: EmotionSet) -> affect.AttributionArray:
    """Attribution maps of one frame -> AttributionArray."""
    return affect.AttributionArray(
        header=to_header(emotions.stamp_ns, emotions.frame_id),
        attributions=[from_attribution(item, emotions) for item in maps],
        model=emotions.model,
        model_sha256=emotions.model_sha256,
    )


def from_attribution(item: AttributionMap, emotions: EmotionSet) -> affect.Attribution:
    """AttributionMap of a frame -> Attribution."""
    header = to_header(emotions.stamp_ns, emotions.frame_id)
    return affect.Attribution(
        face_id=item.face_id,
        label=item.label,
        method=item.method,
        heatmap=to_image(item.heatmap, header, "32FC1"),
        crop_to_image=_floats(item.crop_to_image),
        face_share=item.face_share,
        face_area_share=item.face_area_share,
        regions=list(item.region_shares),
        region_shares=list(item.region_shares.values()),
        compute_ms=item.compute_ms,
    )


def to_attributions(message: affect.AttributionArray) -> list[AttributionMap]:
    """AttributionArray -> maps; raises InputError as `to_attribution` does, and for too many."""
    _expect_few(message.attributions, "maps")
    return [to_attribution(item) for item in message.attributions]


def to_attribution(message: affect.Attribution) -> AttributionMap:
    """Attribution -> AttributionMap. Raises InputError when the heatmap or the regions do not fit."""
    image, regions, shares = message.heatmap, message.regions, message.region_shares
    check_extent(image.width, image.height)
    expect_at_most(LIMITS.joints, len(regions), "regions in a message", "the sender is broken")
    if image.encoding != "32FC1" or len(image.data) != 4 * image.height * image.width:
        raise InputError(
            f"expected a heatmap 32FC1 of {image.width}x{image.height} pixels, got {image.encoding!r} with "
            f"{len(image.data)} bytes"
        )
    if len(regions) != len(shares):
        raise InputError(f"expected one share per region, got {len(shares)} for {len(regions)} regions")
    heatmap = np.frombuffer(image.data, np.float32).reshape(image.height, image.width)
    return AttributionMap(
        face_id=message.face_id,
        label=message.label,
        method=message.method,
        heatmap=heatmap,
        crop_to_image=_affine(message.crop_to_image),
        face_share=message.face_share,
        face_area_share=message.face_area_share,
        region_shares=dict(zip(regions, shares, strict=True)),
        compute_ms=message.compute_ms,
    )
