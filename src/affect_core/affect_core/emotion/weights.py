"""Weights on disk: safetensors, hashed, in half or single precision."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

from affect_core.emotion.base import ARCHITECTURES
from affect_core.emotion.card import Card, Weights
from affect_core.errors import InputError, ModelError
from affect_core.files import file_sha256
from affect_core.limits import LIMITS, expect_at_most
from affect_core.texts import parse_json

State = dict[str, Any]
"""Parameter name -> torch tensor."""


def load_model(card: Card) -> Any:
    """The network of a card with its weights, float32, in evaluation mode.

    Raises:
        ModelError: the file is missing, truncated, not the one the card names, or made for another network.
    """
    model = ARCHITECTURES.build(card.architecture, len(card.labels), card.crop.size_px, **card.options)
    state = read_weights(card.weights_path, card.weights.sha256)
    _check_fit(card, model.state_dict(), state)
    model.load_state_dict(state)
    return model.eval()


def save_weights(
    state: State, folder: Path, dtype: str = "float32", file: str = "weights.safetensors"
) -> Weights:
    """Write a state dict. float16 halves matrices and kernels; vectors (biases, statistics) stay exact."""
    import torch
    from safetensors.torch import save_file

    matrix_type = getattr(torch, dtype)
    stored = {k: v.detach().to(matrix_type if v.ndim > 1 else v.dtype).contiguous() for k, v in state.items()}
    save_file(stored, folder / file)
    (folder / file).chmod(0o644)  # safetensors makes it readable for its owner only
    return Weights(file=file, sha256=file_sha256(folder / file), dtype=dtype)


def read_weights(path: Path, sha256: str = "") -> State:
    """Read a safetensors file as float32 tensors (integers stay integers).

    Args:
        path: the file.
        sha256: expected hash; empty = not checked.

    Raises:
        ModelError: see `load_model`.
    """
    return {k: v.float() if v.is_floating_point() else v for k, v in read_tensors(path, sha256)[0].items()}


def read_tensors(path: Path, sha256: str = "") -> tuple[State, dict[str, str]]:
    """The tensors of a safetensors file as they are stored, and its metadata; raises ModelError as `load_model` does."""
    from safetensors import SafetensorError, safe_open

    check_hash(path, sha256)
    try:
        with safe_open(path, "pt") as file:
            state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
            return state, dict(file.metadata() or {})
    except (SafetensorError, RuntimeError, *_BAD_HEADER) as error:
        raise ModelError(f"{path} is not a usable safetensors file: {error}; restore it") from error


def check_hash(path: Path, sha256: str = "") -> str:
    """The file's hash; raises ModelError when there is no whole file, or one with another hash than a given one."""
    _check_there(path)
    _check_complete(path)
    got = file_sha256(path)
    if sha256 and got != sha256:
        raise ModelError(
            f"{path}: expected sha256 {sha256[:12]}..., got {got[:12]}...; "
            "restore the file that belongs to the card"
        )
    return got


def _check_there(path: Path) -> None:
    if not path.is_file():
        raise ModelError(f"expected weights at {path}, found no file; train the model or restore the file")


def _check_complete(path: Path) -> None:
    """A safetensors file is an 8-byte length, a JSON header of that length, the bytes it lists."""
    size = path.stat().st_size
    expected = 8
    try:
        with path.open("rb") as file:
            length = struct.unpack("<Q", file.read(8))[0]
            expect_at_most(
                LIMITS.weights_header_bytes, length, f"bytes in the header of {path}", error=ModelError
            )
            header = parse_json(file.read(length).decode())
        ends = [entry["data_offsets"][1] for key, entry in header.items() if key != "__metadata__"]
        expected += length + max(map(int, ends), default=0)
    except (struct.error, OSError, InputError, *_BAD_HEADER) as error:
        raise ModelError(f"{path} is not a complete safetensors file ({size} bytes); restore it") from error
    if size != expected:
        raise ModelError(f"{path}: expected {expected} bytes, got {size}; the file is truncated, restore it")


_BAD_HEADER = (ValueError, KeyError, AttributeError, TypeError, IndexError, OverflowError)
"""What looking up offsets raises where the header is JSON, but of something else."""


def _check_fit(card: Card, expected: State, got: State) -> None:
    classes = _output_size(expected, got)
    if classes is not None and classes != len(card.labels):
        raise ModelError(
            f"{card.weights_path}: expected {len(card.labels)} outputs for the labels "
            f"{', '.join(card.labels)}, got {classes}; use the card that was written with these weights"
        )
    missing, unexpected = sorted(set(expected) - set(got)), sorted(set(got) - set(expected))
    shapes = sorted(k for k in set(expected) & set(got) if expected[k].shape != got[k].shape)
    if missing or unexpected or shapes:
        raise ModelError(
            f"{card.weights_path} does not fit the architecture {card.architecture} of its card: "
            f"missing {missing[:3]}, unexpected {unexpected[:3]}, of another shape {shapes[:3]}; "
            "restore the matching file"
        )


def _output_size(expected: State, got: State) -> int | None:
    """Outputs of the last layer in ``got``; None when that layer is not there."""
    last = [name for name in expected if name.endswith("classifier.bias")]
    return got[last[-1]].shape[0] if last and last[-1] in got else None
