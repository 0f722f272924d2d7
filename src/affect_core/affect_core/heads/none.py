"""No head at all: poses are accepted and dropped, for runs that only watch people."""

from __future__ import annotations

from affect_core.heads.base import HEADS, Head, HeadConfig
from affect_core.heads.rig import Pose


class NoHead(Head):
    """Accepts every pose and shows it nowhere."""

    name = "none"

    def _drive(self, pose: Pose) -> Pose:
        return pose


@HEADS.register("none")
def build(config: HeadConfig) -> NoHead:
    """No head."""
    return NoHead()
