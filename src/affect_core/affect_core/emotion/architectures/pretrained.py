"""Weights a trunk starts from. Nothing is downloaded: the file is given by path."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import nn

from affect_core.emotion.weights import read_weights
from affect_core.errors import ModelError

RANDOM = "random"


def initialise(trunk: nn.Module, init: str) -> None:
    """Load torchvision's ImageNet weights into a trunk; its classifier may be absent.

    Args:
        trunk: a torchvision network, or one with the same parameter names.
        init: ``random`` leaves it as it is; otherwise the path of a ``.pth`` or ``.safetensors`` file.

    Raises:
        ModelError: the file is missing, or lacks parameters of the trunk.
    """
    if init == RANDOM:
        return
    state = _read(Path(init))
    missing = [name for name in trunk.state_dict() if name not in state]
    if missing:
        raise ModelError(
            f"{init} lacks {len(missing)} parameters of the trunk, first {missing[0]}; give its own file"
        )
    trunk.load_state_dict({name: state[name] for name in trunk.state_dict()})


def _read(path: Path) -> dict[str, Any]:
    if path.suffix == ".safetensors":
        return read_weights(path)
    if not path.is_file():
        raise ModelError(f"expected initial weights at {path}, found no file; give a path, or init: random")
    state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    return state
