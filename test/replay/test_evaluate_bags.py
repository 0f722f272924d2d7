"""`affect-hri evaluate` over the sample bags: in one process or several, once or again, run anew or as recorded."""

import csv
import json

import pytest

BAGS = ("short_even", "ohbot_switching")
TIMES = ("fps", "latency_ms", "stage_ms")


@pytest.fixture
def bags(request):
    return [request.config.rootpath / "bags" / name for name in BAGS]


@pytest.fixture
def summaries():
    def read(folder):
        found = {path.parent.name: json.loads(path.read_text()) for path in folder.glob("*/summary.json")}
        return {name: {k: v for k, v in one.items() if k not in TIMES} for name, one in found.items()}

    return read


def test_several_processes_give_the_same_table_as_one(affect_hri, bags, tiny_model, summaries, tmp_path):
    for jobs in (1, 2):
        options = ("--model", tiny_model, "--jobs", jobs, "--output", tmp_path / str(jobs))
        done = affect_hri("evaluate", *bags, *options)
        assert done.returncode == 0, done.stderr
        assert [line.split(":")[0] for line in done.stdout.splitlines()[-2:]] == [
            "short-even-seed0",
            "ohbot_switching-ohbot-even-seed0",
        ]
    assert set(summaries(tmp_path / "1")) == {f"{name}-evaluated" for name in BAGS}
    assert summaries(tmp_path / "1") == summaries(tmp_path / "2")


def test_what_was_evaluated_before_is_kept(affect_hri, bags, tiny_model, tmp_path):
    command = ("evaluate", bags[0], "--model", tiny_model, "--output", tmp_path)
    assert affect_hri(*command).returncode == 0
    report = tmp_path / "short-even-seed0-evaluated" / "report.html"
    first = report.stat().st_mtime_ns
    again = affect_hri(*command)
    assert again.returncode == 0
    assert "is there already" in again.stderr
    assert "20 of 20 frames labelled" in again.stdout.splitlines()[-1]
    assert report.stat().st_mtime_ns == first
    assert affect_hri(*command, "--smoothing", "ema").returncode == 0
    assert json.loads((report.parent / "summary.json").read_text())["smoothing"] == "ema"
    learnt = tmp_path / "learnt.yaml"
    assert affect_hri("durations", report.parent, "--output", learnt).returncode == 0
    for duration_s, is_kept in ((None, False), (None, True), (9.0, False)):  # what the file says decides
        if duration_s:
            learnt.write_text(f"duration_s: {duration_s}\nduration_shape: 2\n")
        done = affect_hri(*command, "--smoothing", "hmm", "--durations", learnt)
        assert done.returncode == 0 and ("is there already" in done.stderr) == is_kept, done.stderr
    assert affect_hri(*command, "--smoothing", "ema").returncode == 0
    (report.parent / "summary.json").write_text("{")  # cut off: made again
    assert affect_hri(*command, "--smoothing", "ema").returncode == 0
    assert json.loads((report.parent / "summary.json").read_text())["frames"]["labelled"] == 20


def test_as_recorded_scores_what_was_said_then(affect_hri, bags, estimates_of, tmp_path):
    done = affect_hri("evaluate", bags[0], "--as-recorded", "--output", tmp_path)
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "short-even-seed0-as-recorded"
    recorded = estimates_of(bags[0])
    with (folder / "records.csv").open() as stream:
        rows = {int(row["stamp_ns"]): row for row in csv.DictReader(stream)}
    assert len(rows) == len(recorded) == 20
    assert {stamp: row["label"] for stamp, row in rows.items()} == {
        s: label for s, (label, _) in recorded.items()
    }
    summary = json.loads((folder / "summary.json").read_text())
    assert summary["model"] == "amal_small"  # that read the faces then
    correct = [row["correct"] == "1" for row in rows.values() if row["truth"] not in ("", "neutral")]
    assert summary["accuracy"]["frame"] == pytest.approx(sum(correct) / len(correct))


def test_an_unknown_model_is_one_clear_line_with_jobs_too(affect_hri, bags, tmp_path):
    done = affect_hri(
        "evaluate", *bags, "--jobs", 2, "--smoothing", "none", "--model", "nobody", "--output", tmp_path
    )
    assert done.returncode == 2
    assert "nobody" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
