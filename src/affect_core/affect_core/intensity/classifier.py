"""P1's classifier: frozen convolutions, whose outputs are computed once, and a head that learns from them."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional
from tqdm import tqdm

from affect_core.array_files import read_array
from affect_core.data.crop_set import CropSet
from affect_core.emotion.architectures.vgg import VGGRanker
from affect_core.emotion.base import ARCHITECTURES
from affect_core.emotion.card import Card, Weights, save_card
from affect_core.emotion.preprocess import to_batch
from affect_core.emotion.weights import read_tensors, read_weights, save_weights
from affect_core.errors import InputError
from affect_core.files import claim, whole, write_whole
from affect_core.intensity.base import ClassifierConfig
from affect_core.intensity.splits import Split
from affect_core.intensity.trunk import Trunk

Floats32 = NDArray[np.float32]
HEAD_FILE: Final = "head.safetensors"
LOG_FILE: Final = "head.json"
_UNFINISHED_FILE: Final = "unfinished.safetensors"
_PER_PART: Final = 128
_HEAD: Final = ("hidden.", "classifier.")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Fitted:
    """A trained classifier.

    Attributes:
        network: in evaluation mode.
        history: one entry for each epoch: loss, validation_loss, validation_accuracy.
        best_epoch: the one whose weights were kept, counted from 1.
        logits: float32 (N, C) of all crops.
    """

    network: VGGRanker
    history: tuple[dict[str, float], ...]
    best_epoch: int
    logits: Floats32


def card_of(name: str, crops: CropSet, config: ClassifierConfig, trunk: Trunk, folder: Path) -> Card:
    """What must be known to feed the classifier; its weights are named when they are saved."""
    return Card(
        folder=folder,
        name=name,
        architecture="vgg16",
        labels=crops.label_names,
        crop=crops.crop,
        mean=tuple(trunk.mean),
        std=tuple(trunk.std),
        weights=Weights(),
        training_data="",
        licence="Apache-2.0",
        options={"hidden": config.hidden, "dropout": config.dropout, "frozen": True},
    )


def build(card: Card, trunk: Trunk, seed: int) -> VGGRanker:
    """The network with the trunk's convolutions, frozen, and a new head."""
    torch.manual_seed(seed)
    network: VGGRanker = ARCHITECTURES.build(
        card.architecture, len(card.labels), card.crop.size_px, **card.options, init=trunk.init
    )
    return network


def fit(
    card: Card,
    network: VGGRanker,
    crops: CropSet,
    split: Split,
    config: ClassifierConfig,
    seed: int,
    work: Path,
) -> Fitted:
    """Train the head; an interrupted call goes on, a finished one is not repeated.

    Args:
        card, network: from `card_of` and `build`.
        crops: all pictures.
        work: folder of the embedded pictures, which splits share, and of the heads.
    """
    embedded = embed(card, network, crops, work / "embedded")
    folder = work / f"head_{split.group_by}"
    claim(
        folder / "asked.yaml", {**asdict(config), "seed": seed, "crops": len(crops), "split": split.plain()}
    )
    if not (folder / LOG_FILE).is_file():
        _train_head(network, embedded, crops.labels, split, config, seed, folder)
    log = json.loads((folder / LOG_FILE).read_text())
    network.load_state_dict(read_weights(folder / HEAD_FILE), strict=False)
    network.eval()
    with torch.inference_mode():
        parts = [network.classify(_tensor(embedded[i : i + 256])) for i in range(0, len(embedded), 256)]
    logits = torch.cat(parts).float().numpy()
    return Fitted(network, tuple(log["history"]), int(log["best_epoch"]), logits)


def embed(card: Card, network: VGGRanker, crops: CropSet, folder: Path) -> NDArray[np.float16]:
    """What the frozen convolutions make of every picture: (N, 25088). Parts that are on disk are read."""
    network.eval()
    parts = []
    starts = range(0, len(crops), _PER_PART)
    for number, first in enumerate(tqdm(starts, "embed pictures", unit="part", disable=not len(starts))):
        path = folder / f"part_{number:04d}.npy"
        if not path.is_file():
            made = [_embed_some(card, network, crops, i) for i in _batches(first, len(crops))]
            with whole(path) as unfinished, unfinished.open("wb") as stream:
                np.save(stream, np.concatenate(made))
        parts.append(read_array(path))
    found = np.concatenate(parts)
    if len(found) != len(crops):
        raise InputError(f"{folder}: expected {len(crops)} pictures, got {len(found)}; delete the folder")
    return np.asarray(found, np.float16)


def save_model(card: Card, network: VGGRanker, notes: str, data: str, results: dict[str, Any]) -> Path:
    """A model folder like any other, in half precision; returns the card's path."""
    card.folder.mkdir(parents=True, exist_ok=True)
    weights = save_weights(network.state_dict(), card.folder, "float16")
    return save_card(replace(card, weights=weights, notes=notes, training_data=data, results=results))


def _batches(first: int, total: int) -> Iterator[slice]:
    end = min(first + _PER_PART, total)
    for start in range(first, end, 16):
        yield slice(start, min(start + 16, end))


def _embed_some(card: Card, network: VGGRanker, crops: CropSet, chosen: slice) -> NDArray[np.float16]:
    with torch.inference_mode():
        made = network.embed(torch.from_numpy(to_batch(list(crops.images_rgb[chosen]), card)))
    limit = float(np.finfo(np.float16).max)
    return np.asarray(made.clamp(max=limit).numpy(), np.float16)


