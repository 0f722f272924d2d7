"""Memory that is not needed any more goes back to the system."""

import gc
import os
import platform

import pytest

from affect_core.machine import memory_of_tree_mb
from affect_core.memory import give_back


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries give back by themselves")
def test_what_lies_below_the_top_of_the_heap_is_given_back():
    lumps = [bytes(2_000) for _ in range(100_000)]  # 200 MB, too small to be given back one by one
    kept = lumps[-1]  # the top
    lumps.clear()
    before_mb = memory_of_tree_mb(os.getpid())
    give_back()
    assert before_mb - memory_of_tree_mb(os.getpid()) > 150.0
    assert len(kept) == 2_000


def test_what_was_frozen_is_looked_at_and_frozen_again():
    class Ring:
        """Holds itself."""

        ended = 0

        def __init__(self):
            self.me = self

        def __del__(self):
            Ring.ended += 1

    Ring()
    gc.freeze()
    gc.collect()
    assert Ring.ended == 0
    give_back()
    assert Ring.ended == 1
    assert gc.get_freeze_count() > 0
    gc.unfreeze()
