"""Relevances of the pictures that were classified correctly, and what every rule makes of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from math import nan
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from affect_core.data.crop_set import CropSet
from affect_core.emotion.card import Card
from affect_core.emotion.preprocess import to_batch
from affect_core.explain.checks import sum_error
from affect_core.explain.lrp_rules import Box
from affect_core.explain.network import Explained
from affect_core.explain.relevance import propagate
from affect_core.files import claim, write_whole
from affect_core.intensity.base import RankConfig
from affect_core.intensity.rank import Ranked, balance, positive_share, rank
from affect_core.types import IntensityRank

Indices = NDArray[np.int64]
Relevances = NDArray[np.float32]
"""(3, H, W), signed."""

COUNT: Final = "count"
VARIANTS: Final[Mapping[str, RankConfig]] = {
    COUNT: RankConfig(),
    "strict": RankConfig(strict_halfopen=True),
    "robust": RankConfig(normaliser="clipped"),
    "positive": RankConfig(normaliser="positive"),
    "mean": RankConfig(rule="mean"),
}
"""P1's rule as tabulated; with the last bin open; with clipped ends (ours); on positive relevances alone, as P1's text
has it; with the means as P1 writes them."""


@dataclass(frozen=True, eq=False)
class Picture:
    """What was read from one picture's relevances.

    Attributes:
        ranked: name in `VARIANTS` -> rank.
        positive_share, balance: see `affect_core.intensity.rank`.
        error: how far the relevances, with what the biases kept, are from summing to the logit.
        promised: the sum that they must have: the logit without what the biases kept.
    """

    ranked: Mapping[str, Ranked]
    positive_share: float
    balance: float
    error: float
    promised: float

    def plain(self) -> dict[str, Any]:
        """For JSON; NaN as null."""
        ranked = {name: item.plain() for name, item in self.ranked.items()}
        values = {"positive_share": self.positive_share, "balance": self.balance}
        values |= {"error": self.error, "promised": self.promised}
        return {"ranked": ranked, **{name: None if v != v else v for name, v in values.items()}}

    @staticmethod
    def of(plain: Mapping[str, Any]) -> Picture:
        """The same from JSON."""
        values = {name: nan if (v := plain[name]) is None else float(v) for name in _VALUES}
        return Picture({name: _ranked(item) for name, item in plain["ranked"].items()}, **values)


_VALUES: Final = ("positive_share", "balance", "error", "promised")


def read_picture(relevance: Relevances, promised: float) -> Picture:
    """All ranks and measures of one picture; raises InputError when relevances are not finite."""
    found = torch.from_numpy(relevance[None])
    return Picture(
        {name: rank(relevance, config) for name, config in VARIANTS.items()},
        positive_share(relevance),
        balance(relevance),
        sum_error(found, torch.tensor([promised])),
        promised,
    )


@dataclass(frozen=True)
class How:
    """Of the relevances.

    Attributes:
        rule: name in `LRP_RULES`.
        tolerance: largest loss of relevance, share of the logit.
        batch: pictures at once.
    """

    rule: str
    tolerance: float
    batch: int


def correct(logits: NDArray[np.float32], labels: Indices, test: Indices) -> Indices:
    """Those of the test pictures whose class was read rightly; P1 ranks no others."""
    return np.asarray(test[logits[test].argmax(axis=1) == labels[test]], np.int64)


def measure(
    explained: Explained, card: Card, crops: CropSet, chosen: Indices, how: How, folder: Path
) -> tuple[Picture, ...]:
    """One `Picture` for each of the chosen crops; goes on where an interrupted call stopped.

    Args:
        explained, card: of the classifier.
        chosen: indices of crops whose label is the class that is explained.
        folder: what was measured is kept there.

    Raises:
        ExplainError: relevance was lost between the logit and the pixels.
        ConfigError: the folder holds measurements of other pictures, or made another way.
    """
    claim(folder / "asked.yaml", {**vars(how), "chosen": chosen.tolist(), "labels": list(card.labels)})
    found: list[Picture] = []
    starts = range(0, len(chosen), how.batch)
    for number, first in enumerate(tqdm(starts, f"relevance {how.rule}", unit="batch")):
        path = folder / f"part_{number:04d}.json"
        if not path.is_file():
            made = _some(explained, card, crops, chosen[first : first + how.batch], how)
            write_whole(path, json.dumps([picture.plain() for picture in made]) + "\n")
        found += [Picture.of(plain) for plain in json.loads(path.read_text())]
    return tuple(found)


def relevances_of(
    explained: Explained, card: Card, crops: CropSet, chosen: Indices, how: How
) -> tuple[Relevances, NDArray[np.float32]]:
    """Relevances (N, 3, H, W) of the chosen crops' own labels, and what they must sum to (N,): the logits without
    what the biases kept. Raises ExplainError."""
    batch = torch.from_numpy(to_batch(list(crops.images_rgb[chosen]), card))
    targets = torch.from_numpy(crops.labels[chosen])
    found = propagate(explained, batch, targets, how.rule, box=pixel_box(card), tolerance=how.tolerance)
    return found.relevances.numpy(), (found.logits - found.kept).numpy()


def pixel_box(card: Card) -> Box:
    """What black and white become when they are normalised."""
    pairs = list(zip(card.mean, card.std, strict=True))
    return tuple(-mean / std for mean, std in pairs), tuple((1.0 - mean) / std for mean, std in pairs)


def _some(explained: Explained, card: Card, crops: CropSet, chosen: Indices, how: How) -> list[Picture]:
    found, promised = relevances_of(explained, card, crops, chosen, how)
    return [read_picture(relevance, float(total)) for relevance, total in zip(found, promised, strict=True)]


def _ranked(plain: Mapping[str, Any]) -> Ranked:
    first, second, third = plain["sums"]
    return Ranked(
        IntensityRank[plain["rank"].upper()], np.array(plain["counts"], np.int64), (first, second, third)
    )
