"""A thread of its own for explanations: what was asked for first, then what is due."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from affect_core.errors import Cancelled, Unavailable
from affect_core.explain.interrupt import Token
from affect_core.explain.live import Job, Live
from affect_core.explain.stage import Reading
from affect_core.threads import give_way

Explain = Callable[[Reading, Token], Any]
JOIN_S = 10.0
"""Longest wait for a forward pass that is under way."""


@dataclass(frozen=True, eq=False)
class Outcome:
    """How a job or a request ended.

    Attributes:
        value: what was asked for; None = there is nothing.
        error: why there is nothing; an error that is no AffectError is a mistake of ours.
        job: None for a request.
    """

    value: Any = None
    error: Exception | None = None
    job: Job | None = None


@dataclass(frozen=True, eq=False)
class _Request:
    run: Callable[[Token], Any]
    answer: Callable[[Outcome], None]
    token: Token


class Worker:
    """Explains the faces that `Live` chooses, and answers one request at a time.

    Args:
        explain: makes the map of a face, or whatever is wanted of it, and raises what ends it; the token is to be
            asked now and then.
        live: says what is due; `wake` the worker when that may have changed.
        tell: gets the outcome of every job, on the worker's thread.
    """

    def __init__(self, explain: Explain, live: Live, tell: Callable[[Outcome], None]) -> None:
        self._explain, self._live, self._tell = explain, live, tell
        self._condition = threading.Condition()
        self._request: _Request | None = None
        self._job: Job | None = None
        self._stopping = False
        self._thread = threading.Thread(target=self._work, name="explain", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Something may be due."""
        with self._condition:
            self._condition.notify()

    def ask(self, run: Callable[[Token], Any], answer: Callable[[Outcome], None]) -> None:
        """Call ``run`` as soon as the present job is done, and give its outcome to ``answer`` on the worker's thread.

        Raises:
            Unavailable: another request is being answered.
        """
        with self._condition:
            if self._request is not None:
                raise Unavailable(
                    "expected one request at a time, another one is being answered; ask again later"
                )
            self._request = _Request(run, answer, Token())
            self._condition.notify()

    def stop(self) -> None:
        """Cancel what is under way and end the thread. A request that waits is answered: cancelled."""
        with self._condition:
            self._stopping = True
            for work in (self._request, self._job):
                if work is not None:
                    work.token.cancel("explanations are being stopped")
            self._condition.notify()
        self._thread.join(JOIN_S)

    def _work(self) -> None:
        give_way()  # labels never wait for explanations, also where both cores are busy
        while (work := self._next()) is not None:
            if isinstance(work, Job):
                self._do(work)
            else:
                self._answer(work)

    def _next(self) -> Job | _Request | None:
        """Waits for it; None at the end."""
        with self._condition:
            self._job = None
            while self._request is None and not self._stopping:
                self._job = self._live.take()
                if self._job is not None:
                    return self._job
                self._condition.wait()
            return self._request

    def _do(self, job: Job) -> None:
        try:
            value = self._explain(job.reading, job.token)
        except Exception as error:  # noqa: BLE001 - told: what is no AffectError ends the program there
            end = self._live.cancelled if isinstance(error, Cancelled) else self._live.failed
            end()
            self._tell(Outcome(error=error, job=job))
        else:
            self._live.made(job)
            self._tell(Outcome(value, job=job))

    def _answer(self, request: _Request) -> None:
        try:
            request.token.check()
            outcome = Outcome(request.run(request.token))
        except Exception as error:  # noqa: BLE001 - as above
            outcome = Outcome(error=error)
        with self._condition:
            self._request = None
        request.answer(outcome)
