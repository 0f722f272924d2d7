"""ONNX Runtime: the exported network in single precision, or quantised."""

from __future__ import annotations

from typing import Any, Final

from affect_core.emotion.base import AUTO, CPU, Batch, Output, runtime_name
from affect_core.emotion.card import Card
from affect_core.emotion.export import INPUT, exported
from affect_core.emotion.int8 import quantised
from affect_core.emotion.runtimes.support import settle_precision, to_output
from affect_core.errors import Unavailable

_PROVIDERS: Final = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider"}
_NETWORKS: Final = {"fp32": exported, "int8": quantised}
_ONLY_ERRORS: Final = 3


class OnnxRuntime:
    """Runs the card's network with ONNX Runtime.

    Args:
        card: of the model.
        threads: of this session.
        precision: fp32; int8 on the processor, for a model with an accepted measurement.
        device: cpu; cuda with the package onnxruntime-gpu.
    """

    def __init__(self, card: Card, threads: int = 1, precision: str = AUTO, device: str = CPU) -> None:
        import onnxruntime

        if _PROVIDERS[device] not in onnxruntime.get_available_providers():
            raise Unavailable(
                f"device {device}: this onnxruntime has no {_PROVIDERS[device]}; choose device {CPU}"
            )
        reasons = {"fp32": "", "int8": "" if device == CPU else "it is for processors"}
        precision = settle_precision("onnxruntime", device, precision, reasons)
        self.name = runtime_name("onnxruntime", precision, device)
        network = _NETWORKS[precision](card)
        options = session_options(threads)
        self._session = onnxruntime.InferenceSession(network, options, providers=[_PROVIDERS[device]])
        self._names = [output.name for output in self._session.get_outputs()]

    def forward(self, batch: Batch) -> Output:
        """See `Runtime.forward`."""
        return to_output(self._names, self._session.run(None, {INPUT: batch}))


def session_options(threads: int) -> Any:
    """One pool of ``threads``, whose threads sleep while they wait.

    Spinning threads take the processor from the camera and the renderer, and when another program takes a core they
    make the session several times slower.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    options.log_severity_level = _ONLY_ERRORS
    return options
