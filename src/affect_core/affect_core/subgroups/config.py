"""All that can be set in a study of subgroups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from affect_core.config import Settings, setting
from affect_core.emotion.architectures.pretrained import IMAGENET, RANDOM
from affect_core.errors import ConfigError
from affect_core.labels import BASIC_6
from affect_core.subgroups.align import AlignConfig
from affect_core.subgroups.bias import BiasConfig
from affect_core.subgroups.masks import LimeConfig
from affect_core.subgroups.plants import PlantConfig
from affect_core.subgroups.space import SpaceConfig
from affect_core.subgroups.variants import VariantConfig
from affect_core.synth.humans.base import HumanSetConfig
from affect_core.training.schedules import OptimiserConfig


@dataclass(frozen=True)
class SubgroupConfig(Settings):
    """The defaults are P3's where it says something; what is ours says so.

    Attributes:
        options: of the architecture.
        faces: what is generated where no set is given.
        align, variants, optimiser, lime, space, bias, plant: see their classes.
    """

    architecture: str = setting("inception_v3", "the network: a name in the registry of architectures (P3)")
    init: str = setting(IMAGENET, "initial weights: imagenet (P3), random, or a file")
    labels: tuple[str, ...] = setting(BASIC_6, "expressions, in P3's order")
    most: int = setting(
        0, "pictures of an expression and group, at most; 0 = as many as the rarest has", low=0
    )
    folds: int = setting(5, "of the cross-validation (P3)", low=2)
    rounds: int = setting(5, "folds that are tested (P3: all)", low=1)
    explained: int = setting(
        0, "faces of an expression, group and round that LIME explains; 0 = all (ours)", low=0
    )
    seed: int = setting(0, "of everything drawn", low=0)
    options: Mapping[str, Any] = field(default_factory=dict)
    faces: HumanSetConfig = field(default_factory=lambda: HumanSetConfig(labels="basic-6", images=6000))
    align: AlignConfig = field(default_factory=AlignConfig)
    variants: VariantConfig = field(default_factory=VariantConfig)
    optimiser: OptimiserConfig = field(
        default_factory=lambda: OptimiserConfig(
            epochs=1, batch_size=128, learning_rate=1e-4, schedule="constant", threads=1
        )
    )
    lime: LimeConfig = field(default_factory=LimeConfig)
    space: SpaceConfig = field(default_factory=SpaceConfig)
    bias: BiasConfig = field(default_factory=BiasConfig)
    plant: PlantConfig = field(default_factory=PlantConfig)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.rounds > self.folds:
            raise ConfigError(f"SubgroupConfig: expected rounds up to {self.folds} folds, got {self.rounds}")
        if len(set(self.labels)) != len(self.labels) or len(self.labels) < 2:
            raise ConfigError(f"SubgroupConfig: expected two different labels or more, got {self.labels}")

    def plain(self) -> dict[str, Any]:
        """Everything, as words, numbers, lists and mappings."""
        return asdict(self)


def quick(seed: int = 0) -> SubgroupConfig:
    """A study of minutes on one core: a small network from random weights, small pictures, one round."""
    return SubgroupConfig(
        architecture="resnet18",
        init=RANDOM,
        rounds=1,
        explained=5,
        seed=seed,
        options={"stages": 3},
        faces=HumanSetConfig(
            labels="basic-6",
            images=600,
            intensity_low=0.7,
            dim_share=0.0,
            glasses_share=0.0,
            occluder_share=0.0,
            size_px=144,
        ),
        align=AlignConfig(size_px=64),
        variants=VariantConfig(gammas=(0.5, 1.5), shift_px=1),
        optimiser=OptimiserConfig(
            epochs=1, batch_size=32, learning_rate=2e-3, schedule="one_cycle", threads=1
        ),
        lime=LimeConfig(samples=150, segmentation="slic", segments=40),
    )
