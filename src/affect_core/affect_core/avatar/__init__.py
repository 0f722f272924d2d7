"""The virtual OhBot: a rendered head with ground truth. Importing this costs little; `Avatar` compiles."""

from affect_core.avatar.avatar import Avatar, AvatarConfig
from affect_core.avatar.camera import Pinhole
from affect_core.avatar.scene import LIGHTINGS, OCCLUSIONS, Lighting, Occluder, Scene
from affect_core.avatar.truth import MASKS, Rendering, Segment

__all__ = [
    "LIGHTINGS",
    "MASKS",
    "OCCLUSIONS",
    "Avatar",
    "AvatarConfig",
    "Lighting",
    "Occluder",
    "Pinhole",
    "Rendering",
    "Scene",
    "Segment",
]
