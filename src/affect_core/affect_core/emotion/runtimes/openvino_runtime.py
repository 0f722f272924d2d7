"""OpenVINO: the exported network in single precision or bf16, or quantised."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from affect_core.emotion.base import AUTO, CPU, Batch, Output, runtime_name
from affect_core.emotion.card import Card
from affect_core.emotion.export import exported
from affect_core.emotion.int8 import quantised
from affect_core.emotion.runtimes.support import settle_precision, to_output
from affect_core.errors import Unavailable
from affect_core.openvino_compat import processor

_READY_FACES: Final = 4
_NETWORKS: Final = {"fp32": exported, "bf16": exported, "int8": quantised}
_REST: Final = {
    "fp32": "f32",
    "bf16": "bf16",
    "int8": "f32",
}  # of what is not quantised; bf16 is no faster there


class OpenVinoRuntime:
    """Runs the card's network with OpenVINO, on the processor.

    Args:
        card: of the model.
        threads: of this network.
        precision: fp32; bf16 where the processor has it; int8 for a model with an accepted measurement.
        device: cpu.
    """

    def __init__(self, card: Card, threads: int = 1, precision: str = AUTO, device: str = CPU) -> None:
        if device != CPU:
            raise Unavailable(f"device {device}: runtime openvino is for processors; choose device {CPU}")
        core = processor()
        precision = settle_precision("openvino", device, precision, _reasons(core))
        self.name = runtime_name("openvino", precision)
        network = core.read_model(_NETWORKS[precision](card))
        compiled = core.compile_model(network, "CPU", _settings(threads, precision))
        self._names = [_name_of(output) for output in compiled.outputs]
        self._request = compiled.create_infer_request()
        self._get_ready(card.crop.size_px)

    def forward(self, batch: Batch) -> Output:
        """See `Runtime.forward`."""
        arrays = self._request.infer([batch])
        return to_output(self._names, [arrays[i] for i in range(len(self._names))])

    def _get_ready(self, size_px: int) -> None:
        """Kernels are made when a number of faces first comes, in 20 to 50 ms: now instead of in the loop."""
        for faces in range(1, _READY_FACES + 1):
            self.forward(np.zeros((faces, 3, size_px, size_px), np.float32))


def _name_of(output: Any) -> str:
    """Ours; OpenVINO keeps the name of the operation behind it too, and gives any of them when asked for one."""
    return str(next(name for name in sorted(output.get_names()) if name in Output._fields))


def _reasons(core: Any) -> dict[str, str]:
    """Precision -> why not."""
    able = core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    return {"fp32": "", "bf16": "" if "BF16" in able else "the processor has no bf16", "int8": ""}


def _settings(threads: int, precision: str) -> dict[str, Any]:
    """One stream for the shortest latency; not pinned to a core, which another program may be using."""
    return {
        "PERFORMANCE_HINT": "LATENCY",
        "NUM_STREAMS": 1,
        "INFERENCE_NUM_THREADS": threads,
        "ENABLE_CPU_PINNING": False,
        "INFERENCE_PRECISION_HINT": _REST[precision],
    }
