"""The networks of P2 (Wagner et al. 2024, CAGE), section 5.1: torchvision's MaxViT-T and EfficientNetV2-S.

One last layer gives the classes and the dimensions of the circumplex, or either of them; the rest of torchvision's
head stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import torch
from torch import Tensor, nn

from affect_core import torch_compat
from affect_core.emotion.architectures.effnet_transformer import begin_near_identity
from affect_core.emotion.architectures.pretrained import RANDOM, initialise
from affect_core.emotion.base import Output
from affect_core.errors import ConfigError, UnknownName

DISCRETE: Final = "discrete"
COMBINED: Final = "combined"
VA: Final = "va"
MODES: Final = (DISCRETE, COMBINED, VA)
"""What the last layer gives: the classes, the classes and then the dimensions, or the dimensions only."""

MAXVIT: Final = "maxvit_t"
EFFICIENTNET: Final = "efficientnet_v2_s"
TRUNKS: Final = (MAXVIT, EFFICIENTNET)

_MAXVIT_STRIDE: Final = 32
_MAXVIT_LEAST_PX: Final = 64
_MAXVIT_CHANNELS: Final = (64, 128, 256, 512)
_MAXVIT_LAYERS: Final = (2, 2, 5, 2)
_MAXVIT_DEPTH: Final = 0.2
_MOMENTUM: Final = 0.1  # torch's default
_EFFICIENTNET_DEPTH: Final = 0.2
_EFFICIENTNET_DROPOUT: Final = 0.2
_EFFICIENTNET_LAST: Final = 1280
_EFFICIENTNET_STAGES: Final = (
    ("fused", 1, 1, 24, 24, 2),
    ("fused", 4, 2, 24, 48, 4),
    ("fused", 4, 2, 48, 64, 4),
    ("mb", 4, 2, 64, 128, 6),
    ("mb", 6, 1, 128, 160, 9),
    ("mb", 6, 2, 160, 256, 15),
)
"""Tan and Le 2021, table 4: kind, expansion, stride, channels in and out, layers."""


class Circumplex(nn.Module):
    """A trunk of torchvision with P2's last layer.

    Args:
        trunk: one of `TRUNKS`.
        classes: number of classes.
        size_px: edge of the input.
        mode: one of `MODES`.
        dimensions: how many dimensions are estimated, in the order of the card's ``regression``; 2 is valence and
            arousal, 3 adds dominance. `DISCRETE` has none.
        width, depth: of the trunk, as shares of torchvision's; 1 is the published network.
        init: see `initialise`; for everything but the last layer.

    Raises:
        UnknownName: trunk or mode.
        ConfigError: MaxViT at a size that its windows do not fit.
    """

    def __init__(
        self,
        trunk: str,
        classes: int,
        size_px: int,
        mode: str = DISCRETE,
        dimensions: int = 2,
        width: float = 1.0,
        depth: float = 1.0,
        init: str = RANDOM,
    ) -> None:
        super().__init__()
        if trunk not in _BUILDERS:
            raise UnknownName("trunk", trunk, _BUILDERS)
        if mode not in MODES:
            raise UnknownName("mode", mode, MODES)
        self.mode, self.classes = mode, classes
        self.dimensions = 0 if mode == DISCRETE else dimensions
        net = _BUILDERS[trunk](size_px, width, depth)
        stock = net.classifier[-1]
        net.classifier[-1] = nn.Identity()
        if init == RANDOM:
            _ready_untrained(net)
        initialise(net, init, trunk)
        self.features, pool = _SPLITTERS[trunk](net)
        self.head = nn.Sequential(*pool, *list(net.classifier)[:-1])
        outputs = (0 if mode == VA else classes) + self.dimensions
        self.outputs = nn.Linear(stock.in_features, outputs, bias=stock.bias is not None)
        if mode == VA:
            self.centres: Tensor
            self.spread: Tensor
            self.register_buffer("centres", torch.zeros(classes, self.dimensions))
            self.register_buffer("spread", torch.ones(1))

    @property
    def features_layer(self) -> nn.Module:
        """The last layer whose output has places."""
        return self.features

    def forward(self, batch: Tensor) -> Output:
        """(N, 3, S, S) -> logits (N, C), regression (N, dimensions) unless the mode is `DISCRETE`.

        The estimates are linear; they are cut to -1..1 in evaluation mode only. In mode `VA`, which P2 leaves without
        classes, the logits are ours: minus half the squared distance from the classes' centres, in units of ``spread``.
        """
        raw = self.outputs(self.head(self.features(batch))).float()
        if self.mode == DISCRETE:
            return Output(raw)
        split = raw.shape[1] - self.dimensions
        estimates = raw[:, split:] if self.training else raw[:, split:].clamp(-1.0, 1.0)
        logits = raw[:, :split] if self.mode == COMBINED else self._nearness(estimates)
        return Output(logits, None, estimates)

    def _nearness(self, estimates: Tensor) -> Tensor:
        apart = (estimates[:, None, :] - self.centres[None]) / self.spread
        return -0.5 * apart.square().sum(dim=2)


def _ready_untrained(net: nn.Module) -> None:
    """Let an untrained trunk learn within few steps.

    torchvision's MaxViT averages the statistics of its normalisations over about a hundred steps: a network that
    has not seen many more reads with those that it began with, and is at chance.
    """
    begin_near_identity(net)
    for layer in net.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.momentum = _MOMENTUM


def maxvit_partition(size_px: int) -> int:
    """Edge of MaxViT's windows, in cells: a 32nd of the input's, 7 at 224 px as published.

    Every stage halves the edge, down to a 32nd, and has to be made of whole windows.

    Raises:
        ConfigError: no window fits; names the sizes that do.
    """
    if size_px < _MAXVIT_LEAST_PX or size_px % _MAXVIT_STRIDE:
        below = max(_MAXVIT_LEAST_PX, size_px // _MAXVIT_STRIDE * _MAXVIT_STRIDE)
        raise ConfigError(
            f"maxvit_t: expected an input of a multiple of {_MAXVIT_STRIDE} px from {_MAXVIT_LEAST_PX} on, got "
            f"{size_px}; cut the faces out at {below} or {below + _MAXVIT_STRIDE} px"
        )
    return size_px // _MAXVIT_STRIDE


def _maxvit(size_px: int, width: float, depth: float) -> Any:
    torch_compat.torchvision()
    from torchvision.models.maxvit import MaxVit

    heads = 32 if width >= 0.5 else 16
    channels = [max(heads, round(width * c / heads) * heads) for c in _MAXVIT_CHANNELS]
    return MaxVit(
        input_size=(size_px, size_px),
        stem_channels=channels[0],
        partition_size=maxvit_partition(size_px),
        block_channels=channels,
        block_layers=_layers(_MAXVIT_LAYERS, depth),
        head_dim=heads,
        stochastic_depth_prob=_MAXVIT_DEPTH * depth,
    )


def _efficientnet(_size_px: int, width: float, depth: float) -> Any:
    torch_compat.torchvision()
    from torchvision.models.efficientnet import EfficientNet, FusedMBConvConfig, MBConvConfig

    kinds = {"fused": FusedMBConvConfig, "mb": MBConvConfig}
    layers = _layers([stage[-1] for stage in _EFFICIENTNET_STAGES], depth)
    stages = [
        kinds[kind](expansion, 3, stride, _channels(before, width), _channels(after, width), count)
        for (kind, expansion, stride, before, after, _), count in zip(
            _EFFICIENTNET_STAGES, layers, strict=True
        )
    ]
    return EfficientNet(
        stages,
        dropout=_EFFICIENTNET_DROPOUT,
        stochastic_depth_prob=_EFFICIENTNET_DEPTH * depth,
        norm_layer=lambda channels: nn.BatchNorm2d(channels, eps=1e-3),
        last_channel=_channels(_EFFICIENTNET_LAST, width),
    )


def _layers(published: Sequence[int], depth: float) -> list[int]:
    return [max(1, round(depth * count)) for count in published]


def _channels(published: int, width: float) -> int:
    return max(8, round(width * published / 8) * 8)


def _split_maxvit(net: Any) -> tuple[nn.Module, list[nn.Module]]:
    return nn.Sequential(net.stem, *net.blocks), []  # its classifier begins with the pooling


def _split_efficientnet(net: Any) -> tuple[nn.Module, list[nn.Module]]:
    return net.features, [net.avgpool, nn.Flatten()]


_BUILDERS: Final[dict[str, Callable[[int, float, float], Any]]] = {
    MAXVIT: _maxvit,
    EFFICIENTNET: _efficientnet,
}
_SPLITTERS: Final[dict[str, Callable[[Any], tuple[nn.Module, list[nn.Module]]]]] = {
    MAXVIT: _split_maxvit,
    EFFICIENTNET: _split_efficientnet,
}
