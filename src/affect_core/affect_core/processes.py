"""Work that is spread over the cores."""

from __future__ import annotations

from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context


def open_pool(workers: int) -> Executor:
    """Processes that start afresh, because torch does not survive a fork; one worker is a thread of this one."""
    return ProcessPoolExecutor(workers, get_context("spawn")) if workers > 1 else ThreadPoolExecutor(1)
