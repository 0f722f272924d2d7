"""Work on what comes next while the present is being worked on."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

MOST: Final = 4

T = TypeVar("T")


def ahead(items: Iterable[T], most: int = MOST) -> Iterator[T]:
    """The same items in the same order, made on a thread of their own while the caller works on earlier ones.

    What making an item raises is raised when its turn comes. A caller that stops early ends the thread, after the item
    that is being made.

    Args:
        items: nobody else may read from them meanwhile.
        most: how many are made before they are asked for.
    """
    iterator, end = iter(items), object()
    with ThreadPoolExecutor(1, "ahead") as thread:
        coming = deque(thread.submit(next, iterator, end) for _ in range(most))
        try:
            while (item := coming.popleft().result()) is not end:
                coming.append(thread.submit(next, iterator, end))
                yield item  # type: ignore[misc] # mypy does not see that `end` is the only object that is no T
        finally:
            for one in coming:
                one.cancel()
