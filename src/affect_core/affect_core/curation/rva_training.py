"""Trains the autoencoder until it converges, from where an interrupted call stopped; chooses the latent size."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import inf
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import Tensor
from tqdm import tqdm

from affect_core.curation.base import Floats, Indices
from affect_core.curation.config import RvaConfig
from affect_core.curation.rva import Encoder, Rva
from affect_core.emotion.weights import read_tensors
from affect_core.files import claim, whole
from affect_core.training.hardware import Hardware, resolve_precision

STATE_FILE: Final = "training.safetensors"
"""Everything of a training after its last whole epoch."""
ACTIVE: Final = 0.01
"""Variance over pictures above which a latent dimension says something; Burda et al. 2016."""

_CHUNK: Final = 256
_Row = Mapping[str, float]


@dataclass(frozen=True, eq=False)
class FaceSplit:
    """The faces that train the autoencoder, and those that say when to stop.

    Attributes:
        train_rgb, validation_rgb: uint8 (N, S, S, 3).
        train_labels, validation_labels: (N,); only asked when the size is chosen by kNN accuracy.
    """

    train_rgb: NDArray[np.uint8]
    validation_rgb: NDArray[np.uint8]
    train_labels: Indices
    validation_labels: Indices


@dataclass(frozen=True, eq=False)
class Fitted:
    """A trained autoencoder.

    Attributes:
        rva: in evaluation mode, of the epoch with the best validation ELBO.
        log: a row for each epoch: epoch, weight, loss, reconstruction, divergence, validation_elbo; nats per face.
        best: the row of that epoch.
        knn_accuracy: of the validation faces among the training faces, in the latent space.
        active: latent dimensions that say something.
    """

    rva: Rva
    log: tuple[_Row, ...]
    best: _Row
    knn_accuracy: float
    active: int


def choose(faces: FaceSplit, config: RvaConfig, seed: int, folder: Path) -> tuple[Fitted, tuple[Fitted, ...]]:
    """Train one autoencoder of each latent size; the best, and all of them in the order of the sizes."""
    fitted = tuple(fit(faces, size, config, seed, folder / f"latent_{size}") for size in config.latents)
    if config.choose_by == "knn":
        return max(fitted, key=lambda each: each.knn_accuracy), fitted
    return max(fitted, key=lambda each: each.best["validation_elbo"]), fitted


def fit(faces: FaceSplit, latent: int, config: RvaConfig, seed: int, folder: Path) -> Fitted:
    """Train until no epoch of the last ``patience`` was better on the validation faces, or ``epochs`` are done.

    Every epoch is kept in ``folder`` when it is whole; random numbers depend on the seed and the epoch alone, so an
    interrupted training goes on as if nothing had happened.

    Raises:
        ConfigError: the folder holds a training with other settings.
    """
    claim(folder / "training.json", {**asdict(config), "latent": latent, "seed": seed})
    torch.manual_seed(seed)
    training = _Training(Rva(config, latent), seed, folder / STATE_FILE)
    with tqdm(
        total=config.epochs, initial=len(training.log), desc=f"autoencoder, {latent}", unit="epoch"
    ) as bar:
        while not training.converged:
            training.epoch(faces)
            bar.set_postfix(elbo=f"{training.log[-1]['validation_elbo']:.1f}")
            bar.update()
    return training.fitted(faces)


def encode(encoder: Encoder, images_rgb: NDArray[np.uint8]) -> Floats:
    """Latent vectors mu of pictures uint8 (N, S, S, 3): float64 (N, d). The same every time; the encoder is enough."""
    encoder.eval()
    with torch.no_grad():
        chunks = [encoder(to_tensor(part))[0] for part in _chunks(images_rgb)]
    return np.asarray(torch.cat(chunks).double().numpy())


def rebuild(rva: Rva, images_rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Reconstructions of pictures, both uint8 (N, S, S, 3)."""
    rva.eval()
    with torch.no_grad():
        made = [rva(to_tensor(part)).permute(0, 2, 3, 1) for part in _chunks(images_rgb)]
    return np.asarray((torch.cat(made) * 255.0).round().to(torch.uint8).numpy())


def to_tensor(images_rgb: NDArray[np.uint8]) -> Tensor:
    """uint8 (N, S, S, 3) -> float32 (N, 3, S, S), 0..1, channels last in memory."""
    return torch.from_numpy(np.ascontiguousarray(images_rgb)).permute(0, 3, 1, 2).float() / 255.0


