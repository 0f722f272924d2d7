"""Every topic of the suite: its name below the namespace, its type and its QoS. One home for all nodes."""

from __future__ import annotations

from dataclasses import dataclass

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, CompressedImage, Image, JointState
from std_msgs.msg import Float32, String

from affect_hri_interfaces import msg as affect


@dataclass(frozen=True)
class Topic:
    """One topic.

    Attributes:
        latched: transient local: who comes late gets the last `depth` messages.
        stage: published for every frame or command of the closed loop. In lock-step these are latched too, so
            that the first messages of a run cannot be lost to a subscription that is still being matched.
        reliable: whatever a parameter asks for: it holds no pictures.
    """

    name: str
    message: type
    depth: int
    latched: bool = False
    stage: bool = False
    reliable: bool = False

    def qos(self, lockstep: bool = False, reliability: str = "reliable") -> QoSProfile:
        """The topic's profile; best effort only where a parameter asks for it."""
        latched = self.latched or (self.stage and lockstep)
        reliable = self.reliable or lockstep or latched or reliability == "reliable"
        return QoSProfile(
            history=HistoryPolicy.KEEP_LAST,
            depth=self.depth,
            reliability=ReliabilityPolicy.RELIABLE if reliable else ReliabilityPolicy.BEST_EFFORT,
            durability=DurabilityPolicy.TRANSIENT_LOCAL if latched else DurabilityPolicy.VOLATILE,
        )


IMAGE_RAW = Topic("camera/image_raw", Image, 1, stage=True)
IMAGE_COMPRESSED = Topic("camera/image_raw/compressed", CompressedImage, 1)
CAMERA_INFO = Topic("camera/camera_info", CameraInfo, 5, stage=True)
CAMERA_STATUS = Topic("camera/status", DiagnosticStatus, 1, latched=True)
FACES = Topic("faces", affect.FaceArray, 5, stage=True)
EMOTIONS = Topic("emotions", affect.EmotionEstimateArray, 5, stage=True, reliable=True)
ATTRIBUTIONS = Topic("attributions", affect.AttributionArray, 2, stage=True)
HEAD_COMMAND = Topic("head/command", affect.ExpressionCommand, 5, stage=True)
MOUTH = Topic("head/mouth", Float32, 5)
JOINT_STATES = Topic("head/joint_states", JointState, 5, stage=True)
HEAD_STATUS = Topic("head/status", affect.HeadStatus, 1, latched=True)
SCENE = Topic("scene", affect.SceneCommand, 1, latched=True)
SCENE_APPLIED = Topic("scene/applied", affect.SceneCommand, 1, latched=True)
GROUND_TRUTH = Topic("ground_truth", affect.GroundTruth, 5, stage=True)
TRIAL_EVENTS = Topic("trial/events", affect.TrialEvent, 100, latched=True)
TRIAL_SUMMARY = Topic("trial/summary", affect.TrialSummary, 1, latched=True)
TRIAL_PROMPT = Topic("trial/prompt", String, 1, latched=True)
TRIAL_NOTES = Topic("trial/notes", String, 20)
OVERLAY = Topic("overlay/image", Image, 1)
CLOCK = Topic("/clock", Clock, 10, stage=True)
DIAGNOSTICS = Topic("/diagnostics", DiagnosticArray, 10)


def robot_face_expression() -> Topic | None:
    """REP-155's topic for the expression of the robot's face; None where hri_msgs is not installed."""
    try:
        from hri_msgs.msg import Expression
    except ImportError:
        return None
    return Topic("/robot_face/expression", Expression, 1)


CAMERA_ENDED = "ended"
"""Message of `CAMERA_STATUS` when a video or folder has no more frames."""
