"""The parts of the report in their order."""

from __future__ import annotations

from typing import Final

import numpy as np

from affect_core.curation import figures, toy
from affect_core.curation.aforet import Aforet
from affect_core.curation.base import Indices, how_many
from affect_core.curation.cleaned import FACES_FILE, FOLDER, caption
from affect_core.curation.metrics import METRICS
from affect_core.curation.results import HONEST, PAPER
from affect_core.curation.rva_training import rebuild
from affect_core.curation.study import LATENTS, Outcome
from affect_core.curation.tables import (
    autoencoder_table,
    class_table,
    cured_table,
    features_table,
    finding_table,
    lost_table,
    methods_table,
    metric_table,
    published_methods_table,
    published_table,
    summary_table,
)
from affect_core.data.pictures import read_picture
from affect_core.faces.crop import CropSpec, align
from affect_core.papers import Figure, Section, Table

_SHOWN: Final = 40
_SURE: Final = 16
_SHEET_PX: Final = 112
_REBUILT: Final = 12


def sections(outcome: Outcome) -> list[Section]:
    """All of them."""
    return [
        _worth(outcome),
        _finding(outcome),
        _removed(outcome),
        _method(outcome),
        _autoencoder(outcome),
        _latents(outcome),
        _tables(outcome, PAPER),
        _tables(outcome, HONEST),
        _published(outcome),
    ]


def _worth(outcome: Outcome) -> Section:
    results, losses = outcome.results, (0.0, *outcome.config.protocol.losses)
    lines = {
        f"{remover}, {protocol}": [(q, results.mean(protocol, remover, q, "accuracy")) for q in losses]
        for remover in ("aforet", "random")
        for protocol in (PAPER, HONEST)
    }
    lines["ceiling of AFORET, paper"] = [(q, results.mean_ceiling("aforet", q)) for q in losses]
    text = (
        "Under the paper's protocol accuracy may rise because faces that are hard to read leave the test; the dashed "
        "line is what an unchanged classifier could gain by that at most, were every removed face one that it got wrong. "
        "Above it there is more than selection: the labels of test faces also decided what was left to train on. "
        "Under the honest protocol the test stays whole: what is left of the gain there is the gain."
    )
    return Section(
        "What removal is worth",
        [text],
        [summary_table(outcome)],
        [Figure("gain.png", figures.gain_png(lines), "Accuracy over the share removed, both protocols.")],
    )


def _finding(outcome: Outcome) -> Section:
    findings, share = outcome.findings, outcome.config.protocol.compared_at
    finding, faces = outcome.config.finding, outcome.faces
    tables: list[Table] = []
    curves = {}
    for what, found in findings.blends.items():
        judged = np.isin(faces.labels, np.unique(faces.labels[faces.blended]))
        rate = float(faces.blended[judged].mean())
        about = f"{faces.blended.sum()} of {judged.sum()} faces of classes that have blends; intervals over faces."
        tables.append(finding_table(found, f"Blended faces, by {what}", share, rate, about))
        curves[f"blends, {what}"] = found
    for what, found in findings.planted.items():
        rate = how_many(finding.planted_share, len(faces)) / len(faces)
        about = f"{finding.planted_share:.0%} of {len(faces)} labels, {finding.repeats} draws; range of the draws."
        tables.append(finding_table(found, f"Labels made wrong, by {what}", share, rate, about))
        curves[f"wrong labels, {what}"] = found
    text = ["Removal is useful where it finds faces that are ambiguous or wrongly labelled."]
    if findings.blends:
        text.append(
            "Blends are rendered between two expressions and keep the stronger one's label: truly ambiguous."
        )
    else:
        text.append("The set has no blended faces, so whether ambiguous ones are found is not measured.")
    if len(findings.planted) > 1:
        text.append(
            "The latent vectors are made without labels and hold identity, light and pose before expression. The true "
            "action units that the faces were rendered from show what the same removal finds where expression is all "
            "there is: a bound for better features, not a result on pictures."
        )
    return Section(
        "Does removal find ambiguous and wrong labels?",
        text,
        [*tables, cured_table(outcome)],
        [
            Figure(
                "finding.png",
                figures.finding_png(curves),
                "Share of the sought that is removed; dashed: chance.",
            )
        ],
    )


def _removed(outcome: Outcome) -> Section:
    judged, faces = outcome.judged, outcome.faces
    order = judged.removal.removed[:_SHOWN]
    sure = np.argsort(-judged.confidence, kind="stable")[:_SURE]
    sheet, best = (_sheet(outcome, chosen) for chosen in (order, sure))
    gone = len(judged.removal.removed)
    text = (
        f"{gone} of {len(faces)} judged faces are left out of the set in the folder '{FOLDER}' (by "
        f"{outcome.config.cleaned_by}); every face with its confidence is listed in '{FOLDER}/{FACES_FILE}'."
    )
    pictures = []
    if sheet:
        said = f"The {len(order)} removed faces that are least sure: label, confidence beta, nearest other class."
        pictures.append(Figure("removed.png", sheet, said))
    if best:
        pictures.append(Figure("kept.png", best, "For comparison the faces that are surest of their class."))
    lost = judged.removal.lost
    counts = np.bincount(faces.labels, minlength=len(faces.classes))
    rows: list[list[str | int | float | None]] = [
        [name, int(counts[c]), lost.get(c, 0.0)] for c, name in enumerate(faces.classes)
    ]
    return Section(
        "The cleaned set",
        [text],
        [Table(["class", "faces", "share removed"], rows, "What each class loses in the cleaned set")],
        pictures,
    )


