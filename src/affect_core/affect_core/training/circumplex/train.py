"""Trains one network as P2 says; an interrupted training goes on, a finished one is left as it is."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from lightning.pytorch import Trainer, seed_everything
from lightning.pytorch.callbacks import ModelCheckpoint
from lightning.pytorch.utilities.exceptions import SIGTERMException
from torch import Tensor, nn

from affect_core.circumplex.modes import Mode, mode_of
from affect_core.circumplex.recipe import MEAN, STD, Augmentation, Recipe
from affect_core.circumplex.samples import Samples, balanced
from affect_core.emotion.architectures.circumplex import VA
from affect_core.emotion.base import ARCHITECTURES
from affect_core.emotion.card import CARD_FILE, Card, load_card, save_card
from affect_core.emotion.weights import load_model, save_weights
from affect_core.errors import InputError, ModelError
from affect_core.files import claim
from affect_core.training.circumplex.module import SCORE, Batches, CircumplexModule
from affect_core.training.circumplex.progress import History
from affect_core.training.hardware import Hardware, resolve_precision
from affect_core.training.initial import check_identity, read_checkpoint
from affect_core.training.precision import keep_depthwise_exact
from affect_core.training.trainer import make_trainer

LOG_FILE: Final = "training_log.csv"
JOB_FILE: Final = "training.yaml"
_NEW: Final = ("outputs.", "centres", "spread")
"""What a second stage does not take over: the last layer, and where the classes lie."""

_TERMINATED: Final = 143  # what a shell reports for a program that SIGTERM ended
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Parts:
    """A set, divided."""

    train: Samples
    held_out: Samples
    test: Samples


@dataclass(frozen=True)
class Job:
    """One training.

    Attributes:
        backbone, mode: names in `ARCHITECTURES` and `MODES`.
        data: short name of the set, for the model's own name.
        seed: of initial weights, order and augmentation.
        start: model folder to go on from; None = nothing, or ImageNet.
        init: file with the trunk's ImageNet weights; empty = random.
    """

    backbone: str
    mode: str
    data: str
    seed: int
    start: Path | None = None
    init: str = ""

    @property
    def name(self) -> str:
        """Of the model and its folder."""
        return f"{self.backbone}-{self.mode}-{self.data}-{self.seed}"


@dataclass(frozen=True)
class Place:
    """Where trainings happen: folders for models and for what an interrupted training needs, and the hardware."""

    models: Path
    work: Path
    hardware: Hardware = field(default_factory=Hardware)


def train(job: Job, parts: Parts, recipe: Recipe, augmentation: Augmentation, place: Place) -> Path:
    """Train a network; returns the folder of the model.

    Raises:
        ConfigError: the folder holds a model that was trained otherwise.
        InputError: an empty class.
        ModelError: the model to start from does not fit.
    """
    folder, work = place.models / job.name, place.work / job.name
    identity = _identity(job, parts, recipe, augmentation)
    claim(folder / JOB_FILE, identity)
    if (folder / CARD_FILE).is_file():
        return folder
    mode = mode_of(job.mode)
    watched = parts.test if recipe.select_on_test else parts.held_out
    shown = parts.train.take(balanced(parts.train.labels, job.seed)) if mode.second else parts.train
    seed_everything(job.seed, verbose=False)
    network = _network(job, mode, parts.train, recipe)
    module = CircumplexModule(
        network, mode, recipe, augmentation, mode.weights(parts.train), watched, job.seed, identity
    )
    _fit(module, mode, shown, watched, recipe, work, place.hardware, identity)
    _save(job, mode, parts.train, recipe, module.network.cpu(), folder, work)
    return folder


def start_from(network: nn.Module, state: Mapping[str, Tensor], source: Path) -> None:
    """Take over everything but the last layer; raises ModelError when the networks differ otherwise."""
    own = network.state_dict()
    kept = [name for name in own if not name.startswith(_NEW)]
    unfit = [name for name in kept if name not in state or state[name].shape != own[name].shape]
    if unfit:
        raise ModelError(
            f"{source}: expected a network of the same trunk and size, it does not have {', '.join(unfit[:3])} as "
            "this one does; train the first stage with the same settings"
        )
    network.load_state_dict({**own, **{name: state[name] for name in kept}})


def class_centres(samples: Samples) -> tuple[Tensor, Tensor]:
    """Median place of every class (C, D), and how far its pictures are from it: root mean square over D, (1,).

    Raises:
        InputError: a class without known values; says which.
    """
    centres = np.zeros((len(samples.label_names), len(samples.dimensions)))
    for label, name in enumerate(samples.label_names):
        values = samples.affect[samples.labels == label]
        if not len(values) or np.isnan(values).all(axis=0).any():
            raise InputError(
                f"{samples.name}: expected training pictures of {name} with {', '.join(samples.dimensions)}, found "
                "none; add some, or leave the class out"
            )
        centres[label] = np.nanmedian(values, axis=0)
    apart = np.nanmean((samples.affect - centres[samples.labels]) ** 2) ** 0.5
    return torch.tensor(centres, dtype=torch.float32), torch.tensor([max(float(apart), 1e-3)])


def _identity(job: Job, parts: Parts, recipe: Recipe, augmentation: Augmentation) -> dict[str, Any]:
    sizes = {name: len(getattr(parts, name)) for name in ("train", "held_out", "test")}
    started = "" if job.start is None else load_card(job.start).weights.sha256
    return {
        "job": {**asdict(job), "start": started, "init": Path(job.init).name},
        "data": {**sizes, "set": parts.train.name, "labels": list(parts.train.label_names)},
        "recipe": asdict(recipe),
        "augmentation": asdict(augmentation),
    }


def _network(job: Job, mode: Mode, samples: Samples, recipe: Recipe) -> nn.Module:
    options = _options(mode, samples, recipe)
    init = {"init": job.init} if job.init else {}
    network: nn.Module = ARCHITECTURES.build(
        job.backbone, len(samples.label_names), recipe.size_px, **options, **init
    )
    if mode.network == VA:
        centres, spread = class_centres(samples)
        network.load_state_dict({**network.state_dict(), "centres": centres, "spread": spread})
    if job.start is not None:
        start_from(network, load_model(load_card(job.start)).state_dict(), job.start)
    return network


def _options(mode: Mode, samples: Samples, recipe: Recipe) -> dict[str, Any]:
    return {
        "mode": mode.network,
        "dimensions": len(samples.dimensions),
        "width": recipe.width,
        "depth": recipe.depth,
    }


def _fit(
    module: CircumplexModule,
    mode: Mode,
    shown: Samples,
    watched: Samples,
    recipe: Recipe,
    work: Path,
    hardware: Hardware,
    identity: Mapping[str, Any],
) -> None:
    """Leaves the network of the epoch with the best score in ``module``."""
    last = work / "last.ckpt"
    resumed = last if last.is_file() else None
    if resumed is not None:
        check_identity(resumed, read_checkpoint(resumed)["affect_core"], identity, tuple(identity))
    epochs = recipe.va_epochs if mode.second else recipe.epochs
    precision = resolve_precision(recipe.precision, hardware)
    if not hardware.on_gpu:
        keep_depthwise_exact(module.network)
    trainer = _trainer(work, epochs, precision, hardware)
    batches = Batches(shown, recipe.batch_size, module_seed(identity))
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", ".*exists and is not empty")  # it holds our checkpoints
            warnings.filterwarnings("ignore", ".*LeafSpec.*")  # Lightning's own matter
            trainer.fit(
                module, batches, Batches(watched, recipe.batch_size), ckpt_path=resumed, weights_only=True
            )
    except SIGTERMException:
        _log.warning("stopped by a signal; the same command goes on at epoch %d", trainer.current_epoch + 1)
        raise SystemExit(_TERMINATED) from None
    module.load_state_dict(read_checkpoint(work / "best.ckpt")["state_dict"])


def module_seed(identity: Mapping[str, Any]) -> int:
    """Seed of the order of the pictures."""
    return int(identity["job"]["seed"])


def _trainer(work: Path, epochs: int, precision: str, hardware: Hardware) -> Trainer:
    checkpoints = ModelCheckpoint(
        work,
        "best",
        SCORE,
        mode="max",
        save_last=True,
        save_on_train_epoch_end=True,
        enable_version_counter=False,
    )
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    return make_trainer(hardware, epochs, precision, History(work / LOG_FILE), checkpoints)


def _save(
    job: Job, mode: Mode, samples: Samples, recipe: Recipe, network: nn.Module, folder: Path, work: Path
) -> None:
    log = (work / LOG_FILE).read_bytes()
    (folder / LOG_FILE).write_bytes(log)
    card = Card(
        folder=folder,
        name=job.name,
        architecture=job.backbone,
        labels=samples.label_names,
        crop=samples.crop,
        mean=MEAN,
        std=STD,
        weights=save_weights(network.state_dict(), folder, recipe.weights_dtype),
        training_data=f"{samples.name}: {len(samples)} pictures.",
        licence="that of the training pictures",
        options=_options(mode, samples, recipe),
        notes=" ".join((_ABOUT[job.mode], *samples.notes)),
        results={"file": LOG_FILE},
        regression=samples.dimensions,
    )
    save_card(card)


_ABOUT: Final = {
    "discrete": "After CAGE (Wagner et al. 2024): classes only.",
    "combined": "After CAGE (Wagner et al. 2024): classes, valence and arousal.",
    "va": "After CAGE (Wagner et al. 2024): valence and arousal only; its classes are those whose median place in the "
    "circumplex is nearest, which the paper does not have.",
    "multi": "After CAGE (Wagner et al. 2024): several labels at once; the suite's softmax makes shares of them, "
    "which the paper does not.",
}
