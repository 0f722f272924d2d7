"""The virtual head. Nothing is driven here: the renderer follows the published joint states."""

from __future__ import annotations

from affect_core.heads.base import HEADS, Head, HeadConfig
from affect_core.heads.rig import Pose


class AvatarHead(Head):
    """Has every joint of the rig, so the pose within the rig's limits is the pose applied."""

    name = "avatar"

    def _drive(self, pose: Pose) -> Pose:
        return pose


@HEADS.register("avatar")
def build(config: HeadConfig) -> AvatarHead:
    """The virtual head."""
    return AvatarHead()
