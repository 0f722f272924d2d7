"""Networks as ONNX: what every runtime but torch reads. Exported once per weights file, then kept."""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

from affect_core.emotion.base import Output
from affect_core.emotion.cache import kept, key_of
from affect_core.emotion.card import Card
from affect_core.emotion.weights import check_hash, load_model
from affect_core.errors import Unavailable

FORMAT: Final = 1
"""Version of how networks are exported; another one makes other files."""

INPUT: Final = "batch"
_OPSET: Final = 17
_log = logging.getLogger(__name__)


def exported(card: Card) -> bytes:
    """The card's network as ONNX, float32.

    Its input `INPUT` is (N, 3, S, S) with any N; its outputs are those fields of `Output` that the network has, under
    their names.

    Raises:
        ModelError: the weights cannot be used.
    """
    return kept(file_stem(card, "fp32"), ".onnx", lambda: export(card))


def file_stem(card: Card, precision: str, *more: Any) -> str:
    """Name of what is made from a card's weights in the cache; raises ModelError when they are not the card's."""
    sha256 = check_hash(card.weights_path, card.weights.sha256)
    built = (card.architecture, dict(card.options), len(card.labels))
    key = key_of(FORMAT, sha256, built, installed("torch"), *more)
    return f"{sha256[:12]}-{card.crop.size_px}-{precision}-{key}"


def installed(package: str) -> str:
    """Version of a package; empty if it is not installed. Does not import it."""
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def export(card: Card) -> bytes:
    """Trace the network, without keeping anything."""
    import torch

    network = load_model(card)
    example = torch.zeros(2, 3, card.crop.size_px, card.crop.size_px)
    with torch.inference_mode():
        names = [name for name, part in network(example)._asdict().items() if part is not None]
    file: Any = io.BytesIO()  # which it takes, whatever its types say
    with _quiet(), _plain_attention(), _told(card):
        torch.onnx.export(
            _plain(network),
            (example,),
            file,
            dynamo=False,  # the newer exporter needs onnxscript, and names the nodes anew with every version
            opset_version=_OPSET,
            input_names=[INPUT],
            output_names=names,
            dynamic_axes={name: {0: "n"} for name in (INPUT, *names)},
        )
    _log.info("%s: exported to ONNX", card.name)
    content: bytes = file.getvalue()
    return content


@contextmanager
def _told(card: Card) -> Iterator[None]:
    """What the exporter cannot do is a reason to take another runtime."""
    import torch

    try:
        yield
    except torch.onnx.errors.OnnxExporterError as error:
        raise Unavailable(
            f"{card.name}: {card.architecture} at {card.crop.size_px} px cannot be exported to ONNX; choose runtime "
            f"torch. {str(error).partition('.  ')[0][:200]}"
        ) from error


def _plain(network: Any) -> Any:
    """The network with a plain tuple of those outputs that it has."""
    import torch

    class Plain(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.m = network

        def forward(self, batch: torch.Tensor) -> tuple[torch.Tensor, ...]:
            output: Output = self.m(batch)
            return tuple(part for part in output if part is not None)

    return Plain().eval()  # or the exporter leaves the network in training mode


@contextmanager
def _quiet() -> Iterator[None]:
    """The exporter warns that a newer one exists."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextmanager
def _plain_attention() -> Iterator[None]:
    """Transformers have a fused kernel for inference, which ONNX does not know."""
    import torch

    fused = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(fused)
