"""A training without files: a network and batches in, the same network out, fitted; it goes on where it was stopped."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Protocol, cast

from lightning.pytorch import Trainer
from lightning.pytorch.callbacks import ModelCheckpoint
from lightning.pytorch.utilities.exceptions import SIGTERMException
from torch import nn

from affect_core import torch_compat
from affect_core.data.augment import AugmentConfig
from affect_core.training.hardware import Hardware, resolve_precision
from affect_core.training.initial import check_identity, read_checkpoint
from affect_core.training.losses import LossConfig
from affect_core.training.module import IDENTITY, EmotionModule
from affect_core.training.precision import keep_depthwise_exact
from affect_core.training.schedules import SCHEDULES, OptimiserConfig
from affect_core.training.trainer import make_trainer

AS_THEY_ARE: Final = AugmentConfig(
    flip=0.0,
    rotation_deg=0.0,
    zoom=0.0,
    shift=0.0,
    brightness=0.0,
    contrast=0.0,
    gamma=0.0,
    noise=0.0,
    patch=0.0,
)
"""No augmentation: the batches bring their own."""

CROSS_ENTROPY: Final = LossConfig(align=0.0, sparsity=0.0, variation=0.0, regression=0.0, class_weights=False)
"""Nothing but the plain cross-entropy."""

_TERMINATED: Final = 143
_LAST: Final = "last.ckpt"
_log = logging.getLogger(__name__)


class Batches(Protocol):
    """What is trained on; ``epoch`` is set before each pass."""

    epoch: int

    def __len__(self) -> int: ...

    def __iter__(self) -> Any: ...


def fit_crops(
    network: nn.Module,
    batches: Batches,
    size_px: int,
    mean: tuple[float, ...],
    std: tuple[float, ...],
    optimiser: OptimiserConfig,
    work: Path,
    identity: dict[str, Any],
    *,
    augmentation: AugmentConfig = AS_THEY_ARE,
    loss: LossConfig = CROSS_ENTROPY,
    hardware: Hardware | None = None,
) -> nn.Module:
    """Train with Lightning for ``optimiser.epochs`` epochs; there is no validation, so the last epoch counts.

    Args:
        network: returns `Output`; seed torch before it is built.
        batches: of `CropBatch`.
        size_px: edge of the pictures.
        mean, std: of the pixels in 0..1, per channel.
        optimiser: its schedule may not be "plateau", which needs a validation.
        work: folder of the checkpoint, which every epoch replaces; delete it when the network is stored.
        identity: what a checkpoint must say to go on from it; words, numbers, lists.
        augmentation, loss: see their classes.
        hardware: what to train on.

    Returns:
        The network, on the processor, in evaluation mode.

    Raises:
        ModelError: the checkpoint in ``work`` is that of another training.
    """
    chosen = hardware or Hardware()
    torch_compat.use_threads(chosen.threads or optimiser.threads)
    last = work / _LAST
    checkpoint = last if last.exists() else None
    if checkpoint:
        check_identity(checkpoint, read_checkpoint(checkpoint)[IDENTITY], identity, tuple(identity))
    module = EmotionModule(network, size_px, mean, std, augmentation, loss, optimiser, identity=identity)
    if not chosen.on_gpu:
        keep_depthwise_exact(module.network)
    with _without_tips():
        trainer = _trainer(optimiser, work, chosen)
    try:
        with warnings.catch_warnings(), _without_tips():
            warnings.filterwarnings("ignore", ".*exists and is not empty")  # it holds our checkpoint
            warnings.filterwarnings("ignore", ".*LeafSpec.*")  # Lightning's own matter
            warnings.filterwarnings("ignore", ".*validation_step.*")  # on purpose: nothing is chosen by it
            trainer.fit(module, cast(Any, batches), ckpt_path=checkpoint, weights_only=True)
    except SIGTERMException:
        _log.warning("stopped by a signal; the same command goes on at epoch %d", trainer.current_epoch + 1)
        raise SystemExit(_TERMINATED) from None
    fitted: nn.Module = module.network.cpu().eval()
    return fitted


@contextmanager
def _without_tips() -> Iterator[None]:
    """Lightning tells the same about the machine before every training; a study has dozens of them."""
    talker = logging.getLogger("lightning.pytorch")
    level = talker.level
    talker.setLevel(logging.WARNING)
    try:
        yield
    finally:
        talker.setLevel(level)


def _trainer(optimiser: OptimiserConfig, work: Path, hardware: Hardware) -> Trainer:
    checkpoints = ModelCheckpoint(
        work, "last", save_top_k=1, save_on_train_epoch_end=True, enable_version_counter=False
    )
    return make_trainer(
        hardware,
        optimiser.epochs,
        resolve_precision(optimiser.precision, hardware),
        *SCHEDULES[optimiser.schedule].callbacks(optimiser),
        checkpoints,
        gradient_clip_val=optimiser.clip_norm or None,
        limit_val_batches=0,
    )
