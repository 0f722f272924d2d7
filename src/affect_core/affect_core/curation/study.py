"""P4 from faces to a report: autoencoder, removal, classifiers, what removal finds, the cleaned set."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from affect_core import torch_compat
from affect_core.curation.base import REMOVERS, Floats, Indices, Mask
from affect_core.curation.cells import planned, run_cells
from affect_core.curation.classifiers import shown
from affect_core.curation.cleaned import FACES_FILE, FOLDER, Judged, faces_csv, judge_all, write_cleaned
from affect_core.curation.config import CurationConfig, quick
from affect_core.curation.faces import Faces, action_units, judge
from affect_core.curation.finding import Found, cure, find_blends, find_planted
from affect_core.curation.protocols import Cell, Points, assign_folds, run_cell
from affect_core.curation.results import HONEST, PAPER, Results
from affect_core.curation.rva import Rva
from affect_core.curation.rva_training import FaceSplit, Fitted, choose, encode, rebuild
from affect_core.data.manifest import Manifest
from affect_core.papers import Pictures, Request, Study, pictures

PAPER_TITLE: Final = (
    "Chatterjee, Das, Nayak and Pelusi (2022), Improving Facial Emotion Recognition Using Residual Autoencoder "
    "Coupled Affinity Based Overlapping Reduction"
)
LATENTS: Final = "latent vectors"
UNITS: Final = "true action units"
PIXELS: Final = "principal components of the pixels"
SQUARED: Final = "mean squared error"
_FEATURES_BY: Final = ("LR", "KNN")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Findings:
    """How well removal finds what is known; keyed by what it looks at.

    Attributes:
        blends: faces between two expressions; empty where the set has none.
        planted: labels that were made wrong.
        cured: remover -> classifier -> predictions, trained on wrong labels.
    """

    blends: Mapping[str, list[Found]]
    planted: Mapping[str, list[Found]]
    cured: Mapping[str, Mapping[str, Indices]]


@dataclass(frozen=True, eq=False)
class Outcome:
    """Everything that the report is made of; ``features``: what is told apart -> classifier -> accuracy."""

    config: CurationConfig
    request: Request
    pictures: Pictures
    faces: Faces
    fitted: Fitted
    tried: tuple[Fitted, ...]
    latents: Floats
    points: Points
    results: Results
    features: Mapping[str, Mapping[str, float]]
    findings: Findings
    judged: Judged
    cleaned: Manifest


def run(request: Request, config: CurationConfig | None = None) -> Study:
    """The study. What an interrupted call finished is read from ``request.work``.

    Args:
        request: faces, output, seed; ``quick`` shrinks the configuration.
        config: of the study.

    Raises:
        InputError: the faces cannot be used: fewer than two classes, too few of a class, none with landmarks.
        ConfigError: the work folder holds other synthetic faces.
    """
    from affect_core.curation.report import report

    wanted = config or CurationConfig()
    return report(conduct(request, quick(wanted) if request.quick else wanted))


def conduct(request: Request, config: CurationConfig) -> Outcome:
    """All measurements, and the cleaned set on disk."""
    torch_compat.use_threads(max(1, request.workers))
    shown_faces = pictures(request, config.faces)
    manifest = shown_faces.manifest
    faces = judge(manifest, config, request.work / "crops", request.seed)
    fitted, tried = _autoencoder(faces, config, request)
    latents = encode(fitted.rva.encoder, faces.crops.images_rgb)
    points, config = _points(faces, latents, config, request.seed)
    results = _classify(points, config, request)
    features = _features(manifest, faces, points, fitted.rva, config, request.seed)
    _log.info("looking for what is known to be ambiguous or wrong")
    findings = _find(manifest, faces, latents, points, config, request.seed)
    judged = judge_all(faces, latents, config, request.seed)
    cleaned = write_cleaned(manifest, faces, judged, config, request.output, request.seed)
    return Outcome(
        config,
        request,
        shown_faces,
        faces,
        fitted,
        tried,
        latents,
        points,
        results,
        features,
        findings,
        judged,
        cleaned,
    )


def splits(outcome: Outcome) -> bytes:
    """Which records trained the autoencoder, and in which fold each of the others was tested."""
    faces = outcome.faces
    judged = faces.records[~faces.for_rva].tolist()
    folds = dict(zip(map(str, judged), outcome.points.folds.tolist(), strict=True))
    content = {"autoencoder": faces.records[faces.for_rva].tolist(), "fold_of_record": folds}
    return (json.dumps(content) + "\n").encode()


def extras(outcome: Outcome) -> dict[str, bytes]:
    """Files beside the report."""
    return {
        "cells.csv": outcome.results.table(),
        "splits.json": splits(outcome),
        f"{FOLDER}/{FACES_FILE}": faces_csv(outcome.pictures.manifest, outcome.faces, outcome.judged),
    }


def headline(outcome: Outcome) -> str:
    """The command's last line."""
    results, at = outcome.results, outcome.config.protocol.compared_at
    none = results.accuracy(PAPER, "none", 0.0).mean
    found = outcome.findings.blends.get(LATENTS)
    blends = f", blends found with AUC {found[0].auc:.2f}" if found else ""
    return (
        f"curate: mean accuracy {none:.3f}; {at:.0%} removed: {results.accuracy(PAPER, 'aforet', at).mean:.3f} by the "
        f"paper's protocol (ceiling {results.mean_ceiling('aforet', at):.3f}), "
        f"{results.accuracy(HONEST, 'aforet', at).mean:.3f} by the honest one{blends}; "
        f"{len(outcome.cleaned)} of {len(outcome.pictures.manifest)} faces in {outcome.cleaned.folder}"
    )


