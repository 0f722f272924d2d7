"""The whole comparison of P2 (Wagner et al. 2024, CAGE): sets, trainings, tests, report."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Final

from tqdm import tqdm

from affect_core.circumplex.modes import STAGES
from affect_core.circumplex.reading import read_samples
from affect_core.circumplex.recipe import Augmentation, Recipe, Scale
from affect_core.circumplex.report import Findings, write_up
from affect_core.circumplex.results import Result
from affect_core.circumplex.samples import PARTS, Samples, Split, split
from affect_core.circumplex.sources import face_samples, person_samples
from affect_core.data.real import REAL_SETS, RealSetConfig, import_set
from affect_core.data.real.base import PERSON
from affect_core.emotion.architectures.pretrained import IMAGENET, RANDOM, imagenet_weights
from affect_core.errors import InputError
from affect_core.papers import Pictures, Request, Study, pictures
from affect_core.processes import spread
from affect_core.synth.humans.base import HumanSetConfig
from affect_core.torch_compat import use_threads
from affect_core.training.circumplex.train import Job, Parts, Place, train
from affect_core.training.hardware import Hardware

LABELS: Final = "basic-8"
OTHER: Final = "other"
EMOTIC: Final = "emotic"
FACES: Final = "faces"

QUICK: Final = Recipe(
    init=RANDOM,
    size_px=64,
    width=0.5,
    depth=0.34,
    batch_size=16,
    learning_rate=1e-3,
    epochs=8,
    va_epochs=4,
    held_out=0.1,
)
"""Minutes: trunks of a fifth of the published size, from scratch, hence the higher rate and the smaller batch."""

QUICK_WIDTH: Final = {"maxvit_t": 0.25}
QUICK_SCALE: Final = Scale(pictures=400, other_pictures=160, render_px=128, seeds=3)
SECOND_BACKBONE_SEEDS: Final = 1

_OTHER_SEED: Final = 5_000
"""Apart from the seeds of the first set."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Options:
    """What this study is asked beside `Request`.

    Attributes:
        emotic: folder that EMOTIC was unpacked into; None = its part is left out.
        without: classes to leave out; AffectNet-7 leaves out contempt.
        backbones: names in `BACKBONES`; the first one is trained with several seeds.
        seeds: trainings of each of its modes; 0 = as many as the scale says.
        select_on_test: see `Recipe`.
        hardware: of the trainings.
        recipe, scale: instead of the ones that quick or full mean.
        augmentation: of the training pictures.
    """

    emotic: Path | None = None
    without: tuple[str, ...] = ()
    backbones: tuple[str, ...] = ("efficientnet_v2_s", "maxvit_t")
    seeds: int = 0
    select_on_test: bool = False
    hardware: Hardware = field(default_factory=Hardware)
    recipe: Recipe | None = None
    scale: Scale | None = None
    augmentation: Augmentation = field(default_factory=Augmentation)


def run(request: Request, options: Options | None = None) -> Study:
    """Make the study; what an interrupted call has finished is used again.

    Raises:
        InputError: a set cannot be used; says what is missing.
        ConfigError: the output folder holds a study of other settings.
    """
    options = options or Options()
    started = perf_counter()
    work = _Work(request, options)
    first = work.first_set()
    second = work.second_set()
    compared = work.compare(first)
    crossed = work.cross(first, second, compared)
    return write_up(
        Findings(
            request=request,
            recipes=work.recipes,
            augmentation=options.augmentation,
            scale=work.scale,
            about=work.about,
            notes=tuple(work.notes),
            first=first,
            second=second,
            compared=tuple(compared),
            crossed=tuple(crossed),
            splits=work.splits,
            seconds=perf_counter() - started,
        )
    )


