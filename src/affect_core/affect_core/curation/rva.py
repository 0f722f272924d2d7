"""The residual variational autoencoder: equations 1 to 5 and the objective of algorithm 1, line 7.

Skips stay inside the blocks: skips from encoder to decoder, as in the network that the paper cites for them, would let
a picture pass beside the latent vector.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from affect_core.curation.config import RvaConfig


class Terms(NamedTuple):
    """Parts of the loss, means over the batch, in nats per picture.

    Attributes:
        loss: the negative of the paper's E, with the divergence weighed.
        reconstruction: -log p(x | z), without the constant of the Gaussian.
        divergence: KL(q(z | x) || N(0, I)), unweighted.
    """

    loss: Tensor
    reconstruction: Tensor
    divergence: Tensor


class ResidualBlock(nn.Module):
    """conv-BN-ReLU-conv-BN plus its input, then ReLU; with zero convolutions the identity of what is >= 0.

    Args:
        inputs, outputs: channels; where they differ, or with a stride, the input goes through a 1x1 convolution.
        stride: 1 or 2.
    """

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(),
            nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False),
            nn.BatchNorm2d(outputs),
        )
        same = inputs == outputs and stride == 1
        self.skip: nn.Module = (
            nn.Identity()
            if same
            else nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))
        )

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs, H, W) -> (N, outputs, H / stride, W / stride)."""
        return functional.relu(self.body(x) + self.skip(x))


class Encoder(nn.Module):
    """q(z | x), equation 5: pictures (N, 3, S, S) in 0..1 -> mu and log sigma^2, both (N, latent)."""

    def __init__(self, config: RvaConfig, latent: int) -> None:
        super().__init__()
        self._limit = config.log_variance_limit
        widths = (config.stem, *config.channels)
        self.trunk = nn.Sequential(
            nn.Conv2d(3, config.stem, 3, 1, 1, bias=False),
            nn.BatchNorm2d(config.stem),
            nn.ReLU(),
            *(ResidualBlock(a, b, 2) for a, b in pairwise(widths)),
            nn.Flatten(),
        )
        features = config.channels[-1] * _edge(config) ** 2
        self.mu, self.log_variance = nn.Linear(features, latent), nn.Linear(features, latent)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """See the class."""
        features = self.trunk(images)
        return self.mu(features), self.log_variance(features).clamp(-self._limit, self._limit)


class Decoder(nn.Module):
    """p(x | z), equation 4: (N, latent) -> pictures (N, 3, S, S) in 0..1. The encoder mirrored: nearest upsampling."""

    def __init__(self, config: RvaConfig, latent: int) -> None:
        super().__init__()
        self._shape = (config.channels[-1], _edge(config), _edge(config))
        widths = (*reversed(config.channels), config.stem)
        self.spread = nn.Linear(latent, self._shape[0] * self._shape[1] * self._shape[2])
        self.trunk = nn.Sequential(
            *(
                nn.Sequential(nn.Upsample(scale_factor=2, mode="nearest"), ResidualBlock(a, b))
                for a, b in pairwise(widths)
            ),
            nn.Conv2d(config.stem, 3, 3, 1, 1),
            nn.Sigmoid(),
        )

    def forward(self, z: Tensor) -> Tensor:
        """See the class."""
        pictures: Tensor = self.trunk(functional.relu(self.spread(z)).view(-1, *self._shape))
        return pictures


class Rva(nn.Module):
    """The autoencoder. Latent vectors downstream are `Encoder`'s mu; the decoder is only needed to train it."""

    def __init__(self, config: RvaConfig, latent: int) -> None:
        super().__init__()
        self.config, self.latent = config, latent
        self.encoder, self.decoder = Encoder(config, latent), Decoder(config, latent)

    def forward(self, images: Tensor) -> Tensor:
        """Reconstructions (N, 3, S, S) of pictures (N, 3, S, S), through mu."""
        rebuilt: Tensor = self.decoder(self.encoder(images)[0])
        return rebuilt

    def terms(
        self, images: Tensor, divergence_weight: float = 1.0, generator: torch.Generator | None = None
    ) -> Terms:
        """-E of algorithm 1, line 7, with S draws z = mu + sigma * eps.

        Args:
            images: (N, 3, S, S), 0..1.
            divergence_weight: 1 but for the warm-up.
            generator: of eps.
        """
        mu, log_variance = self.encoder(images)
        shape = (self.config.samples, *mu.shape)
        noise = torch.randn(shape, generator=generator, dtype=torch.float32).to(mu.dtype)
        z = (mu + (0.5 * log_variance).exp() * noise).flatten(0, 1)
        seen = images.repeat(self.config.samples, 1, 1, 1)
        reconstruction = self._surprise(self.decoder(z), seen).sum() / len(seen)
        divergence = kl_divergence(mu, log_variance).mean()
        return Terms(reconstruction + divergence_weight * divergence, reconstruction, divergence)

    def _surprise(self, rebuilt: Tensor, images: Tensor) -> Tensor:
        if self.config.likelihood == "bernoulli":
            return functional.binary_cross_entropy(rebuilt, images, reduction="none")
        return (rebuilt - images).square() / (2.0 * self.config.pixel_sd**2)


def kl_divergence(mu: Tensor, log_variance: Tensor) -> Tensor:
    """KL(N(mu, diag sigma^2) || N(0, I)) in closed form, (N, d) -> (N,): -1/2 sum(1 + log s^2 - mu^2 - s^2)."""
    return -0.5 * (1.0 + log_variance - mu.square() - log_variance.exp()).sum(dim=1)


def _edge(config: RvaConfig) -> int:
    return int(config.size_px) >> len(config.channels)
