"""Networks in int8: built from the value ranges that lie beside a model, if the loss was measured and accepted.

`affect-hri quantise` (`affect_core.training.quantise`) runs a network over training crops, notes the range of every
tensor, and measures what quantising costs. The ranges are a few kB; the network itself is made from them and from the
exported one when it is first needed.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from affect_core.emotion.cache import kept
from affect_core.emotion.card import Card
from affect_core.emotion.export import exported, file_stem, installed
from affect_core.errors import InputError, ModelError, Unavailable
from affect_core.texts import read_json

FILE: Final = "int8.json"
FORMAT: Final = 2  # 1 had no ranges after Relu
LIMIT_POINTS: Final = 0.5
"""What a network may lose at most, points of macro F1."""

_QUANTISED: Final = ["Conv", "Relu"]
"""Convolutions are nearly all of the work; the rest runs as fast and more exactly in fp32. A Relu is folded into the
range of the convolution before it, so that no value below 0 takes any of the 8 bits."""
_EXACT_PARTS: Final = ("attend",)  # maps near 0 and 1 need more than 8 bits, and cost next to nothing

Ranges = Mapping[str, tuple[float, float]]
"""Tensor of the exported network -> lowest and highest value."""


@dataclass(frozen=True)
class Int8:
    """What was measured about a network in int8.

    Attributes:
        weights_sha256: of the weights it was measured with.
        ranges: of the tensors.
        macro_f1: runtime name -> score on the validation set; ``torch-fp32`` is the one before.
        crops: what it was calibrated and measured on, with n.
        made_with: package -> version.
    """

    weights_sha256: str
    ranges: Ranges
    macro_f1: Mapping[str, float]
    crops: Mapping[str, Any]
    made_with: Mapping[str, str]

    @property
    def loss_points(self) -> float:
        """Points of macro F1 that the worst runtime loses; negative where all gain."""
        before = self.macro_f1["torch-fp32"]
        return round(100 * (before - min(self.macro_f1.values())), 2)

    @property
    def accepted(self) -> bool:
        """Whether that is little enough."""
        return self.loss_points <= LIMIT_POINTS


def save_int8(int8: Int8, folder: Path) -> Path:
    """Write the measurement into a model's folder; returns the file."""
    path = folder / FILE
    values = {"format": FORMAT, "loss_points": int8.loss_points, "limit_points": LIMIT_POINTS, **vars(int8)}
    ranges = ",\n".join(f"  {json.dumps(name)}: {json.dumps(pair)}" for name, pair in int8.ranges.items())
    text = json.dumps({**values, "ranges": None}, indent=1)
    path.write_text(text.replace('"ranges": null', f'"ranges": {{\n{ranges}\n }}') + "\n")
    return path


def accepted_int8(card: Card) -> Int8:
    """What was measured about the card's network.

    Raises:
        Unavailable: nothing, or with other weights, or it loses too much.
        ModelError: the file cannot be read.
    """
    path = card.folder / FILE
    remedy = f"measure it: affect-hri quantise {card.name}, or choose another precision"
    if not path.is_file():
        raise Unavailable(f"{card.name}: expected {FILE} beside the card for int8, found none; {remedy}")
    written, int8 = _read(path)
    if written != FORMAT:
        raise Unavailable(f"{path}: expected format {FORMAT}, got {written}, of another version; {remedy}")
    if int8.weights_sha256 != card.weights.sha256:
        raise Unavailable(f"{path} was measured with other weights than the card's; {remedy}")
    if not int8.accepted:
        raise Unavailable(
            f"{path}: int8 loses {int8.loss_points} points of macro F1, at most {LIMIT_POINTS} are accepted; {remedy}"
        )
    return int8


def quantised(card: Card) -> bytes:
    """The card's network as ONNX with quantised convolutions; raises as `accepted_int8`."""
    int8 = accepted_int8(card)
    versions = {name: installed(name) for name in ("onnx", "onnxruntime")}
    stem = file_stem(card, "int8", FORMAT, dict(int8.ranges), versions)
    return kept(stem, ".onnx", lambda: quantise(exported(card), int8.ranges))


def quantise(network: bytes, ranges: Ranges) -> bytes:
    """Put quantisation into a network.

    Activations become unsigned and weights signed, each channel by its own scale: the one pairing for which both
    ONNX Runtime and OpenVINO have fast kernels on x86.

    Args:
        network: exported with `affect_core.emotion.export`.
        ranges: of its tensors.

    Raises:
        Unavailable: the packages onnx and onnxruntime are not installed.
        ModelError: the ranges belong to another network.
    """
    with tempfile.TemporaryDirectory() as folder:
        known = Path(folder) / "ranges.json"
        _write_ranges(ranges, known)
        try:
            return quantise_static(network, Path(folder), calibration_cache_path=known)
        except ValueError as error:
            raise ModelError(
                f"expected value ranges of this network, got others ({error}); run affect-hri quantise again"
            ) from error


def quantise_static(network: bytes, folder: Path, **options: Any) -> bytes:
    """ONNX Runtime's function of that name with our choices; ``folder`` is for its files."""
    try:
        import onnx
        from onnxruntime.quantization import QuantType, quantize_static
        from onnxruntime.quantization.quant_utils import add_pre_process_metadata
    except ImportError as error:
        raise Unavailable(
            f"int8 needs the packages onnx and onnxruntime: {error}; install requirements/core.txt"
        ) from error

    model = onnx.load_model_from_string(network)
    add_pre_process_metadata(model)  # the exporter has folded constants and batch normalisation already
    output = folder / "int8.onnx"
    exact = [node.name for node in model.graph.node if any(f"/{part}/" in node.name for part in _EXACT_PARTS)]
    quantize_static(
        model,
        output,
        op_types_to_quantize=_QUANTISED,
        nodes_to_exclude=exact,
        per_channel=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        **options,
    )
    return output.read_bytes()


def _write_ranges(ranges: Ranges, path: Path) -> None:
    """As ONNX Runtime keeps them."""
    import numpy as np
    from onnxruntime.quantization.calibrate import CalibrationMethod, TensorsData, save_tensors_data

    data = {name: tuple(np.array([v], np.float32) for v in pair) for name, pair in ranges.items()}
    save_tensors_data(TensorsData(CalibrationMethod.MinMax, data), path)


def _read(path: Path) -> tuple[Any, Int8]:
    """The file's format, and what it holds."""
    try:
        values = read_json(path)
        written = values["format"]
        names = ("weights_sha256", "macro_f1", "crops", "made_with")
        ranges = {name: (float(low), float(high)) for name, (low, high) in values["ranges"].items()}
        int8 = Int8(ranges=ranges, **{name: values[name] for name in names})
        int8.macro_f1["torch-fp32"]
    except (InputError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(
            f"{path} cannot be read ({type(error).__name__}: {error}); run affect-hri quantise again"
        ) from error
    return written, int8
