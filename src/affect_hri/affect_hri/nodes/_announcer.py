"""What trial_node says: events, commands to the head, the scene, prompts."""

from __future__ import annotations

from collections.abc import Callable

from std_msgs.msg import String

from affect_core.trial import Protocol, TrialEvent, TrialScene
from affect_hri import conversions
from affect_hri.nodes import _topics
from affect_hri.nodes._managed import ManagedNode
from affect_hri.nodes._trial_plan import TrialSettings
from affect_hri_interfaces import msg as affect

Send = Callable[[], None]
Requesting = Callable[[str, tuple[object, ...], Send], None]


class Announcer:
    """Publishes a trial.

    Args:
        node: whose publishers these are.
        config: which head and camera there are, and the scene of a protocol that has none of its own.
        request: called with who is silent if it is not answered, the answer's key, and what sends it.

    Attributes:
        told: called with every event that was published.
    """

    def __init__(self, node: ManagedNode, config: TrialSettings, request: Requesting) -> None:
        self._config, self._request = config, request
        self._events = node.advertise(_topics.TRIAL_EVENTS)
        self._prompts = node.advertise(_topics.TRIAL_PROMPT)
        self._commands = node.advertise(_topics.HEAD_COMMAND)
        self._scene = node.advertise(_topics.SCENE)
        self.told: Callable[[TrialEvent], None] = lambda event: None

    def plan(self, protocol: Protocol, session_id: str) -> None:
        """What is conducted next."""
        self._protocol, self._session_id = protocol, session_id
        self._shown_scene: TrialScene | None = None

    def begin(self, stamp_ns: int) -> None:
        """The scene of a protocol without scenes of its own."""
        self._shown_scene = None
        if self._config.camera == "avatar" and not self._protocol.scenes:
            self._show_scene(TrialScene(self._config.lighting, self._config.occlusion), stamp_ns)

    def show(self, event: TrialEvent, stamp_ns: int, detail: str | None = None) -> None:
        """An event with all that follows from it.

        Args:
            event: of the schedule.
            stamp_ns: when it takes effect.
            detail: None = the scene, where it has one.
        """
        scene = event.scene
        if scene is not None:
            self._show_scene(scene, stamp_ns)
        if detail is None:
            detail = scene.to_json() if scene else ""
        self.event(event, stamp_ns, detail)
        if event.label:
            self.command(event, stamp_ns)
            self._prompt(self._protocol.prompt(event.label))

    def event(self, event: TrialEvent, stamp_ns: int, detail: str = "") -> None:
        """The ground truth, and nothing else."""
        self._events.publish(
            affect.TrialEvent(
                header=conversions.to_header(stamp_ns),
                kind=int(event.kind),
                session=self._session_id,
                label=event.label,
                intensity=event.intensity,
                onset=event.onset_s,
                index=event.index,
                total=event.total,
                detail=detail,
            )
        )
        self.told(event)

    def command(self, event: TrialEvent, stamp_ns: int) -> None:
        """The head's part in it."""
        if self._config.head == "none":
            return
        command = affect.ExpressionCommand(
            header=conversions.to_header(stamp_ns),
            expression=event.label,
            intensity=event.intensity,
            onset=event.onset_s,
        )
        key = ("head", stamp_ns, event.label)
        self._request("ohbot (did not acknowledge a command)", key, lambda: self._commands.publish(command))

    def _show_scene(self, scene: TrialScene, stamp_ns: int) -> None:
        if scene == self._shown_scene:
            return
        self._shown_scene = scene
        message = conversions.from_trial_scene(scene, stamp_ns)
        if not self._protocol.scenes:
            self._scene.publish(message)
            return
        key = ("scene", stamp_ns, scene.lighting, scene.occlusion)
        self._request("avatar (did not apply a scene)", key, lambda: self._scene.publish(message))

    def _prompt(self, text: str) -> None:
        if self._protocol.prompts:
            self._prompts.publish(String(data=text))
