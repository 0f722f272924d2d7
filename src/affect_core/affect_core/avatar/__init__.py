"""The virtual OhBot: a rendered head with ground truth. Importing this costs little; `Avatar` compiles."""

from affect_core.avatar.apart import AvatarApart
from affect_core.avatar.avatar import Avatar, AvatarConfig
from affect_core.avatar.backgrounds import BACKGROUNDS
from affect_core.avatar.camera import Pinhole
from affect_core.avatar.looks import COLOURS, LOOKS, Look
from affect_core.avatar.occluders import OCCLUSIONS, Occluder, Plate
from affect_core.avatar.scene import LIGHTINGS, Lighting, Scene
from affect_core.avatar.truth import MASKS, Rendering, Segment

__all__ = [
    "BACKGROUNDS",
    "COLOURS",
    "LIGHTINGS",
    "LOOKS",
    "MASKS",
    "OCCLUSIONS",
    "Avatar",
    "AvatarApart",
    "AvatarConfig",
    "Lighting",
    "Look",
    "Occluder",
    "Pinhole",
    "Plate",
    "Rendering",
    "Scene",
    "Segment",
]
