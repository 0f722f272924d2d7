"""How many threads the libraries below us may use.

A program of many stages has its own threads. Those that libraries add wait actively: after one product of two small
matrices OpenBLAS kept a second thread at 70 % of a core, and drawing and recognition waited for it.
"""

from __future__ import annotations

import os


def one_thread_per_caller() -> None:
    """OpenBLAS and OpenMP compute in the thread that calls them, in this whole process, whenever they are loaded.

    What the environment says already stays as it is; for libraries that are loaded, one thread is set.
    """
    from threadpoolctl import threadpool_limits

    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    threadpool_limits(limits=1, user_api="blas")
