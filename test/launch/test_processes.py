"""One process per node against the same graph composed in one program, and a listener that is nobody's friend."""

import csv
import itertools
import json
import signal

import pytest

REAL_TIME_KEYS = {"fps", "latency_ms", "stage_ms", "started_at"}
"""What may differ between two runs with the same seed; everything else in summary.json is equal."""

NODES = {"avatar", "ohbot", "face", "emotion", "attribution", "evaluation", "recorder", "trial"}


def arguments(model, output, **more):
    return {"model": str(model), "output": str(output), "protocol": "short", "clock": "lockstep"} | more


def options(values):
    flags = ["--record"] if values.pop("record", False) else []
    return [*flags, *(part for name, value in values.items() for part in (f"--{name}", value))]


def only_folder(output):
    (folder,) = output.iterdir()
    return folder


@pytest.fixture(scope="module")
def composed(affect_hri, tiny_model, tmp_path_factory):
    """The report folder of a recorded, composed run."""
    output = tmp_path_factory.mktemp("composed")
    done = affect_hri("trial", *options(arguments(tiny_model, output, record=True)))
    assert done.returncode == 0, done.stderr
    return only_folder(output)


@pytest.fixture(scope="module")
def separate(graph, tiny_model, tmp_path_factory):
    """The report folder of the same run with one process per node, and the exit codes."""
    output, logs = tmp_path_factory.mktemp("separate"), tmp_path_factory.mktemp("logs")
    with graph("trial", arguments(tiny_model, output, record=True), logs) as nodes:
        codes = nodes.run()
    return only_folder(output), codes


def summary_of(folder):
    summary = json.loads((folder / "summary.json").read_text())
    return {key: value for key, value in summary.items() if key not in REAL_TIME_KEYS}


def test_every_process_ends_cleanly(separate):
    assert separate[1] == dict.fromkeys(NODES, 0)


def test_processes_and_composed_program_give_the_same_labels(composed, separate, estimates_of):
    mine, theirs = estimates_of(composed / "bag"), estimates_of(separate[0] / "bag")
    assert len(mine) == 20
    assert {stamp: label for stamp, (label, _) in mine.items()} == {
        s: label for s, (label, _) in theirs.items()
    }
    for stamp, (_, probabilities) in mine.items():
        assert probabilities == pytest.approx(theirs[stamp][1], abs=1e-5), stamp


def test_the_face_moved_so_that_equal_probabilities_mean_something(composed, estimates_of):
    first = [probabilities[0] for _, probabilities in estimates_of(composed / "bag").values()]
    assert max(first) - min(first) > 1e-4


def test_processes_and_composed_program_write_the_same_summary(composed, separate):
    assert summary_of(composed) == summary_of(separate[0])


def test_the_same_seed_gives_the_same_summary_and_an_outsider_hears_every_estimate(
    affect_hri, composed, listener, tiny_model, tmp_path
):
    output = tmp_path / "reports"
    done = affect_hri("trial", *options(arguments(tiny_model, output)))
    assert done.returncode == 0, done.stderr
    summary = summary_of(only_folder(output))
    assert summary == summary_of(composed)
    heard = listener.heard()
    stamps = [stamp for stamp, _ in heard]
    assert sum(estimates for _, estimates in heard) == summary["frames"]["labelled"] == 20
    assert all(earlier < later for earlier, later in itertools.pairwise(stamps))


def test_another_seed_gives_another_order(affect_hri, composed, tiny_model, tmp_path):
    done = affect_hri("trial", *options(arguments(tiny_model, tmp_path / "reports", seed=2)))
    assert done.returncode == 0, done.stderr
    files = (composed / "records.csv", only_folder(tmp_path / "reports") / "records.csv")
    shown = [[row["truth"] for row in csv.DictReader(file.read_text().splitlines())] for file in files]
    assert shown[0] != shown[1]
    assert sorted(shown[0]) == sorted(shown[1])


def test_a_killed_node_is_named_and_the_report_is_partial(graph, tiny_model, tmp_path):
    values = arguments(tiny_model, tmp_path / "reports", protocol="demo")
    with graph("trial", values, tmp_path, {"trial": {"barrier_timeout_s": 2.0}}) as nodes:
        nodes.nodes["trial"].until_it_says("conducting demo")
        nodes.nodes["emotion"].send(signal.SIGKILL)
        nodes.nodes["trial"].until_it_says("silent node: emotion")
        codes = nodes.run()
    assert codes == dict.fromkeys(NODES - {"recorder"}, 0) | {"emotion": -signal.SIGKILL, "evaluation": 3}
    assert (only_folder(tmp_path / "reports") / "summary.json").is_file()


def test_an_interrupted_trial_leaves_a_whole_bag_and_a_partial_report(
    affect_hri_command, process, tiny_model, tmp_path
):
    from affect_core.evaluation.bags import SessionBag
    from affect_core.trial import EventKind

    values = options(arguments(tiny_model, tmp_path / "reports", protocol="demo", record=True))
    trial = process("trial", [*affect_hri_command, "trial", *values], tmp_path)
    try:
        trial.until_it_wrote(3_000_000, tmp_path / "reports", "*/bag/*.mcap")  # some frames
        trial.send(signal.SIGINT)
        assert trial.until_it_ends() == 3, trial.log
    finally:
        trial.kill()
    folder = only_folder(tmp_path / "reports")
    with SessionBag(folder / "bag") as bag:
        events, frames = bag.events(), list(bag.frames())
    assert events[0].kind is EventKind.SESSION_START
    assert events[-1].kind is EventKind.ABORT
    published = json.loads((folder / "summary.json").read_text())["frames"]["published"]
    assert 0 < published <= len(frames) <= published + 1  # the last frame may have been under way


def test_nodes_that_are_interrupted_at_once_end_cleanly(graph, tiny_model, tmp_path):
    with graph("live", {"model": str(tiny_model), "camera": "avatar"}, tmp_path) as nodes:
        for name in ("ohbot", "overlay"):
            nodes.nodes[name].until_it_says("[INFO]")
        codes = nodes.interrupt()
    assert {codes[name] for name in ("ohbot", "overlay")} == {0}


def test_a_trial_that_cannot_be_set_up_ends_with_the_code_of_its_error(graph, tiny_model, tmp_path):
    with graph("trial", arguments(tiny_model, tmp_path / "reports", protocol="nope"), tmp_path) as nodes:
        trial = nodes.nodes["trial"]
        assert trial.until_it_ends() == 2
        assert "unknown trials entry 'nope'; known: demo, " in trial.log
