"""The hybrid of P0 (Probierz et al. 2026), section 3.1: EfficientNet-B0 and a Transformer encoder."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

from affect_core import torch_compat
from affect_core.emotion.architectures.pretrained import RANDOM, initialise
from affect_core.emotion.base import Output

_FEATURES, _WIDTH, _STRIDE = 1280, 768, 32
_FIRST_GAIN = 0.1


class EffNetTransformer(nn.Module):
    """Each cell of the 1280-channel feature map becomes a token; the mean of the output tokens is classified.

    P0 leaves the encoder's size open; this is ViT-Base's width with four layers, about 33 million parameters
    in all (P0 says 36).

    Args:
        classes: number of outputs.
        size_px: edge of the input; it fixes the number of tokens, (size / 32)^2. `fitted` makes parameters of
            another size fit.
        layers, heads, feed_forward: of the encoder.
        dropout: in the encoder.
        init: see `initialise`; for the EfficientNet part.
    """

    def __init__(
        self,
        classes: int,
        size_px: int,
        layers: int = 4,
        heads: int = 12,
        feed_forward: int = 3072,
        dropout: float = 0.1,
        init: str = RANDOM,
    ) -> None:
        super().__init__()
        trunk = torch_compat.torchvision().models.efficientnet_b0(weights=None)
        trunk.avgpool, trunk.classifier = nn.Identity(), nn.Identity()
        if init == RANDOM:
            begin_near_identity(trunk)
        initialise(trunk, init, "efficientnet_b0")
        self.features = trunk.features
        self.project = nn.Linear(_FEATURES, _WIDTH)
        tokens = (-(-size_px // _STRIDE)) ** 2
        self.positions = nn.Parameter(torch.randn(1, tokens, _WIDTH) * 0.02)
        layer = nn.TransformerEncoderLayer(
            _WIDTH, heads, feed_forward, dropout, "gelu", batch_first=True, norm_first=True
        )  # the norm first, as in ViT
        self.encoder = nn.TransformerEncoder(layer, layers, nn.LayerNorm(_WIDTH), enable_nested_tensor=False)
        self.classifier = nn.Linear(_WIDTH, classes)

    @property
    def features_layer(self) -> nn.Module:
        """The last layer whose output has places."""
        layer: nn.Module = self.features
        return layer

    def forward(self, batch: Tensor) -> Output:
        """(N, 3, S, S) -> logits (N, C)."""
        tokens = self.features(batch).flatten(2).transpose(1, 2)  # (N, T, 1280)
        tokens = self.encoder(self.project(tokens) + self.positions)  # (N, T, 768)
        return Output(self.classifier(tokens.mean(dim=1)))

    def fitted(self, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Parameters of the same network for another input size: the position of each token is interpolated between
        the old ones, as places of the picture (Dosovitskiy et al. 2021, section 3.2)."""
        positions = state["positions"]
        if positions.shape[1] == self.positions.shape[1]:
            return dict(state)
        old, new = (math.isqrt(one.shape[1]) for one in (positions, self.positions))
        grid = positions.reshape(1, old, old, _WIDTH).permute(0, 3, 1, 2)
        resized = functional.interpolate(grid, size=(new, new), mode="bilinear", align_corners=False)
        return {**state, "positions": resized.flatten(2).transpose(1, 2)}


def begin_near_identity(trunk: nn.Module) -> None:
    """Let every residual branch begin weakly: its last batch normalisation scales by `_FIRST_GAIN`, not by 1.

    After Goyal et al. 2017, section 5.1, who begin with 0. Without it the features of an untrained EfficientNet
    hardly depend on the image: on synthetic faces, mildly augmented, it is at chance after 240 steps of 64, with it
    it learns from the first 60 on.
    """
    from torchvision.models.efficientnet import FusedMBConv, MBConv

    for block in trunk.modules():
        if isinstance(block, MBConv | FusedMBConv) and block.use_res_connect:
            nn.init.constant_(block.block[-1][1].weight, _FIRST_GAIN)
