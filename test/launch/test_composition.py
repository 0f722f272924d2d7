"""A protocol of parts through the real program: killed, called again, and called once more when it is finished."""

import csv
import json
import subprocess
import time

import pytest

from affect_core.evaluation.bags import SessionBag
from affect_core.trial import TrialScene

PARTS = """
name: mine
description: one part that is long enough to be killed, and a short one
parts:
  - {name: long, use: short, repetitions: 4, rest_s: 0.4, lead_in_s: 0.4, scenes: [{lighting: even}, {lighting: dim}]}
  - {name: brief, use: short, repetitions: 1, scenes: [{occlusion: mouth}]}
"""  # 2 x 8 blocks of 10 frames, and 2 blocks of 10 frames


@pytest.fixture(scope="module")
def killed(affect_hri_command, ros_domain, tiny_model, tmp_path_factory):
    """The command, its reports folder, and the blocks of the long part that were finished when it was killed."""
    folder = tmp_path_factory.mktemp("parts")
    (folder / "mine.yaml").write_text(PARTS)
    output = folder / "reports"
    arguments = ["trial", "--protocol", folder / "mine.yaml", "--clock", "lockstep", "--model", tiny_model]
    arguments += ["--explain", "none", "--output", output, "--record"]
    progress = output / "mine-seed0" / "long" / "progress"
    log = (folder / "log.txt").open("w")
    process = subprocess.Popen([*affect_hri_command, *map(str, arguments)], stdout=log, stderr=log)
    try:
        deadline_s = time.monotonic() + 200.0
        while len(list(progress.glob("block_*.json"))) < 3:
            assert process.poll() is None, (folder / "log.txt").read_text()[-2000:]
            assert time.monotonic() < deadline_s, "no three blocks in 200 s"
            time.sleep(0.02)
    finally:
        process.kill()
        process.wait()
        log.close()
    return arguments, output / "mine-seed0", sorted(path.name for path in progress.glob("block_*.json"))


@pytest.fixture(scope="module")
def resumed(killed, affect_hri):
    """What the same command did when it was called again."""
    return affect_hri(*killed[0])


def test_it_says_what_was_found(killed, resumed):
    assert resumed.returncode == 0, resumed.stderr
    done = len(killed[2])
    assert 3 <= done < 16
    assert f"finished: none; begun: long ({done} of 16 repetitions); left: brief" in resumed.stderr
    assert resumed.stdout.splitlines()[-1].startswith("mine-seed0: 2 of 2 parts finished; ")


def test_every_repetition_is_there_once(killed, resumed):
    rows = list(csv.DictReader((killed[1] / "long" / "records.csv").open()))
    assert [int(row["stamp_ns"]) for row in rows] == [number * 100_000_000 for number in range(160)]
    # Each event has its own frames only: 4 of a rest, 6 of a command.
    events = [int(row["event"]) for row in rows]
    assert [events.count(index) for index in range(1, 33)] == [4, 6] * 16
    assert [row["lighting"] for row in rows] == ["even"] * 80 + ["dim"] * 80
    summary = json.loads((killed[1] / "long" / "summary.json").read_text())
    assert (summary["frames"]["published"], summary["frames"]["rendered"]) == (160, 160)
    assert {name: one["n_frame"] for name, one in summary["conditions"]["lighting"].items()} == {
        "even": 48,
        "dim": 48,
    }


def test_every_run_has_a_bag_that_says_its_scenes(killed, resumed):
    runs = {}
    for name in ("long/bag", "long/bag_2", "brief/bag"):
        with SessionBag(killed[1] / name) as bag:
            runs[name] = (bag.session(), [event for event in bag.events() if event.shows])
    done = len(killed[2])
    assert [runs[name][0].resumed for name in runs] == [False, True, False]
    # A rest and a command in each block; the first run was killed in the block after the last finished one, or later.
    assert len(runs["long/bag_2"][1]) == 32 - 2 * done
    assert runs["long/bag_2"][1][-1].scene == TrialScene("dim", "none")
    assert runs["long/bag"][1][0].scene == TrialScene("even", "none")
    assert {event.scene for event in runs["brief/bag"][1]} == {TrialScene("even", "mouth")}


def test_the_joint_table_has_both_parts(killed, resumed):
    joint = json.loads((killed[1] / "summary.json").read_text())
    assert (joint["finished"], joint["left"]) == (True, [])
    assert {name: row["occlusion"] for name, row in joint["parts"].items()} == {
        "long": "none",
        "brief": "mouth",
    }
    assert [row["frames"] for row in joint["parts"].values()] == [160, 20]


def test_finished_parts_are_taken_from_their_reports(killed, resumed, affect_hri):
    before = {path: path.stat().st_mtime_ns for path in killed[1].glob("*/summary.json")}
    done = affect_hri(*killed[0])
    assert done.returncode == 0, done.stderr
    assert "finished: long, brief; begun: none; left: none" in done.stderr
    assert {path: path.stat().st_mtime_ns for path in before} == before