def names(config: CurationConfig) -> list[str]:
    """Of the classifiers, as tables say them."""
    return [shown(name) for name in config.classifiers.names]


def _autoencoder(faces: Faces, config: CurationConfig, request: Request) -> tuple[Fitted, tuple[Fitted, ...]]:
    """Trained on the faces that the protocols never see; a part of them says when to stop."""
    own = np.flatnonzero(faces.for_rva)
    random = np.random.default_rng([request.seed, len(own)])
    order = random.permutation(own)
    held = max(2, round(config.rva.validation_share * len(own)))
    validation, train = np.sort(order[:held]), np.sort(order[held:])
    images = faces.crops.images_rgb
    split = FaceSplit(images[train], images[validation], faces.labels[train], faces.labels[validation])
    key = fingerprint(images[own], asdict(config.rva), request.seed)
    return choose(split, config.rva, request.seed, request.work / f"autoencoder-{key}")


def _points(
    faces: Faces, latents: Floats, config: CurationConfig, seed: int
) -> tuple[Points, CurationConfig]:
    """The faces that the autoencoder did not see, in folds; fewer folds where a class is too small for them."""
    judged = ~faces.for_rva
    labels, subjects = faces.labels[judged], faces.subjects[judged]
    protocol = config.protocol
    together = protocol.group_subjects and faces.subjects_known
    units = subjects if together else np.arange(len(labels))
    most = min(len(np.unique(units[labels == c])) for c in range(len(faces.classes)))
    folds = min(protocol.folds, most)
    if folds < protocol.folds:
        _log.warning("%d folds in place of %d: a class has no more faces or subjects", folds, protocol.folds)
    assigned = assign_folds(labels, subjects, folds, protocol.group_subjects, seed)
    points = Points(latents[judged], labels, assigned, subjects, faces.classes)
    return points, replace(config, protocol=replace(protocol, folds=folds))


