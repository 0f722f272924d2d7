"""Everything that the study of curation assumes. What the paper leaves open is ours and marked so in the field's text."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

from affect_core.config import Settings, setting
from affect_core.errors import ConfigError
from affect_core.synth.humans.base import HumanSetConfig

PAPER_LABELS: Final = ("neutral", "happy", "sad", "surprise", "fear", "disgust", "anger")
"""The seven of AffectNet's labels that the paper keeps."""
DATA_LOSS: Final = (0.05, 0.10, 0.15)
"""Shares that the paper removes."""
SCORES: Final = ("beta", "margin", "ambiguity", "entropy")


@dataclass(frozen=True)
class RvaConfig(Settings):
    """The residual variational autoencoder. The paper gives no sizes and no training settings: all of this is ours."""

    size_px: int = setting(64, "edge of the pictures that it sees, px; the blocks halve it each", low=8)
    margin: float = setting(0.0, "space around the face, see `CropSpec`", low=-0.3, high=2.0)
    template: str = setting("expression", "landmark template of the crop")
    stem: int = setting(32, "channels of the first convolution", low=1)
    channels: tuple[int, ...] = setting((32, 64, 128, 256), "channels of the residual blocks, stride 2 each")
    latents: tuple[int, ...] = setting(
        (32, 64, 128, 256), "latent sizes to choose from; the paper: 'decided by a separate experiment'"
    )
    choose_by: str = setting(
        "elbo", "what the size is chosen by, on validation faces", choices=("elbo", "knn")
    )
    likelihood: str = setting(
        "gaussian", "of a pixel: squared error or cross-entropy", choices=("gaussian", "bernoulli")
    )
    pixel_sd: float = setting(
        0.1, "standard deviation of the Gaussian likelihood, share of the pixels' range", low=1e-3
    )
    samples: int = setting(1, "draws of z per picture, S of algorithm 1", low=1)
    learning_rate: float = setting(1e-3, "of Adam", low=0.0)
    batch: int = setting(64, "pictures per step", low=2)
    epochs: int = setting(60, "at most", low=1)
    patience: int = setting(
        10, "epochs without a better validation ELBO before it counts as converged", low=1
    )
    warm_up: int = setting(10, "epochs over which the weight of the divergence grows to 1", low=0)
    clip_norm: float = setting(
        0.0, "largest norm of a gradient, larger ones are scaled down; 0 = as they are", low=0.0
    )
    log_variance_limit: float = setting(8.0, "log sigma^2 is held within plus and minus this", low=0.1)
    precision: str = setting(
        "auto",
        "bf16 where the processor computes it, or always single",
        choices=("auto", "32-true", "bf16-mixed"),
    )
    flip: bool = setting(True, "mirror every second picture of a step")
    validation_share: float = setting(0.15, "of its faces, for stopping and choosing", low=0.01, high=0.5)
    knn: int = setting(5, "neighbours when the size is chosen by kNN accuracy", low=1)

    def __post_init__(self) -> None:
        super().__post_init__()
        step = 2 ** len(self.channels)
        if not self.channels or not self.latents or self.size_px % step:
            raise ConfigError(
                f"RvaConfig: expected channels, latents and an edge that {len(self.channels)} halvings divide, got "
                f"{self.channels}, {self.latents} and {self.size_px} px; use a multiple of {step}"
            )


@dataclass(frozen=True)
class RemoverConfig(Settings):
    """AFORET and what it is compared with. The paper only names the others: their forms are ours."""

    sigma: float = setting(
        0.0, "scale of the affinity, equation 7; 0 = the square root of the median squared distance", low=0.0
    )
    score: str = setting("beta", "what AFORET removes by", choices=SCORES)
    per_class: bool = setting(
        False, "remove the share in every class; the paper's total loss is over all of them"
    )
    keep_at_least: int = setting(2, "faces of a class that are never removed", low=1)
    warn_share: float = setting(0.5, "a class that loses more than this is told", low=0.0, high=1.0)
    osm_neighbours: int = setting(5, "k of OSM", low=1)
    nu: float = setting(0.1, "of the one-class machines of nu-SVM", low=1e-3, high=1.0)
    nbu_neighbours: int = setting(0, "k of NBU; 0 = the square root of the number of faces", low=0)


