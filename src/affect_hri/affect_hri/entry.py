"""Entry points of the node executables.

They import next to nothing: a node's own imports take seconds, and a Ctrl-C meanwhile should end it quietly.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable


def _starter(name: str) -> Callable[[], int]:
    def main() -> int:
        try:
            start = importlib.import_module(f"affect_hri.nodes.{name}").main
        except KeyboardInterrupt:
            return 0  # stopped before there was anything to stop
        return int(start())

    main.__doc__ = f"Entry point of `ros2 run affect_hri {name}_node`."
    return main


attribution_node = _starter("attribution")
avatar_node = _starter("avatar")
camera_node = _starter("camera")
emotion_node = _starter("emotion")
evaluation_node = _starter("evaluation")
face_node = _starter("face")
humans_node = _starter("humans")
ohbot_node = _starter("ohbot")
overlay_node = _starter("overlay")
recorder_node = _starter("recorder")
replay_node = _starter("replay")
responder_node = _starter("responder")
trial_node = _starter("trial")
