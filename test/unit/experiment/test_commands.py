"""``affect-hri experiment``: what it prints, how it ends, and that the committed page is what it writes."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from affect_core.commands.experiment import README, RESULTS_PAGE, experiment
from affect_core.errors import ConfigError
from affect_core.experiment.readme import fill_readme
from affect_core.experiment.session import models_beside, open_session
from affect_core.experiment.tables import results_page
from affect_core.paths import find_shared

ROOT = find_shared("config/experiments/p0.yaml").resolve().parents[2]
COMMAND = (sys.executable, "-c", "from affect_core.cli import main; main()", "experiment", "run")


def places(tiny_experiment):
    file, session, _ = tiny_experiment
    return [
        str(file),
        "--output",
        str(session.places.output),
        "--models",
        str(session.places.models),
        "--stand-in",
    ]


def test_what_is_done_is_skipped(tiny_experiment):
    done = CliRunner().invoke(experiment, ["run", *places(tiny_experiment)])
    assert done.exit_code == 0
    assert done.stdout.splitlines()[-1].startswith("tiny: 5 of 5 runs done, 0 left; results in ")


def test_the_list_has_one_line_per_run(tiny_experiment):
    done = CliRunner().invoke(experiment, ["run", *places(tiny_experiment), "--list"])
    assert [line.split()[0] for line in done.stdout.splitlines()[:-1]] == list(tiny_experiment[1].plan.runs)


def test_only_what_matches_is_done(tiny_experiment):
    assert CliRunner().invoke(experiment, ["run", *places(tiny_experiment), "--only", "one/*"]).exit_code == 0
    done = CliRunner().invoke(experiment, ["run", *places(tiny_experiment), "--only", "three/*"])
    assert "no step matches three/*" in str(done.exception)


def test_a_failure_is_told_and_the_rest_is_done(tiny_experiment, tmp_path):
    """People with the wrong labels: the shortcut set and what needs it fail."""
    content = yaml.safe_load(tiny_experiment[0].read_text())
    content["sets"]["people"]["humans"] = {"labels": "complex-6", "images": 6, "seed": 4}
    file = tmp_path / "tiny.yaml"
    file.write_text(yaml.safe_dump(content, sort_keys=False))
    arguments = ["run", str(file), "--output", str(tmp_path / "out"), "--models", str(tmp_path), "--stand-in"]
    done = CliRunner().invoke(experiment, [*arguments, "--only", "set *"])
    assert done.exit_code == 3
    assert "failed: set shortcut_plain" in done.stderr
    assert "expected pictures of confusion" in done.stderr
    assert (tmp_path / "out" / "data" / "basic5_test" / "set.yaml").is_file()


@pytest.mark.skipif(
    not (ROOT / "src").is_dir(), reason="the page is not installed, it stands in the checkout"
)
def test_the_committed_page_is_what_the_command_writes():
    session = open_session(ROOT / "config" / "experiments" / "p0.yaml", models=ROOT / "models")
    assert (ROOT / RESULTS_PAGE).read_text() == results_page(session.plan, session.places)
    readme = (ROOT / README).read_text()
    assert readme == fill_readme(readme, session.plan, session.places)


def test_results_lie_in_the_checkout_even_if_the_file_is_reached_through_an_installed_link(tmp_path):
    (tmp_path / "checkout/config/experiments").mkdir(parents=True)
    (tmp_path / "checkout/models").mkdir()
    (tmp_path / "share/config/experiments").mkdir(parents=True)
    (tmp_path / "share/models").mkdir()
    file = tmp_path / "checkout/config/experiments/e.yaml"
    file.touch()
    link = tmp_path / "share/config/experiments/e.yaml"
    link.symlink_to(file)
    assert models_beside(link) == models_beside(file) == tmp_path / "checkout/models"
    with pytest.raises(ConfigError, match="--models"):
        models_beside(tmp_path / "e.yaml")


@pytest.mark.long
@pytest.mark.timeout(900)
def test_an_interrupted_training_ends_with_the_same_metrics(tiny_experiment, tmp_path):
    """Stopped by SIGTERM after an epoch, and begun again: the same rows as without."""
    content = yaml.safe_load(tiny_experiment[0].read_text())
    content["sets"]["complex6_train"]["humans"]["images"] = 240
    content["stages"] = {
        "A": {**content["stages"]["A"], "seeds": [0], "training": {"optimiser": {"epochs": 6}}}
    }
    file = tmp_path / "tiny.yaml"
    file.write_text(yaml.safe_dump(content, sort_keys=False))

    def arguments(name):
        folder = tmp_path / name
        (folder / "models").mkdir(parents=True, exist_ok=True)
        where = ["--output", str(folder / "out"), "--models", str(folder / "models")]
        return [*COMMAND, str(file), *where, "--stand-in", "--only", "one/A_0"]

    log = tmp_path / "log"
    with log.open("w") as output:
        process = subprocess.Popen(arguments("stopped"), stderr=output, stdout=output)
        deadline = time.monotonic() + 300
        while "epoch 2" not in log.read_text() and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 130, log.read_text()
    assert not list((tmp_path / "stopped" / "models").rglob("*.json"))
    results = [finish(arguments(name), tmp_path / name) for name in ("stopped", "whole")]
    assert results[0]["rows"] == results[1]["rows"]
    assert [row["epoch"] for row in results[0]["curve"]] == list(range(6))
    losses = [[row["loss"] for row in result["curve"]] for result in results]
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_the_whole_experiment_of_p0_in_quick(tmp_path):
    """Two workers on one folder, every model and stage; procedural heads stand in for humans."""
    arguments = [*COMMAND, "--quick", "--stand-in", "--output", str(tmp_path / "out")]
    workers = [subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = [worker.communicate()[0] for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0]
    assert all("0 left" in text.splitlines()[-1] for text in said)
    models = tmp_path / "out" / "models"
    assert {path.parent.name for path in models.glob("*/results.json")} == {
        "amal_resnet18",
        "amal_resnet34",
        "effnet_transformer",
        "resnet50",
    }
    result = json.loads((models / "amal_resnet34" / "results.json").read_text())
    assert {row["protocol"] for row in result["rows"]} == {"A", "B", "C"}
    ablation = json.loads((models / "amal_resnet18" / "results.json").read_text())["ablation"]
    assert {row["crop"] for row in ablation} == {"tight-72", "loose-72"}
    assert "stand" in result["stand_in"] or "in place of" in result["stand_in"]


def finish(arguments, folder: Path):
    subprocess.run(arguments, check=True, capture_output=True)
    return json.loads((folder / "models" / "one" / "runs" / "A_0.json").read_text())
