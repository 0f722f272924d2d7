import os
import subprocess
import sys

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