def _classify(points: Points, config: CurationConfig, request: Request) -> Results:
    settings: dict[str, Any] = {
        "removers": asdict(config.removers),
        "classifiers": {**asdict(config.classifiers), "shown": names(config)},
        "labels": points.labels.tolist(),
        "folds": points.folds.tolist(),
    }
    cells = planned(config.protocol, config.classifiers)
    folder = request.work / f"cells-{fingerprint(points.latents, settings, request.seed)}"
    tested = run_cells(
        cells, points, config.removers, config.classifiers, request.seed, folder, request.workers
    )
    return Results(points, tested, config.classifiers.names)


def _features(
    manifest: Manifest, faces: Faces, points: Points, rva: Rva, config: CurationConfig, seed: int
) -> dict[str, dict[str, float]]:
    """How well plain classifiers tell the tested faces by the latent vectors, and by what else there is.

    Beside the accuracies, under `SQUARED`, the mean squared error of the pixels rebuilt from them.
    """
    judged = ~faces.for_rva
    pixels = _pixels(faces.crops.images_rgb)
    components, rebuilt = _components(pixels, faces.for_rva, points.latents.shape[1], seed)
    ours = _pixels(rebuild(rva, faces.crops.images_rgb[judged]))
    seen = {LATENTS: points.latents, PIXELS: components}
    errors = {LATENTS: ours - pixels[judged], PIXELS: rebuilt - pixels[judged]}
    units = action_units(manifest, faces.records)
    if units is not None:
        seen[UNITS] = units[judged]
    found = {what: _told_apart(replace(points, latents=where), config, seed) for what, where in seen.items()}
    for what, error in errors.items():
        found[what][SQUARED] = float(np.mean(error**2))
    return found


def _told_apart(points: Points, config: CurationConfig, seed: int) -> dict[str, float]:
    cells = {shown(name): Cell(PAPER, "none", 0.0, name) for name in _FEATURES_BY}
    return {
        name: run_cell(cell, points, config.removers, config.classifiers, seed).metrics(points.labels)[
            "accuracy"
        ]
        for name, cell in cells.items()
    }


def _pixels(images_rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    return images_rgb.reshape(len(images_rgb), -1).astype(np.float32) / 255.0


def _components(
    pixels: NDArray[np.float32], fitted_on: Mask, size: int, seed: int
) -> tuple[Floats, NDArray[np.float32]]:
    """As many numbers as the latent vectors have, by PCA of the autoencoder's faces: those of the tested faces, (n, at
    most ``size``), and the pixels rebuilt from them.
    """
    from sklearn.decomposition import PCA

    own, tested = pixels[fitted_on], pixels[~fitted_on]
    fitted = PCA(min(size, *own.shape), svd_solver="randomized", random_state=seed).fit(own)
    components = fitted.transform(tested)
    return np.asarray(components, np.float64), np.asarray(fitted.inverse_transform(components), np.float32)


def _find(
    manifest: Manifest, faces: Faces, latents: Floats, points: Points, config: CurationConfig, seed: int
) -> Findings:
    """All judged faces are looked at: removal learns nothing that it could not use on them."""
    finding, share = config.finding, config.protocol.compared_at
    seen = {LATENTS: latents}
    units = action_units(manifest, faces.records)
    if units is not None:
        seen[UNITS] = units
    labels, removers = faces.labels, config.removers
    blends = {}
    if faces.blended.any():
        blends = {
            what: find_blends(where, labels, faces.blended, removers, share, finding.draws, seed)
            for what, where in seen.items()
        }
    planted = {
        what: find_planted(where, labels, removers, finding.planted_share, share, finding.repeats, seed)
        for what, where in seen.items()
    }
    cured = cure(points, removers, config.classifiers, finding.cured, finding.planted_share, share, seed)
    return Findings(blends, planted, cured)


def fingerprint(values: np.ndarray[Any, Any], settings: Mapping[str, Any], seed: int) -> str:
    """Short hash of what a result depends on, so that results of other settings lie beside each other."""
    told = hashlib.sha256(np.ascontiguousarray(values).tobytes())
    told.update(json.dumps([settings, seed, list(REMOVERS)], sort_keys=True).encode())
    return told.hexdigest()[:10]
