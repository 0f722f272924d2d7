"""What must be answered before time goes on in lock-step: commands to the head, scenes for the virtual camera."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Request:
    """Something that is sent and answered.

    Attributes:
        silent: what the abort says when no answer comes.
        key: what the answer repeats.
        send: publishes it.
    """

    silent: str
    key: tuple[object, ...]
    send: Callable[[], None]


class Pending:
    """Requests in order, each sent when the one before is answered: their answers' topics keep the last one only."""

    def __init__(self) -> None:
        self._requests: deque[Request] = deque()

    def add(self, request: Request) -> None:
        """Send it, now or when its turn comes."""
        self._requests.append(request)
        if len(self._requests) == 1:
            request.send()

    def answered(self, key: tuple[object, ...]) -> bool:
        """Take an answer; whether it was the one waited for."""
        if not self._requests or self._requests[0].key != key:
            return False
        self._requests.popleft()
        if self._requests:
            self._requests[0].send()
        return True

    def clear(self) -> None:
        """Forget all."""
        self._requests.clear()

    def __bool__(self) -> bool:
        return bool(self._requests)

    @property
    def key(self) -> tuple[object, ...]:
        """What the answer that is waited for repeats; empty if nobody is asked."""
        return self._requests[0].key if self._requests else ()

    @property
    def silent(self) -> str:
        """Who has not answered; empty if nobody is asked."""
        return self._requests[0].silent if self._requests else ""
