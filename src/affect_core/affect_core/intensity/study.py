"""The study of P1, from pictures to the report."""

from __future__ import annotations

import json
import logging
from dataclasses import asdict, dataclass, field, replace
from math import nan
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from affect_core import torch_compat
from affect_core.data.crop_set import CropSet
from affect_core.data.cut import cut
from affect_core.emotion.base import REGRESSION, RUNTIMES
from affect_core.emotion.card import Card, load_card
from affect_core.emotion.preprocess import to_batch
from affect_core.emotion.stage import softmax
from affect_core.errors import ExplainError, InputError
from affect_core.explain.lrp_rules import LRP_RULES
from affect_core.explain.network import Explained, explain_network
from affect_core.faces.crop import CropSpec
from affect_core.files import write_whole
from affect_core.intensity import classifier
from affect_core.intensity.base import (
    LABELS,
    ClassifierConfig,
    IntensityConfig,
    TrunkConfig,
)
from affect_core.intensity.classifier import Fitted
from affect_core.intensity.measure import How, Picture, correct, measure, relevances_of
from affect_core.intensity.splits import PICTURE, SUBJECT, Split, repeats_subjects, split
from affect_core.intensity.trunk import Trunk, find_trunk
from affect_core.intensity.truth import Truth, find_truth
from affect_core.intensity.votes import read_votes
from affect_core.papers import Pictures, Request, pictures
from affect_core.synth.humans.base import HumanSetConfig
from affect_core.types import IntensityRank

SPLIT_FILE: Final = "split.json"
MODEL_FOLDER: Final = "model"
MODEL_NAME: Final = "vgg16_intensity"
HEAD_MODEL: Final = "amal_resnet34"
"""The default model, whose small head estimates the intensity."""

_BATCH: Final = 64
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Plan:
    """All settings of a study."""

    intensity: IntensityConfig = field(default_factory=IntensityConfig)
    classifier: ClassifierConfig = field(default_factory=ClassifierConfig)
    trunk: TrunkConfig = field(default_factory=TrunkConfig)

    def plain(self) -> dict[str, Any]:
        """For the report."""
        return {
            f"{part}.{name}": value for part, values in asdict(self).items() for name, value in values.items()
        }


QUICK: Final = Plan(
    IntensityConfig(pictures=490, picture_px=128, compared=12, lrp_batch=12),
    ClassifierConfig(image_size_px=96, hidden=1024, epochs=40),
    TrunkConfig(pictures=600, validation=96, size_px=64, epochs=9, batch_size=16),
)
"""Minutes on one core: few and small pictures, a short training of the trunk, a narrower head than P1's 4096."""


@dataclass(frozen=True)
class Options:
    """What the command can be asked beside the request.

    Attributes:
        trunk: see `ClassifierConfig.trunk`; empty = as the plan says.
        votes: file of the annotators' votes; None = there are none.
        group_by: `PICTURE` or `SUBJECT`; anything else: pictures, and people beside it where somebody comes twice.
        propagation: name in `LRP_RULES`; empty = as the plan says.
        save_model: keep the classifier as a model folder below the report's.
        image_size_px: see `ClassifierConfig.image_size_px`; 0 = as the plan says.
    """

    trunk: str = ""
    votes: Path | None = None
    group_by: str = ""
    propagation: str = ""
    save_model: bool = False
    image_size_px: int = 0


@dataclass(frozen=True, eq=False)
class Outcome:
    """Of one split.

    Attributes:
        chosen: indices of the pictures that were ranked: of the test part, and classified correctly.
        pictures: what was read from each.
    """

    split: Split
    fitted: Fitted
    chosen: NDArray[np.int64]
    pictures: tuple[Picture, ...]

    @property
    def accuracy(self) -> float:
        """Of the emotions, in the test part."""
        return len(self.chosen) / len(self.split.test)

    def ranks(self, variant: str) -> NDArray[np.int64]:
        """(K,) of the ranked pictures."""
        return np.array([int(picture.ranked[variant].rank) for picture in self.pictures], np.int64)


@dataclass(frozen=True, eq=False)
class Results:
    """Everything that the report shows.

    Attributes:
        outcomes: the first is reported in full.
        compared: rule of propagation -> what it made of a few pictures; nothing of a rule that lost relevance.
        head: (N,), intensities that the default model's small head estimates.
        shown: index of a crop -> its relevances.
    """

    plan: Plan
    request: Request
    pictures: Pictures
    crops: CropSet
    trunk: Trunk
    truth: Truth
    outcomes: tuple[Outcome, ...]
    compared: dict[str, tuple[Picture, ...]]
    head: NDArray[np.float64]
    shown: dict[int, NDArray[np.float32]]
    left_out: int


