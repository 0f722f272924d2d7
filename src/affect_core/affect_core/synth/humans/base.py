"""What a set of human-like faces is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from affect_core.config import Settings, setting
from affect_core.errors import ConfigError
from affect_core.labels import LABEL_SETS

FORMAT: Final = 1
"""Version of how pictures are drawn; another one makes other pictures of the same settings."""


@dataclass(frozen=True)
class HumanSetConfig(Settings):
    """What is rendered. Shares are of the pictures; the classes take turns, each picture shows another person."""

    labels: str = setting("complex-6", "set of labels", choices=tuple(LABEL_SETS))
    images: int = setting(12000, "number of pictures", low=1, high=999_999)
    seed: int = setting(0, "seed of everything; sets of different seeds have no person in common", low=0)
    intensity_low: float = setting(0.3, "weakest expression, 0..1", low=0.0, high=1.0)
    intensity_high: float = setting(1.0, "strongest expression, 0..1", low=0.0, high=1.0)
    dim_share: float = setting(0.22, "share in dim light", low=0.0, high=1.0)
    blend_share: float = setting(
        0.0, "share that blends two expressions, with a soft label", low=0.0, high=1.0
    )
    glasses_share: float = setting(0.12, "share with glasses", low=0.0, high=1.0)
    occluder_share: float = setting(0.08, "share with something before the face", low=0.0, high=1.0)
    size_px: int = setting(224, "edge of the square pictures, px", low=64, high=1024)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.intensity_low > self.intensity_high:
            raise ConfigError(
                f"HumanSetConfig: expected intensity_low <= intensity_high, got {self.intensity_low} > "
                f"{self.intensity_high}"
            )

    @property
    def label_names(self) -> tuple[str, ...]:
        """The classes, in order."""
        return LABEL_SETS[self.labels]
