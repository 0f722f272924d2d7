"""The same work on many things: one after another, in several processes, or on a Ray cluster, with the same results."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any, TypeVar

from affect_core.errors import Unavailable

Thing = TypeVar("Thing")
Made = TypeVar("Made")


def spread(
    work: Callable[[Thing], Made],
    things: Sequence[Thing],
    jobs: int,
    ray: str = "",
    advance: Callable[[], object] = lambda: None,
) -> Iterator[Made]:
    """Results in the order of the things, whatever was done first.

    Args:
        work: a function of a module, so that it can be sent to other processes.
        things: what it is done to.
        jobs: processes; 1 = this one.
        ray: address of a Ray cluster (``local`` starts one here); empty = without. Its machines must see the same
            files, and have this package installed.
        advance: is called after each that is done.

    Raises:
        Unavailable: Ray is asked for and not installed, or there is none at the address.
    """
    if ray:
        yield from _on_ray(work, things, ray, advance)
    elif jobs == 1:
        for thing in things:
            yield work(thing)
            advance()
    else:
        yield from _in_processes(work, things, jobs, advance)


def _in_processes(
    work: Callable[[Thing], Made], things: Sequence[Thing], jobs: int, advance: Callable[[], object]
) -> Iterator[Made]:
    # Not forked: torch's threads would not live on in the children.
    with ProcessPoolExecutor(jobs, get_context("spawn")) as pool:
        waiting = [pool.submit(work, thing) for thing in things]
        for future in waiting:
            future.add_done_callback(lambda _: advance())
        for future in waiting:
            yield future.result()


def _on_ray(
    work: Callable[[Thing], Made], things: Sequence[Thing], address: str, advance: Callable[[], object]
) -> Iterator[Made]:
    try:
        import ray
    except ImportError as error:
        raise Unavailable(
            "expected the package ray for --ray, it is not installed: pip install ray"
        ) from error
    try:
        ray.init(address=address, log_to_driver=False, configure_logging=False)
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise Unavailable(
            f"expected a Ray cluster at {address}: {error}; start it, or say --ray local"
        ) from error
    try:
        remote: Any = ray.remote(work)
        waiting = [remote.remote(thing) for thing in things]
        left = list(waiting)
        while left:  # one line of progress for each that is done, in whatever order
            _, left = ray.wait(left)
            advance()
        yield from ray.get(waiting)
    finally:
        ray.shutdown()
