"""Many faces by several models, with a progress bar."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path

from tqdm import tqdm

from affect_core.errors import InputError
from affect_core.explain.comparison import by_model
from affect_core.explain.faithfulness import Sanity
from affect_core.explain.page import write_page
from affect_core.explain.study import Explanation, Study
from affect_core.explain.subjects import Subject, evenly


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
    studies: Mapping[str, Study], subjects: Sequence[Subject], folder: Path, sanity_faces: int = 0
) -> Outcome:
    """Explain every subject by every model, and write the page.

    Args:
        studies: name of the model -> its study.
        subjects: what is explained; one that cannot be read, or shows no face, is skipped and named.
        folder: a folder per subject and model, and the page. What is there already is not made again.
        sanity_faces: so many faces per model, evenly spread, are explained with random weights, too.
    """
    found = Outcome()
    with tqdm(total=len(subjects) * len(studies), desc="explain", unit="face", mininterval=0.5) as bar:

        def tell(text: str) -> None:
            bar.set_postfix_str(text, refresh=False)

        for subject, (model, study) in product(subjects, studies.items()):
            try:
                one = study.explain(subject, folder / subject.name / model, tell)
                found.made.append(replace(one, model=model))
            except InputError as error:
                found.skipped[subject.source] = str(error)
            bar.update()
        if sanity_faces:
            for model, several in by_model(found.made).items():
                chosen = [several[index] for index in evenly(len(several), sanity_faces)]
                found.sanity[model] = studies[model].sanity(chosen, tell)
    unfit = [why for study in studies.values() for why in study.unfit.values()]
    found.page = write_page(found.made, found.sanity, found.skipped, unfit, folder)
    return found