def _sheet(outcome: Outcome, chosen: Indices) -> bytes | None:
    faces, manifest, rva = outcome.faces, outcome.pictures.manifest, outcome.config.rva
    spec = CropSpec(_SHEET_PX, rva.margin, rva.template)
    shown = []
    for place in chosen:
        record = manifest.records[int(faces.records[place])]
        picture = read_picture(manifest.image_path(record))
        shown.append(align(picture, np.asarray(record.landmarks_xy, np.float64), spec).image_rgb)
    return figures.sheet_png(shown, [caption(faces, outcome.judged, int(place)) for place in chosen])


def _method(outcome: Outcome) -> Section:
    plane = toy.plane(outcome.config.removers, outcome.request.seed)
    text = (
        "Equation 8 makes beta high where a point is sure of its class, and algorithm 1 keeps beta >= beta_t. The "
        "paper's text and its figure 5 say the opposite: there beta grows towards the overlap and high values go. We "
        "follow the equation; the dotted line is a quantity that behaves as the text says. A threshold of 0, which the "
        "paper's figure 6 names, would remove nothing under equation 8; it fits the margin, beta minus the best other."
    )
    return Section(
        "The method on points of our own",
        [text],
        [],
        [
            Figure(
                "line.png",
                figures.line_png(toy.line()),
                "Two classes on a line: densities, posteriors, beta.",
            ),
            Figure(
                "plane.png",
                figures.plane_png(plane),
                "Two classes before and after 15 % are removed; the overlap.",
            ),
            Figure(
                "affinity.png",
                figures.surfaces_png(plane),
                "Affinity to each class mean over the same plane.",
            ),
        ],
    )


def _autoencoder(outcome: Outcome) -> Section:
    chosen = np.flatnonzero(~outcome.faces.for_rva)[:_REBUILT]
    originals = outcome.faces.crops.images_rgb[chosen]
    rebuilt = figures.rebuilt_png(originals, rebuild(outcome.fitted.rva, originals))
    return Section(
        "The residual variational autoencoder",
        [
            "Trained on its own faces until the validation ELBO no longer grows; only the encoder's mu goes on from here."
        ],
        [autoencoder_table(outcome), features_table(outcome)],
        [
            Figure(
                "autoencoder.png",
                figures.training_png(outcome.tried),
                "Training; dotted: the epoch that is kept.",
            ),
            Figure(
                "rebuilt.png",
                rebuilt,
                "Faces that it was not trained on, and what it makes of their latent vectors.",
            ),
        ],
    )


def _latents(outcome: Outcome) -> Section:
    points, protocol = outcome.points, outcome.config.protocol
    aforet = Aforet(outcome.config.removers)
    removals = {q: aforet.remove(points.latents, points.labels, q) for q in protocol.losses}
    kept = removals[protocol.compared_at].kept
    blended = outcome.faces.blended[~outcome.faces.for_rva]
    own = aforet.log_confidences(points.latents, points.labels)[np.arange(len(points)), points.labels]
    known = {"known blends": blended} if blended.any() else {}
    beta = np.exp(own)
    thresholds = {f"{q:.0%} removed": float(beta[r.kept].min()) for q, r in removals.items()}
    return Section(
        "The latent space",
        [],
        [lost_table(outcome)],
        [
            Figure(
                "latents.png",
                figures.latent_png(points.latents, points.labels, kept, points.classes),
                f"Tested faces, first two principal components of the {LATENTS}; stars: class means there. Right: what "
                f"AFORET removes at {protocol.compared_at:.0%}.",
            ),
            Figure(
                "beta.png",
                figures.beta_png(beta, thresholds, known),
                "Confidence of the tested faces, beta_t.",
            ),
        ],
    )


def _tables(outcome: Outcome, protocol: str) -> Section:
    results, settings = outcome.results, outcome.config.protocol
    tables = [metric_table(results, protocol, metric, settings.losses) for metric in METRICS]
    tables.append(methods_table(results, protocol, settings.compared_at))
    text = {
        PAPER: "The whole set is filtered, labels and all, then cross-validated: the paper's tables 1 to 7 and 9.",
        HONEST: "The training part of each fold is filtered, every face is tested.",
    }
    said = "Figures over all folds together; AUC is the mean over folds. The number of decimals is not the precision."
    return Section(f"All figures, protocol {protocol}", [text[protocol], said], tables)


def _published(outcome: Outcome) -> Section:
    results, protocol = outcome.results, outcome.config.protocol
    tables = [class_table(results, protocol.compared_at)]
    if len(protocol.losses) == 3:
        tables.append(published_table(results, protocol.losses))
    tables.append(published_methods_table(results, protocol.compared_at))
    return Section("Classes, and the paper's print", [], tables)
