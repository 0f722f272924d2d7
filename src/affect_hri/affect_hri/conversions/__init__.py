"""The one door between ROS messages and `affect_core`'s value types. Pure functions, both directions."""

from affect_hri.conversions.health import HEALTHY, Health, to_health
from affect_hri.conversions.images import (
    IMAGE_CONVERTERS,
    ImageReader,
    default_image_converter,
    from_frame,
    from_frame_jpeg,
    to_camera_info,
    to_compressed_image,
    to_frame,
    to_image,
)
from affect_hri.conversions.perception import (
    from_attribution,
    from_attributions,
    from_emotion,
    from_emotion_set,
    from_face_set,
    to_attribution,
    to_detections,
    to_emotion_set,
    to_face_set,
    to_places,
)
from affect_hri.conversions.sessions import (
    HRI_EXPRESSION,
    HriExpressionReader,
    from_truth_event,
    to_face_facts,
    to_trial_summary,
    to_truth_event,
)
from affect_hri.conversions.stamps import from_time, to_header, to_time

__all__ = [
    "HEALTHY",
    "HRI_EXPRESSION",
    "IMAGE_CONVERTERS",
    "Health",
    "HriExpressionReader",
    "ImageReader",
    "default_image_converter",
    "from_attribution",
    "from_attributions",
    "from_emotion",
    "from_emotion_set",
    "from_face_set",
    "from_frame",
    "from_frame_jpeg",
    "from_time",
    "from_truth_event",
    "to_attribution",
    "to_camera_info",
    "to_compressed_image",
    "to_detections",
    "to_emotion_set",
    "to_face_facts",
    "to_face_set",
    "to_frame",
    "to_header",
    "to_health",
    "to_image",
    "to_places",
    "to_time",
    "to_trial_summary",
    "to_truth_event",
]
