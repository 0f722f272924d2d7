"""Every constant of P2 (Wagner et al. 2024, CAGE), and every assumption where it is silent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from affect_core.config import Settings, setting
from affect_core.emotion.architectures.pretrained import IMAGENET, IMAGENET_MEAN, IMAGENET_STD, RANDOM

BACKBONES: Final = ("maxvit_t", "efficientnet_v2_s")
AFFECT: Final = ("valence", "arousal")
AFFECT_3: Final = (*AFFECT, "dominance")
MEAN: Final = IMAGENET_MEAN
STD: Final = IMAGENET_STD


@dataclass(frozen=True)
class Augmentation(Settings):
    """P2, section 4.2. Resizing is not in the list: faces are cut out at the size that the network reads."""

    flip: float = setting(0.5, "probability of mirroring", low=0.0, high=1.0)
    grey: float = setting(0.01, "probability of losing all colour", low=0.0, high=1.0)
    rotation_deg: float = setting(10.0, "rotation, degrees", low=0.0, high=180.0)
    brightness: float = setting(0.2, "change of brightness, as a share", low=0.0, high=1.0)
    contrast: float = setting(0.2, "change of contrast, as a share", low=0.0, high=1.0)
    saturation: float = setting(0.2, "change of saturation, as a share", low=0.0, high=1.0)
    hue: float = setting(0.1, "change of hue, turns", low=0.0, high=0.5)
    distortion: float = setting(0.2, "strength of the perspective", low=0.0, high=1.0)
    perspective: float = setting(0.5, "probability of a perspective", low=0.0, high=1.0)
    erase: float = setting(
        0.5, "probability that a part is replaced by noise, after normalising", low=0.0, high=1.0
    )
    erase_least: float = setting(0.02, "smallest part, share of the area", low=0.0, high=1.0)
    erase_most: float = setting(0.2, "largest part, share of the area", low=0.0, high=1.0)
    erase_flat: float = setting(0.3, "smallest ratio of height and width", low=0.01)
    erase_tall: float = setting(3.3, "largest ratio of height and width", low=0.01)


@dataclass(frozen=True)
class Recipe(Settings):
    """How one network is trained. What P2 gives stands first; the rest is our assumption."""

    batch_size: int = setting(128, "images per step (P2, table 5)", low=2)
    learning_rate: float = setting(5e-5, "AdamW; cosine annealing to 0 (P2, table 5)", low=0.0)
    alpha: float = setting(5.0, "weight of the squared error beside the classes (P2, equation 1)", low=0.0)
    beta: float = setting(3.0, "weight of the squared error beside the CCC (P2, equation 2)", low=0.0)
    init: str = setting(IMAGENET, "where the trunk starts", choices=(IMAGENET, RANDOM))
    size_px: int = setting(224, "edge of the input; P2 does not say (MaxViT-T was made for 224)", low=64)
    width: float = setting(1.0, "channels, as a share of the published network", low=0.1, high=1.0)
    depth: float = setting(1.0, "layers of a stage, as a share of the published network", low=0.1, high=1.0)
    weight_decay: float = setting(0.01, "of AdamW; P2 does not say, this is torch's", low=0.0)
    epochs: int = setting(
        20, "of discrete, combined and multi; P2 names the best one, 5, not the last", low=1
    )
    va_epochs: int = setting(20, "of the second stage; P2 names the best one, 7", low=1)
    held_out: float = setting(
        0.05, "share of the training pictures that chooses the epoch", low=0.01, high=0.5
    )
    tested: float = setting(
        0.2, "share of the pictures that is tested on, where the set has no split", low=0.05, high=0.5
    )
    select_on_test: bool = setting(False, "choose the epoch on the test pictures, as P2 must have done")
    precision: str = setting(
        "32-true", "arithmetic of the training", choices=("32-true", "bf16-mixed", "16-mixed", "auto")
    )
    weights_dtype: str = setting("float16", "how models are stored", choices=("float16", "float32"))


@dataclass(frozen=True)
class Scale(Settings):
    """How large a study is."""

    pictures: int = setting(8000, "synthetic faces", low=40)
    other_pictures: int = setting(4000, "faces of the other synthetic set, for the cross evaluation", low=40)
    render_px: int = setting(224, "edge of the synthetic pictures", low=64)
    limit: int = setting(0, "at most so many pictures of a given set; 0 = all of them", low=0)
    seeds: int = setting(3, "trainings of each mode of the first backbone; of the others one", low=1)