class _Training:
    """Network, optimiser and log; as they were left, if there was a call before."""

    def __init__(self, rva: Rva, seed: int, state: Path) -> None:
        self.rva = rva.to(memory_format=torch.channels_last)  # type: ignore[call-overload] # torch's stub
        self._config, self._seed, self._state = rva.config, seed, state
        self._bf16 = resolve_precision(rva.config.precision, Hardware()) == "bf16-mixed"
        self._optimiser = torch.optim.Adam(self.rva.parameters(), rva.config.learning_rate)
        self._best: dict[str, Tensor] = {}
        self.log: list[_Row] = []
        if state.is_file():
            self._restore()

    @property
    def best(self) -> _Row:
        """The epoch with the best validation ELBO."""
        return max(
            self.log, key=lambda row: row["validation_elbo"], default={"epoch": 0, "validation_elbo": -inf}
        )

    @property
    def converged(self) -> bool:
        """Whether there is nothing left to do."""
        done = len(self.log)
        return done >= self._config.epochs or (
            done > 0 and done - self.best["epoch"] >= self._config.patience
        )

    def epoch(self, faces: FaceSplit) -> None:
        """One pass over the training faces, the ELBO of the validation faces, and both on disk."""
        epoch = len(self.log) + 1
        weight = min(1.0, epoch / self._config.warm_up) if self._config.warm_up else 1.0
        sums = self._pass(faces.train_rgb, weight, epoch)
        elbo = self._elbo(faces.validation_rgb)
        if elbo > self.best["validation_elbo"]:
            self._best = {name: value.clone() for name, value in self.rva.state_dict().items()}
        names = ("loss", "reconstruction", "divergence")
        values = dict(zip(names, (float(value) for value in sums), strict=True))
        self.log.append({"epoch": epoch, "weight": weight, **values, "validation_elbo": elbo})
        self._keep()

    def fitted(self, faces: FaceSplit) -> Fitted:
        """The network of the best epoch."""
        self.rva.load_state_dict(self._best)
        self.rva.eval()
        train, validation = (encode(self.rva.encoder, x) for x in (faces.train_rgb, faces.validation_rgb))
        accuracy = _knn_accuracy(
            self._config.knn, train, faces.train_labels, validation, faces.validation_labels
        )
        active = int(np.sum(np.var(train, axis=0) > ACTIVE))
        return Fitted(self.rva, tuple(self.log), self.best, accuracy, active)

    def _pass(self, images_rgb: NDArray[np.uint8], weight: float, epoch: int) -> NDArray[np.float64]:
        random = np.random.default_rng([self._seed, epoch])
        noise = torch.Generator().manual_seed(self._seed * 10_007 + epoch)
        self.rva.train()
        sums, seen = np.zeros(3), 0
        for chosen in _batches(random.permutation(len(images_rgb)), self._config.batch):
            images = images_rgb[chosen]
            if self._config.flip:
                mirrored = random.random(len(chosen)) < 0.5
                images = np.where(mirrored[:, None, None, None], images[:, :, ::-1], images)
            terms = self._step(to_tensor(images), weight, noise)
            sums += np.array([float(term) for term in terms]) * len(chosen)
            seen += len(chosen)
        return np.asarray(sums / seen)

    def _step(self, images: Tensor, weight: float, noise: torch.Generator) -> tuple[Tensor, ...]:
        with torch.autocast("cpu", torch.bfloat16, enabled=self._bf16):
            terms = self.rva.terms(images, weight, noise)
        self._optimiser.zero_grad()
        terms.loss.backward()
        if self._config.clip_norm:
            torch.nn.utils.clip_grad_norm_(self.rva.parameters(), self._config.clip_norm)
        self._optimiser.step()
        return tuple(term.detach() for term in terms)

    def _elbo(self, images_rgb: NDArray[np.uint8]) -> float:
        """Mean over faces, with the same noise after every epoch."""
        noise = torch.Generator().manual_seed(self._seed)
        self.rva.eval()
        total = 0.0
        with torch.no_grad():
            for part in _chunks(images_rgb):
                total -= float(self.rva.terms(to_tensor(part), 1.0, noise).loss) * len(part)
        return total / len(images_rgb)

    def _keep(self) -> None:
        tensors = {f"now.{name}": value.contiguous() for name, value in self.rva.state_dict().items()}
        tensors |= {f"best.{name}": value.contiguous() for name, value in self._best.items()}
        for index, moments in self._optimiser.state_dict()["state"].items():
            tensors |= {f"adam.{index}.{name}": value.contiguous() for name, value in moments.items()}
        with whole(self._state) as unfinished:
            save_file(tensors, unfinished, {"log": json.dumps(self.log)})

    def _restore(self) -> None:
        tensors, about = read_tensors(self._state)
        self.log = json.loads(about["log"])
        parts: dict[str, dict[str, Tensor]] = {"now": {}, "best": {}, "adam": {}}
        for name, value in tensors.items():
            part, rest = name.split(".", 1)
            parts[part][rest] = value
        self.rva.load_state_dict(parts["now"])
        self._best = parts["best"]
        moments: dict[int, dict[str, Any]] = {}
        for name, value in parts["adam"].items():
            index, kind = name.split(".")
            moments.setdefault(int(index), {})[kind] = value
        groups = self._optimiser.state_dict()["param_groups"]
        self._optimiser.load_state_dict({"state": moments, "param_groups": groups})


def _knn_accuracy(k: int, train: Floats, train_labels: Indices, test: Floats, test_labels: Indices) -> float:
    from sklearn.neighbors import KNeighborsClassifier

    near = KNeighborsClassifier(min(k, len(train))).fit(train, train_labels)
    return float(near.score(test, test_labels))


def _batches(order: NDArray[np.int64], size: int) -> Sequence[NDArray[np.int64]]:
    """All of them but a last one of a single picture, which has no variance to normalise by."""
    cut = [order[start : start + size] for start in range(0, len(order), size)]
    return [part for part in cut if len(part) > 1]


def _chunks(images_rgb: NDArray[np.uint8]) -> Sequence[NDArray[np.uint8]]:
    return [images_rgb[start : start + _CHUNK] for start in range(0, len(images_rgb), _CHUNK)]
