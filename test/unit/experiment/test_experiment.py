"""The whole experiment, tiny: procedural heads stand in for humans, and the results say so."""

import json

import pytest
import yaml

from affect_core.data.manifest import load_manifest
from affect_core.emotion.card import load_card
from affect_core.errors import ConfigError
from affect_core.experiment import listing
from affect_core.experiment.collect import collect_all, results_path
from affect_core.experiment.overlap import measure_overlap, save_overlap
from affect_core.experiment.predictions import load_predictions
from affect_core.experiment.results import read_result
from affect_core.experiment.session import open_session
from affect_core.experiment.ship import ship
from affect_core.experiment.suite import evaluate_models, open_suite
from affect_core.experiment.suite_report import write_suite
from affect_core.experiment.table1 import compare, verdict
from affect_core.experiment.tables import results_page

STAND_IN = "procedural robot heads in place of human faces"


@pytest.fixture(scope="module")
def done(tiny_experiment):
    return tiny_experiment[1]


@pytest.fixture(scope="module")
def shipped(done):
    collect_all(done.plan, done.places)
    return ship(done.plan, done.places, "one", "B")


def result_of(session, name):
    return read_result(session.places.result(session.plan.runs[name]))


def reopened(tiny_experiment, **changes):
    """The same folders, with another file."""
    file, session, _ = tiny_experiment
    content = yaml.safe_load(file.read_text())
    other = file.with_name("changed.yaml")
    other.write_text(yaml.safe_dump(content | changes, sort_keys=False))
    return open_session(other, session.places.output, session.places.models, stand_in=True)


def test_every_run_is_done(tiny_experiment):
    _, session, outcome = tiny_experiment
    assert not outcome.failed
    assert not outcome.left
    assert list(session.plan.runs) == ["one/A_0", "other/A_0", "one/A_1", "other/A_1", "one/B_0"]
    assert all(session.places.result(run).is_file() for run in session.plan.runs.values())


def test_a_result_says_how_it_was_made(done):
    result = result_of(done, "one/B_0")
    assert result["hash"] == done.plan.runs["one/B_0"].test_hash
    assert result["synthetic"] is True
    assert result["stand_in"].startswith(STAND_IN)
    assert "--only 'one/B_0'" in result["command"]
    assert result["machine"]["cores"] >= 1
    assert [row["epoch"] for row in result["curve"]] == [0]
    assert result["curve"][0]["loss"] > 0
    assert result["validation"]["complex6_validation"]["n"] == 6
    assert 0 < result["focus"]["face_area"] < 1
    assert {"face_gradient", "face_attention", "regions_area"} <= set(result["focus"])


def test_rows_have_the_keys_that_readers_expect(done):
    rows = [r for r in result_of(done, "one/A_0")["rows"] if r["test_set"] == "robots_unseen"]
    whole = [r for r in rows if not {"intensity", "lighting", "calibrated"} & set(r)]
    assert {r["metric"] for r in whole} == {"accuracy", "precision", "recall", "macro_f1", "ece"}
    assert {(r["classes"], r["n"]) for r in whole} == {(6, 12), (5, 10)}
    assert all(0.0 <= r["value"] <= 1.0 for r in rows)
    assert {r["calibrated"] for r in rows if "calibrated" in r} == {True}


def test_basic_faces_are_read_by_the_label_map(done):
    """Of eight basic faces five have a counterpart among the complex emotions, one each."""
    answers = load_predictions(done.places.predictions(done.plan.runs["one/A_0"]))
    assert sorted(answers["basic5_test"].truth.tolist()) == [1, 2, 3, 4, 5]


def test_nothing_is_done_twice(tiny_experiment):
    assert reopened(tiny_experiment).graph.todo(tiny_experiment[1].wanted) == []


