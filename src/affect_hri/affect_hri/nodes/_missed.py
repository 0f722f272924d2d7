"""Messages of a topic that DDS replaced by newer ones before we came to take them."""

from __future__ import annotations

from typing import Final

PUBLISHERS: Final = 8
"""So many are told apart; who was heard least recently is forgotten."""
MOST: Final = 1000
"""A larger gap is none, but a publisher that was not heard before."""


class Missed:
    """Counts the gaps in the numbers that publishers give their messages.

    rclpy does not say whose number it is. One that goes on is taken to belong to the publisher that was nearest
    below it: two cameras on a topic, or one that was started again, are no loss of thousands.
    """

    def __init__(self) -> None:
        self._last: list[int] = []

    def before(self, number: int | None) -> int:
        """How many are missing before the message of this number; 0 where the middleware gives none."""
        if not number:
            return 0
        below = max((last for last in self._last if last < number <= last + MOST), default=None)
        if below is not None:
            self._last.remove(below)
        self._last = [*self._last, number][-PUBLISHERS:]
        return 0 if below is None else number - below - 1
