"""Training file in, model folder out: card, weights, results, log."""

from __future__ import annotations

import json
import logging
import shutil
import warnings
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import torch
from lightning.pytorch import Trainer, seed_everything
from lightning.pytorch.callbacks import ModelCheckpoint
from lightning.pytorch.loggers import TensorBoardLogger
from lightning.pytorch.utilities.exceptions import SIGTERMException

from affect_core import torch_compat
from affect_core.data.batches import CropBatches
from affect_core.data.crop_set import CropSet, stratified
from affect_core.data.sources import SOURCES, Request
from affect_core.emotion.architectures.pretrained import IMAGENET, IMAGENET_MEAN, IMAGENET_STD
from affect_core.emotion.base import ARCHITECTURES, RUNTIMES
from affect_core.emotion.card import Card, save_card
from affect_core.emotion.weights import save_weights
from affect_core.errors import ConfigError, InputError
from affect_core.training.config import TrainingConfig, load_training
from affect_core.training.hardware import Hardware, resolve_precision
from affect_core.training.initial import apply_start, check_identity, read_checkpoint, read_start
from affect_core.training.losses import inverse_frequencies
from affect_core.training.module import IDENTITY, EmotionModule
from affect_core.training.precision import keep_depthwise_exact
from affect_core.training.progress import EpochLog
from affect_core.training.schedules import SCHEDULES
from affect_core.training.score import channel_statistics, predict, scores, scores_by
from affect_core.training.trainer import make_trainer

RESULTS_FILE: Final = "results.json"
LOG_FILE: Final = "training_log.csv"
_GROUPS: Final = ("lighting", "background", "set", "landmarks")
_TERMINATED: Final = 143  # what a shell reports for a program that SIGTERM ended
_log = logging.getLogger(__name__)


def run(
    config: Path,
    output: Path,
    resume: bool = False,
    *,
    changes: Mapping[str, Any] | None = None,
    root: Path | None = None,
    crops: Path | None = None,
    quick: bool = False,
    hardware: Hardware | None = None,
) -> Path:
    """Train a model.

    Args:
        config: a training file like `config/training/amal_small.yaml`.
        output: the model folder that is written: card, weights, results and log. Its subfolder ``work`` (ignored
            by git) holds generated data, checkpoints and the TensorBoard log; it can be deleted afterwards.
        resume: go on from the last checkpoint, if there is one. Generated data are always reused.
        changes, root, quick: see `load_training`.
        crops: folder for cut-out crops, to share them between trainings; default is in ``work``.
        hardware: what to train on.

    Returns:
        ``output``.

    Raises:
        ConfigError: the training file cannot be used.
        InputError: the data cannot be used, or a class is missing in the training set.
        ModelError: the model or checkpoint to go on from does not fit.
    """
    return train(load_training(config, changes, root, quick), output, resume, crops, hardware or Hardware())


def train(plan: TrainingConfig, output: Path, resume: bool, crops: Path | None, hardware: Hardware) -> Path:
    """`run` with the training file already read."""
    work = _work_folder(output)
    sets = load_sets(plan, work, crops)
    # Here, because a detector that found the faces may have set its own number.
    torch_compat.use_threads(hardware.threads or plan.optimiser.threads)
    module, trainer = _fit(plan, sets, work, resume, hardware)
    if not trainer.is_global_zero:
        return output
    card = _save_model(plan, sets["train"], module, output)
    (output / RESULTS_FILE).write_text(json.dumps(_results(card, plan, sets), indent=1) + "\n")
    shutil.copyfile(work / LOG_FILE, output / LOG_FILE)
    return output


def load_sets(plan: TrainingConfig, work: Path, crops: Path | None) -> dict[str, CropSet]:
    """The crops of every split; raises InputError when the training set lacks a class."""
    sets = {}
    for split, (source, settings) in plan.data.items():
        request = Request(plan.crop, plan.labels, work / split, crops, plan.roots)
        loaded = SOURCES.build(source, settings, request)
        sets[split] = stratified(loaded, plan.limits[split]) if split in plan.limits else loaded
        _log.info("%s: %d crops %s", split, len(sets[split]), sets[split].counts())
    empty = [name for name, count in sets["train"].counts().items() if not count]
    if empty:
        raise InputError(
            f"expected training pictures of every class, found none of {', '.join(empty)}; add some, or train "
            "with a label set that does without"
        )
    return sets


def _work_folder(output: Path) -> Path:
    work = output / "work"
    work.mkdir(parents=True, exist_ok=True)
    (work / ".gitignore").write_text("*\n")
    return work


