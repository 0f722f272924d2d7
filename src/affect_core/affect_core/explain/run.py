"""Many faces by several models, with a progress bar."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import product
from pathlib import Path
from typing import Final

from tqdm import tqdm

from affect_core import torch_compat
from affect_core.errors import InputError
from affect_core.explain.comparison import by_model
from affect_core.explain.faithfulness import Sanity
from affect_core.explain.page import write_page
from affect_core.explain.study import Explanation, Study
from affect_core.explain.subjects import Subject, evenly
from affect_core.processes import spread

_PARTS_PER_WORKER: Final = 8

Part = tuple[list[Explanation], dict[str, str]]
"""What was made, and source -> why it was skipped."""


@dataclass
class Outcome:
    """What came of it.

    Attributes:
        made: a face read by a model, in the order of the faces.
        sanity: model -> method -> whether its maps survive random weights, or why that is unknown.
        skipped: source -> why.
        page: that shows all of it.
    """

    made: list[Explanation] = field(default_factory=list)
    sanity: dict[str, dict[str, Sanity | str]] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    page: Path = Path()

    @property
    def failed(self) -> list[str]:
        """Why there is no map, for each that failed its own check."""
        return [why for one in self.made for why in one.failed.values()]


def explain_all(
    studies: Mapping[str, Study],
    subjects: Sequence[Subject],
    folder: Path,
    sanity_faces: int = 0,
    workers: int = 1,
) -> Outcome:
    """Explain every subject by every model, and write the page.

    Args:
        studies: name of the model -> its study.
        subjects: what is explained; one that cannot be read, or shows no face, is skipped and named.
        folder: a folder per subject and model, and the page. What is there already is not made again.
        sanity_faces: so many faces per model, evenly spread, are explained with random weights, too.
        workers: processes of one thread each; 1 = here, with the threads that torch has.
    """
    found = Outcome()
    size = 1 if workers == 1 else _part_size(len(subjects), workers)
    parts = [subjects[start : start + size] for start in range(0, len(subjects), size)]
    with tqdm(total=len(subjects) * len(studies), desc="explain", unit="face", mininterval=0.5) as bar:

        def tell(text: str) -> None:
            bar.set_postfix_str(text, refresh=False)

        explain = _explain_part if workers == 1 else _explain_elsewhere
        make = partial(explain, studies, folder, tell if workers == 1 else _silent)
        for part, (made, skipped) in spread(make, parts, workers):
            found.made += made
            found.skipped |= skipped
            bar.update(len(part) * len(studies))
        places = {subject.name: place for place, subject in enumerate(subjects)}
        found.made.sort(key=lambda one: places[one.picture])
        found.skipped = {
            one.source: found.skipped[one.source] for one in subjects if one.source in found.skipped
        }
        if sanity_faces:
            for model, several in by_model(found.made).items():
                chosen = [several[index] for index in evenly(len(several), sanity_faces)]
                found.sanity[model] = studies[model].sanity(chosen, tell)
    unfit = [why for study in studies.values() for why in study.unfit.values()]
    found.page = write_page(found.made, found.sanity, found.skipped, unfit, folder)
    return found


def _part_size(subjects: int, workers: int) -> int:
    """Each part costs its process the loading of the models; the last part lets the others wait."""
    return max(1, subjects // (_PARTS_PER_WORKER * workers))


def _explain_elsewhere(
    studies: Mapping[str, Study], folder: Path, tell: Callable[[str], None], part: Sequence[Subject]
) -> Part:
    torch_compat.use_threads(1)
    return _explain_part(studies, folder, tell, part)


def _explain_part(
    studies: Mapping[str, Study], folder: Path, tell: Callable[[str], None], part: Sequence[Subject]
) -> Part:
    made: list[Explanation] = []
    skipped: dict[str, str] = {}
    for subject, (model, study) in product(part, studies.items()):
        try:
            one = study.explain(subject, folder / subject.name / model, tell)
            made.append(replace(one, model=model))
        except InputError as error:
            skipped[subject.source] = str(error)
    return made, skipped


def _silent(_text: str) -> None:
    """What another process is at is not shown."""
