"""CNN-AMAL of P0 (Probierz et al. 2026), section 3.1: a CNN whose attention map is aligned to the face."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from affect_core import torch_compat
from affect_core.emotion.architectures.pretrained import RANDOM, initialise
from affect_core.emotion.base import REGRESSION, Output
from affect_core.errors import UnknownName

TRUNKS = ("resnet18", "resnet34")
_EPSILON = 1e-6


class Amal(nn.Module):
    """A ResNet whose last stage keeps its resolution, weighted by its own attention map.

    Args:
        classes: number of outputs.
        trunk: one of `TRUNKS`; P0 says "ResNet-34 style".
        dropout: before the classifier.
        regression: also estimate valence, arousal and intensity, each by a linear unit on the attended features.
        init: see `initialise`; for the trunk.
    """

    def __init__(
        self,
        classes: int,
        trunk: str = "resnet34",
        dropout: float = 0.0,
        regression: bool = False,
        init: str = RANDOM,
    ) -> None:
        super().__init__()
        self.trunk, channels = _late_resolution_trunk(trunk, init)
        self.attend = AttentionHead(channels)
        self.dropout = nn.Dropout(dropout)
        self.regressor = RegressionHead(channels) if regression else None
        self.classifier = nn.Linear(channels, classes)

    @property
    def features_layer(self) -> nn.Module:
        """The last layer whose output has places."""
        return self.trunk

    def forward(self, batch: Tensor) -> Output:
        """(N, 3, S, S) -> logits (N, C), attention (N, S / 16, S / 16), regression (N, 3) if it was asked for."""
        features = self.trunk(batch).float()  # (N, K, h, w)
        attention = self.attend(features)  # (N, 1, h, w)
        pooled = attended_mean(features, attention)  # (N, K)
        pooled = self.dropout(pooled)
        regression = None if self.regressor is None else self.regressor(pooled)
        return Output(self.classifier(pooled), attention[:, 0], regression)


class RegressionHead(nn.Module):
    """One linear unit for each of `REGRESSION`: (N, K) -> (N, 3), valence and arousal -1..1, intensity 0..1."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.units = nn.Linear(channels, len(REGRESSION))

    def forward(self, features: Tensor) -> Tensor:
        """Tanh for what has two signs, a sigmoid for the intensity."""
        raw = self.units(features).float()
        return torch.cat([raw[:, :2].tanh(), raw[:, 2:].sigmoid()], dim=1)


class AttentionHead(nn.Module):
    """Two 1x1 convolutions with batch normalisation and a sigmoid: (N, K, h, w) -> (N, 1, h, w) in 0..1."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        hidden = channels // 8
        self.layers = nn.Sequential(
            nn.Conv2d(channels, hidden, 1, bias=False),
            nn.BatchNorm2d(hidden),
            nn.ReLU(),
            nn.Conv2d(hidden, 1, 1, bias=False),
            nn.BatchNorm2d(1),
        )

    def forward(self, features: Tensor) -> Tensor:
        """The map, always in single precision: near 0 and 1 half precision is too coarse for its loss."""
        return self.layers(features).float().sigmoid()  # type: ignore[no-any-return] # Sequential is untyped


def attended_mean(features: Tensor, attention: Tensor, epsilon: float = _EPSILON) -> Tensor:
    """Weighted global average, P0 equations 1 and 2: (N, K, h, w) and (N, 1, h, w) -> (N, K)."""
    weighted = (attention * features).sum(dim=(2, 3))
    return weighted / (attention.sum(dim=(2, 3)) + epsilon)


def _late_resolution_trunk(name: str, init: str) -> tuple[nn.Module, int]:
    """A ResNet's convolutions with layer4 at stride 1 (14 x 14 cells at 224 px), and its channels."""
    if name not in TRUNKS:
        raise UnknownName("trunk", name, TRUNKS)
    net: Any = getattr(torch_compat.torchvision().models, name)(weights=None)
    channels: int = net.fc.in_features
    net.avgpool, net.fc = nn.Identity(), nn.Identity()
    initialise(net, init, name)
    first = net.layer4[0]
    first.conv1.stride = first.downsample[0].stride = (1, 1)
    stem = [net.conv1, net.bn1, net.relu, net.maxpool]
    return nn.Sequential(*stem, net.layer1, net.layer2, net.layer3, net.layer4), channels
