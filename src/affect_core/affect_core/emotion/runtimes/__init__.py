"""Runtimes. Each builder takes ``(card, threads, precision, device)`` and loads the card's weights."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

from affect_core import openvino_compat, torch_compat
from affect_core.emotion.base import AUTO, CPU, RUNTIMES, EmotionConfig, Runtime
from affect_core.emotion.card import Card, load_card
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


_PROGRAMS: Final[dict[str, Callable[[], Any]]] = {
    "torch": torch_compat.torchvision,  # which every network of ours is built with
    "onnxruntime": lambda: import_module("onnxruntime"),
    "openvino": openvino_compat.processor,
}


def preload(config: EmotionConfig) -> None:
    """Load the program that will run the network; with ``auto`` that of the remembered choice, if there is one.

    Code takes seconds to load and stays in the process for good, whatever becomes of the networks it runs. A program
    that is not installed is left to `build_runtime`, which says so.

    Raises:
        AffectError: the model cannot be used; `build_runtime` will say the same.
    """
    runtime = config.runtime
    if runtime == AUTO:
        from affect_core.emotion.runtimes.auto import remembered

        card = load_card(config.model)
        runtime = remembered(card, config.threads, config.precision, config.device)
    preload_program(runtime)


def preload_program(runtime: str) -> None:
    """Load the program behind one runtime, where it is installed."""
    if runtime in _PROGRAMS and find_spec(runtime) is not None:
        _PROGRAMS[runtime]()


def _require(package: str) -> None:
    if find_spec(package) is None:
        raise Unavailable(
            f"runtime {package}: expected the package {package}, which is not installed; install the pinned "
            "requirements, or choose another runtime"
        )
