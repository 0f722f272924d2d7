"""Runtimes. Each builder takes ``(card, threads, precision, device)`` and loads the card's weights."""

from __future__ import annotations

from importlib.util import find_spec

from affect_core.emotion.base import AUTO, CPU, RUNTIMES, Runtime
from affect_core.emotion.card import Card
from affect_core.errors import Unavailable


@RUNTIMES.register("torch")
def _torch(card: Card, threads: int = 1, precision: str = AUTO, device: str = CPU) -> Runtime:
    _require("torch")
    from affect_core.emotion.runtimes.torch_runtime import TorchRuntime

    return TorchRuntime(card, threads, precision, device)


@RUNTIMES.register("onnxruntime")
def _onnxruntime(card: Card, threads: int = 1, precision: str = AUTO, device: str = CPU) -> Runtime:
    _require("onnxruntime")
    from affect_core.emotion.runtimes.onnx_runtime import OnnxRuntime

    return OnnxRuntime(card, threads, precision, device)


@RUNTIMES.register("openvino")
def _openvino(card: Card, threads: int = 1, precision: str = AUTO, device: str = CPU) -> Runtime:
    _require("openvino")
    from affect_core.emotion.runtimes.openvino_runtime import OpenVinoRuntime

    return OpenVinoRuntime(card, threads, precision, device)


@RUNTIMES.register(AUTO)
def _auto(card: Card, threads: int = 1, precision: str = AUTO, device: str = CPU) -> Runtime:
    from affect_core.emotion.runtimes.auto import choose

    choice = choose(card, threads, precision, device)
    return RUNTIMES.build(choice.runtime, card, threads, choice.precision, device)


def _require(package: str) -> None:
    if find_spec(package) is None:
        raise Unavailable(
            f"runtime {package}: expected the package {package}, which is not installed; install the pinned "
            "requirements, or choose another runtime"
        )