def test_what_changed_is_done_again_and_nothing_else(tiny_experiment):
    content = yaml.safe_load(tiny_experiment[0].read_text())
    content["stages"]["B"]["training"] = {"optimiser": {"epochs": 2}}
    session = reopened(tiny_experiment, stages=content["stages"])
    assert [step.name for step in session.graph.todo(session.wanted)] == ["train one/B_0", "measure one/B_0"]
    other_test = {"name": "robots_unseen", "set": "people", "keep": "complex-5"}
    content["tests"] = [*content["tests"][1:], other_test]
    session = reopened(tiny_experiment, tests=content["tests"])
    left = [step.name for step in session.graph.todo(session.wanted)]
    assert [name for name in left if name.startswith("train")] == []
    assert "measure one/A_0" in left


def test_the_list_says_what_is_left(tiny_experiment):
    assert listing.lines(tiny_experiment[1])[-1] == "tiny: 5 of 5 runs done, 0 left"
    content = yaml.safe_load(tiny_experiment[0].read_text())
    content["stages"]["B"]["note"] = "the same"
    assert listing.lines(reopened(tiny_experiment, stages=content["stages"]))[-1].endswith("0 left")
    content["stages"]["B"]["training"] = {"optimiser": {"epochs": 2}}
    lines = listing.lines(reopened(tiny_experiment, stages=content["stages"]))
    assert lines[-2].split() == ["one/B_0", "left:", "train,", "measure"]


def test_results_are_means_over_seeds(done):
    collect_all(done.plan, done.places)
    result = read_result(results_path(done.places.models, "one"))
    wanted = {
        "protocol": "A",
        "test_set": "robots_unseen",
        "look": "",
        "shots": 0,
        "classes": 5,
        "metric": "accuracy",
    }
    (row,) = [r for r in result["rows"] if all(r[k] == v for k, v in wanted.items())]
    values = [
        r["value"]
        for seed in (0, 1)
        for r in result_of(done, f"one/A_{seed}")["rows"]
        if all(r.get(k) == v for k, v in wanted.items()) and not {"intensity", "lighting"} & set(r)
    ]
    assert row["mean"] == pytest.approx(sum(values) / 2, abs=1e-4)
    assert row["lo"] <= row["mean"] <= row["hi"]
    assert (row["seeds"], row["n"]) == (2, 10)
    assert result["stand_in"].startswith(STAND_IN)
    shortcut = {r["measure"] for r in result["shortcut"] if r["stage"] == "B"}
    assert {"gap", "followed", "correlated", "shuffled", "plain", "face_gradient"} <= shortcut


def test_models_are_compared_by_pictures(done):
    collect_all(done.plan, done.places)
    rows = read_result(done.places.models / "differences.json")["rows"]
    assert {(r["model"], r["minus"], r["protocol"]) for r in rows} == {("one", "other", "A")}
    assert all(r["lo"] <= r["hi"] for r in rows)


def test_the_shipped_checkpoint_says_what_it_never_saw(shipped, done):
    card = load_card(shipped)
    assert card.name == "one"
    assert "never saw the test conditions" in card.notes
    assert "robots_unseen" in card.notes
    assert STAND_IN in card.training_data
    checkpoint = read_result(results_path(done.places.models, "one"))["checkpoint"]
    assert checkpoint["run"] == "one/B_0"
    assert checkpoint["weights_sha256"] == card.weights.sha256
    (value,) = (
        row["value"]
        for row in checkpoint["rows"]
        if (row["test_set"], row["classes"], row["metric"]) == ("robots_unseen", 6, "accuracy")
    )
    (line,) = (
        line
        for line in results_page(done.plan, done.places).split("## The committed checkpoints")[1].splitlines()
        if line.startswith("| one | B_0 |")
    )
    assert f"| {value:.3f} |" in line


def test_another_checkpoint_is_not_overwritten(shipped, done):
    assert ship(done.plan, done.places, "one", "B") == shipped  # the same one may be
    with pytest.raises(ConfigError, match="another checkpoint"):
        ship(done.plan, done.places, "one", "A")
    with pytest.raises(ConfigError, match="finished run of other/B"):
        ship(done.plan, done.places, "other", "B")


def test_the_committed_checkpoint_still_gives_its_numbers(shipped, tiny_experiment):
    file, session, _ = tiny_experiment
    suite = open_suite(str(file), kind="table1", output=session.places.output, stand_in=True)
    (result,) = evaluate_models(suite, [shipped])
    compared = compare(result)
    assert {one.test_set for one in compared} == {"robots_unseen"}
    assert len(compared) == 2 * 5
    assert all(one.agrees for one in compared)
    assert verdict(compared, suite.left_out).startswith("table1 (synthetic): 10 of 10 numbers agree")


