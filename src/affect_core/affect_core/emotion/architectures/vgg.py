"""VGG16 (Simonyan and Zisserman 2015) with new last layers, as P1 transfers it: section III-C."""

from __future__ import annotations

from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from affect_core import torch_compat
from affect_core.emotion.architectures.pretrained import RANDOM, initialise
from affect_core.emotion.base import Output

CELLS: Final = 7
FEATURES: Final = 512 * CELLS * CELLS
"""What the convolutions hand to the head: 25088 numbers."""

_NAME: Final = "vgg16"


class VGGRanker(nn.Module):
    """torchvision's VGG16: 13 convolutions, 7 x 7 cells of 512 channels, two hidden layers with dropout, a classifier.

    Args:
        classes: number of outputs.
        hidden: width of the two hidden layers; 0 = the classifier follows the convolutions at once.
        dropout: behind each hidden layer.
        frozen: the convolutions ask for no gradient.
        batch_norm: behind each convolution; see `without_batch_norm`.
        init: see `initialise`; for the convolutions.
    """

    def __init__(
        self,
        classes: int,
        hidden: int = 4096,
        dropout: float = 0.5,
        frozen: bool = False,
        batch_norm: bool = False,
        init: str = RANDOM,
    ) -> None:
        super().__init__()
        self.features = _convolutions(batch_norm, init)
        self.pool = nn.AdaptiveAvgPool2d((CELLS, CELLS))
        self.flatten = nn.Flatten()
        self.hidden = _hidden(hidden, dropout)
        self.classifier = nn.Linear(hidden or FEATURES, classes)
        if frozen:
            self.features.requires_grad_(False)

    @property
    def features_layer(self) -> nn.Module:
        """The last layer whose output has places."""
        return self.features

    def embed(self, batch: Tensor) -> Tensor:
        """What the head sees: (N, 3, S, S) -> (N, `FEATURES`)."""
        embedded: Tensor = self.flatten(self.pool(self.features(batch)))
        return embedded

    def classify(self, embedded: Tensor) -> Tensor:
        """(N, `FEATURES`) -> logits (N, C)."""
        logits: Tensor = self.classifier(self.hidden(embedded))
        return logits

    def forward(self, batch: Tensor) -> Output:
        """(N, 3, S, S) -> logits (N, C)."""
        return Output(self.classify(self.embed(batch)))


def without_batch_norm(features: nn.Sequential) -> nn.Sequential:
    """Convolutions that compute the same as ``features``, in evaluation mode, without batch normalisation.

    Args:
        features: of a network with batch normalisation behind each convolution; left as it is.
    """
    parts = list(features.eval())
    plain: list[nn.Module] = []
    for part, behind in zip(parts, [*parts[1:], nn.Identity()], strict=True):
        if isinstance(part, nn.Conv2d) and isinstance(behind, nn.BatchNorm2d):
            plain.append(fuse_conv_bn_eval(part, behind))
        elif not isinstance(part, nn.BatchNorm2d):
            plain.append(part)
    return nn.Sequential(*plain)


def _convolutions(batch_norm: bool, init: str) -> nn.Sequential:
    build: Any = getattr(torch_compat.torchvision().models, f"{_NAME}_bn" if batch_norm else _NAME)
    with torch.device("meta"):  # its own head is not needed, and takes a second to draw
        net = build(weights=None, init_weights=False)
    del net.classifier
    net.to_empty(device="cpu")
    for part in net.modules():
        if isinstance(part, nn.Conv2d):  # as torchvision does
            nn.init.kaiming_normal_(part.weight, mode="fan_out", nonlinearity="relu")
            assert part.bias is not None
            nn.init.zeros_(part.bias)
        elif isinstance(part, nn.BatchNorm2d):
            part.reset_parameters()
    initialise(net, init, f"{_NAME}_bn" if batch_norm else _NAME)
    features: nn.Sequential = net.features
    return features


def _hidden(width: int, dropout: float) -> nn.Sequential:
    if not width:
        return nn.Sequential()
    first, second = nn.Linear(FEATURES, width), nn.Linear(width, width)
    for layer in (
        first,
        second,
    ):  # as torchvision does: torch's own bounds let relevance and logits begin larger
        nn.init.normal_(layer.weight, 0.0, 0.01)
        nn.init.zeros_(layer.bias)
    return nn.Sequential(
        first, nn.ReLU(), nn.Dropout(dropout), second, nn.ReLU(), nn.Dropout(dropout)
    )  # fmt: skip