def _fit(
    plan: TrainingConfig, sets: Mapping[str, CropSet], work: Path, resume: bool, hardware: Hardware
) -> tuple[EmotionModule, Trainer]:
    """The network of the epoch with the best validation macro F1."""
    optimiser = plan.optimiser
    last = work / "last.ckpt"
    checkpoint = last if resume and last.exists() else None
    if checkpoint:
        check_identity(checkpoint, read_checkpoint(checkpoint)[IDENTITY], plan.identity, tuple(plan.identity))
    else:
        (work / LOG_FILE).unlink(missing_ok=True)
    seed_everything(optimiser.seed, verbose=False)
    module = _module(plan, sets["train"])
    if not hardware.on_gpu:
        keep_depthwise_exact(module.network)
    trainer = _trainer(plan, work, hardware)
    batches = CropBatches(
        sets["train"],
        optimiser.batch_size,
        optimiser.seed,
        balanced=optimiser.sampling == "balanced",
        rank=trainer.global_rank,
        world=trainer.world_size,
    )
    validation = CropBatches(sets["validation"], optimiser.batch_size)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", ".*exists and is not empty")  # it holds our data
            warnings.filterwarnings("ignore", ".*LeafSpec.*")  # Lightning's own matter
            trainer.fit(module, batches, validation, ckpt_path=checkpoint, weights_only=True)
    except SIGTERMException:
        _log.warning("stopped by a signal; the same command goes on at epoch %d", trainer.current_epoch + 1)
        raise SystemExit(_TERMINATED) from None
    module.load_state_dict(read_checkpoint(work / "best.ckpt")["state_dict"])
    return module, trainer


def _module(plan: TrainingConfig, crops: CropSet) -> EmotionModule:
    mean, std = (IMAGENET_MEAN, IMAGENET_STD) if plan.init == IMAGENET else channel_statistics(crops)
    network = _network(plan)
    if isinstance(plan.init, Mapping):
        start = read_start(Request(plan.crop, plan.labels, Path(), roots=plan.roots).find(plan.init["from"]))
        apply_start(network, start, plan.identity)
        mean, std = start.mean, start.std  # its first layer expects pixels of this kind
    weights = inverse_frequencies(torch.from_numpy(crops.soft_labels)) if plan.loss.class_weights else None
    return EmotionModule(
        network,
        plan.crop.size_px,
        mean,
        std,
        plan.augmentation,
        plan.loss,
        plan.optimiser,
        weights,
        plan.identity,
    )


def _network(plan: TrainingConfig) -> Any:
    options = {**plan.options, **({"init": plan.init} if isinstance(plan.init, str) else {})}
    try:
        network = ARCHITECTURES.build(plan.architecture, len(plan.labels), plan.crop.size_px, **options)
    except TypeError as error:
        raise ConfigError(f"options of {plan.architecture}: {error}; correct the training file") from error
    if getattr(network, "dimensions", 0):  # its columns are not those of crop sets
        raise ConfigError(
            f"options of {plan.architecture}: expected mode discrete, got {plan.options.get('mode')}; "
            "affect-hri circumplex trains networks that estimate valence and arousal without intensity"
        )
    return network


def _trainer(plan: TrainingConfig, work: Path, hardware: Hardware) -> Trainer:
    """Checkpoints are written when everything of an epoch is done, so that going on from one is exact."""
    optimiser = plan.optimiser
    checkpoints = ModelCheckpoint(
        work,
        "best",
        "val_macro_f1",
        mode="max",
        save_last=True,
        save_on_train_epoch_end=True,
        enable_version_counter=False,
    )
    return make_trainer(
        hardware,
        optimiser.epochs,
        resolve_precision(optimiser.precision, hardware),
        EpochLog(work / LOG_FILE, optimiser.batch_size),
        *SCHEDULES[optimiser.schedule].callbacks(optimiser),
        checkpoints,
        logger=TensorBoardLogger(work, "tensorboard", version=""),
        log_every_n_steps=1,
        gradient_clip_val=optimiser.clip_norm or None,
    )


def _save_model(plan: TrainingConfig, crops: CropSet, module: EmotionModule, output: Path) -> Card:
    network = module.network.cpu()
    card = Card(
        folder=output,
        name=plan.name,
        architecture=plan.architecture,
        labels=plan.labels,
        crop=plan.crop,
        mean=_rounded(module.mean),
        std=_rounded(module.std),
        weights=save_weights(network.state_dict(), output, plan.weights_dtype),
        training_data=" ".join(text for text in (plan.training_data, *crops.notes) if text),
        licence=plan.licence,
        options={key: value for key, value in plan.options.items() if key != "init"},
        notes=plan.notes,
        results={"file": RESULTS_FILE},
    )
    save_card(card)
    return card


def _rounded(values: torch.Tensor) -> tuple[float, ...]:
    return tuple(round(float(value), 4) for value in values.flatten())


def _results(card: Card, plan: TrainingConfig, sets: Mapping[str, CropSet]) -> dict[str, Any]:
    """Measured on the stored weights, so that what is reported is what is shipped."""
    runtime = RUNTIMES.build("torch", card, plan.optimiser.threads)
    results: dict[str, Any] = {"model": card.name, "weights_sha256": card.weights.sha256}
    train_set = sets["train"]
    results["train"] = {"n": len(train_set), "counts": train_set.counts(), **_group_counts(train_set)}
    for split in ("validation", "test"):
        if split in sets:
            results[split] = _split_results(predict(runtime, card, sets[split]), sets[split])
            _log.info("%s: %s", split, {k: results[split][k] for k in ("n", "accuracy", "macro_f1")})
    return results


def _split_results(predicted: Any, crops: CropSet) -> dict[str, Any]:
    return {
        **scores(crops.labels, predicted, crops.label_names),
        **{f"by_{name}": scores_by(name, predicted, crops) for name in _groups(crops)},
    }


def _group_counts(crops: CropSet) -> dict[str, dict[str, int]]:
    return {name: dict(Counter(map(str, crops.info[name]))) for name in _groups(crops)}


def _groups(crops: CropSet) -> list[str]:
    return [name for name in _GROUPS if name in crops.info]
