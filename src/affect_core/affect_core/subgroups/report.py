"""The report of a study of subgroups."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

import numpy as np

from affect_core.emotion.architectures.pretrained import RANDOM
from affect_core.papers import Figure, Section, Study, Table
from affect_core.subgroups.bias import Estimate
from affect_core.subgroups.config import SubgroupConfig
from affect_core.subgroups.figures import confusions_png, grid_png
from affect_core.subgroups.looks import Row, look_sections, looks_numbers
from affect_core.subgroups.plants import ABOUT, NO_PLANT
from affect_core.subgroups.rounds import FIRST, MIXED, SECOND, TESTS, TRAININGS, mean_accuracy, percentages
from affect_core.subgroups.space import FaceSpace
from affect_core.subgroups.trial import Found

PAPER: Final = (
    "C. Manresa-Yee, S. Ramis, J. M. Buades (2024), Analysis of Gender Differences in Facial Expression Recognition "
    "Based on Deep Learning Using Explainable Artificial Intelligence, IJIMAI 9(1)"
)
_NOTES: Final = (
    "An interval says how far other people of the same kind might move a number; another training of the same "
    "network might move it further. A training that is better by chance cancels out of the transfer loss.",
    "Training on both groups uses twice the pictures of training on one. The row with half of the mixed set shows "
    "what remains of the mixed training's lead without them; P3 has no such row.",
    "P3's accuracies (53.8 % mixed on mixed) were measured on AffectNet with ImageNet weights and are no target here. "
    "The paper does not say how LIME cuts pictures, which class it explains, or where the 17 top points are: the "
    "settings below do.",
)


def write_up(
    found: Sequence[Found], config: SubgroupConfig, space: FaceSpace, about: str, warnings: Sequence[str]
) -> Study:
    """The report of some trials."""
    sections = [_verdicts(found)]
    for one in found:
        sections += [_counts(one), _accuracies(one), _bias(one), *look_sections(one, config, space)]
    return Study(
        name="subgroups",
        title="What networks learn from either of two groups",
        paper=PAPER,
        about=about,
        notes=[*warnings, *_about_network(config), *_about_landmarks(found), *_NOTES],
        config=config.plain(),
        numbers={"trials": {one.trial.name: _numbers(one) for one in found}},
        sections=sections,
        headline="subgroups: " + "; ".join(f"{one.trial.name}: {_said(one)}" for one in found),
        extra={f"{one.trial.name}_faces.csv": _rows(one) for one in found},
    )


def _about_network(config: SubgroupConfig) -> list[str]:
    """What the networks are, and what they are not."""
    seen = f"{config.rounds} of {config.folds} folds are tested"
    notes = [f"The networks are {config.architecture} at {config.align.size_px} px; {seen}."]
    if config.architecture != "inception_v3":
        notes.append(
            "P3 uses InceptionV3 at 224 px; this is a smaller network on smaller pictures, to save time."
        )
    if config.init == RANDOM:
        notes.append("The networks start from random weights, P3's from ImageNet's: expect lower accuracies.")
    return notes


def _about_landmarks(found: Sequence[Found]) -> list[str]:
    said = {
        "file": "The 68 landmarks are those of the set.",
        "rendered": "The 68 landmarks are those of the rendered heads, exact also where they are hidden.",
        "fitted": "Only five landmarks are known; brows, jaw and forehead are those of a resting face fitted to them.",
    }
    return [said[name] for name in dict.fromkeys(one.source68 for one in found)]


def _said(one: Found) -> str:
    """The verdict in a few words."""
    transfer = one.bias.transfer
    text = f"transfer loss {transfer.value:.1f} % ({transfer.low:.1f} to {transfer.high:.1f})"
    return f"{text}, {'a bias' if one.verdict else 'no bias'} found"


def _verdicts(found: Sequence[Found]) -> Section:
    rows: list[Row] = [
        [
            one.trial.title,
            shown(one.bias.transfer),
            shown(one.bias.gap),
            ", ".join(one.looks_found) or "nowhere",
            "yes" if one.verdict else "no",
        ]
        for one in found
    ]
    level = f"{100.0 * found[0].bias.verdict_level:.1f} %"
    return Section(
        "Was a bias found?",
        [
            "Transfer loss: what it costs, on the same faces, to have been trained on the other group; mean of both "
            "groups. Gap: accuracy of the mixed training on the first group minus that on the second. Looks: parts of "
            "the face that the two groups' networks give different shares of their LIME masks. A bias is found when "
            f"one of them is not 0, with intervals widened for their number ({level} for the first two). The table "
            "shows the usual 95 % intervals, in percent.",
        ],
        [Table(["groups", "transfer loss", "gap", "looks differ at", "bias found"], rows)],
    )


def _counts(one: Found) -> Section:
    first, second = one.groups.names
    rows: list[Row] = [
        [
            c.label,
            c.total,
            c.duplicates,
            *c.of_groups,
            c.undetermined,
            c.chosen,
            *(int(np.sum((one.faces.labels == place) & (one.faces.groups == group))) for group in (0, 1)),
        ]
        for place, c in enumerate(one.balanced.counts)
    ]
    header = ["expression", "pictures", "duplicates", first, second, "undetermined", "chosen of each"]
    header += [f"{first}, aligned", f"{second}, aligned"]
    sizes: list[Row] = [[name, count] for name, count in _named(one, one.trained_on).items()]
    texts = [f"{one.groups.about[0].upper()}{one.groups.about[1:]}."]
    if one.trial.plant != NO_PLANT:
        texts.append(f"Planted: {ABOUT[one.trial.plant]}")
    if one.faces.dropped:
        texts.append(f"Dropped: {', '.join(f'{why} {count}' for why, count in one.faces.dropped.items())}.")
    return Section(
        one.trial.title,
        texts,
        [
            Table(header, rows, "Pictures; the same number of every expression and group was drawn."),
            Table(["trained on", "pictures"], sizes, "Sizes of the training sets of the first round."),
        ],
    )


def _accuracies(one: Found) -> Section:
    codes = one.codes
    percent = {(a, b): percentages(one.readings.counts(a, b)) for a in TRAININGS for b in TESTS}
    values = np.array([[mean_accuracy(percent[a, b]) for b in TESTS] for a in TRAININGS])
    rows = [[codes[a], *(shown(one.bias.accuracy[a, b]) for b in TESTS)] for a in TRAININGS]
    names = one.readings.label_names
    sums = [
        [f"{codes[a]}-{codes[b]}", *(shown(value, 0) for value in one.bias.read[a, b])]
        for b in TESTS
        for a in TRAININGS
    ]
    n = {b: int(one.readings.tested(b).sum()) for b in TESTS}
    label = ", ".join(f"{codes[b]}: {n[b]} faces" for b in TESTS)
    matrices = {(codes[a], codes[b]): percent[a, b] for a in TRAININGS[:3] for b in TESTS}
    name = one.trial.name
    return Section(
        f"{one.trial.title}: accuracy",
        [],
        [
            Table(
                ["trained on", *(codes[b] for b in TESTS)],
                rows,
                "Mean class-wise accuracy in percent, with 95 % intervals (P3, table V); columns = tested on.",
            ),
            Table(
                ["trained-tested", *names],
                sums,
                "How often each expression is read, 100 = as often as it is shown (last rows of P3, tables VI to VIII).",
            ),
        ],
        [
            Figure(
                f"{name}_accuracy.png",
                grid_png(values, [codes[a] for a in TRAININGS], [codes[b] for b in TESTS], label),
                f"Mean class-wise accuracy in percent; chance is {100.0 / len(names):.1f}.",
            ),
            Figure(
                f"{name}_confusion.png",
                confusions_png(matrices, names),
                "Confusion matrices in percent, rows = truth, columns = read; headings: trained on - tested on.",
            ),
        ],
    )


def _bias(one: Found) -> Section:
    from affect_core.subgroups.figures import intervals_png

    first, second = (one.codes[group] for group in (FIRST, SECOND))
    mixed = one.codes[MIXED]
    bars = {
        "transfer loss": one.bias.transfer,
        f"{mixed}-{first} minus {mixed}-{second}": one.bias.gap,
        f"{first}-{second} minus {second}-{first}": one.bias.crossed,
        "twice the pictures": one.bias.doubled,
        **{f"{label}: {mixed}-{first} minus {mixed}-{second}": e for label, e in _per_class(one).items()},
    }
    rows: list[Row] = [[name, e.value, e.low, e.high] for name, e in bars.items()]
    return Section(
        f"{one.trial.title}: bias",
        [
            "Of the intervals of single expressions one in twenty leaves 0 out by chance alone; they are no verdict.",
        ],
        [Table(["difference", "percent", "from", "to"], rows, "Differences of accuracies, 95 % intervals.")],
        [
            Figure(
                f"{one.trial.name}_bias.png",
                intervals_png(bars, "percent of accuracy"),
                "The same; red: the interval leaves 0 out.",
            )
        ],
    )


def shown(estimate: Estimate, digits: int = 1) -> str:
    """A number with its interval as text."""
    if np.isnan(estimate.value):
        return "–"  # noqa: RUF001 - the dash of the tables
    return f"{estimate.value:.{digits}f} ({estimate.low:.{digits}f} to {estimate.high:.{digits}f})"


def _per_class(one: Found) -> dict[str, Estimate]:
    return dict(zip(one.readings.label_names, one.bias.gaps, strict=True))


def _named(one: Found, values: Mapping[str, int]) -> dict[str, int]:
    return {one.codes[name]: value for name, value in values.items()}


def _numbers(one: Found) -> dict[str, Any]:
    codes = one.codes
    return {
        "attribute": one.groups.attribute,
        "groups": dict(zip(one.groups.codes, one.groups.names, strict=True)),
        "plant": one.trial.plant,
        "landmarks68": one.source68,
        "counts": [asdict(row) for row in one.balanced.counts],
        "dropped": dict(one.faces.dropped),
        "trained_on": _named(one, one.trained_on),
        "tested": {codes[test]: int(one.readings.tested(test).sum()) for test in TESTS},
        "accuracy": {f"{codes[a]}-{codes[b]}": asdict(e) for (a, b), e in one.bias.accuracy.items()},
        "confusion": {
            f"{codes[a]}-{codes[b]}": one.readings.counts(a, b).tolist() for a in TRAININGS for b in TESTS
        },
        "read": {f"{codes[a]}-{codes[b]}": [asdict(e) for e in row] for (a, b), row in one.bias.read.items()},
        "transfer_loss": asdict(one.bias.transfer),
        "gap": asdict(one.bias.gap),
        "gap_by_class": {label: asdict(e) for label, e in _per_class(one).items()},
        "crossed": asdict(one.bias.crossed),
        "doubled": asdict(one.bias.doubled),
        "verdict_level": one.bias.verdict_level,
        "verdict": list(one.verdict),
        **looks_numbers(one),
        "seconds": round(one.seconds, 1),
    }


def _rows(one: Found) -> bytes:
    """Every tested face: in which round, of which group, what it shows and what each training read in it."""
    names, readings = one.readings.label_names, one.readings
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["picture", "round", "group", "truth", *(one.codes[t] for t in TRAININGS)])
    for place, index in enumerate(readings.faces):
        read = [names[readings.predicted[t][place]] for t in TRAININGS]
        group = one.groups.names[readings.groups[place]]
        row = [one.faces.names[index], int(readings.rounds[place]) + 1, group, names[readings.truth[place]]]
        writer.writerow([*row, *read])
    return text.getvalue().encode()