@dataclass(frozen=True)
class ClassifierConfig(Settings):
    """scikit-learn's defaults but for these; the paper's 'parametric setup as in [8]' is not in its text."""

    names: tuple[str, ...] = setting(("LR", "NB", "RF", "KNN", "MLP", "SVM", "XGB"), "of `CLASSIFIERS`")
    iterations: int = setting(
        1000, "at most, of LR; scikit-learn's 100 do not converge on these points", low=1
    )
    trees: int = setting(100, "of RF", low=1)
    mlp_epochs: int = setting(200, "at most, of MLP", low=1)
    boosting_rounds: int = setting(100, "of XGB or its stand-in", low=1)
    boosting_leaves: int = setting(31, "leaves of a boosted tree of the stand-in, at most", low=2)


@dataclass(frozen=True)
class ProtocolConfig(Settings):
    """How the classifiers are measured."""

    losses: tuple[float, ...] = setting(DATA_LOSS, "shares removed by AFORET and at random, ascending")
    compared_at: float = setting(0.10, "share removed by every method, as in the paper's table 9")
    folds: int = setting(10, "of the cross-validation", low=2)
    group_subjects: bool = setting(True, "all faces of a subject in one fold, where subjects have several")

    def __post_init__(self) -> None:
        super().__post_init__()
        if list(self.losses) != sorted(set(self.losses)) or not all(0.0 < q < 1.0 for q in self.losses):
            raise ConfigError(f"ProtocolConfig.losses: expected ascending shares in 0..1, got {self.losses}")
        if self.compared_at not in self.losses:
            raise ConfigError(
                f"ProtocolConfig.compared_at: expected one of {self.losses}, got {self.compared_at}"
            )


@dataclass(frozen=True)
class FindingConfig(Settings):
    """How well removal finds what is known to be ambiguous or wrong."""

    planted_share: float = setting(0.05, "labels that are made wrong", low=0.0, high=0.5)
    repeats: int = setting(
        20, "times that other labels are made wrong, and that random removal is drawn", low=1
    )
    draws: int = setting(1000, "of the bootstrap over faces", low=10)
    cured: tuple[str, ...] = setting(
        ("LR", "NB", "KNN"), "classifiers that are trained on wrong labels with and without removal"
    )


@dataclass(frozen=True)
class CurationConfig(Settings):
    """The study."""

    faces: HumanSetConfig = field(
        default=HumanSetConfig(
            labels="basic-8", images=8000, seed=4000, intensity_low=0.4, blend_share=0.25, size_px=160
        )
    )
    labels: tuple[str, ...] = setting(
        PAPER_LABELS, "classes, where the set has them all; else all classes of the set"
    )
    limit: int = setting(
        20_000, "faces that are judged at most, every class in its proportion; 0 = all", low=0
    )
    rva_share: float = setting(
        0.5,
        "of the subjects, whose faces only train the autoencoder: the protocols never see them",
        low=0.05,
        high=0.9,
    )
    rva: RvaConfig = field(default=RvaConfig())
    removers: RemoverConfig = field(default=RemoverConfig())
    classifiers: ClassifierConfig = field(default=ClassifierConfig())
    protocol: ProtocolConfig = field(default=ProtocolConfig())
    finding: FindingConfig = field(default=FindingConfig())
    cleaned_share: float = setting(0.10, "of the faces that the cleaned set lacks", low=0.0, high=0.9)
    cleaned_by: str = setting("aforet", "remover of the cleaned set")
    smallest_class: int = setting(10, "faces that every class must have, or the study is refused", low=2)


def quick(config: CurationConfig) -> CurationConfig:
    """The same study in minutes: fewer faces, folds, epochs, trees and repeats; one latent size."""
    return replace(
        config,
        faces=replace(config.faces, images=1120, size_px=128),
        rva=replace(
            config.rva,
            size_px=48,
            stem=16,
            channels=(16, 32, 64, 128),
            latents=(32,),
            batch=32,
            learning_rate=2e-3,
            epochs=40,
            warm_up=4,
        ),
        classifiers=replace(
            config.classifiers, trees=50, mlp_epochs=60, boosting_rounds=20, boosting_leaves=8
        ),
        protocol=replace(config.protocol, folds=5),
        finding=replace(config.finding, repeats=5, draws=300),
    )
