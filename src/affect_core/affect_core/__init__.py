"""Faces, emotions, explanations, robot heads and trials: everything of affect_hri that needs no ROS."""

__version__ = "0.1.0"
