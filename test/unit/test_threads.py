import os
import subprocess
import sys
import threading

import pytest

from affect_core.threads import give_way

CODE = """
import numpy as np
from threadpoolctl import threadpool_info
from affect_core.threads import one_thread_per_caller
one_thread_per_caller()
np.ones((300, 300)) @ np.ones((300, 300))
import scipy.linalg
print([pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"])
"""


def test_blas_computes_in_its_caller_also_where_it_is_loaded_later():
    clean = {key: value for key, value in os.environ.items() if "THREADS" not in key}
    done = subprocess.run([sys.executable, "-c", CODE], env=clean, capture_output=True, text=True, check=True)
    threads = eval(done.stdout)
    assert threads and set(threads) == {1}


@pytest.mark.skipif(sys.platform != "linux", reason="threads have priorities of their own on Linux only")
def test_one_thread_gives_way_and_the_others_do_not():
    before = os.getpriority(os.PRIO_PROCESS, 0)
    found = {}

    def work():
        give_way(before + 3)
        found["own"] = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
        started = threading.Thread(
            target=lambda: found.update(child=os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
        )
        started.start()
        started.join()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == {"own": before + 3, "child": before + 3}
    assert os.getpriority(os.PRIO_PROCESS, 0) == before
