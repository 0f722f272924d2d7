"""Work that is spread over the cores."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from typing import TypeVar

Item = TypeVar("Item")
Made = TypeVar("Made")


def spread(make: Callable[[Item], Made], items: Sequence[Item], workers: int) -> Iterator[tuple[Item, Made]]:
    """Every item and what is made of it, as they are finished; ``make`` must be of a module's top level, or a partial.

    Processes start afresh, because torch does not survive a fork; one worker, or one item, is done here. Leaving
    it early lets what is under way finish.
    """
    if workers <= 1 or len(items) <= 1:
        for item in items:
            yield item, make(item)
        return
    pool = ProcessPoolExecutor(min(workers, len(items)), mp_context=get_context("spawn"))
    try:
        running = {pool.submit(make, item): item for item in items}
        for job in as_completed(running):
            yield running[job], job.result()
    finally:
        pool.shutdown(cancel_futures=True)
