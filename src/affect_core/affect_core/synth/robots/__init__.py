"""Random procedural robot heads: our own, always at hand. Importing this renders nothing."""

from affect_core.synth.robots.measures import ranges
from affect_core.synth.robots.robot_set import RobotSetConfig, generate

__all__ = ["RobotSetConfig", "generate", "ranges"]