# --- the head --------------------------------------------------------------------------------------------------


def _train_head(
    network: VGGRanker,
    embedded: NDArray[np.float16],
    labels: NDArray[np.int64],
    split: Split,
    config: ClassifierConfig,
    seed: int,
    folder: Path,
) -> None:
    """AdamW and cross-entropy; the weights of the epoch with the lowest validation loss are kept."""
    head = {name: p for name, p in network.named_parameters() if name.startswith(_HEAD)}
    optimiser = torch.optim.AdamW(
        head.values(), config.learning_rate, weight_decay=config.weight_decay, fused=True
    )
    state = _State(folder, head, optimiser)
    state.load()
    saved_s = time.monotonic()
    for epoch in tqdm(range(len(state.history), config.epochs), "train head", unit="epoch"):
        loss = _epoch(network, optimiser, embedded, labels, split.train, config, (seed, epoch))
        checked, accuracy = _check(network, embedded, labels, split.validation)
        state.add({"loss": loss, "validation_loss": checked, "validation_accuracy": accuracy})
        if time.monotonic() - saved_s > config.checkpoint_s:
            state.save()
            saved_s = time.monotonic()
    state.finish()


def _epoch(
    network: VGGRanker,
    optimiser: torch.optim.Optimizer,
    embedded: NDArray[np.float16],
    labels: NDArray[np.int64],
    chosen: NDArray[np.int64],
    config: ClassifierConfig,
    draw: tuple[int, int],
) -> float:
    """Mean loss. What is drawn depends on seed and epoch only, so that an interrupted training repeats it."""
    seed, epoch = draw
    torch.manual_seed(seed * 10_007 + epoch)
    order = np.random.default_rng([seed, epoch]).permutation(chosen)
    network.train()
    losses = []
    for first in range(0, len(order), config.batch_size):
        batch = np.sort(order[first : first + config.batch_size])
        logits = network.classify(_tensor(embedded[batch]))
        loss = functional.cross_entropy(logits, torch.from_numpy(labels[batch]))
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call] # torch's stub
        optimiser.step()
        losses.append(float(loss.detach()))
    return float(np.mean(losses))


def _check(
    network: VGGRanker, embedded: NDArray[np.float16], labels: NDArray[np.int64], chosen: NDArray[np.int64]
) -> tuple[float, float]:
    """Loss and accuracy."""
    network.eval()
    truth = torch.from_numpy(labels[chosen])
    with torch.inference_mode():
        logits = network.classify(_tensor(embedded[chosen]))
        loss = functional.cross_entropy(logits, truth)
    return float(loss), float((logits.argmax(dim=1) == truth).float().mean())


def _tensor(embedded: NDArray[np.float16]) -> Tensor:
    return torch.from_numpy(embedded.astype(np.float32))


class _State:
    """What a head's training has reached: weights, the best ones, the optimiser's averages, the history."""

    def __init__(self, folder: Path, head: dict[str, nn.Parameter], optimiser: torch.optim.Optimizer) -> None:
        self.history: list[dict[str, float]] = []
        self.best_epoch = 0
        self._folder, self._head, self._optimiser = folder, head, optimiser
        self._best: dict[str, Tensor] = {}

    def add(self, entry: dict[str, float]) -> None:
        """An epoch is over."""
        self.history.append(entry)
        best = min(item["validation_loss"] for item in self.history)
        if entry["validation_loss"] == best:
            self.best_epoch = len(self.history)
            for name, value in self._head.items():  # copied in place: it is 480 MB
                self._best.setdefault(name, torch.empty_like(value)).copy_(value.detach())

    def save(self) -> None:
        """So that an interrupted call goes on from here."""
        tensors = {f"weight/{name}": value.detach() for name, value in self._head.items()}
        tensors |= {f"best/{name}": value for name, value in self._best.items()}
        for name, value in self._head.items():
            for key, part in self._optimiser.state[value].items():
                tensors[f"{key}/{name}"] = part
        log = json.dumps({"history": self.history, "best_epoch": self.best_epoch})
        self._write(_UNFINISHED_FILE, tensors, {"log": log})

    def load(self) -> None:
        """Go on from what was saved, if anything was."""
        path = self._folder / _UNFINISHED_FILE
        if not path.is_file():
            return
        tensors, about = read_tensors(path)
        log = json.loads(about["log"])
        for key, value in tensors.items():
            kind, name = key.split("/", 1)
            self._put(kind, name, value)
        self.history, self.best_epoch = log["history"], log["best_epoch"]
        _log.info("%s: goes on at epoch %d", path.parent.name, len(self.history) + 1)

    def finish(self) -> None:
        """The best weights, then the history, whose file says that the head is done."""
        self._write(HEAD_FILE, self._best, {})
        write_whole(
            self._folder / LOG_FILE,
            json.dumps({"best_epoch": self.best_epoch, "history": self.history}, indent=1) + "\n",
        )
        (self._folder / _UNFINISHED_FILE).unlink(missing_ok=True)

    def _put(self, kind: str, name: str, value: Tensor) -> None:
        if kind == "best":
            self._best[name] = value
        elif kind == "weight":
            with torch.no_grad():
                self._head[name].copy_(value)
        else:
            self._optimiser.state[self._head[name]][kind] = value

    def _write(self, name: str, tensors: dict[str, Tensor], metadata: dict[str, str]) -> None:
        from safetensors.torch import save_file

        with whole(self._folder / name) as unfinished:
            save_file({key: value.contiguous() for key, value in tensors.items()}, unfinished, metadata)
