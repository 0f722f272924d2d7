"""Training file in, model folder out: card, weights, results."""

from __future__ import annotations

import json
import logging
from collections import Counter
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from lightning.pytorch import Trainer, seed_everything
from lightning.pytorch.callbacks import EarlyStopping, ModelCheckpoint, TQDMProgressBar

from affect_core import torch_compat
from affect_core.data.batches import CropBatches
from affect_core.data.crop_set import CropSet
from affect_core.data.sources import SOURCES
from affect_core.emotion.base import ARCHITECTURES, RUNTIMES
from affect_core.emotion.card import Card, save_card
from affect_core.emotion.weights import save_weights
from affect_core.training.config import TrainingConfig, load_training
from affect_core.training.module import EmotionModule, OptimiserConfig
from affect_core.training.score import predict, scores, scores_by

RESULTS_FILE = "results.json"
_log = logging.getLogger(__name__)


def run(config: Path, output: Path, resume: bool = False) -> Path:
    """Train a model.

    Args:
        config: a training file like `config/training/amal_small.yaml`.
        output: the model folder that is written: card.yaml, weights.safetensors, results.json. Its subfolder
            ``work`` (ignored by git) holds generated data and checkpoints; it can be deleted afterwards.
        resume: go on from the last checkpoint, if there is one. Generated data are always reused.

    Returns:
        ``output``.

    Raises:
        ConfigError: the training file cannot be used.
    """
    plan = load_training(config)
    work = _work_folder(output)
    sets = {
        split: SOURCES.build(source, settings, plan.crop, plan.labels, work / split)
        for split, (source, settings) in plan.data.items()
    }
    network, mean, std = _fit(plan, sets, work, resume)
    card = _save_model(plan, network, mean, std, output)
    results = _results(card, plan, sets)
    (output / RESULTS_FILE).write_text(json.dumps(results, indent=1) + "\n")
    return output


def _work_folder(output: Path) -> Path:
    work = output / "work"
    work.mkdir(parents=True, exist_ok=True)
    (work / ".gitignore").write_text("*\n")
    return work


def _fit(
    plan: TrainingConfig, sets: dict[str, CropSet], work: Path, resume: bool
) -> tuple[torch.nn.Module, tuple[float, ...], tuple[float, ...]]:
    """The network of the epoch with the best validation macro F1, and the pixels' mean and std."""
    optimiser = plan.optimiser
    seed_everything(optimiser.seed)
    mean, std = channel_statistics(sets["train"])
    network = ARCHITECTURES.build(plan.architecture, len(plan.labels), plan.crop.size_px, **plan.options)
    module = EmotionModule(network, len(plan.labels), mean, std, plan.augmentation, plan.loss, optimiser)
    best = ModelCheckpoint(
        work, "best", "val_macro_f1", mode="max", save_last=True, enable_version_counter=False
    )
    train = CropBatches(sets["train"], optimiser.batch_size, optimiser.seed)
    validation = CropBatches(sets["validation"], optimiser.batch_size)
    last = work / "last.ckpt"
    checkpoint = str(last) if resume and last.exists() else None
    torch_compat.use_threads(optimiser.threads)  # here, because a detector may have set its own number
    _trainer(optimiser, best).fit(module, train, validation, ckpt_path=checkpoint, weights_only=True)
    state = torch.load(best.best_model_path, weights_only=True)["state_dict"]
    module.load_state_dict(state)
    return module.network, mean, std


def _trainer(optimiser: OptimiserConfig, best: ModelCheckpoint) -> Trainer:
    """On the CPU, with a progress bar; P0's schedule stops after 5 epochs without a better validation loss."""
    stop = [EarlyStopping("val_loss", patience=5)] if optimiser.schedule == "plateau" else []
    return Trainer(
        accelerator="cpu",
        max_epochs=optimiser.epochs,
        precision=cast(Any, optimiser.precision),  # a str that the configuration has checked
        callbacks=[best, TQDMProgressBar(), *stop],
        logger=False,
        enable_model_summary=False,
    )


def channel_statistics(crops: CropSet) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and standard deviation per channel of the pixels in 0..1, rounded to four digits."""
    pixels = crops.images_rgb.reshape(-1, 3)
    counts = [np.bincount(pixels[:, channel], minlength=256) for channel in range(3)]
    levels = np.arange(256) / 255.0
    means = [float(np.average(levels, weights=count)) for count in counts]
    spread = [
        float(np.average((levels - m) ** 2, weights=c)) ** 0.5 for m, c in zip(means, counts, strict=True)
    ]
    return tuple(round(m, 4) for m in means), tuple(round(max(s, 1e-3), 4) for s in spread)


def _save_model(
    plan: TrainingConfig,
    network: torch.nn.Module,
    mean: tuple[float, ...],
    std: tuple[float, ...],
    output: Path,
) -> Card:
    card = Card(
        folder=output,
        name=plan.name,
        architecture=plan.architecture,
        labels=plan.labels,
        crop=plan.crop,
        mean=mean,
        std=std,
        weights=save_weights(network.state_dict(), output, plan.weights_dtype),
        training_data=plan.training_data,
        licence=plan.licence,
        options={key: value for key, value in plan.options.items() if key != "init"},
        notes=plan.notes,
        results={"file": RESULTS_FILE},
    )
    save_card(card)
    return card


def _results(card: Card, plan: TrainingConfig, sets: dict[str, CropSet]) -> dict[str, Any]:
    """Measured on the stored weights, so that what is reported is what is shipped."""
    runtime = RUNTIMES.build("torch", card, plan.optimiser.threads)
    results: dict[str, Any] = {"model": card.name, "weights_sha256": card.weights.sha256}
    train = sets["train"]
    results["train"] = {"n": len(train), "counts": train.counts(), **_group_counts(train)}
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
    """The info columns that hold words."""
    return [name for name in crops.info if crops.info[name].dtype.kind == "U"]
