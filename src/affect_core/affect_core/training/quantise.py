"""Quantise a trained network, measure what it costs, and keep the ranges beside the model if it costs little."""

from __future__ import annotations

import json
import logging
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from affect_core.data.crop_set import CropSet, stratified
from affect_core.emotion.base import RUNTIMES
from affect_core.emotion.card import Card, save_card
from affect_core.emotion.export import INPUT, exported, installed
from affect_core.emotion.int8 import FILE, LIMIT_POINTS, Int8, Ranges, quantise_static, save_int8
from affect_core.emotion.preprocess import to_batch
from affect_core.errors import AffectError, InputError, Unavailable
from affect_core.training.score import predict, scores

CALIBRATION_CROPS: Final = 384
_BATCH: Final = 32
_RUNTIMES: Final = ("onnxruntime", "openvino")
_log = logging.getLogger(__name__)


class LosesTooMuch(AffectError):
    """The quantised network is worse than what is accepted; nothing was written."""

    exit_code = 3


@dataclass(frozen=True)
class Named:
    """Crops, and where they come from."""

    name: str
    crops: CropSet


def quantise_model(card: Card, training: Named, validation: Named, limit: int = CALIBRATION_CROPS) -> Int8:
    """Calibrate, measure, and write `affect_core.emotion.int8.FILE` into the model's folder.

    Args:
        card: of the model.
        training: crops it was trained on, or such; ``limit`` of them, the same share of each class, are used.
        validation: crops that macro F1 is measured on, before (torch, fp32) and after (every runtime installed here
            that has int8).
        limit: crops for the calibration.

    Raises:
        LosesTooMuch: nothing was written.
        InputError: the crops are not such as the card says.
        Unavailable: a package is missing.
    """
    for named in (training, validation):
        _check_fit(card, named)
    chosen = stratified(training.crops, limit)
    ranges = calibrate(card, chosen)
    int8 = Int8(
        weights_sha256=card.weights.sha256,
        ranges=ranges,
        macro_f1={"torch-fp32": _macro_f1("torch", card, validation.crops)},
        crops={
            "calibration": {"set": training.name, "n": len(chosen)},
            "validation": {"set": validation.name, "n": len(validation.crops)},
        },
        made_with={name: installed(name) for name in ("torch", "onnx", "onnxruntime", "openvino")},
    )
    int8 = replace(int8, macro_f1={**int8.macro_f1, **_measure(card, int8, validation.crops)})
    if not int8.accepted:
        raise LosesTooMuch(
            f"{card.name}: int8 loses {int8.loss_points} points of macro F1 ({_listed(int8.macro_f1)}; "
            f"n = {len(validation.crops)}), at most {LIMIT_POINTS} are accepted; nothing was written, stay with fp32 "
            "or bf16"
        )
    save_int8(int8, card.folder)
    save_card(replace(card, results={**card.results, "int8": FILE}))
    return int8


def calibrate(card: Card, crops: CropSet) -> Ranges:
    """Lowest and highest value of every tensor that is quantised, over the crops."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ranges.json"
        quantise_static(
            exported(card),
            Path(folder),
            calibration_data_reader=_Reader(card, crops),
            calibration_cache_path=path,
        )
        return _read_ranges(path)


class _Reader:
    """Crops in batches, as ONNX Runtime asks for them."""

    def __init__(self, card: Card, crops: CropSet) -> None:
        self._card, self._crops, self._next = card, crops, 0

    def get_next(self) -> dict[str, Any] | None:
        """The next batch; None after the last one."""
        images = self._crops.images_rgb[self._next : self._next + _BATCH]
        self._next += _BATCH
        return {INPUT: to_batch(list(images), self._card)} if len(images) else None


def _read_ranges(path: Path) -> Ranges:
    from onnxruntime.quantization.calibrate import load_tensors_data

    data = load_tensors_data(path).data
    return {
        name: (_short(item.range_value[0]), _short(item.range_value[1]))
        for name, item in sorted(data.items())
    }


def _short(value: Any) -> float:
    """Six digits are more than 8 bits need."""
    return float(f"{float(value.item()):.6g}")


def _measure(card: Card, int8: Int8, crops: CropSet) -> Mapping[str, float]:
    """Runtime name -> macro F1, of a copy of the model that has the ranges and is taken as accepted."""
    with tempfile.TemporaryDirectory() as folder:
        trial = replace(card, folder=Path(folder))
        trial.weights_path.symlink_to(card.weights_path.resolve())
        save_int8(int8, trial.folder)
        found = {}
        for runtime in _RUNTIMES:
            try:
                found[f"{runtime}-int8"] = _macro_f1(runtime, trial, crops, "int8")
            except Unavailable as error:
                _log.warning("not measured: %s", error)
    if not found:
        raise Unavailable(
            f"expected one of the runtimes {', '.join(_RUNTIMES)}; install the pinned requirements"
        )
    return found


def _macro_f1(runtime: str, card: Card, crops: CropSet, precision: str = "fp32") -> float:
    built = RUNTIMES.build(runtime, card, 1, precision)
    return float(scores(crops.labels, predict(built, card, crops), crops.label_names)["macro_f1"])


def _check_fit(card: Card, named: Named) -> None:
    crops = named.crops
    if (crops.crop, crops.label_names) != (card.crop, card.labels):
        raise InputError(
            f"{named.name}: expected crops of {card.crop} with the labels {', '.join(card.labels)}, got {crops.crop} "
            f"with {', '.join(crops.label_names)}; cut the set out with this model's card"
        )


def _listed(macro_f1: Mapping[str, float]) -> str:
    return json.dumps(dict(macro_f1))[1:-1].replace('"', "")
