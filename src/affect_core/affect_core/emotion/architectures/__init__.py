"""Networks. Each builder takes ``(classes, size_px, **options)``; torch is loaded when one is built."""

from __future__ import annotations

from typing import Any

from affect_core.emotion.base import ARCHITECTURES


@ARCHITECTURES.register("resnet50")
def _resnet50(classes: int, size_px: int, **options: Any) -> Any:
    from affect_core.emotion.architectures.resnet import ResNet50

    return ResNet50(classes, **options)


@ARCHITECTURES.register("resnet18")
def _resnet18(classes: int, size_px: int, **options: Any) -> Any:
    from affect_core.emotion.architectures.resnet import ResNet18

    return ResNet18(classes, **options)


@ARCHITECTURES.register("effnet_transformer")
def _effnet_transformer(classes: int, size_px: int, **options: Any) -> Any:
    from affect_core.emotion.architectures.effnet_transformer import EffNetTransformer

    return EffNetTransformer(classes, size_px, **options)


@ARCHITECTURES.register("amal")
def _amal(classes: int, size_px: int, **options: Any) -> Any:
    from affect_core.emotion.architectures.amal import Amal

    return Amal(classes, **options)


@ARCHITECTURES.register("vgg16")
def _vgg16(classes: int, size_px: int, **options: Any) -> Any:
    from affect_core.emotion.architectures.vgg import VGGRanker

    return VGGRanker(classes, **options)


@ARCHITECTURES.register("inception_v3")
def _inception_v3(classes: int, size_px: int, **options: Any) -> Any:
    from affect_core.emotion.architectures.inception import InceptionV3

    return InceptionV3(classes, size_px, **options)


@ARCHITECTURES.register("maxvit_t")
def _maxvit_t(classes: int, size_px: int, **options: Any) -> Any:
    from affect_core.emotion.architectures.circumplex import MAXVIT, Circumplex

    return Circumplex(MAXVIT, classes, size_px, **options)


@ARCHITECTURES.register("efficientnet_v2_s")
def _efficientnet_v2_s(classes: int, size_px: int, **options: Any) -> Any:
    from affect_core.emotion.architectures.circumplex import EFFICIENTNET, Circumplex

    return Circumplex(EFFICIENTNET, classes, size_px, **options)
