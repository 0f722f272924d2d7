"""The one door between ROS messages and `affect_core`'s value types. Pure functions, both directions."""

from __future__ import annotations

import array
import importlib.util
import json
import math
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from builtin_interfaces.msg import Time
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_msgs.msg import Header

from affect_core.cameras import CameraGeometry
from affect_core.data.label_maps import load_label_maps
from affect_core.errors import InputError
from affect_core.evaluation import FaceFacts, Summary, TruthEvent
from affect_core.images import pack, rgb_from_compressed, rgb_from_raw
from affect_core.registry import Registry
from affect_core.trial import EventKind
from affect_core.types import (
    AttributionMap,
    Crop,
    Detection,
    Emotion,
    EmotionSet,
    Face,
    FaceSet,
    Frame,
    ImageRGB,
)
from affect_hri_interfaces import msg as affect

NS_PER_S = 1_000_000_000
HRI_EXPRESSION = "hri_msgs/Expression"

# --- time and headers ---------------------------------------------------------------------------------------


def to_time(stamp_ns: int) -> Time:
    """Nanoseconds to a Time message."""
    return Time(sec=stamp_ns // NS_PER_S, nanosec=stamp_ns % NS_PER_S)


def from_time(stamp: Time) -> int:
    """A Time message to nanoseconds."""
    return int(stamp.sec) * NS_PER_S + int(stamp.nanosec)


def to_header(stamp_ns: int, frame_id: str = "") -> Header:
    """A Header from nanoseconds and a frame."""
    return Header(stamp=to_time(stamp_ns), frame_id=frame_id)


# --- images -------------------------------------------------------------------------------------------------

IMAGE_CONVERTERS: Registry[Callable[[Image], ImageRGB]] = Registry("image converter")
"""name -> builder of a function Image message -> uint8 (H, W, 3), red first."""


@IMAGE_CONVERTERS.register("cv_bridge")
def _cv_bridge() -> Callable[[Image], ImageRGB]:
    from cv_bridge import CvBridge, CvBridgeError

    bridge = CvBridge()

    def convert(message: Image) -> ImageRGB:
        try:
            return np.ascontiguousarray(bridge.imgmsg_to_cv2(pack(message), desired_encoding="rgb8"))
        except CvBridgeError as error:
            raise InputError(
                f"expected an image that converts to rgb8, got {message.encoding!r}: {error}"
            ) from error

    return convert


@IMAGE_CONVERTERS.register("rosbags_image")
def _rosbags_image() -> Callable[[Image], ImageRGB]:
    return rgb_from_raw


def default_image_converter() -> str:
    """cv_bridge where it is installed (a ROS machine), rosbags-image where not."""
    return "cv_bridge" if importlib.util.find_spec("cv_bridge") else "rosbags_image"


class ImageReader:
    """Image and CompressedImage messages -> RGB arrays, by the converter this machine has."""

    def __init__(self, converter: str = "") -> None:
        self._convert = IMAGE_CONVERTERS.build(converter or default_image_converter())

    def __call__(self, message: Any) -> ImageRGB:
        """uint8 (H, W, 3), red first; raises InputError for what is not an image."""
        if hasattr(message, "format"):
            return rgb_from_compressed(bytes(message.data))
        return self._convert(message)


def to_image(image: np.ndarray, header: Header, encoding: str = "rgb8") -> Image:
    """uint8 (H, W, 3) as rgb8, or float32 (H, W) as 32FC1."""
    image = np.ascontiguousarray(image)
    return Image(
        header=header,
        height=image.shape[0],
        width=image.shape[1],
        encoding=encoding,
        is_bigendian=0,
        step=image.strides[0],
        data=_bytes(image),
    )


def to_compressed_image(image_rgb: ImageRGB, header: Header, quality: int = 90) -> CompressedImage:
    """A JPEG of the image."""
    ok, data = cv2.imencode(
        ".jpg", cv2.cvtColor(image_rgb, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality]
    )
    if not ok:
        raise InputError(f"an image of shape {image_rgb.shape} cannot be encoded as JPEG")
    return CompressedImage(header=header, format="rgb8; jpeg compressed bgr8", data=_bytes(data))


def _bytes(values: np.ndarray) -> array.array[int]:
    # array.array is the one type rclpy takes without checking every element: 3 ms instead of seconds at 720p.
    return array.array("B", values.tobytes())


# --- cameras and frames -------------------------------------------------------------------------------------


def to_camera_info(geometry: CameraGeometry, header: Header) -> CameraInfo:
    """A pinhole camera without distortion."""
    fx, fy, cx, cy = (float(v) for v in (geometry.fx, geometry.fy, geometry.cx, geometry.cy))
    return CameraInfo(
        header=header,
        width=geometry.width,
        height=geometry.height,
        distortion_model="plumb_bob",
        d=[0.0] * 5,
        k=[fx, 0.0, cx, 0.0, fy, cy, 0.0, 0.0, 1.0],
        r=[1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0],
        p=[fx, 0.0, cx, 0.0, 0.0, fy, cy, 0.0, 0.0, 0.0, 1.0, 0.0],
    )


def from_frame(frame: Frame) -> Image:
    """Frame -> Image (rgb8)."""
    return to_image(frame.image_rgb, to_header(frame.stamp_ns, frame.frame_id))


def from_frame_jpeg(frame: Frame) -> CompressedImage:
    """Frame -> CompressedImage (JPEG)."""
    return to_compressed_image(frame.image_rgb, to_header(frame.stamp_ns, frame.frame_id))


def to_frame(message: Any, reader: ImageReader) -> Frame:
    """Image or CompressedImage -> Frame."""
    return Frame(reader(message), from_time(message.header.stamp), message.header.frame_id)


# --- faces --------------------------------------------------------------------------------------------------


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
    return FaceSet(
        stamp_ns=from_time(message.header.stamp),
        frame_id=message.header.frame_id,
        faces=tuple(_to_face(face, reader) for face in message.faces),
        image_size_wh=(message.image_width, message.image_height),
        dropped=message.dropped,
        detect_ms=message.detect_ms,
        track_ms=message.track_ms,
    )


def to_detections(message: affect.FaceArray) -> tuple[tuple[str, Detection], ...]:
    """FaceArray -> (face id, detection) pairs: all that is needed where crops are not."""
    return tuple((face.face_id, _to_detection(face)) for face in message.faces)


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


# --- emotions and attributions ------------------------------------------------------------------------------


def from_emotion_set(emotions: EmotionSet) -> affect.EmotionEstimateArray:
    """EmotionSet -> EmotionEstimateArray (the attention map travels as an Attribution)."""
    return affect.EmotionEstimateArray(
        header=to_header(emotions.stamp_ns, emotions.frame_id),
        estimates=[_from_emotion(emotion) for emotion in emotions.emotions],
        model=emotions.model,
        model_sha256=emotions.model_sha256,
        runtime=emotions.runtime,
        infer_ms=emotions.infer_ms,
        dropped=emotions.dropped,
    )


def to_emotion_set(message: affect.EmotionEstimateArray) -> EmotionSet:
    """EmotionEstimateArray -> EmotionSet."""
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


def _from_emotion(emotion: Emotion) -> affect.EmotionEstimate:
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
        intensity_rank=affect.EmotionEstimate.INTENSITY_UNKNOWN,
    )


