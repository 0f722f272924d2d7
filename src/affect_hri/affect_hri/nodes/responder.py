"""responder_node: the robot answers the person's emotion with an expression of its own."""

from __future__ import annotations

import math
from dataclasses import dataclass

from diagnostic_msgs.msg import DiagnosticStatus

from affect_core.config import Settings, setting
from affect_core.paths import find_named
from affect_core.responder import Responder, load_responder
from affect_hri import conversions
from affect_hri.nodes import _topics
from affect_hri.nodes._managed import ManagedNode
from affect_hri.program import run
from affect_hri_interfaces.msg import EmotionEstimateArray, ExpressionCommand


@dataclass(frozen=True)
class ResponderSettings(Settings):
    """How the robot answers."""

    strategy: str = setting("mirror", "mirror, empathic, none: a table of the file")
    responder_file: str = setting("responder", "file with tables and timing: a name in config/, or a path")


class ResponderNode(ManagedNode):
    """emotions -> head/command: mirrors the person, answers with empathy, or not at all."""

    node_name = "responder"
    settings = (ResponderSettings,)

    def setup(self) -> None:
        """Read the table; an unknown strategy, label or expression is an error that lists the known ones."""
        self._answer_by(self.config(ResponderSettings))
        self.adapt_to(ResponderSettings, ("strategy", "responder_file"), self._answer_by)
        self._commands = self.advertise(_topics.HEAD_COMMAND)

    def _answer_by(self, own: ResponderSettings) -> None:
        table = find_named("config", own.responder_file, ".yaml")
        self._responder = Responder(load_responder(own.strategy, table))
        self._name = own.strategy

    def start(self) -> None:
        """Take every estimate; times are the frames' own."""
        self.listen(_topics.EMOTIONS, self._on_emotions)
        self.report(DiagnosticStatus.OK, f"answering: {self._name}")

    def _on_emotions(self, message: EmotionEstimateArray) -> None:
        self.worked()
        answer = self._responder.update(conversions.to_emotion_set(message))
        if answer is None:
            return
        self._commands.publish(
            ExpressionCommand(
                header=conversions.to_header(self.now_ns()),
                expression=answer.expression,
                intensity=answer.intensity,
                onset=math.nan,
            )
        )
        self.report(DiagnosticStatus.OK, f"answering: {self._name}", person=answer.label)


def main() -> int:
    """Entry point of `ros2 run affect_hri responder_node`."""
    return run(ResponderNode)
