"""How fast explanations are against captum's on eager torch, on crops of 224 px, and whether they say the same."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from statistics import median
from typing import Any, Final

import numpy as np
import torch
from captum.attr import GradientShap
from torch import Tensor

from affect_core import torch_compat
from affect_core.bench.targets import Line, versus
from affect_core.emotion.base import EmotionConfig, build_runtime
from affect_core.emotion.card import Card, load_card
from affect_core.emotion.preprocess import to_batch
from affect_core.emotion.sample import sample_crops
from affect_core.emotion.weights import load_model
from affect_core.explain import ExplainConfig, build_explainer
from affect_core.explain.draws import baselines, seeded
from affect_core.explain.faithfulness import rank_correlation
from affect_core.explain.network import Logits, explain_model

SIZE_PX: Final = 224
"""As P0's models; a network of another size reads it just as well, as far as speed goes."""
ROUNDS: Final = 3
_TOP: Final = 5
"""Superpixels."""

Explain = Callable[[Tensor], Any]
"""One picture (1, 3, H, W) -> its map (H, W)."""


def lime_line(model: str = EmotionConfig.model, rounds: int = ROUNDS) -> Line:
    """The line lime_ratio: 200 samples, superpixels included, one thread each, in turns.

    Args:
        model: name or folder.
        rounds: explanations by each.
    """
    card = _card(model)
    runtime = build_runtime(EmotionConfig(model=model, runtime="auto"), card)
    config = ExplainConfig(method="lime")
    ours, eager = (build_explainer(explain_model(card, given), config) for given in (runtime, None))
    pair = (lambda x: ours.attribute(x, 0)[0], lambda x: eager.attribute(x, 0)[0])
    times, maps = _in_turns(card, pair, rounds)
    return versus(
        "lime_ratio",
        *times,
        "ms",
        rounds,
        model=card.name,
        runtime=runtime.name,
        samples=config.samples,
        rank_correlation=round(rank_correlation(*maps), 4),
        same_top_superpixels=bool(_top(maps[0]) == _top(maps[1])),
    )


def gradient_shap_line(model: str = EmotionConfig.model, rounds: int = ROUNDS) -> Line:
    """The line gradientshap_ratio: 8 baselines, one thread each, in turns. Arguments as in `lime_line`."""
    card = _card(model)
    config = ExplainConfig(method="gradient_shap")
    ours = build_explainer(explain_model(card), config)
    stock = GradientShap(Logits(load_model(card)))

    def eager(inputs: Tensor) -> Any:
        with seeded(config.seed):
            found = stock.attribute(
                inputs.clone().requires_grad_(),
                baselines(inputs, config),
                n_samples=config.baselines,
                stdevs=0.0,
                target=0,
            )
        return found.sum(dim=1)[0].detach().numpy()

    times, maps = _in_turns(card, (lambda x: ours.attribute(x, 0)[0], eager), rounds)
    agreement = round(rank_correlation(*maps), 4)
    return versus(
        "gradientshap_ratio",
        *times,
        "ms",
        rounds,
        model=card.name,
        baselines=config.baselines,
        rank_correlation=agreement,
    )


def _card(model: str) -> Card:
    torch_compat.use_threads(1)
    card = load_card(model)
    return replace(card, crop=replace(card.crop, size_px=SIZE_PX))


def _in_turns(
    card: Card, pair: tuple[Explain, Explain], rounds: int
) -> tuple[tuple[float, float], tuple[Any, Any]]:
    """Medians in ms, and the last maps; the first of each does not count: kernels are made for its batch."""
    inputs = torch.from_numpy(to_batch(sample_crops(card.crop, 1), card))
    times: tuple[list[float], list[float]] = ([], [])
    maps = [explain(inputs) for explain in pair]
    for _ in range(rounds):
        for index, explain in enumerate(pair):
            started_s = time.perf_counter()
            maps[index] = explain(inputs)
            times[index].append(1e3 * (time.perf_counter() - started_s))
    return (median(times[0]), median(times[1])), (maps[0], maps[1])


def _top(heatmap: Any) -> frozenset[tuple[int, ...]]:
    """Where the superpixels with the largest weights lie: their first pixels."""
    values = np.unique(np.abs(heatmap))[-_TOP:]
    return frozenset(tuple(int(i) for i in np.argwhere(np.abs(heatmap) == value)[0]) for value in values)