def test_how_much_of_the_evidence_lies_on_the_face(shipped, tiny_experiment, tmp_path):
    file, session, _ = tiny_experiment
    suite = open_suite(str(file), ["robots_unseen"], output=session.places.output, stand_in=True)
    (one,), pages = measure_overlap(suite, [shipped], limit=1, output=tmp_path, test_key="robots_unseen")
    assert [page.parent.name for page in pages] == ["tight", "loose"]
    rows = {(r["crop"], r["method"], r["measure"]): r for r in one.rows}
    assert {key[1] for key in rows} == {"gradient_shap", "grad_cam"}
    areas = [rows[crop, "gradient_shap", "face_area"] for crop in ("tight", "loose")]
    assert areas[1]["mean"] == pytest.approx(
        areas[0]["mean"] / 2.0**2, rel=0.35
    )  # twice as wide, twice as high
    assert areas[0]["n"] == len({(r.label, r.lighting) for r in suite_records(suite)})
    assert all(0.0 <= row["lo"] <= row["mean"] <= row["hi"] <= 1.0 for row in rows.values())

    save_overlap(session.places.models, one, threads=1, seconds=1.0)
    collect_all(session.plan, session.places)  # which leaves it there
    assert read_result(results_path(session.places.models, "one"))["overlap"]["rows"] == list(one.rows)
    line = f"| tight | grad_cam | one | {rows['tight', 'grad_cam', 'box_share']['mean']:.3f} ["
    assert line in results_page(session.plan, session.places)


def suite_records(suite):
    return load_manifest(suite.places.set_folder("robots_unseen")).records


def test_a_number_that_differs_is_noticed(shipped, tiny_experiment):
    file, session, _ = tiny_experiment
    path = shipped / "results.json"
    kept = path.read_text()
    content = json.loads(kept)
    content["checkpoint"]["rows"][0]["value"] += 0.02
    try:
        path.write_text(json.dumps(content))
        suite = open_suite(str(file), kind="table1", output=session.places.output, stand_in=True)
        compared = compare(evaluate_models(suite, [shipped])[0])
    finally:
        path.write_text(kept)
    assert [one.agrees for one in compared].count(False) == 1


def test_the_suite_report_shows_every_model(shipped, tiny_experiment, tmp_path):
    file, session, _ = tiny_experiment
    suite = open_suite(str(file), output=session.places.output, stand_in=True)
    results = evaluate_models(suite, [shipped, session.places.run_folder(session.plan.runs["other/A_0"])])
    page = write_suite(suite, results, tmp_path)
    text = page.read_text()
    assert "one" in text
    assert "other" in text
    assert "stand in for humans" in text
    assert "Synthetic" in text or "synthetic" in text
    content = json.loads((tmp_path / "suite.json").read_text())
    assert [model["name"] for model in content["models"]] == ["one", "other"]
    for name in (
        "examples_one.jpg",
        "confusion_one_robots_unseen.png",
        "reliability_other_robots_unseen.png",
    ):
        assert (tmp_path / name).stat().st_size > 1000
        assert name in text


def test_a_test_that_is_not_there_is_named(tiny_experiment):
    with pytest.raises(ConfigError, match="unknown test set 'ohbot'; known: basic5_test"):
        open_suite(str(tiny_experiment[0]), sets=["ohbot"], stand_in=True)


def test_the_page_shows_what_there_is(done):
    collect_all(done.plan, done.places)
    page = results_page(done.plan, done.places)
    assert STAND_IN in page.replace("Procedural", "procedural")
    assert page.count("Synthetic. Made by `affect-hri experiment run") >= 9
    result = read_result(results_path(done.places.models, "one"))
    row = next(r for r in result["rows"] if r["classes"] == 5 and r["metric"] == "accuracy")
    assert f"{row['mean']:.3f} [{row['lo']:.3f}, {row['hi']:.3f}]" in page
