"""What can be set: the rank, the classifier, the study."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from affect_core.config import Settings, setting
from affect_core.errors import ConfigError
from affect_core.labels import BASIC_8, NEUTRAL

LABELS: Final = tuple(name for name in BASIC_8 if name != NEUTRAL)
"""P1 ranks no neutral faces (section III-A: "Neutral" of AffectNet is left out)."""

AUTO: Final = "auto"
SYNTHETIC: Final = "synthetic"


@dataclass(frozen=True)
class RankConfig(Settings):
    """How relevances become a rank. P1 names neither the normalisation nor ties; its tables show the former."""

    normaliser: str = setting("minmax", "how relevances come to 0..1: a name in NORMALISERS")
    rule: str = setting("count", "how the histogram becomes a rank: a name in RULES")
    strict_halfopen: bool = setting(
        False, "the last bin is open at 1.0, too, as P1's totals of N - 1 pixels show; else it is closed"
    )
    clip_percent: float = setting(
        0.1, "normaliser clipped: share cut off at either end, percent of the pixels", low=0.0, high=49.0
    )


@dataclass(frozen=True)
class ClassifierConfig(Settings):
    """P1's classifier. What P1 does not say is ours: learning rate, share for validation, seed, end of training."""

    image_size_px: int = setting(
        224, "edge of the crops; P1: 224, and 255 for AffectNet (from the totals of its tables)", low=32
    )
    margin: float = setting(0.06, "space around the crop function's face; ours", low=-0.3, high=2.0)
    template: str = setting("expression", "landmark template of the crops; ours")
    trunk: str = setting(
        AUTO,
        "weights of the convolutions: imagenet, the path of a file, synthetic (trained here on synthetic faces), auto "
        "(ImageNet's if they are in the cache, else synthetic)",
    )
    hidden: int = setting(4096, "width of the two hidden layers; P1: 4096", low=1)
    dropout: float = setting(0.5, "before the second hidden layer and the output; P1: 0.5", low=0.0, high=0.9)
    epochs: int = setting(100, "passes over the training pictures; P1: 100 or 150", low=1)
    batch_size: int = setting(32, "pictures in a step; P1: 32 or 64", low=2)
    learning_rate: float = setting(1e-4, "of AdamW, constant; P1 does not say", low=0.0)
    weight_decay: float = setting(1e-3, "of AdamW; P1: 0.001", low=0.0)
    test_share: float = setting(0.2, "for testing; P1: 0.2", low=0.05, high=0.9)
    validation_share: float = setting(
        0.2, "of the rest, to choose the epoch; P1 does not say", low=0.05, high=0.9
    )
    checkpoint_s: float = setting(300.0, "at most so much work is lost by an interruption, s", low=0.0)


@dataclass(frozen=True)
class TrunkConfig(Settings):
    """How the convolutions are trained where there are no ImageNet weights; all of it is ours.

    They are trained with batch normalisation, without which a VGG16 hardly learns from few pictures; its scales and
    shifts are then multiplied into the convolutions, which makes a plain VGG16 that computes the same.
    """

    pictures: int = setting(12000, "synthetic faces, other ones than the study's", low=8)
    validation: int = setting(1200, "further ones, to choose the epoch", low=8)
    size_px: int = setting(112, "edge of the crops", low=32)
    epochs: int = setting(20, "passes over them", low=1)
    learning_rate: float = setting(
        2e-4, "highest one of the one-cycle schedule; from 1e-3 a VGG16 stays at chance", low=0.0
    )
    batch_size: int = setting(32, "pictures in a step", low=2)


@dataclass(frozen=True)
class IntensityConfig(Settings):
    """The study."""

    pictures: int = setting(8000, "synthetic faces; the classes take turns", low=8)
    intensity_low: float = setting(0.1, "weakest expression of the synthetic faces", low=0.0, high=1.0)
    intensity_high: float = setting(1.0, "strongest one", low=0.0, high=1.0)
    minimal_below: float = setting(1.0 / 3.0, "true intensities below this are minimal", low=0.0, high=1.0)
    strong_from: float = setting(
        2.0 / 3.0, "true intensities from this on are strong; between, average", low=0.0, high=1.0
    )
    picture_px: int = setting(224, "edge of the synthetic pictures", low=64, high=1024)
    propagation: str = setting("composite", "rule of propagation of the ranks: a name in LRP_RULES")
    compared: int = setting(
        200, "test pictures that the other rules of propagation are compared on; 0 = none", low=0
    )
    shown: int = setting(9, "pictures with heatmaps; as many of each rank as possible", low=0)
    tolerance: float = setting(
        0.01, "largest loss of relevance between the logit and the pixels, share of the logit", low=0.0
    )
    lrp_batch: int = setting(8, "pictures whose relevances are propagated at once", low=1)
    draws: int = setting(2000, "of the bootstrap", low=10)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.minimal_below < self.strong_from:
            raise ConfigError(
                f"IntensityConfig: expected minimal_below < strong_from, got {self.minimal_below} and "
                f"{self.strong_from}"
            )