def _to_emotion(message: affect.EmotionEstimate) -> Emotion:
    return Emotion(
        face_id=message.face_id,
        labels=tuple(message.labels),
        logits=np.array(message.logits, np.float32),
        probabilities=np.array(message.probabilities, np.float32),
        valence=message.valence,
        arousal=message.arousal,
        dominance=message.dominance,
        intensity=message.intensity,
    )


def from_attributions(maps: Iterable[AttributionMap], emotions: EmotionSet) -> affect.AttributionArray:
    """Attribution maps of one frame -> AttributionArray."""
    header = to_header(emotions.stamp_ns, emotions.frame_id)
    return affect.AttributionArray(
        header=header,
        attributions=[_from_attribution(item, header) for item in maps],
        model=emotions.model,
        model_sha256=emotions.model_sha256,
    )


def _from_attribution(item: AttributionMap, header: Header) -> affect.Attribution:
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


def to_attribution(message: affect.Attribution) -> AttributionMap:
    """Attribution -> AttributionMap. Raises InputError when the heatmap or the regions do not fit."""
    image, regions, shares = message.heatmap, message.regions, message.region_shares
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


# --- the robot's head ---------------------------------------------------------------------------------------


class HriExpressionReader:
    """hri_msgs/Expression -> ExpressionCommand, by the inverse of config/label_maps.yaml."""

    def __init__(self) -> None:
        maps = [item for item in load_label_maps().values() if item.target == HRI_EXPRESSION]
        self._labels = {theirs: ours for item in reversed(maps) for theirs, ours in item.inverse().items()}

    def __call__(self, message: Any) -> affect.ExpressionCommand:
        """At full intensity, from its stamp on; raises InputError for an expression that we have no word for."""
        if message.expression not in self._labels:
            got = repr(message.expression) if message.expression else "valence and arousal alone"
            raise InputError(
                f"expected an hri_msgs/Expression with expression set to one of {', '.join(sorted(self._labels))}; "
                f"{got} is not supported"
            )
        return affect.ExpressionCommand(
            header=message.header, expression=self._labels[message.expression], intensity=1.0, onset=math.nan
        )


# --- trials -------------------------------------------------------------------------------------------------


def to_truth_event(message: affect.TrialEvent) -> TruthEvent:
    """TrialEvent message -> stamped event. Raises InputError for a kind that there is not."""
    if message.kind not in list(EventKind):
        known = ", ".join(f"{kind.value} {kind.name}" for kind in EventKind)
        raise InputError(f"expected a trial event of kind {known}; got {message.kind}")
    return TruthEvent(
        stamp_ns=from_time(message.header.stamp),
        kind=EventKind(message.kind),
        label=message.label,
        onset_s=message.onset,
        index=message.index,
    )


def from_truth_event(event: TruthEvent, session: str, detail: str = "") -> affect.TrialEvent:
    """Stamped event -> TrialEvent message."""
    return affect.TrialEvent(
        header=to_header(event.stamp_ns),
        kind=int(event.kind),
        session=session,
        label=event.label,
        onset=event.onset_s,
        index=event.index,
        detail=detail,
    )


def to_face_facts(message: affect.FaceArray) -> FaceFacts:
    """FaceArray -> what scoring needs of it."""
    return FaceFacts(
        stamp_ns=from_time(message.header.stamp),
        boxes={face.face_id: tuple(float(v) for v in face.box_xyxy) for face in message.faces},
        dropped=message.dropped,
        detect_ms=message.detect_ms,
        track_ms=message.track_ms,
    )


def to_trial_summary(summary: Summary, folder: Path, header: Header) -> affect.TrialSummary:
    """summary.json -> TrialSummary."""
    accuracy = {key: math.nan if value is None else value for key, value in summary["accuracy"].items()}
    return affect.TrialSummary(
        header=header,
        session=summary["session"],
        report=str(folder),
        accuracy_frame=accuracy["frame"],
        accuracy_hold=accuracy["hold"],
        accuracy_neutral=accuracy["neutral"],
        frames_published=summary["frames"]["published"],
        frames_labelled=summary["frames"]["labelled"],
        json=json.dumps(summary),
    )
