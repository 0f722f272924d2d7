"""Networks. Each builder takes ``(classes, size_px, **options)``; torch is loaded when one is built."""

from __future__ import annotations

from typing import Any

from affect_core.emotion.base import ARCHITECTURES


@ARCHITECTURES.register("resnet50")
def _resnet50(classes: int, size_px: int, **options: Any) -> Any:
    from affect_core.emotion.architectures.resnet import ResNet50

    return ResNet50(classes, **options)


@ARCHITECTURES.register("effnet_transformer")
def _effnet_transformer(classes: int, size_px: int, **options: Any) -> Any:
    from affect_core.emotion.architectures.effnet_transformer import EffNetTransformer

    return EffNetTransformer(classes, size_px, **options)


@ARCHITECTURES.register("amal")
def _amal(classes: int, size_px: int, **options: Any) -> Any:
    from affect_core.emotion.architectures.amal import Amal

    return Amal(classes, **options)
