"""Robot heads: one contract (`Head`), one file per head, chosen by name from `HEADS`."""

from __future__ import annotations

from affect_core.heads import avatar, none, ohbot_serial, screen
from affect_core.heads.base import HEADS, Head, HeadConfig
from affect_core.heads.rig import RIG, Joint, Pose, clamp, rest_pose

__all__ = ["HEADS", "RIG", "Head", "HeadConfig", "Joint", "Pose", "clamp", "rest_pose"]

_IMPLEMENTATIONS = (avatar, none, ohbot_serial, screen)
"""Importing a module registers its head."""
