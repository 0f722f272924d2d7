"""How many threads the libraries below us may use, and which of ours go first.

A program of many stages has its own threads. Those that libraries add wait actively: after one product of two small
matrices OpenBLAS kept a second thread at 70 % of a core, and drawing and recognition waited for it.
"""

from __future__ import annotations

import os
import sys
from typing import Final

BACKGROUND: Final = 19
"""Nice value of threads whose results nobody waits for: the lowest priority there is."""


def one_thread_per_caller() -> None:
    """OpenBLAS and OpenMP compute in the thread that calls them, in this whole process, whenever they are loaded.

    What the environment says already stays as it is; for libraries that are loaded, one thread is set.
    """
    from threadpoolctl import threadpool_limits

    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    threadpool_limits(limits=1, user_api="blas")


def give_way(nice: int = BACKGROUND) -> None:
    """Let the other threads go first where processors are short: for the calling thread, and those it will start.

    Only Linux has priorities of threads; elsewhere this does nothing.
    """
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, 0, nice)
