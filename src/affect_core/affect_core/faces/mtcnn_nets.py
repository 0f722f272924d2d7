"""MTCNN's three networks in ONNX Runtime, made once from the weights in facenet-pytorch's wheel."""

from __future__ import annotations

import importlib.util
import io
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from affect_core import torch_compat
from affect_core.errors import ModelError
from affect_core.faces.cascade import Nets
from affect_core.faces.pooling import Pixels
from affect_core.files import file_sha256

_FORMAT: Final = 2
"""Of the exported files; another one makes them again."""

_OPSET: Final = 17
_DIGITS: Final = 16
_OUTPUTS: Final = {
    "pnet": ("shares", "scores"),
    "rnet": ("shares", "scores"),
    "onet": ("shares", "landmarks", "scores"),
}


class OrtNet:
    """One network; call it with a batch to get its outputs as arrays."""

    def __init__(self, network: bytes, threads: int) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.enable_mem_pattern = False  # the first network's input changes its size from call to call
        # Threads that wait actively take the core from whoever else needs it.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session: Any = onnxruntime.InferenceSession(
            network, options, providers=["CPUExecutionProvider"]
        )

    def __call__(self, batch: Pixels) -> list[NDArray[np.float32]]:
        """See `affect_core.faces.cascade.Net`."""
        outputs: list[NDArray[np.float32]] = self._session.run(None, {"pixels": batch})
        return outputs


def load_nets(threads: int = 1) -> Nets:
    """The three networks, each with ``threads`` threads.

    Raises:
        ModelError: facenet-pytorch is not installed.
    """
    return Nets(*(OrtNet(exported(name, path), threads) for name, path in _weights().items()))


def exported(name: str, weights: Path) -> bytes:
    """The ONNX file of one network; kept on this machine under the weights' hash, made again if damaged."""
    from affect_core.emotion.cache import kept  # that package imports this one

    stem = f"mtcnn-{name}-{_FORMAT}-{file_sha256(weights)[:_DIGITS]}"
    return kept(stem, ".onnx", lambda: _export(name))


def _weights() -> dict[str, Path]:
    spec = importlib.util.find_spec("facenet_pytorch")  # does not import it
    if spec is None or not spec.submodule_search_locations:
        raise ModelError(
            "expected facenet-pytorch (it ships MTCNN's weights), found none; install the requirements"
        )
    data = Path(spec.submodule_search_locations[0]) / "data"
    return {name: data / f"{name}.pt" for name in _OUTPUTS}


def _export(name: str) -> bytes:
    torch_compat.torchvision()
    import torch
    from facenet_pytorch.models import mtcnn

    class TwoSlopes(torch.nn.Module):
        """PReLU as a sum: between its convolutions ONNX Runtime then keeps the layout they are fastest in.

        Measured, one thread, last network: 0.49 ms a face before, 0.27 after (n = 120, in turns).
        """

        def __init__(self, slope: torch.Tensor) -> None:
            super().__init__()
            self.slope = torch.nn.Parameter(slope)

        def forward(self, values: torch.Tensor) -> torch.Tensor:
            slope = self.slope.view(1, -1, *[1] * (values.dim() - 2))
            return slope * values + (1.0 - slope) * values.relu()

    def with_sums(net: torch.nn.Module) -> torch.nn.Module:
        for name, part in list(net.named_children()):
            if isinstance(part, torch.nn.PReLU):
                setattr(net, name, TwoSlopes(part.weight.detach()))
        return net

    class Normalised(torch.nn.Module):
        """Pixels as they come, rows first, scaled as MTCNN was trained."""

        def __init__(self, net: torch.nn.Module) -> None:
            super().__init__()
            self.net = net

        def forward(self, pixels: torch.Tensor) -> Any:
            return self.net((pixels.permute(0, 3, 1, 2) - 127.5) * 0.0078125)

    build, sample, free, moving = {
        # One image of any size.
        "pnet": (mtcnn.PNet, (1, 24, 24, 3), {1: "height", 2: "width"}, {2: "rows", 3: "columns"}),
        # Any number of crops.
        "rnet": (mtcnn.RNet, (2, 24, 24, 3), {0: "count"}, {0: "count"}),
        "onet": (mtcnn.ONet, (2, 48, 48, 3), {0: "count"}, {0: "count"}),
    }[name]
    outputs = _OUTPUTS[name]
    file = io.BytesIO()
    torch.onnx.export(
        Normalised(with_sums(build())).eval(),
        (torch.zeros(sample),),
        file,  # type: ignore[arg-type] # this exporter writes into files too
        opset_version=_OPSET,
        dynamo=False,
        input_names=["pixels"],
        output_names=list(outputs),
        dynamic_axes={"pixels": free, **dict.fromkeys(outputs, moving)},
    )
    return file.getvalue()
