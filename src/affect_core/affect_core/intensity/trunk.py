"""Weights of VGG16's convolutions: ImageNet's where they are at hand, else trained here on synthetic faces."""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

from affect_core.data.augment import AugmentConfig
from affect_core.emotion.architectures.pretrained import (
    IMAGENET,
    IMAGENET_MEAN,
    IMAGENET_STD,
    RANDOM,
    has_imagenet_weights,
    imagenet_weights,
)
from affect_core.emotion.card import CARD_FILE, load_card
from affect_core.errors import ModelError
from affect_core.faces.crop import CropSpec
from affect_core.files import claim, whole
from affect_core.intensity.base import AUTO, SYNTHETIC, ClassifierConfig, TrunkConfig
from affect_core.labels import BASIC_8
from affect_core.papers import Request
from affect_core.synth.faces import has_humans, make_faces
from affect_core.synth.humans.base import HumanSetConfig

FILE: Final = "trunk.safetensors"
_SEEDS: Final = {"train": 50_000, "validation": 60_000}
"""Apart from the seeds of the study's own faces."""

_log = logging.getLogger(__name__)
Three = tuple[float, ...]


@dataclass(frozen=True)
class Trunk:
    """Where the convolutions' weights come from.

    Attributes:
        init: for `affect_core.emotion.architectures.pretrained.initialise`.
        mean, std: of the pixels that they expect.
        about: a sentence for the report.
        warning: what stands at the top of the report; empty for ImageNet's.
    """

    init: str
    mean: Three
    std: Three
    about: str
    warning: str = ""


_AUGMENTATION: Final = AugmentConfig(
    rotation_deg=8.0,
    zoom=0.08,
    shift=0.05,
    brightness=0.0,
    contrast=0.1,
    gamma=0.1,
    exposure_low=0.9,
    exposure_high=1.1,
    colour=0.05,
    saturation=0.1,
    grey=0.05,
    blur=0.1,
    noise=0.01,
    patch=0.0,
    background=0.0,
)
"""A little: P1 names none, and the suite's own keeps a short training at chance."""


def find_trunk(classifier: ClassifierConfig, config: TrunkConfig, request: Request) -> Trunk:
    """The trunk that ``classifier.trunk`` names; a synthetic one is trained, or found below ``request.work``.

    Raises:
        InputError: ImageNet's weights cannot be downloaded.
        ModelError: there is no such file.
        ConfigError: the work folder holds a trunk of other settings.
    """
    wanted = classifier.trunk
    if wanted == AUTO:
        wanted = IMAGENET if has_imagenet_weights("vgg16") else SYNTHETIC
    if wanted == SYNTHETIC:
        return _synthetic(classifier, config, request)
    if wanted == RANDOM:
        return Trunk(
            RANDOM, IMAGENET_MEAN, IMAGENET_STD, "The convolutions are random.",
            "Untrained trunk: the convolutions are random and frozen; P1 has ImageNet's.",
        )  # fmt: skip
    if wanted == IMAGENET:
        path = imagenet_weights("vgg16")
        return Trunk(str(path), IMAGENET_MEAN, IMAGENET_STD, "The convolutions are ImageNet's, as in P1.")
    if not Path(wanted).is_file():
        raise ModelError(
            f"expected a trunk of {IMAGENET}, {SYNTHETIC}, {AUTO}, {RANDOM} or a file, got {wanted}; "
            "give the path of a .pth or .safetensors file of torchvision's vgg16"
        )
    about = f"The convolutions come from {Path(wanted).name}."
    return Trunk(wanted, IMAGENET_MEAN, IMAGENET_STD, about, f"{about} P1 has ImageNet's.")


def _synthetic(classifier: ClassifierConfig, config: TrunkConfig, request: Request) -> Trunk:
    folder = request.work / "trunk"
    stand_in = request.stand_in or not has_humans()
    crop = CropSpec(config.size_px, classifier.margin, classifier.template)
    settings = {**asdict(config), **vars(crop), "seed": request.seed, "stand_in": stand_in}
    claim(folder / "asked.yaml", settings)
    if not (folder / FILE).is_file():
        _train(folder, config, crop, request, stand_in)
    card = load_card(folder / "model")
    shown = "procedural robot heads, which stand in for humans" if stand_in else "synthetic humans"
    about = (
        f"No ImageNet weights were at hand: the convolutions were trained on {config.pictures} {shown}, "
        f"{config.epochs} epochs at {config.size_px} px, eight basic emotions, and then frozen."
    )
    return Trunk(str(folder / FILE), card.mean, card.std, about, about)


def _train(folder: Path, config: TrunkConfig, crop: CropSpec, request: Request, stand_in: bool) -> None:
    from affect_core.training.config import TrainingConfig
    from affect_core.training.hardware import Hardware
    from affect_core.training.losses import LossConfig
    from affect_core.training.schedules import OptimiserConfig
    from affect_core.training.train import train

    base = HumanSetConfig(labels="basic-8", images=config.pictures, size_px=max(64, config.size_px))
    for split, first in _SEEDS.items():
        count = config.pictures if split == "train" else config.validation
        faces = replace(base, images=count, seed=first + request.seed)
        make_faces(faces, folder / split, request.workers, stand_in)
    plan = TrainingConfig(
        name="vgg16_trunk",
        architecture="vgg16",
        options={"hidden": 0, "batch_norm": True},
        init=RANDOM,
        labels=BASIC_8,
        crop=crop,
        weights_dtype="float32",
        data={split: ("manifests", {"paths": [str((folder / split).resolve())]}) for split in _SEEDS},
        limits={},
        augmentation=_AUGMENTATION,
        loss=LossConfig(),
        optimiser=OptimiserConfig(
            epochs=config.epochs,
            batch_size=config.batch_size,
            learning_rate=config.learning_rate,
            schedule="one_cycle",
            threads=request.workers,
            seed=request.seed,
        ),
        training_data="",
        licence="Apache-2.0",
        notes="Convolutions of VGG16 with batch normalisation, for the study of P1.",
        roots=(Path(),),
    )
    if not (folder / "model" / CARD_FILE).is_file():
        train(plan, folder / "model", True, None, Hardware(threads=request.workers))
    _fold(folder)


def _fold(folder: Path) -> None:
    """The trained convolutions as a plain VGG16's, under torchvision's names."""
    from safetensors.torch import save_file

    from affect_core.emotion.architectures.vgg import without_batch_norm
    from affect_core.emotion.weights import load_model

    network = load_model(load_card(folder / "model"))
    plain = without_batch_norm(network.features).state_dict()
    with whole(folder / FILE) as unfinished:
        save_file({f"features.{key}": value.contiguous() for key, value in plain.items()}, unfinished)
    _log.info("trunk: %s", folder / FILE)
