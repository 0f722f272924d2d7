"""Weights a trunk starts from: none, a file, or torchvision's for ImageNet."""

from __future__ import annotations

from math import ceil
from pathlib import Path
from typing import Any, Final

import torch
from torch import nn

from affect_core.download import cache_folder, fetch
from affect_core.emotion.weights import read_weights
from affect_core.errors import ModelError, UnknownName
from affect_core.limits import MIB

RANDOM: Final = "random"
IMAGENET: Final = "imagenet"
IMAGENET_MEAN: Final = (0.485, 0.456, 0.406)
IMAGENET_STD: Final = (0.229, 0.224, 0.225)

_SITE: Final = "https://download.pytorch.org/models/"
_FILES: Final = {
    "resnet18": ("resnet18-f37072fd.pth", "f37072fd47e89c5e827621c5baffa7500819f7896bbacec160b1a16c560e07ec"),
    # Of these two only the digits in their names are published.
    "resnet34": ("resnet34-b627a593.pth", "b627a593"),
    "vgg16": ("vgg16-397923af.pth", "397923af"),
    "resnet50": ("resnet50-0676ba61.pth", "0676ba61b6795bbe1773cffd859882e5e297624d384b6993f7c9e683e722fb8a"),
    # Of this one, too.
    "inception_v3": ("inception_v3_google-0cc3c7bd.pth", "0cc3c7bd"),
    "efficientnet_b0": (
        "efficientnet_b0_rwightman-7f5810bc.pth",
        "7f5810bc96def8f7552d5b7e68d53c4786f81167d28291b21c0d90e1fca14934",
    ),
    # Of these two, too, only the digits in their names.
    "efficientnet_v2_s": ("efficientnet_v2_s-dd5fe13b.pth", "dd5fe13b"),
    "maxvit_t": ("maxvit_t-bc5ab103.pth", "bc5ab103"),
}
"""torchvision's weights IMAGENET1K_V1: file and sha256."""

_MIB: Final = {
    "resnet18": 44.661,
    "resnet34": 83.275,
    "vgg16": 527.796,
    "resnet50": 97.781,
    "inception_v3": 103.903,
    "efficientnet_b0": 20.451,
    "efficientnet_v2_s": 82.704,
    "maxvit_t": 118.769,
}
"""Sizes of these files as torchvision gives them, rounded to 0.001 MiB."""


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
    return fetch(_SITE + file, sha256, _place(file), most_bytes=ceil((_MIB[name] + 0.001) * MIB))


def has_imagenet_weights(name: str) -> bool:
    """Whether `imagenet_weights` will need no network."""
    return name in _FILES and _place(_FILES[name][0]).is_file()


def _place(file: str) -> Path:
    return cache_folder() / "imagenet" / file


def _read(path: Path) -> dict[str, Any]:
    if path.suffix == ".safetensors":
        return read_weights(path)
    if not path.is_file():
        raise ModelError(
            f"expected initial weights at {path}, found no file; give a path, {IMAGENET} or {RANDOM}"
        )
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch.load raises whatever its unpickler meets
        raise ModelError(
            f"{path}: expected a state dict of tensors, cannot read it: {error}; give a .safetensors file, or "
            "torchvision's own"
        ) from error
    if not isinstance(state, dict):
        raise ModelError(f"{path}: expected a state dict of tensors, got {type(state).__name__}")
    return state
