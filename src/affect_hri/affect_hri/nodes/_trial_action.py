"""The action run_trial: one goal at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rclpy.action import ActionServer, CancelResponse, GoalResponse
from rclpy.node import Node
from rclpy.task import Future

from affect_core.errors import AffectError
from affect_hri_interfaces.action import RunTrial


class TrialAction:
    """Serves run_trial.

    Args:
        node: its owner.
        busy: whether a trial is under way.
        begin: plan and begin the trial of a request; an AffectError aborts the goal.
        cancel: end the trial; it answers the goal.
        session: id of the session that is conducted.
    """

    def __init__(
        self,
        node: Node,
        busy: Callable[[], bool],
        begin: Callable[[RunTrial.Goal], None],
        cancel: Callable[[str], None],
        session: Callable[[], str],
    ) -> None:
        self._begin, self._cancel, self._session = begin, cancel, session
        self._goal: tuple[Any, Future] | None = None
        taken = GoalResponse.REJECT, GoalResponse.ACCEPT
        self._server = ActionServer(
            node,
            RunTrial,
            "run_trial",
            execute_callback=self._execute,
            goal_callback=lambda _goal: taken[0] if busy() or self._goal else taken[1],
            cancel_callback=self._on_cancel,
        )

    def destroy(self) -> None:
        """No more goals."""
        self._server.destroy()

    def tell(self, index: int, total: int, label: str) -> None:
        """An event of the trial, as feedback."""
        if self._goal is not None:
            self._goal[0].publish_feedback(RunTrial.Feedback(index=index, total=total, label=label))

    def answer(self, success: bool, message: str) -> None:
        """The trial has ended."""
        if self._goal is not None and not self._goal[1].done():
            self._goal[1].set_result((success, message))

    async def _execute(self, goal: Any) -> RunTrial.Result:
        answer: Future = Future()
        self._goal = (goal, answer)
        try:
            self._begin(goal.request)
        except AffectError as error:
            self._goal = None
            goal.abort()
            return RunTrial.Result(success=False, message=str(error))
        success, message = await answer
        self._goal = None
        (goal.succeed if success else goal.canceled if goal.is_cancel_requested else goal.abort)()
        return RunTrial.Result(success=success, message=message, session=self._session())

    def _on_cancel(self, _goal: Any) -> CancelResponse:
        self._cancel("canceled by the client")
        return CancelResponse.ACCEPT
