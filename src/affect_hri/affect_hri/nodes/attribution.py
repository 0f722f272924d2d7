"""attribution_node: explains labels by a heavy method, at its own pace and on request; labels never wait for it."""

from __future__ import annotations

from collections.abc import Callable

from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.task import Future

from affect_core.config import names_of
from affect_core.emotion import EmotionConfig
from affect_core.errors import AffectError, Cancelled, ConfigError, InputError
from affect_core.explain import ExplainConfig
from affect_core.explain.interrupt import Token
from affect_core.explain.live import Live, LiveConfig, Recent, refuse_own_attention
from affect_core.explain.stage import ExplainStage, Reading, preload
from affect_core.explain.worker import Outcome, Worker
from affect_core.types import AttributionMap, EmotionSet, FaceSet
from affect_hri import conversions
from affect_hri.nodes import _topics
from affect_hri.nodes._managed import ManagedNode
from affect_hri.nodes._ports import Mailbox
from affect_hri.program import run
from affect_hri_interfaces.srv import Explain

ENDS = 64
"""Outcomes that wait for the node's thread: of one job and one request there are never many."""


class AttributionNode(ManagedNode):
    """faces, emotions -> attributions by a method of one's choice; service explain.

    Explanations run on a thread of their own; everything else, publishing included, on the node's executor.
    """

    node_name = "attribution"
    settings = (EmotionConfig, ExplainConfig, LiveConfig)
    measured = ("rate_hz", "latency_ms", "dropped", "queue_depth")

    def preload(self) -> None:
        """Torch, captum, and the program that runs the network."""
        preload(self.config(EmotionConfig))

    def setup(self) -> None:
        """Load the network and build the method; one that does not fit the network is an Unavailable."""
        emotion, self._method = self.config(EmotionConfig), self.config(ExplainConfig).method
        self._pace = self.config(LiveConfig)
        self._reader = conversions.ImageReader()
        self._maps = self.advertise(_topics.ATTRIBUTIONS)
        self._worker: Worker | None = None
        self._ends = Mailbox(self, lambda call, _dropped: call(), ENDS)
        self.release_later(self._ends.close)
        # A group of its own: while a request waits for its answer, nobody else of its group is called.
        service = self.create_service(
            Explain, "explain", self._on_request, callback_group=ReentrantCallbackGroup()
        )
        self.release_later(lambda: self.destroy_service(service))
        refuse_own_attention(self._method)
        self._stage = ExplainStage(
            emotion.repeatable() if self.lockstep else emotion, self.config(ExplainConfig)
        )
        self.adapt_to(ExplainConfig, names_of(ExplainConfig), self._on_method)
        self.adapt_to(LiveConfig, ("rate_hz", "budget_ms"), self._on_pace)
        self.describe(model=self._stage.card.name, method=self._method, device=emotion.device)

    def start(self) -> None:
        """Take labelled faces; the newest wins."""
        self._live, self._recent = Live(self._pace), Recent(self._pace.held_frames)
        self._worker = Worker(
            lambda reading, token: self._stage.explain(reading, token=token),
            self._live,
            lambda outcome: self._ends.put(lambda: self._on_outcome(outcome)),
        )
        self.release_later(self._stop_worker)
        self.inlet(
            _topics.FACES,
            lambda message: conversions.to_face_set(message, self._reader),
            self._on_faces,
            direct=True,
        )
        self.inlet(_topics.EMOTIONS, conversions.to_emotion_set, self._on_emotions, direct=True)
        self.report(DiagnosticStatus.OK, "waiting for labelled faces", **self._values())

    def _on_method(self, config: ExplainConfig) -> None:
        refuse_own_attention(config.method)
        self._stage.adapt(config)
        self._method = config.method
        self.describe(method=config.method)

    def _on_pace(self, pace: LiveConfig) -> None:
        self._pace = pace
        if self._worker is not None:
            self._live.adapt(pace)

    def _stop_worker(self) -> None:
        """What is under way is cancelled."""
        if self._worker is not None:
            self._worker.stop()
            self._worker = None

    # --- live: in one program this is called in the threads of face_node and emotion_node ---

    def _on_faces(self, faces: FaceSet, _dropped: int) -> None:
        self._see(self._recent.add_faces(faces))

    def _on_emotions(self, emotions: EmotionSet, _dropped: int) -> None:
        try:
            self._stage.expect_own(emotions)
        except InputError as error:
            reason = error  # in memory this is the sender's thread: nothing is published here
            self._ends.put(lambda: self.report_bad_input(reason))
            return
        self._see(self._recent.add_emotions(emotions))

    def _see(self, joined: tuple[FaceSet, EmotionSet] | None) -> None:
        worker = self._worker  # the node's thread may take it away meanwhile
        if joined is not None and worker is not None and self._live.see(*joined):
            worker.wake()

    def _on_outcome(self, outcome: Outcome) -> None:
        if outcome.job is not None and outcome.value is not None:
            frame = outcome.job.reading.frame
            self._maps.publish(conversions.from_attributions([outcome.value], frame))
            self.worked(frame.stamp_ns)
            values = self._values() | {"compute_ms": f"{outcome.value.compute_ms:.0f}"}
            self.report(DiagnosticStatus.OK, "running", **values)
        elif isinstance(outcome.error, Cancelled):
            self.report(DiagnosticStatus.OK, "running", **self._values())
        elif isinstance(outcome.error, AffectError):
            self.report(DiagnosticStatus.WARN, f"no map: {outcome.error}", **self._values())
        elif outcome.error is not None:
            raise outcome.error

    def _values(self) -> dict[str, object]:
        counts = self._live.counts
        return {
            "rate_hz": f"{counts.rate_hz:.2f}",
            "made": counts.made,
            "cancelled": counts.cancelled,
            "failed": counts.failed,
        }

    # --- on request ---

    async def _on_request(self, request: Explain.Request, response: Explain.Response) -> Explain.Response:
        answered = Future()
        try:
            self._ask(request, lambda outcome: self._ends.put(lambda: answered.set_result(outcome)))
            outcome: Outcome = await answered
            if outcome.error is not None:
                raise outcome.error
        except AffectError as error:
            response.message = str(error)
            return response
        item, reading = outcome.value
        response.success = True
        response.attribution = conversions.from_attribution(item, reading.frame)
        response.estimate = conversions.from_emotion(reading.emotion)
        return response

    def _ask(self, request: Explain.Request, answer: Callable[[Outcome], None]) -> None:
        if self._worker is None:
            raise ConfigError("expected an active node, it is paused; activate it")
        find = self._finder(request)

        def explain(token: Token) -> tuple[AttributionMap, Reading]:
            reading = find()
            return self._stage.explain(reading, request.method, request.label, token), reading

        self._worker.ask(explain, answer)

    def _finder(self, request: Explain.Request) -> Callable[[], Reading]:
        """What finds the face that is asked about; a recent one at once, before it is held no longer."""
        if request.image.data:
            frame = conversions.to_frame(request.image, self._reader)
            return lambda: self._stage.read(frame, request.face_id)
        reading = self._recent.find(conversions.from_time(request.stamp), request.face_id)
        return lambda: reading


def main() -> int:
    """Entry point of `ros2 run affect_hri attribution_node`."""
    return run(AttributionNode)
