"""The virtual OhBot: a pose and a scene in, an image and its ground truth out."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np

from affect_core.avatar.camera import Pinhole
from affect_core.avatar.landmarks import Landmarks
from affect_core.avatar.looks import COLOURS, LOOKS
from affect_core.avatar.scene import Scene
from affect_core.avatar.shape import Array
from affect_core.avatar.skeleton import bone_matrices
from affect_core.avatar.stage import Stage
from affect_core.avatar.strands import LIP_POINTS, centre_lines
from affect_core.avatar.truth import Rendering
from affect_core.config import Settings, setting
from affect_core.heads.rig import Pose, rest_pose
from affect_core.types import Floats


@dataclass(frozen=True)
class AvatarConfig(Settings):
    """Camera and look of the virtual head."""

    width: int = setting(1280, "image width, pixels", low=16, high=7680)
    height: int = setting(720, "image height, pixels", low=16, high=4320)
    fovy_deg: float = setting(38.0, "vertical field of view, deg", low=5, high=120)
    distance_m: float = setting(1.0, "camera to the middle of the head, m", low=0.3, high=10)
    look: str = setting("face", "which head: face (human-like), ohbot (after the real one)")
    colour: str = setting(COLOURS[0], "body colour of the ohbot look", choices=COLOURS)
    vary: bool = setting(False, "draw shape, colours, light and camera place from the seed")
    seed: int = setting(0, "seed of the look when vary is on", low=0)

    def __post_init__(self) -> None:
        super().__post_init__()
        LOOKS.get(self.look)


class Avatar:
    """Renders the virtual head. The same arguments give the same bits. Not for two threads at a time."""

    def __init__(self, config: AvatarConfig | None = None) -> None:
        from affect_core.avatar import raster

        self.config = config = config or AvatarConfig()
        self.camera = Pinhole.from_fovy(config.width, config.height, config.fovy_deg)
        self.look = LOOKS.build(config.look, config.colour, config.seed if config.vary else None)
        self._landmarks = Landmarks(self.look)
        right, back, up = self.look.studio.camera_m
        self._eye = np.array([right, -config.distance_m - back, up], np.float32)
        self._stages = cache(
            lambda lighting, occlusion: Stage(raster, self.look, self.camera, self._eye, lighting, occlusion)
        )

    def render(self, pose: Mapping[str, float] | None = None, scene: Scene | None = None) -> Rendering:
        """One image.

        Args:
            pose: joints in their units; those left out are at rest.
            scene: light, occluder, background and head offset; default even light, nothing before the face.
        """
        started = time.perf_counter()
        scene = scene or Scene()
        look = self.look
        full: Pose = look.adapted({**rest_pose(), **(pose or {})})
        offset_deg = (scene.yaw_deg, scene.pitch_deg, scene.roll_deg)
        bones = bone_matrices(full, look.shape, offset_deg)
        lines = look.strands(full)
        centres = centre_lines(lines, look.shape)
        stage = self._stages(scene.lighting, scene.occlusion)
        stage.pose(lines, centres, bones.astype(np.float32))
        image, segments, box = stage.draw(scene.background, scene.background_seed)
        lips = centres[: 2 * LIP_POINTS].reshape(2, LIP_POINTS, 3)
        landmarks = self.project(self._landmarks.five(bones, lips))
        all_landmarks = self.project(self._landmarks.sixty_eight(bones, lines, centres))
        render_ms = (time.perf_counter() - started) * 1000
        return Rendering(image, box, landmarks, segments, render_ms, all_landmarks)

    def project(self, points_m: Array) -> Floats:
        """(..., 3) in the world (x right in the image, y away from the camera, z up) -> (..., 2) pixels."""
        x, y, z = np.moveaxis(np.asarray(points_m, np.float64) - self._eye, -1, 0)
        return self.camera.project(np.stack([x, -z, y], -1))
