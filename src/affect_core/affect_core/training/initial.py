"""What a training starts from: nothing, ImageNet, or a model of ours (two-stage training)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol, runtime_checkable

import torch
from torch import Tensor, nn

from affect_core.emotion.card import load_card
from affect_core.emotion.weights import load_model
from affect_core.errors import ModelError
from affect_core.training.module import IDENTITY

_NETWORK: Final = "network."
_OUTPUTS: Final = ("classifier.", "regressor.")


@runtime_checkable
class FitsSizes(Protocol):
    """A network some of whose parameters depend on the size of its input."""

    def fitted(self, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Parameters of the same network for another size, made to fit."""


@dataclass(frozen=True)
class Start:
    """A trained network to go on from.

    Attributes:
        source: where it was read from.
        identity: its architecture, options and labels.
        state: its parameters.
        mean, std: of the pixels it was trained on.
    """

    source: Path
    identity: Mapping[str, Any]
    state: Mapping[str, Tensor]
    mean: tuple[float, ...]
    std: tuple[float, ...]


def read_start(source: Path) -> Start:
    """A model folder, or a checkpoint of a training.

    Raises:
        ModelError: neither, or it cannot be used.
    """
    return _from_checkpoint(source) if source.suffix == ".ckpt" else _from_model(source)


def apply_start(network: nn.Module, start: Start, identity: Mapping[str, Any]) -> None:
    """Load the parameters. The classifier stays new where the labels differ, the regression where there was none;
    the start may have been trained on crops of another size.

    Raises:
        ModelError: another architecture.
    """
    check_identity(start.source, start.identity, identity, ("architecture",))
    own = network.state_dict()
    fresh = _OUTPUTS if start.identity["labels"] != identity["labels"] else ()
    state = network.fitted(start.state) if isinstance(network, FitsSizes) else start.state
    given = {k: v for k, v in state.items() if not k.startswith(fresh) and k in own}
    given |= {k: v for k, v in state.items() if k.startswith("regressor.") and k in own}
    missing = [k for k in own if k not in given and not k.startswith(_OUTPUTS)]
    surplus = [k for k in start.state if k not in own and not k.startswith(_OUTPUTS)]
    shapes = [k for k in given if given[k].shape != own[k].shape]
    if missing or surplus or shapes:
        raise ModelError(
            f"{start.source}: expected a network with the same options, got one without {missing[:3]}, with "
            f"{surplus[:3]}, and with other shapes of {shapes[:3]}; start from a model that fits the training file"
        )
    network.load_state_dict({**own, **given})


def check_identity(
    source: Path, got: Mapping[str, Any], expected: Mapping[str, Any], keys: tuple[str, ...]
) -> None:
    """Raise ModelError unless two networks agree in ``keys``."""
    for key in keys:
        if got.get(key) != expected[key]:
            raise ModelError(
                f"{source}: expected {key} {expected[key]!r}, got {got.get(key)!r}; "
                "use the checkpoint of the same training file, or another folder"
            )


def read_checkpoint(path: Path) -> dict[str, Any]:
    """A checkpoint's content; raises ModelError when it cannot be read."""
    try:
        content: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        if IDENTITY not in content:
            raise KeyError(f"no entry {IDENTITY}")
    except Exception as error:  # torch.load raises whatever its unpickler meets
        raise ModelError(
            f"{path}: expected a checkpoint of affect-hri train, cannot read it: {error}; delete it or name another"
        ) from error
    return content


def _from_checkpoint(path: Path) -> Start:
    content = read_checkpoint(path)
    state = content["state_dict"]
    return Start(
        source=path,
        identity=content[IDENTITY],
        state={k.removeprefix(_NETWORK): v for k, v in state.items() if k.startswith(_NETWORK)},
        mean=tuple(round(float(v), 4) for v in state["mean"].flatten()),
        std=tuple(round(float(v), 4) for v in state["std"].flatten()),
    )


def _from_model(folder: Path) -> Start:
    card = load_card(folder)
    identity = {"architecture": card.architecture, "options": dict(card.options), "labels": list(card.labels)}
    return Start(folder, identity, load_model(card).state_dict(), card.mean, card.std)
