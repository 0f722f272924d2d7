"""Weights a trunk starts from: none, a file, or torchvision's for ImageNet."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import torch
from torch import nn

from affect_core.download import cache_folder, fetch
from affect_core.emotion.weights import read_weights
from affect_core.errors import ModelError, UnknownName

RANDOM: Final = "random"
IMAGENET: Final = "imagenet"
IMAGENET_MEAN: Final = (0.485, 0.456, 0.406)
IMAGENET_STD: Final = (0.229, 0.224, 0.225)

_SITE: Final = "https://download.pytorch.org/models/"
_FILES: Final = {
    "resnet18": ("resnet18-f37072fd.pth", "f37072fd47e89c5e827621c5baffa7500819f7896bbacec160b1a16c560e07ec"),
    # Of this one only the digits in its name are published.
    "resnet34": ("resnet34-b627a593.pth", "b627a593"),
    "resnet50": ("resnet50-0676ba61.pth", "0676ba61b6795bbe1773cffd859882e5e297624d384b6993f7c9e683e722fb8a"),
    "efficientnet_b0": (
        "efficientnet_b0_rwightman-7f5810bc.pth",
        "7f5810bc96def8f7552d5b7e68d53c4786f81167d28291b21c0d90e1fca14934",
    ),
}
"""torchvision's weights IMAGENET1K_V1: file and sha256."""


def initialise(trunk: nn.Module, init: str, name: str) -> None:
    """Load weights into a trunk; its classifier may be absent.

    Args:
        trunk: a torchvision network, or one with the same parameter names.
        init: ``random`` leaves it as it is; ``imagenet`` downloads torchvision's weights, once; otherwise the
            path of a ``.pth`` or ``.safetensors`` file.
        name: of the trunk in torchvision.

    Raises:
        ModelError: the file is missing, or lacks parameters of the trunk.
        InputError: the download failed.
    """
    if init == RANDOM:
        return
    path = imagenet_weights(name) if init == IMAGENET else Path(init)
    state = _read(path)
    missing = [key for key in trunk.state_dict() if key not in state]
    if missing:
        raise ModelError(
            f"{path} lacks {len(missing)} parameters of {name}, first {missing[0]}; give its own file"
        )
    trunk.load_state_dict({key: state[key] for key in trunk.state_dict()})


def imagenet_weights(name: str) -> Path:
    """torchvision's ImageNet weights of a network, from the cache or the network; raises InputError."""
    if name not in _FILES:
        raise UnknownName("network with ImageNet weights", name, _FILES)
    file, sha256 = _FILES[name]
    return fetch(_SITE + file, sha256, cache_folder() / "imagenet" / file)


def _read(path: Path) -> dict[str, Any]:
    if path.suffix == ".safetensors":
        return read_weights(path)
    if not path.is_file():
        raise ModelError(
            f"expected initial weights at {path}, found no file; give a path, {IMAGENET} or {RANDOM}"
        )
    state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    return state
