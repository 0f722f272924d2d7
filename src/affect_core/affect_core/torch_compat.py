"""The one door to torchvision, so that it works beside a CPU-only torch.

Symptom: ``import torchvision`` ends with "operator torchvision::nms does not exist". Cause: the wheel on the
package index is built for CUDA, and its operator library does not load where the CUDA runtime is missing.
Remedy: where that library does not load, declare the two operators that the import looks up, with a CPU
kernel for nms. Everything else of torchvision that we use (models, image transforms) is plain torch.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_OPERATORS = ("nms", "qnms")


def torchvision() -> Any:
    """Torchvision, imported so that its operators are there; call it before importing what builds on it."""
    declared = _operators()
    module = importlib.import_module("torchvision")
    if declared is not None:
        vars(importlib.import_module("torchvision.extension"))["_has_ops"] = lambda: True
    return module


def use_threads(threads: int) -> None:
    """Let torch use ``threads`` threads in this process.

    OpenMP threads that wait actively make two threads many times slower than one as soon as another program
    takes a core; so waiting is passive unless the environment says otherwise. It only works before torch is
    loaded.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    importlib.import_module("torch").set_num_threads(threads)


def greedy_nms(boxes_xyxy: NDArray[Any], scores: NDArray[Any], iou_threshold: float) -> NDArray[np.int64]:
    """Greedy non-maximum suppression, as ``torchvision.ops.nms`` defines it.

    Args:
        boxes_xyxy: (N, 4).
        scores: (N,).
        iou_threshold: boxes that overlap a better one by more than this are dropped.

    Returns:
        Indices of the kept boxes, best score first; int64.
    """
    boxes = boxes_xyxy.astype(np.float64)
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    order = np.argsort(-scores, kind="stable")
    keep: list[int] = []
    while order.size:
        best, rest = order[0], order[1:]
        keep.append(int(best))
        low = np.maximum(boxes[best, :2], boxes[rest, :2])
        high = np.minimum(boxes[best, 2:], boxes[rest, 2:])
        overlap = np.prod(np.clip(high - low, 0.0, None), axis=1)
        order = rest[overlap <= iou_threshold * (areas[best] + areas[rest] - overlap)]
    return np.asarray(keep, dtype=np.int64)


@cache
def _operators() -> Any | None:
    """The library object that holds our declarations; None where torchvision's own library loads."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    torch: Any = importlib.import_module("torch")
    if _own_library_loads(torch):
        return None
    library = torch.library.Library("torchvision", "DEF")
    for name in _OPERATORS:
        library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    library.impl("nms", _nms_kernel, "CPU")
    return library


def _own_library_loads(torch: Any) -> bool:
    spec = importlib.util.find_spec("torchvision")  # does not import it
    if spec is None or not spec.submodule_search_locations:
        raise ImportError("expected torchvision to be installed, found none; install the pinned requirements")
    for library in Path(spec.submodule_search_locations[0]).glob("_C*.so"):
        try:
            torch.ops.load_library(str(library))
        except OSError:
            continue
        return True
    return False


def _nms_kernel(boxes: Any, scores: Any, iou_threshold: float) -> Any:
    torch: Any = importlib.import_module("torch")
    return torch.from_numpy(greedy_nms(boxes.detach().numpy(), scores.detach().numpy(), iou_threshold))
