"""The command from its arguments to the report, on sets of seconds."""

import json
from dataclasses import replace

import pytest
from click.testing import CliRunner

from affect_core.circumplex.recipe import Scale
from affect_core.circumplex.study import Options, run
from affect_core.cli import commands
from affect_core.emotion import EmotionConfig, EmotionStage
from affect_core.errors import InputError
from affect_core.papers import Request, write_study

FEW = Scale(pictures=64, other_pictures=40, render_px=64, seeds=1)


@pytest.fixture(scope="module")
def tiny(circumplex_recipe):
    """Backbone and sizes of seconds."""
    recipe = replace(circumplex_recipe, epochs=1, va_epochs=1)
    return Options(backbones=("efficientnet_v2_s",), recipe=recipe, scale=FEW)


@pytest.fixture(scope="module")
def made(tmp_path_factory, tiny):
    """The study on robots: folder, and the numbers as they are on disk."""
    folder = tmp_path_factory.mktemp("study")
    study = run(Request(folder, quick=True, stand_in=True), tiny)
    write_study(study, folder)
    return folder, json.loads((folder / "summary.json").read_text()), study


def test_the_report_holds_what_was_measured(made):
    folder, numbers, study = made
    assert [(r["mode"], r["seed"]) for r in numbers["results"]] == [
        ("discrete", 0),
        ("combined", 0),
        ("va", 0),
    ]
    for found in numbers["results"]:
        assert 0.0 <= found["f1"] <= 1.0
    va = numbers["results"][2]["estimates"]
    assert va["pooled"]["rmse"] == pytest.approx(va["pooled"]["mse"] ** 0.5)
    assert numbers["verdict"][0].startswith("efficientnet_v2_s: combined")
    text = (folder / "report.html").read_text()
    for section in study.sections:
        assert section.title in text
        assert all((folder / figure.name).read_bytes().startswith(b"\x89PNG") for figure in section.figures)
    assert numbers["verdict"][0].split(":")[1][:20] in text


def test_the_report_says_what_it_stands_on(made):
    _, numbers, _ = made
    notes = " ".join(numbers["notes"])
    for said in (
        "robot heads stand in",
        "random weights",
        "config/affect_map.yaml",
        "EMOTIC was not given",
        "no targets",
    ):
        assert said in notes
    assert numbers["config"]["seed"] == 0 and numbers["config"]["recipe of efficientnet_v2_s"]["alpha"] == 5.0
    assert numbers["config"]["source"] == "synthetic"


def test_item_10_both_sets_are_read_by_networks_of_both(made):
    _, numbers, _ = made
    found = {(r["trained_on"], r["mode"], r["tested_on"]) for r in numbers["cross"]}
    sets = ("faces", "other")
    assert found == {(a, mode, b) for a in sets for mode in ("combined", "va") for b in sets}
    assert all(-1.0 <= r["estimates"]["pooled"]["ccc"] <= 1.0 for r in numbers["cross"])


def test_item_11_the_circumplex_is_reported(made):
    _, numbers, _ = made
    assert set(numbers["medians"]) == {
        "neutral",
        "happy",
        "sad",
        "surprise",
        "fear",
        "disgust",
        "anger",
        "contempt",
    }
    neutral = numbers["medians"]["neutral"]
    assert abs(neutral["valence"]) < 0.15 and abs(neutral["arousal"]) < 0.15
    assert set(numbers["shift"]) == {"valence", "arousal"}


def test_parts_share_no_subject_and_are_written_down(made):
    folder, _, _ = made
    for parts in json.loads((folder / "split.json").read_text()).values():
        everybody = [subject for part in parts.values() for subject in part]
        assert len(everybody) == len(set(everybody)) > 0


def test_item_12_the_models_run_live(made):
    folder, numbers, _ = made
    assert all(model["parameters"] > 1000 and model["latency_ms"] > 0.0 for model in numbers["models"])
    stage = EmotionStage(EmotionConfig(model=str(folder / numbers["models"][1]["folder"])))
    assert stage.card.regression == ("valence", "arousal") and len(stage.card.labels) == 8


