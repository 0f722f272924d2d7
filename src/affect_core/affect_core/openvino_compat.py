"""The one door to OpenVINO, so that it keeps to itself and gives back what it takes.

``import openvino`` reports itself to a web analytics service, with an identifier it keeps in the home folder, unless
its package openvino_telemetry is missing. A program that looks at people calls nobody: we install OpenVINO without that
package, and where somebody else installed it, we hide it.

The oneDNN inside OpenVINO keeps the kernels of networks that are gone, for the next one: 40 MB of a network in int8.
OpenVINO has a cache of its own above it, which goes with the network, and no network is slower without the other one.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, Final

import numpy as np

_CAPACITY: Final = "ONEDNN_PRIMITIVE_CACHE_CAPACITY"


@cache
def processor() -> Any:
    """OpenVINO's core, with its plugin for processors loaded; raises ImportError."""
    core = openvino().Core()
    with _no_kernels_kept():
        core.compile_model(_smallest_network(), "CPU")
    return core


@contextmanager
def _no_kernels_kept() -> Iterator[None]:
    """OneDNN reads the variable once, for its first kernel; torch has a oneDNN of its own, which needs its cache."""
    given = os.environ.get(_CAPACITY)
    os.environ.setdefault(_CAPACITY, "0")
    try:
        yield
    finally:
        if given is None:
            del os.environ[_CAPACITY]


def _smallest_network() -> Any:
    """One product of matrices: enough for a kernel."""
    openvino()
    opset: Any = importlib.import_module("openvino.opset13")
    rows = opset.parameter([1, 16], np.float32)
    return importlib.import_module("openvino").Model(
        [opset.matmul(rows, opset.constant(np.ones((16, 16), np.float32)), False, False)], [rows]
    )


def openvino() -> Any:
    """OpenVINO, imported without its telemetry; raises ImportError."""
    if "openvino" not in sys.modules:
        vars(sys)["modules"].setdefault(
            "openvino_telemetry", None
        )  # None: importing it fails, as if it were missing
    return importlib.import_module("openvino")
