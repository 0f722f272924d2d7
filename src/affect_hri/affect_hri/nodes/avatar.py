"""avatar_node: the virtual OhBot in front of a virtual camera, with ground truth."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus
from sensor_msgs.msg import JointState

from affect_core.avatar import Avatar, AvatarApart, AvatarConfig, Rendering, Scene
from affect_core.avatar.camera import Pinhole
from affect_core.cameras import CameraGeometry
from affect_core.config import Settings, setting
from affect_core.errors import AffectError, InputError
from affect_core.heads.rig import Pose, rest_pose
from affect_core.limits import LIMITS, expect_at_most
from affect_core.types import Frame
from affect_hri import conversions
from affect_hri.nodes import _topics
from affect_hri.nodes._managed import ManagedNode
from affect_hri.nodes.ohbot import ONSET_JOINT
from affect_hri.program import run
from affect_hri_interfaces.msg import GroundTruth, SceneCommand

OPTICAL_FRAME = "camera_optical"


@dataclass(frozen=True)
class StageSettings(Settings):
    """The scene a run begins with."""

    lighting: str = setting("even", "lighting of the scene")
    occlusion: str = setting("none", "what hides a part of the face")
    background: str = setting("plain", "what is behind the head: plain, gradient, room")
    background_seed: int = setting(0, "which one of its kind the background is", low=0)
    fps: float = setting(30.0, "frames per second in wall mode", low=1.0, high=120.0)
    apart: str = setting(
        "auto",
        "draw in a process of its own; auto: beside other nodes in one program, in wall mode",
        choices=("auto", "yes", "no"),
    )


class AvatarNode(ManagedNode):
    """Renders the head in the pose of head/joint_states. In lock-step one frame per joint state, with its stamp."""

    node_name = "avatar"
    settings = (AvatarConfig, StageSettings)
    measured = ("rate_hz", "latency_ms")

    def setup(self) -> None:
        """Build the head and the scene."""
        stage = self.config(StageSettings)
        self._avatar = self._renderer(stage.apart)
        self._scene = Scene(
            stage.lighting,
            stage.occlusion,
            background=stage.background,
            background_seed=stage.background_seed,
        )
        self._pose, self._settled = rest_pose(), True
        self._frames = self.outlet(_topics.IMAGE_RAW, conversions.from_frame, lazy=True)
        self._jpegs = self.outlet_jpeg()
        self._info = self.advertise(_topics.CAMERA_INFO)
        self._truth = self.advertise(_topics.GROUND_TRUTH)
        self._applied = self.advertise(_topics.SCENE_APPLIED)
        self._period_s = 1.0 / stage.fps
        self._geometry = _geometry(self._avatar.camera, stage.fps)

    def _renderer(self, apart: str) -> Avatar | AvatarApart:
        config = self.config(AvatarConfig)
        beside_others = self.handover is not None and not self.lockstep
        if not {"auto": beside_others, "yes": True, "no": False}[apart]:
            return Avatar(config)
        avatar = AvatarApart(config)
        self.release_later(avatar.close)
        return avatar

    def start(self) -> None:
        """Frames at the camera's rate, or one for every joint state of the lock-step head."""
        # The first frame compiles the kernels: seconds that must not fall into a trial.
        self._avatar.render(self._pose, self._scene)
        self.listen(_topics.SCENE, self._on_scene)
        self.listen(
            _topics.JOINT_STATES, self._on_joints_lockstep if self.lockstep else self._on_joints, depth=1
        )
        if not self.lockstep:
            self.every(self._period_s, self._tick)
        self.report(DiagnosticStatus.OK, "rendering", lighting=self._scene.lighting)

    def _on_scene(self, message: SceneCommand) -> None:
        try:
            self._scene = dataclasses.replace(
                self._scene,
                lighting=message.lighting,
                occlusion=message.occlusion,
                yaw_deg=math.degrees(message.yaw_offset),
                pitch_deg=math.degrees(message.pitch_offset),
                roll_deg=math.degrees(message.roll_offset),
            )
        except AffectError as error:
            self.report_bad_input(error)
            return
        self._applied.publish(message)

    def _on_joints(self, message: JointState) -> None:
        expect_at_most(LIMITS.joints, len(message.name), "joints in a message", "the sender is broken")
        self._pose, self._settled = _pose(message)

    def _on_joints_lockstep(self, message: JointState) -> None:
        self._on_joints(message)
        self._shoot(conversions.from_time(message.header.stamp))

    def _tick(self) -> None:
        self._shoot(None)

    def _shoot(self, stamp_ns: int | None) -> None:
        """Render and send one frame; without a stamp given it is the instant the pixels are complete."""
        rendering = self._avatar.render(self._pose, self._scene)
        stamp_ns = self.now_ns() if stamp_ns is None else stamp_ns
        frame = Frame(rendering.image_rgb, stamp_ns, OPTICAL_FRAME, rendering.render_ms)
        header = conversions.to_header(stamp_ns, OPTICAL_FRAME)
        self._info.publish(conversions.to_camera_info(self._geometry, header))
        self._truth.publish(self._ground_truth(header, rendering))
        self._frames.send(frame)
        self._jpegs.send(frame)
        self.worked(stamp_ns)
        lighting, render_ms = self._scene.lighting, f"{rendering.render_ms:.1f}"
        self.report(DiagnosticStatus.OK, "rendering", lighting=lighting, render_ms=render_ms)

    def _ground_truth(self, header: Any, rendering: Rendering) -> GroundTruth:
        scene, pose = self._scene, self._pose
        return GroundTruth(
            header=header,
            box_xyxy=[float(v) for v in rendering.box_xyxy],
            landmarks_xy=[float(v) for v in rendering.landmarks_xy.ravel()],
            settled=self._settled,
            lighting=scene.lighting,
            occlusion=scene.occlusion,
            yaw=pose["head_yaw"] + math.radians(scene.yaw_deg),
            pitch=pose["head_pitch"] + math.radians(scene.pitch_deg),
            roll=pose["head_roll"] + math.radians(scene.roll_deg),
            render_ms=rendering.render_ms,
        )


def _geometry(camera: Pinhole, fps: float) -> CameraGeometry:
    # The renderer counts from the corner of the first pixel, CameraInfo from its centre.
    return CameraGeometry(
        camera.width, camera.height, camera.fx, camera.fy, camera.cx - 0.5, camera.cy - 0.5, fps
    )


def _pose(message: JointState) -> tuple[Pose, bool]:
    if len(message.name) != len(message.position):
        raise InputError(
            f"expected one position per joint, got {len(message.position)} for {len(message.name)} joints"
        )
    values = dict(zip(message.name, message.position, strict=True))
    settled = values.pop(ONSET_JOINT, 1.0) >= 1.0
    return rest_pose() | values, settled


def main() -> int:
    """Entry point of `ros2 run affect_hri avatar_node`."""
    return run(AvatarNode)