def run(request: Request, options: Options | None = None, plan: Plan | None = None) -> Results:
    """Make the study; an interrupted call goes on.

    Raises:
        InputError: the set, or the votes, cannot be used; too few pictures were classified correctly.
        ExplainError: relevance was lost between a logit and the pixels.
        ConfigError: the work folder holds a study of other settings.
    """
    options = options or Options()
    plan = _asked(plan or (QUICK if request.quick else Plan()), options)
    LRP_RULES.get(plan.intensity.propagation)
    votes = None if options.votes is None else read_votes(options.votes)
    torch_compat.use_threads(request.workers)
    found, crops = _crops(request, plan)
    truth = find_truth(crops, plan.intensity, votes)
    trunk = find_trunk(plan.classifier, plan.trunk, request)
    card = classifier.card_of(MODEL_NAME, crops, plan.classifier, trunk, request.output / MODEL_FOLDER)
    outcomes = []
    for group_by in _groupings(crops, options.group_by):
        network = classifier.build(card, trunk, request.seed)
        outcomes.append(_outcome(request, plan, card, crops, network, group_by))
        if len(outcomes) == 1:  # while its network is at hand; the next one is as large
            compared = _compared(request, plan, card, crops, outcomes[0])
            shown = _shown(plan, card, crops, outcomes[0])
    write_whole(
        request.output / SPLIT_FILE, json.dumps([outcome.split.plain() for outcome in outcomes]) + "\n"
    )
    results = Results(
        plan, request, found, crops, trunk, truth, tuple(outcomes), compared, _head(crops, request, found), shown,
        left_out=len(found.manifest) - len(crops),
    )  # fmt: skip
    if options.save_model:
        _save(results, card)
    return results


def _asked(plan: Plan, options: Options) -> Plan:
    own = replace(
        plan.classifier,
        trunk=options.trunk or plan.classifier.trunk,
        image_size_px=options.image_size_px or plan.classifier.image_size_px,
    )
    rule = options.propagation or plan.intensity.propagation
    return replace(plan, classifier=own, intensity=replace(plan.intensity, propagation=rule))


def _crops(request: Request, plan: Plan) -> tuple[Pictures, CropSet]:
    """The set, and the faces of the emotions that it has."""
    asked = plan.intensity
    faces = HumanSetConfig(
        labels="basic-8", images=asked.pictures, size_px=asked.picture_px,
        intensity_low=asked.intensity_low, intensity_high=asked.intensity_high,
    )  # fmt: skip
    found = pictures(request, faces)
    present = {record.label for record in found.manifest.records}
    labels = tuple(name for name in LABELS if name in present)
    if len(labels) < 2:
        raise InputError(
            f"{found.manifest.folder}: expected pictures of at least two of {', '.join(LABELS)}, got "
            f"{', '.join(sorted(present)) or 'none'}; import the set with the labels basic-8"
        )
    own = plan.classifier
    spec = CropSpec(own.image_size_px, own.margin, own.template)
    return found, cut(found.manifest, spec, labels, request.work / "crops")


def _groupings(crops: CropSet, wanted: str) -> tuple[str, ...]:
    if wanted in (PICTURE, SUBJECT):
        return (wanted,)
    return (PICTURE, SUBJECT) if repeats_subjects(crops) else (PICTURE,)


def _outcome(
    request: Request, plan: Plan, card: Card, crops: CropSet, network: Any, group_by: str
) -> Outcome:
    parts = split(crops, plan.classifier, group_by, request.seed)
    fitted = classifier.fit(card, network, crops, parts, plan.classifier, request.seed, request.work)
    chosen = correct(fitted.logits, crops.labels, parts.test)
    if not len(chosen):
        raise InputError(
            "expected test pictures whose emotion is read correctly, as only these are ranked; got none of "
            f"{len(parts.test)}; give more pictures, or a trained trunk"
        )
    rule = plan.intensity.propagation
    folder = request.work / f"relevance_{group_by}_{rule}"
    read = measure(explained_of(network), card, crops, chosen, _how(plan, rule), folder)
    _log.info(
        "%s: %d of %d test pictures classified correctly and ranked", group_by, len(chosen), len(parts.test)
    )
    return Outcome(parts, fitted, chosen, read)


