"""The whole study and the command, on a set of seconds."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from affect_core.commands import curate as command
from affect_core.curation import REMOVERS, cells, study
from affect_core.curation.cells import planned
from affect_core.curation.config import PAPER_LABELS, CurationConfig, quick
from affect_core.curation.metrics import METRICS, TITLES
from affect_core.curation.results import HONEST, PAPER
from affect_core.curation.rva_training import rebuild
from affect_core.curation.study import Outcome, conduct
from affect_core.curation.tables import metric_table, removers
from affect_core.data.check import check_set
from affect_core.data.manifest import Manifest, load_manifest
from affect_core.errors import ConfigError, InputError
from affect_core.papers import Request, Study, write_study
from affect_core.synth.humans.base import HumanSetConfig

FIGURES = {
    *("gain.png", "finding.png", "removed.png", "kept.png", "line.png", "plane.png", "affinity.png"),
    *("autoencoder.png", "rebuilt.png", "latents.png", "beta.png"),
}


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory, curation_config: CurationConfig) -> Outcome:
    request = Request(tmp_path_factory.mktemp("curate"), stand_in=True)
    return conduct(request, curation_config)


@pytest.fixture(scope="module")
def page(done: Outcome) -> Study:
    from affect_core.curation.report import report

    made = report(done)
    write_study(made, done.request.output)
    return made


def test_item_8_every_classifier_metric_and_loss_with_the_control(done: Outcome, page: Study) -> None:
    results = done.results
    names = ("LR", "NB", "RF", "KNN", "MLP", "SVM", "XGB")
    assert results.classifiers == names and len(METRICS) == 7
    for protocol in (PAPER, HONEST):
        for metric in METRICS:
            table = metric_table(results, protocol, metric, done.config.protocol.losses)
            assert len(table.rows) == 8 and table.rows[-1][0] == "Average"
            header = " ".join(table.header)
            for share in ("5%", "10%", "15%"):
                assert f"AFORET {share}" in header and f"random {share}" in header
            column = [row[1] for row in table.rows]
            assert column[-1] == pytest.approx(np.mean(column[:-1]))
    for found in results.metrics.values():
        assert found["balanced_accuracy"] == pytest.approx((found["sensitivity"] + found["specificity"]) / 2)
        assert found["g_mean"] == pytest.approx(np.sqrt(found["sensitivity"] * found["specificity"]))
    text = (done.request.output / "report.html").read_text()
    assert all(
        f"{TITLES[metric]}, protocol {protocol}" in text
        for metric in METRICS
        for protocol in ("paper", "honest")
    )


def test_item_9_every_method_is_compared_at_one_loss(done: Outcome) -> None:
    assert removers(done.results) == ["none", "random", "nbu", "nu_svm", "osm", "aforet"]
    tested = {
        name: int(done.results.cell(PAPER, name, 0.1, "LR").tested.sum()) for name in removers(done.results)
    }
    total = len(done.points)
    assert tested.pop("none") == total and set(tested.values()) == {total - total // 10}


def test_item_11_the_ceiling_stands_beside_the_papers_accuracy(done: Outcome, page: Study) -> None:
    results = done.results
    table = metric_table(results, PAPER, "accuracy", (0.05, 0.10, 0.15))
    assert list(table.header[1:7]) == [
        "overlapped",
        "AFORET 5%",
        "ceiling",
        "AFORET 10%",
        "ceiling",
        "AFORET 15%",
    ]
    row, total = table.rows[0], len(results.points)
    assert row[3] == pytest.approx(min(1.0, row[1] / (1.0 - (total // 20) / total)))
    assert "ceiling" not in metric_table(results, HONEST, "accuracy", (0.05,)).header
    measured = page.numbers["mean_accuracy"]
    assert 0.0 < measured["aforet 0.05"]["beta_t"] < measured["aforet 0.15"]["beta_t"] < 1.0
    assert measured["aforet 0.05"]["ceiling"] == results.mean_ceiling("aforet", 0.05)


def test_item_12_the_figures_are_there(done: Outcome, page: Study) -> None:
    there = {path.name for path in done.request.output.glob("*.png")}
    assert there == FIGURES
    for name in FIGURES:
        with Image.open(done.request.output / name) as picture:
            assert len(np.unique(np.asarray(picture.convert("L")))) > 20, name
    assert all(figure.caption for part in page.sections for figure in part.figures)


def test_item_10_losses_of_classes_are_reported(page: Study) -> None:
    tables = [table for part in page.sections for table in part.tables]
    lost = next(table for table in tables if table.caption.startswith("Share of each class that is removed"))
    assert list(lost.header[:5]) == ["class", "faces", "aforet 5%", "aforet 10%", "aforet 15%"]
    assert [row[0] for row in lost.rows] == list(PAPER_LABELS)


def test_numbers_and_notes_say_what_was_done(done: Outcome, page: Study) -> None:
    summary = json.loads((done.request.output / "summary.json").read_text())
    assert summary["config"]["seed"] == 0 and summary["config"]["protocol"]["folds"] == 2
    assert (
        summary["faces"]["judged"] == 84
        and summary["faces"]["tested"] + summary["faces"]["autoencoder"] == 84
    )
    notes = " ".join(summary["notes"])
    for said in ("Synthetic pictures", "robot heads stand in", "cannot follow", "sees no labels"):
        assert said in notes
    assert len(summary["metrics"]) == len(planned(done.config.protocol, done.config.classifiers)) == 133
    rows = list(csv.DictReader((done.request.output / "cells.csv").open()))
    assert len(rows) == 133 and float(rows[0]["accuracy"]) == pytest.approx(
        done.results.value(PAPER, "none", 0.0, "LR", "accuracy"), abs=1e-6
    )
    assert summary["blends"] == {} and set(summary["planted"]) == {"latent vectors", "true action units"}
    assert set(summary["features"]) == {
        "latent vectors",
        "principal components of the pixels",
        "true action units",
    }
    assert summary["features"]["true action units"]["LR"] > 0.5  # chance is 1/7
    originals = done.faces.crops.images_rgb[~done.faces.for_rva]
    error = (rebuild(done.fitted.rva, originals) / 255.0 - originals / 255.0) ** 2
    assert summary["features"]["latent vectors"]["mean squared error"] == pytest.approx(
        error.mean(), rel=1e-4
    )
    assert page.headline.startswith("curate: mean accuracy")


def test_splits_are_saved_and_share_no_subject(done: Outcome, page: Study) -> None:
    kept = json.loads((done.request.output / "splits.json").read_text())
    records = done.pictures.manifest.records
    trained = {records[i].subject for i in kept["autoencoder"]}
    tested = {records[int(i)].subject: fold for i, fold in kept["fold_of_record"].items()}
    assert not trained & set(tested) and len(kept["fold_of_record"]) == len(done.points)
    for place, fold in kept["fold_of_record"].items():  # robots have several pictures: a subject has one fold
        assert tested[records[int(place)].subject] == fold


def test_the_cleaned_set_is_a_set(done: Outcome, page: Study) -> None:
    before, cleaned = done.pictures.manifest, load_manifest(done.request.output / "cleaned")
    # 84 judged, 8 removed; the 12 of contempt were not judged and stay
    assert len(before) == 96 and len(cleaned) == 88 and cleaned.labels == before.labels
    assert cleaned.synthetic and cleaned.stand_in == before.stand_in
    assert not check_set(cleaned).findings
    rows = list(csv.DictReader((done.request.output / "cleaned" / "faces.csv").open()))
    gone = {row["image"] for row in rows if row["removed"] == "1"}
    assert len(rows) == 84 and len(gone) == 8 and rows[0]["removed"] == "1"
    images = {record.image.split("/faces/")[1] for record in cleaned.records}
    assert images == {record.image for record in before.records} - gone
    assert [float(row["confidence"]) for row in rows] == sorted(float(row["confidence"]) for row in rows)
    assert all(row["nearest_other"] != row["label"] for row in rows)
    assert cleaned.settings["cleaned"]["removed"] == 8


def test_what_is_done_is_not_done_again_and_gives_the_same(
    done: Outcome, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("this was done already")

    monkeypatch.setattr(cells, "_quietly", refuse)
    monkeypatch.setattr("affect_core.curation.rva_training._Training.epoch", refuse)
    again = conduct(done.request, done.config)
    assert again.results.metrics == done.results.metrics
    assert np.array_equal(again.latents, done.latents)


def test_an_interrupted_study_goes_on(
    curation_set: Callable[..., Manifest],
    curation_config: CurationConfig,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = curation_set({"happy": 16, "sad": 16})
    config = replace(curation_config, classifiers=replace(curation_config.classifiers, names=("NB",)))
    whole = conduct(Request(tmp_path / "whole", source=made.folder), config)
    count, run_cell = 0, cells._quietly

    def stop(*arguments: object) -> object:
        nonlocal count
        count += 1
        if count > 5:
            raise KeyboardInterrupt
        return run_cell(*arguments)  # type: ignore[arg-type]

    request = Request(tmp_path / "cut", source=made.folder)
    monkeypatch.setattr(cells, "_quietly", stop)
    with pytest.raises(KeyboardInterrupt):
        conduct(request, config)
    assert len(list(request.work.glob("cells-*/*.npz"))) == 5
    count = -1000
    resumed = conduct(request, config)
    assert count == -1000 + len(whole.results.tested) - 5
    assert resumed.results.metrics == whole.results.metrics
    assert [r.image for r in resumed.cleaned.records] == [r.image for r in whole.cleaned.records]


def test_a_set_of_somebody_else_stays_where_it_is(
    curation_set: Callable[..., Manifest], curation_config: CurationConfig, tmp_path: Path
) -> None:
    made = curation_set({"happy": 16, "sad": 16}, synthetic=False)
    before = {path: path.read_bytes() for path in made.folder.iterdir()}
    config = replace(
        curation_config,
        cleaned_by="random",
        removers=replace(curation_config.removers, per_class=True),
        classifiers=replace(curation_config.classifiers, names=("NB",)),
    )
    outcome = conduct(Request(tmp_path / "out", source=made.folder), config)
    assert {path: path.read_bytes() for path in made.folder.iterdir()} == before
    assert all(Path(record.image).is_absolute() for record in outcome.cleaned.records)
    assert [r.label for r in outcome.cleaned.records] == ["happy"] * 15 + ["sad"] * 15  # 1 of 16 each
    assert not check_set(outcome.cleaned).faults.get("picture missing")  # type: ignore[call-overload]
    assert not outcome.findings.blends and list(outcome.findings.planted) == ["latent vectors"]


def test_blends_are_looked_for_where_there_are_any(
    curation_set: Callable[..., Manifest], curation_config: CurationConfig, tmp_path: Path
) -> None:
    made = curation_set({"happy": 16, "sad": 16})
    records = [
        replace(r, soft_label={"happy": 0.6, "sad": 0.4}) if i < 4 else r for i, r in enumerate(made.records)
    ]
    from affect_core.data.manifest import save_manifest

    save_manifest(replace(made, records=tuple(records)))
    config = replace(curation_config, classifiers=replace(curation_config.classifiers, names=("NB",)))
    outcome = conduct(Request(tmp_path / "out", source=made.folder), config)
    assert outcome.faces.blended.sum() == 4 and list(outcome.findings.blends) == ["latent vectors"]
    assert all(0.0 <= way.auc <= 1.0 for way in outcome.findings.blends["latent vectors"])
    assert "blends found with AUC" in study.headline(outcome)


def test_too_few_faces_for_the_folds_are_told(
    curation_set: Callable[..., Manifest], curation_config: CurationConfig, tmp_path: Path
) -> None:
    made = curation_set({"happy": 20, "sad": 8})
    config = replace(
        curation_config,
        protocol=replace(curation_config.protocol, folds=10),
        classifiers=replace(curation_config.classifiers, names=("NB",)),
    )
    outcome = conduct(Request(tmp_path / "out", source=made.folder), config)
    assert outcome.config.protocol.folds == 4  # 4 of the 8 train the autoencoder


def test_the_command(
    done: Outcome, tmp_path: Path, curation_config: CurationConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "_DEFAULT", replace(curation_config, faces=HumanSetConfig(labels="basic-8")))
    small = replace(
        curation_config,
        classifiers=replace(curation_config.classifiers, names=("LR", "KNN")),
        smallest_class=4,
    )
    shutil.copytree(done.request.work, tmp_path / "work")  # faces and autoencoder are the same
    seen = []

    def shrink(config: CurationConfig) -> CurationConfig:
        seen.append(config)
        return replace(small, removers=config.removers, cleaned_share=config.cleaned_share)

    monkeypatch.setattr(study, "quick", shrink)
    asked = [
        "--output",
        str(tmp_path),
        "--quick",
        "--stand-in",
        "--workers",
        "1",
        "--remove",
        "0.25",
        "--per-class",
    ]
    result = CliRunner().invoke(command.curate, asked, catch_exceptions=False)
    assert result.exit_code == 0
    assert seen[0].removers.per_class and seen[0].cleaned_share == 0.25
    last = result.stdout.strip().splitlines()[-1]
    # 12 of each of seven classes, a quarter of each goes: 84 - 21, and the 12 of contempt
    assert last.startswith("curate: mean accuracy") and "75 of 96 faces" in last and "report.html" in last
    assert (tmp_path / "report.html").is_file() and len(load_manifest(tmp_path / "cleaned")) == 75


def test_the_command_offers_every_method() -> None:
    assert set(command._METHODS) == set(REMOVERS)


def test_a_folder_that_is_no_set(tmp_path: Path, curation_config: CurationConfig) -> None:
    (tmp_path / "photos").mkdir()
    with pytest.raises(InputError, match=r"expected set\.yaml"):
        conduct(Request(tmp_path / "out", source=tmp_path / "photos"), curation_config)


def test_quick_is_small_and_the_full_run_chooses_its_latent_size() -> None:
    full, small = CurationConfig(), quick(CurationConfig())
    assert full.protocol.folds == 10 and full.rva.latents == (32, 64, 128, 256)
    assert small.faces.images < full.faces.images / 5 and len(small.rva.latents) == 1
    assert small.protocol.losses == full.protocol.losses == (0.05, 0.10, 0.15)


def test_shares_that_make_no_sense() -> None:
    protocol = CurationConfig().protocol
    for losses in ((0.1, 0.05), (0.0, 0.1), (0.1, 1.0)):
        with pytest.raises(ConfigError, match="ascending shares"):
            replace(protocol, losses=losses)
    with pytest.raises(ConfigError, match="compared_at"):
        replace(protocol, compared_at=0.2)
