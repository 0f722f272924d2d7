"""Networks as the explainers need them: logits alone, and activations that backward hooks can tell apart."""

from __future__ import annotations

import operator
import threading
from dataclasses import dataclass
from typing import Any, Final

import torch
from torch import Tensor, fx, nn
from torch.nn import functional

from affect_core.emotion.base import Output, Runtime
from affect_core.emotion.card import Card
from affect_core.emotion.weights import load_model
from affect_core.explain.base import Predict
from affect_core.explain.pairs import Largest, Product, Quotient
from affect_core.machine import cpu_gains_from_bf16

_OPERANDS: Final[dict[type[nn.Module], int]] = {Product: 2, Quotient: 2}
"""Of all others one."""
_CALLS: Final[dict[type[nn.Module], tuple[Any, ...]]] = {
    nn.ReLU: (functional.relu, torch.relu, "relu", "relu_"),
    nn.Sigmoid: (torch.sigmoid, functional.sigmoid, "sigmoid", "sigmoid_"),
    Product: (operator.mul, operator.imul, torch.mul, "mul", "mul_"),
    Quotient: (operator.truediv, operator.itruediv, torch.div, "div", "div_"),
}
"""What is called in a forward pass -> the module that takes its place where its operands are computed."""

_SUMS: Final = {operator.iadd: operator.add}
_ONE_TRACES: Final = threading.Lock()


class Logits(nn.Module):
    """The logits of a network of ours: (N, 3, H, W) -> (N, C)."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, batch: Tensor) -> Tensor:
        """See the class."""
        output: Output = self.network(batch)
        logits: Tensor = output.logits
        return logits


class Rough(nn.Module):
    """Logits in bf16: three digits, and gradients in a third of the time where it is multiplied in matrices."""

    def __init__(self, logits: nn.Module) -> None:
        super().__init__()
        self.logits = logits.to(memory_format=torch.channels_last)  # type: ignore[call-overload] # torch's stubs

    def forward(self, batch: Tensor) -> Tensor:
        """See the class."""
        with torch.autocast("cpu", torch.bfloat16):
            logits: Tensor = self.logits(batch)
        return logits.float()


@dataclass(frozen=True, eq=False)
class Explained:
    """A network, in the forms that explainers use. Its parameters ask for no gradient.

    Attributes:
        name: of the model.
        network: as it is, in evaluation mode; returns `Output`.
        logits: the same, logits alone.
        split: gives the same logits (`split_activations`); None if it cannot be traced, and then ``why_not``.
        predict: the logits by the fastest runtime, for methods that need no gradient.
        rough: the logits with less precision where that is faster, for methods that are estimates anyway.
    """

    name: str
    network: nn.Module
    logits: nn.Module
    split: fx.GraphModule | None
    why_not: str
    predict: Predict
    rough: nn.Module

    @property
    def features(self) -> nn.Module:
        """The layer whose maps Grad-CAM weights: the last one with places; raises AttributeError if unnamed."""
        layer = self.network.features_layer
        assert isinstance(layer, nn.Module)
        return layer


def explain_model(card: Card, runtime: Runtime | None = None) -> Explained:
    """The network of a card.

    Args:
        card: of the model.
        runtime: computes `Explained.predict`; without one the network itself does.

    Raises:
        ModelError: see `load_model`.
    """
    if runtime is None:
        return explain_network(load_model(card), card.name)

    def predict(batch: Any) -> Any:
        return runtime.forward(batch).logits

    return explain_network(load_model(card), card.name, predict)


def explain_network(network: nn.Module, name: str = "network", predict: Predict | None = None) -> Explained:
    """A network that returns `Output`."""
    network.eval().requires_grad_(False)
    for part in network.modules():
        if isinstance(part, nn.ReLU | nn.SiLU):
            part.inplace = False  # hooks would see values that are overwritten later
    logits = Logits(network)
    split, why_not = None, ""
    try:
        split = split_activations(logits)
    except Exception as error:  # noqa: BLE001 - torch.fx raises whatever the network's code does to a proxy
        why_not = f"torch.fx cannot trace the network: {error}"

    def eager(batch: Any) -> Any:
        with torch.no_grad():
            return logits(torch.from_numpy(batch)).float().numpy()

    rough = Rough(logits) if cpu_gains_from_bf16() else logits
    return Explained(name, network, logits, split, why_not, predict or eager, rough)


def split_activations(network: nn.Module) -> fx.GraphModule:
    """The same function, computed so that DeepLIFT's and guided backpropagation's rules hold.

    Every use of a ReLU or sigmoid becomes a module of its own (torchvision's residual blocks use one ReLU twice), sums
    are no longer made in place, and maximum pools, products and quotients of two computed values become modules that
    know the rule for them. Parameters are shared with the given network, not copied.
    """
    traced = _trace(network)
    for number, node in enumerate(list(traced.graph.nodes)):
        made = _replacement(traced, node)
        if made is not None:
            name = f"split_{number}"
            traced.add_submodule(name, made)
            with traced.graph.inserting_before(node):
                new = traced.graph.call_module(name, tuple(node.args[: _OPERANDS.get(type(made), 1)]))
            node.replace_all_uses_with(new)
            traced.graph.erase_node(node)
        elif node.op == "call_function" and node.target in _SUMS:
            node.target = _SUMS[node.target]
    traced.delete_all_unused_submodules()
    traced.graph.lint()
    traced.recompile()
    return traced.eval()


class _OwnThread(fx.Tracer):
    """Notes down what its own thread calls. torch.fx lets it see every network that runs in the process meanwhile."""

    def __init__(self) -> None:
        super().__init__()
        self._thread = threading.get_ident()

    def call_module(self, m: nn.Module, forward: Any, args: Any, kwargs: Any) -> Any:
        """See `fx.Tracer`."""
        if threading.get_ident() != self._thread:
            return forward(*args, **kwargs)
        return super().call_module(m, forward, args, kwargs)

    def getattr(self, attr: str, attr_val: Any, parameter_proxy_cache: Any) -> Any:
        """See `fx.Tracer`."""
        if threading.get_ident() != self._thread:
            return attr_val
        return super().getattr(attr, attr_val, parameter_proxy_cache)


def _trace(network: nn.Module) -> fx.GraphModule:
    """As `fx.symbolic_trace`, while other threads run or trace networks of their own."""
    with _ONE_TRACES:  # two at a time would leave each other's changes to nn.Module behind
        graph = _OwnThread().trace(network)
        return fx.GraphModule(network, graph)


def _replacement(traced: fx.GraphModule, node: fx.Node) -> nn.Module | None:
    """The module that takes the node's place; None if it stays."""
    if node.op == "call_module":
        module = traced.get_submodule(str(node.target))
        if isinstance(module, nn.MaxPool2d):
            return Largest.like(module)
        return type(module)() if isinstance(module, nn.ReLU | nn.Sigmoid) else None
    if node.op not in ("call_function", "call_method"):
        return None
    for kind, targets in _CALLS.items():
        if node.target in targets and all(
            isinstance(a, fx.Node) for a in node.args[: _OPERANDS.get(kind, 1)]
        ):
            return kind()
    return None
