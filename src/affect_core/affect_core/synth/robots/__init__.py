"""Random procedural robot heads: our own, always at hand. Importing this renders nothing."""

from affect_core.synth.robots.measures import ranges
from affect_core.synth.robots.ohbot import OhbotManifestConfig, shots_config
from affect_core.synth.robots.ohbot import generate as generate_ohbot
from affect_core.synth.robots.robot_set import RobotSetConfig, generate
from affect_core.synth.robots.unseen import OHBOT_PART_TYPES, card_entry, part_types

__all__ = [
    "OHBOT_PART_TYPES",
    "OhbotManifestConfig",
    "RobotSetConfig",
    "card_entry",
    "generate",
    "generate_ohbot",
    "part_types",
    "ranges",
    "shots_config",
]
