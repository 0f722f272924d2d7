"""Memory that is not needed any more goes back to the system."""

from __future__ import annotations

import ctypes
import gc
from typing import Final

_KEEP_PAD_BYTES: Final = 0


def give_back() -> None:
    """Free what nobody can reach any more, and hand the allocator's free pages back; takes some tenths of a second.

    A network is full of cycles, which only the collector frees, and it looks at nothing that was frozen. What it
    frees then lies in the C library's heap, which keeps what lies below its top for itself.
    """
    frozen = gc.get_freeze_count() > 0
    gc.unfreeze()
    gc.collect()
    if frozen:
        gc.freeze()
    trim = getattr(
        ctypes.CDLL(None), "malloc_trim", None
    )  # of glibc; other C libraries give back by themselves
    if trim is not None:
        trim(_KEEP_PAD_BYTES)