def explained_of(network: Any) -> Explained:
    """The classifier as `affect_core.explain` wants it."""
    return explain_network(network, MODEL_NAME)


def _how(plan: Plan, rule: str) -> How:
    return How(rule, plan.intensity.tolerance, plan.intensity.lrp_batch)


def _compared(
    request: Request, plan: Plan, card: Card, crops: CropSet, outcome: Outcome
) -> dict[str, tuple[Picture, ...]]:
    """Every rule of propagation on the same few pictures, drawn at random."""
    count = min(plan.intensity.compared, len(outcome.chosen))
    if not count:
        return {}
    random = np.random.default_rng([request.seed, 7])
    chosen = np.sort(random.choice(outcome.chosen, count, replace=False))
    explained = explained_of(outcome.fitted.network)
    found: dict[str, tuple[Picture, ...]] = {}
    for rule in LRP_RULES:
        try:
            found[rule] = measure(
                explained, card, crops, chosen, _how(plan, rule), request.work / f"compared_{rule}"
            )
        except ExplainError as error:  # told in the report: not every rule fits every network
            if rule == plan.intensity.propagation:
                raise
            _log.warning("%s: %s", rule, error)
            found[rule] = ()
    return found


def _shown(plan: Plan, card: Card, crops: CropSet, outcome: Outcome) -> dict[int, NDArray[np.float32]]:
    """Relevances of a few pictures, as many of each rank as possible, as different in emotion as possible."""
    ranks = outcome.ranks("count")
    queues = [list(outcome.chosen[ranks == rank]) for rank in (1, 2, 3)]
    taken: list[int] = []
    while len(taken) < min(plan.intensity.shown, len(outcome.chosen)) and any(queues):
        for queue in queues:
            seen = [crops.labels[place] for place in taken]
            if queue and len(taken) < plan.intensity.shown:
                best = min(queue, key=lambda place: seen.count(crops.labels[place]))
                queue.remove(best)
                taken.append(int(best))
    if not taken:
        return {}
    explained, how = explained_of(outcome.fitted.network), _how(plan, plan.intensity.propagation)
    made: dict[int, NDArray[np.float32]] = {}
    for first in range(0, len(taken), how.batch):
        part = np.array(taken[first : first + how.batch], np.int64)
        found, _ = relevances_of(explained, card, crops, part, how)
        made |= dict(zip(part.tolist(), found, strict=True))
    return dict(sorted(made.items(), key=lambda item: taken.index(item[0])))


def _head(crops: CropSet, request: Request, found: Pictures) -> NDArray[np.float64]:
    """Intensities of the same pictures by the default model; NaN where it gives none."""
    card = load_card(HEAD_MODEL)
    own = cut(found.manifest, card.crop, crops.label_names, request.work / "crops_head")
    runtime = RUNTIMES.build("torch", card, request.workers)
    parts = []
    for first in range(0, len(own), _BATCH):
        output = runtime.forward(to_batch(list(own.images_rgb[first : first + _BATCH]), card))
        parts.append(np.full(len(output.logits), nan) if output.regression is None else
                     output.regression[:, REGRESSION.index("intensity")])  # fmt: skip
    by_name = dict(zip(_keys(own), np.concatenate(parts).astype(float), strict=True))
    return np.array([by_name.get(key, nan) for key in _keys(crops)])


def _keys(crops: CropSet) -> list[tuple[str, str]]:
    """A picture may show several people; its source says which."""
    source = crops.info.get("source", np.full(len(crops), ""))
    return list(zip(map(str, crops.info["image"]), map(str, source), strict=True))


def probabilities(outcome: Outcome, crops: CropSet) -> NDArray[np.float64]:
    """(K,): how sure the classifier is of the emotion of each ranked picture."""
    shares = softmax(outcome.fitted.logits[outcome.chosen])
    return np.asarray(shares[np.arange(len(shares)), crops.labels[outcome.chosen]], np.float64)


def _save(results: Results, card: Card) -> None:
    outcome = results.outcomes[0]
    ranks = outcome.ranks("count")
    counts = {rank.name.lower(): int(np.sum(ranks == rank)) for rank in IntensityRank if rank}
    path = classifier.save_model(
        card,
        outcome.fitted.network,
        f"Made by affect-hri intensity, for ranks of intensity after P1. {results.trunk.about} Seed "
        f"{results.request.seed}.",
        results.pictures.about,
        {"accuracy": round(outcome.accuracy, 4), "n": len(outcome.split.test), "ranks": counts},
    )
    _log.info("model: %s", path.parent)
