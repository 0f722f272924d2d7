"""`affect-hri subgroups`: the trials of a request, one after the other, and their report."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace

from affect_core.data.manifest import Manifest
from affect_core.emotion.architectures.pretrained import IMAGENET, RANDOM, imagenet_weights
from affect_core.errors import ConfigError, InputError
from affect_core.papers import Request, Study, pictures
from affect_core.subgroups.config import SubgroupConfig, quick
from affect_core.subgroups.groups import RANDOM as COIN
from affect_core.subgroups.groups import attributes
from affect_core.subgroups.plants import NO_PLANT, PLANTS
from affect_core.subgroups.report import write_up
from affect_core.subgroups.space import FaceSpace
from affect_core.subgroups.trial import Trial, investigate

GENDER = "gender"
USUAL_PLANT = "occlusion"
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Wanted:
    """What a request wants to know.

    Attributes:
        attribute: what tells the groups apart; empty = gender where the set has it, else a planted bias.
        names: the two values that are compared; empty = as the attribute has them.
        plant: a name in `PLANTS`; empty = only if nothing else is compared.
        control: also compare two groups that a coin makes.
    """

    attribute: str = ""
    names: tuple[str, ...] = ()
    plant: str = ""
    control: bool = True


def run(request: Request, wanted: Wanted | None = None, config: SubgroupConfig | None = None) -> Study:
    """The study; an interrupted one goes on with the same request.

    Args:
        request: see its class.
        wanted: see its class.
        config: None = P3's, or that of minutes if the request is quick; the seed is the request's.

    Raises:
        ConfigError, InputError: the set, or its attribute, cannot be used.
    """
    chosen = config or (quick() if request.quick else SubgroupConfig())
    chosen, warnings = _initial(replace(chosen, seed=request.seed))
    found = pictures(request, chosen.faces)
    chosen, told = _expressions(found.manifest, chosen)
    trials = plan(found.manifest, wanted or Wanted())
    space = FaceSpace(chosen.space)
    made = []
    for trial in trials:
        _log.info("%s", trial.title)
        made.append(
            investigate(trial, found.manifest, chosen, request.work / trial.name, space, request.workers)
        )
    return write_up(made, chosen, space, found.about, (*found.warnings, *told, *warnings))


def plan(manifest: Manifest, wanted: Wanted) -> list[Trial]:
    """What is compared; raises ConfigError when nothing says what."""
    known = attributes(manifest)
    attribute = wanted.attribute or (GENDER if GENDER in known and not wanted.plant else "")
    plant = wanted.plant or ("" if attribute or not manifest.synthetic else USUAL_PLANT)
    trials = []
    if attribute:
        trials.append(Trial("attribute", f"Groups by {attribute}", attribute, wanted.names))
    if plant and plant != NO_PLANT:
        PLANTS.get(plant)
        trials.append(Trial("planted", f"A planted bias: {plant}", COIN, plant=plant))
    if wanted.control:
        trials.append(Trial("control", "Control: groups that a coin made", COIN))
    if not any(trial.name != "control" for trial in trials):
        raise ConfigError(
            f"expected an attribute that tells two groups apart; the pictures have: {', '.join(known)}; "
            f"or a bias to plant: {', '.join(PLANTS)}"
        )
    return trials


def _initial(config: SubgroupConfig) -> tuple[SubgroupConfig, tuple[str, ...]]:
    """The same; with random weights, and a warning, where ImageNet's cannot be had."""
    if config.init != IMAGENET:
        return config, ()
    try:
        imagenet_weights(config.architecture)
    except (InputError, ConfigError) as error:
        _log.warning("%s", error)
        return replace(config, init=RANDOM), (
            f"ImageNet's weights for {config.architecture} could not be had ({error}); the networks start from "
            "random weights.",
        )
    return config, ()


def _expressions(manifest: Manifest, config: SubgroupConfig) -> tuple[SubgroupConfig, tuple[str, ...]]:
    """The same; with the expressions of the set, and a warning, where it has none of P3's."""
    found = {record.label for record in manifest.records}
    own = tuple(label for label in manifest.labels if label in found)
    if found & set(config.labels) or len(own) < 2:
        return config, ()
    told = f"The set has none of P3's expressions ({', '.join(config.labels)}); its own are compared: {', '.join(own)}."
    return replace(config, labels=own), (told,)
