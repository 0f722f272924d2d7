"""How fast LIME is on the fastest runtime against captum's on eager torch, and whether it says the same."""

from __future__ import annotations

import time
from statistics import median
from typing import Any, Final

import numpy as np
import torch

from affect_core import torch_compat
from affect_core.bench.targets import Line, versus
from affect_core.emotion.base import EmotionConfig, build_runtime
from affect_core.emotion.card import load_card
from affect_core.emotion.preprocess import to_batch
from affect_core.emotion.sample import sample_crops
from affect_core.explain import ExplainConfig, build_explainer
from affect_core.explain.faithfulness import rank_correlation
from affect_core.explain.network import explain_model

ROUNDS: Final = 3
_TOP: Final = 5
"""Superpixels."""


def lime_line(model: str = EmotionConfig.model, rounds: int = ROUNDS) -> Line:
    """The line lime_ratio: 200 samples, superpixels included, one thread each, in turns.

    Args:
        model: name or folder.
        rounds: explanations by each.
    """
    torch_compat.use_threads(1)
    card = load_card(model)
    runtime = build_runtime(EmotionConfig(model=model, runtime="auto"), card)
    config = ExplainConfig(method="lime")
    ours, eager = (build_explainer(explain_model(card, given), config) for given in (runtime, None))
    inputs = torch.from_numpy(to_batch(sample_crops(card.crop, 1), card))
    ours.attribute(inputs, 0)  # kernels are made for this size of batch
    times: dict[str, list[float]] = {"ours": [], "eager": []}
    maps: dict[str, Any] = {}
    for _ in range(rounds):
        for name, explainer in (("ours", ours), ("eager", eager)):
            started_s = time.perf_counter()
            maps[name] = explainer.attribute(inputs, 0)[0]
            times[name].append(1e3 * (time.perf_counter() - started_s))
    return versus(
        "lime_ratio",
        median(times["ours"]),
        median(times["eager"]),
        "ms",
        rounds,
        model=card.name,
        runtime=runtime.name,
        samples=config.samples,
        rank_correlation=round(rank_correlation(maps["ours"], maps["eager"]), 4),
        same_top_superpixels=bool(_top(maps["ours"]) == _top(maps["eager"])),
    )


def _top(heatmap: Any) -> frozenset[tuple[int, ...]]:
    """Where the superpixels with the largest weights lie: their first pixels."""
    values = np.unique(np.abs(heatmap))[-_TOP:]
    return frozenset(tuple(int(i) for i in np.argwhere(np.abs(heatmap) == value)[0]) for value in values)