class _Work:
    """Everything between a request and the outputs of the networks."""

    def __init__(self, request: Request, options: Options) -> None:
        self._request, self._options = request, options
        self.scale = _scale(request, options)
        base = options.recipe or (QUICK if request.quick else Recipe())
        base = replace(base, select_on_test=options.select_on_test)
        self.recipes = {name: _own_width(base, name, request, options) for name in options.backbones}
        self.notes: list[str] = []
        self.about: list[str] = []
        self.splits: dict[str, dict[str, list[str]]] = {}
        self._size_px = base.size_px
        self._inits = {name: self._init(name, recipe) for name, recipe in self.recipes.items()}
        self._place = Place(request.output / "models", request.work / "trainings", options.hardware)

    def first_set(self) -> Parts:
        """The set that the modes are compared on."""
        found = pictures(
            self._request, HumanSetConfig(LABELS, self.scale.pictures, size_px=self.scale.render_px)
        )
        return self._faces(found, FACES)

    def second_set(self) -> Parts:
        """The other set of the cross evaluation: EMOTIC, or robot heads where it is not given."""
        if self._options.emotic is not None:
            return self._people(self._options.emotic)
        self.notes.append(
            "EMOTIC was not given: the part on several labels is left out, and random robot heads take its place in "
            "the cross evaluation."
        )
        asked = replace(self._request, source=None, stand_in=True)
        config = HumanSetConfig(LABELS, self.scale.other_pictures, _OTHER_SEED, size_px=self.scale.render_px)
        return self._faces(pictures(asked, config, OTHER), OTHER, tell=False)

    def compare(self, parts: Parts) -> list[Result]:
        """Every mode of every backbone."""
        jobs = [
            Job(backbone, mode, FACES, self._request.seed + number, init=self._inits[backbone])
            for place, backbone in enumerate(self._options.backbones)
            for number in range(self.scale.seeds if place == 0 else SECOND_BACKBONE_SEEDS)
            for mode in STAGES
        ]
        return self._train(jobs, parts)

    def cross(self, first: Parts, second: Parts, compared: Sequence[Result]) -> list[Result]:
        """The first backbone with valence and arousal, trained on either set and tested on both; P2, section 5.5."""
        backbone, seed = self._options.backbones[0], self._request.seed
        ours = [r for r in compared if (r.job.backbone, r.job.seed) == (backbone, seed)]
        ours = [r for r in ours if r.job.mode != "discrete"]
        if self._options.emotic is None:
            jobs = [Job(backbone, m, OTHER, seed, init=self._inits[backbone]) for m in ("combined", "va")]
        else:
            combined = next(r for r in ours if r.job.mode == "combined")
            jobs = [Job(backbone, "multi", EMOTIC, seed, start=combined.folder)]
        theirs = self._train(jobs, second)
        return [self._tested(r.job, r.folder, (first.test, second.test)) for r in (*ours, *theirs)]

    def _train(self, jobs: Sequence[Job], parts: Parts) -> list[Result]:
        """As many at once as there are workers; those that begin where another one ended come after the others."""
        asked: dict[Job, Job] = {}
        folders: dict[Job, Path] = {}
        workers = 1 if self._options.hardware.on_gpu else self._request.workers
        make = partial(_trained, parts, self.recipes, self._options.augmentation, self._place)
        with tqdm(total=len(jobs), desc="trainings", unit="training") as bar:
            for second in (False, True):
                wave = {job: _started(job, folders) for job in jobs if (job.mode == "va") is second}
                asked |= wave
                for job, folder in spread(make, list(wave.values()), workers):
                    folders[job] = folder
                    bar.update()
        return [self._tested(asked[job], folders[asked[job]], (parts.test,)) for job in jobs]

    def _tested(self, job: Job, folder: Path, tests: Sequence[Samples]) -> Result:
        device = "cuda" if self._options.hardware.on_gpu else "cpu"
        return Result(job, folder, {s.name: read_samples(folder, s, device) for s in tests})

    def _faces(self, found: Pictures, name: str, tell: bool = True) -> Parts:
        self.about.append(found.about)
        self.notes += found.warnings if tell else ()
        samples = face_samples(
            found.manifest,
            self._size_px,
            self._request.work / f"{name}_crops",
            self._options.without,
            self.scale.limit,
            self._request.seed,
        )
        self.notes += [note for note in samples.notes if note not in self.notes]
        return self._divided(replace(samples, name=name))

    def _people(self, folder: Path) -> Parts:
        kind = _layout(folder)
        made = import_set(kind, folder, self._request.work / EMOTIC, RealSetConfig(region=PERSON))
        self.about.append(
            f"{kind} from {folder.name}: {len(made.manifest)} people, {len(made.left_out)} left out"
        )
        samples = person_samples(made.manifest, self._size_px, self.scale.limit, self._request.seed)
        return self._divided(replace(samples, name=EMOTIC))

    def _divided(self, samples: Samples) -> Parts:
        recipe = next(iter(self.recipes.values()))
        parts = split(samples, recipe.held_out, recipe.tested, self._request.seed)
        self.splits[samples.name] = _by_subject(samples, parts)
        return Parts(*(samples.take(parts.part(name)) for name in PARTS))

    def _init(self, backbone: str, recipe: Recipe) -> str:
        """Path of the ImageNet weights; empty where there are none, and then the report says so."""
        if recipe.init == IMAGENET:
            try:
                return str(imagenet_weights(backbone))
            except InputError as error:
                _log.warning("%s starts from random weights: %s", backbone, error)
                self.notes.append(
                    f"{backbone} started from random weights, not from ImageNet's as in the paper: {error}"
                )
                return ""
        self.notes.append(f"{backbone} started from random weights, not from ImageNet's as in the paper.")
        return ""


def _scale(request: Request, options: Options) -> Scale:
    scale = options.scale or (QUICK_SCALE if request.quick else Scale())
    if request.quick and request.source is not None and not scale.limit:
        scale = replace(scale, limit=scale.pictures)
    return replace(scale, seeds=options.seeds or scale.seeds)


def _own_width(recipe: Recipe, backbone: str, request: Request, options: Options) -> Recipe:
    width = QUICK_WIDTH.get(backbone) if request.quick and options.recipe is None else None
    return recipe if width is None else replace(recipe, width=width)


def _layout(folder: Path) -> str:
    refused = []
    for kind in (name for name in REAL_SETS.names() if name.startswith(EMOTIC)):
        try:
            REAL_SETS.build(kind, folder)
        except InputError as error:
            refused.append(f"{kind}: {error}")
            continue
        return kind
    raise InputError(f"{folder}: expected EMOTIC in a layout that is known; {'; '.join(refused)}")


def _started(job: Job, folders: Mapping[Job, Path]) -> Job:
    """The same; a second stage begins with the network of its first one."""
    if job.mode != "va":
        return job
    first = next(
        folder for other, folder in folders.items() if other.mode == "combined" and _same(other, job)
    )
    return replace(job, start=first, init="")


def _trained(
    parts: Parts, recipes: Mapping[str, Recipe], augmentation: Augmentation, place: Place, job: Job
) -> Path:
    """One thread: other processes have the other cores, and numbers do not depend on how many there are."""
    use_threads(place.hardware.threads or 1)
    _log.info("training %s", job.name)
    return train(job, parts, recipes[job.backbone], augmentation, place)


def _same(one: Job, other: Job) -> bool:
    return (one.backbone, one.data, one.seed) == (other.backbone, other.data, other.seed)


def _by_subject(samples: Samples, parts: Split) -> dict[str, list[str]]:
    return {name: sorted(set(map(str, samples.subjects[parts.part(name)]))) for name in PARTS}