def test_the_same_call_uses_what_is_there(made, tiny, monkeypatch):
    from affect_core.training.circumplex import train as module

    folder, numbers, _ = made
    monkeypatch.setattr(module, "_fit", lambda *_arguments: pytest.fail("trained again"))
    again = run(Request(folder, quick=True, stand_in=True), tiny)
    assert [r["f1"] for r in again.numbers["results"]] == [r["f1"] for r in numbers["results"]]


def test_two_processes_train_the_same_networks(made, tiny, tmp_path):
    folder, numbers, _ = made
    run(Request(tmp_path, quick=True, stand_in=True, workers=2), tiny)
    for model in numbers["models"]:
        weights = sorted((folder / model["folder"]).glob("*.safetensors"))
        assert weights
        for file in weights:
            assert (tmp_path / model["folder"] / file.name).read_bytes() == file.read_bytes()


def test_emotic_with_its_labels_and_dominance(made, tiny, circumplex_emotic, tmp_path):
    """The first set is the study's, as a given set; EMOTIC takes the other one's place."""
    folder, _, _ = made
    request = Request(tmp_path, source=folder / "work" / "faces", quick=True)
    study = run(request, replace(tiny, emotic=circumplex_emotic))
    emotic = study.numbers["emotic"]
    assert emotic["labels"]["n"] == 4 and 0.0 <= emotic["labels"]["label_recall"] <= 1.0
    dominance = emotic["estimates"]["dominance"]
    assert dominance["rmse_1_to_10"] == pytest.approx(4.5 * dominance["rmse"])
    assert {(r["trained_on"], r["tested_on"]) for r in study.numbers["cross"]} == {
        (a, b) for a in ("faces", "emotic") for b in ("faces", "emotic")
    }
    stage = EmotionStage(EmotionConfig(model=str(tmp_path / "models" / "efficientnet_v2_s-multi-emotic-0")))
    assert stage.card.regression == ("valence", "arousal", "dominance") and len(stage.card.labels) == 26
    assert any("several labels" in section.title for section in study.sections)


def test_a_folder_that_is_not_emotic(tmp_path, tiny, made):
    (tmp_path / "not_it").mkdir()
    request = Request(tmp_path / "out", source=made[0] / "work" / "faces", quick=True)
    with pytest.raises(InputError, match="expected EMOTIC in a layout that is known"):
        run(request, replace(tiny, emotic=tmp_path / "not_it"))


def test_the_command_passes_its_options_on(tmp_path, monkeypatch):
    from affect_core.circumplex import study as module

    asked = []

    def note(request, options):
        asked.append((request, options))
        raise InputError("enough")

    monkeypatch.setattr(module, "run", note)
    CliRunner().invoke(
        commands,
        ["circumplex", "--output", str(tmp_path), "--quick", "--without", "contempt", "--backbone", "maxvit_t",
         "--seeds", "2", "--select-on-test", "--workers", "1", "--stand-in"],
    )  # fmt: skip
    request, options = asked[0]
    assert (request.quick, request.stand_in, request.workers) == (True, True, 1)
    assert (options.without, options.backbones, options.seeds) == (("contempt",), ("maxvit_t",), 2)
    assert options.select_on_test and options.hardware.accelerator == "cpu"


def test_an_unknown_network_is_refused(tmp_path):
    done = CliRunner().invoke(commands, ["circumplex", "--output", str(tmp_path), "--backbone", "swin"])
    assert done.exit_code == 2 and "efficientnet_v2_s" in done.output


def test_imagenet_weights_that_cannot_be_had_are_said(tmp_path, tiny, made, monkeypatch):
    from affect_core.circumplex import study as module

    def refuse(name):
        raise InputError(f"no network for {name}")

    monkeypatch.setattr(module, "imagenet_weights", refuse)
    options = replace(tiny, recipe=replace(tiny.recipe, init="imagenet"))
    work = module._Work(Request(tmp_path, quick=True), options)
    assert any("random weights, not from ImageNet's" in note and "no network" in note for note in work.notes)
