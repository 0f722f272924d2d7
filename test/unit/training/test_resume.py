import signal
from contextlib import contextmanager

import pytest
import torch

from affect_core.emotion import load_card
from affect_core.errors import ModelError
from affect_core.training.module import EmotionModule
from affect_core.training.progress import read_log
from affect_core.training.train import run

CLOCK = ("seconds", "images_per_s")
ONE_CYCLE = {"optimiser": {"epochs": 4, "schedule": "one_cycle"}}
PLATEAU = {"optimiser": {"epochs": 4, "schedule": "plateau", "patience": 1, "stop": 0}}
STOPPING = {"optimiser": {"epochs": 6, "learning_rate": 0.0, "patience": 1, "stop": 2}}


class Interrupted(Exception):
    """What ends a training from within."""


@contextmanager
def interrupted(epoch, action):
    """Calls ``action`` in the middle of an epoch."""
    step = EmotionModule.training_step

    def training_step(module, batch, index):
        if module.current_epoch == epoch and index == 2:
            action()
        return step(module, batch, index)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(EmotionModule, "training_step", training_step)
        yield


def fail():
    raise Interrupted


def log_of(folder):
    rows = read_log(folder / "training_log.csv")
    return [{name: value for name, value in row.items() if name not in CLOCK} for row in rows]


def test_the_same_file_gives_the_same_weights_in_other_folders(noisy_file, tmp_path):
    changes = {"optimiser": {"epochs": 1}}
    one, other = (run(noisy_file, tmp_path / name, changes=changes) for name in ("one", "other"))
    assert load_card(one).weights.sha256 == load_card(other).weights.sha256
    third = run(noisy_file, tmp_path / "third", changes={"optimiser": {"epochs": 1, "seed": 1}})
    assert load_card(third).weights.sha256 != load_card(one).weights.sha256


@pytest.mark.parametrize("changes", [ONE_CYCLE, PLATEAU], ids=["one_cycle", "plateau"])
def test_a_resumed_run_ends_as_an_uninterrupted_one(noisy_file, tmp_path, changes):
    whole = run(noisy_file, tmp_path / "whole", changes=changes)
    with interrupted(2, fail), pytest.raises(Interrupted):
        run(noisy_file, tmp_path / "resumed", changes=changes)
    resumed = run(noisy_file, tmp_path / "resumed", resume=True, changes=changes)
    assert [row["epoch"] for row in log_of(resumed)] == ["0", "1", "2", "3"]
    assert log_of(resumed) == log_of(whole)
    assert load_card(resumed).weights.sha256 == load_card(whole).weights.sha256
    assert (resumed / "results.json").read_text() == (whole / "results.json").read_text()


def test_a_run_that_stopped_early_stays_stopped(noisy_file, tmp_path):
    output = run(noisy_file, tmp_path / "stopped", changes=STOPPING)
    first, weights = log_of(output), load_card(output).weights.sha256
    assert len(first) < 6
    run(noisy_file, output, resume=True, changes=STOPPING)
    assert log_of(output) == first
    assert load_card(output).weights.sha256 == weights


def test_a_signal_loses_at_most_the_epoch(noisy_file, tmp_path, caplog):
    # What is installed for the signal, called as Python would. Real signals have ended whole test runs: see the last
    # item of doc/runtimes.md.
    def arrive():
        signal.getsignal(signal.SIGTERM)(signal.SIGTERM, None)

    with interrupted(1, arrive), pytest.raises(SystemExit) as ended:
        run(noisy_file, tmp_path / "model", changes=ONE_CYCLE)
    assert ended.value.code == 143
    assert "goes on at epoch 2" in caplog.text
    resumed = run(noisy_file, tmp_path / "model", resume=True, changes=ONE_CYCLE)
    assert [row["epoch"] for row in log_of(resumed)] == ["0", "1", "2", "3"]


def test_a_checkpoint_of_another_network_is_refused(tiny_file, tmp_path):
    output = run(tiny_file, tmp_path / "model")
    for changes, message in (
        ({"options": {"channels": 32}}, "expected options .*channels.*32.*got {}"),
        ({"architecture": "resnet50"}, "expected architecture 'resnet50', got 'tiny'"),
    ):
        with pytest.raises(ModelError, match=message):
            run(tiny_file, output, resume=True, changes=changes)


def test_a_damaged_checkpoint_is_named(tiny_file, tmp_path):
    output = run(tiny_file, tmp_path / "model")
    last = output / "work" / "last.ckpt"
    whole = last.read_bytes()
    last.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ModelError, match=r"last\.ckpt: expected a checkpoint"):
        run(tiny_file, output, resume=True)
    torch.save({"state_dict": {}}, last)
    with pytest.raises(ModelError, match="no entry affect_core"):
        run(tiny_file, output, resume=True)


def test_without_resuming_it_starts_anew(tiny_file, tmp_path):
    output = run(tiny_file, tmp_path / "model", changes={"optimiser": {"epochs": 2}})
    run(tiny_file, output)
    assert [row["epoch"] for row in log_of(output)] == ["0"]


class Trap:
    """Writes a file when it is unpickled."""

    def __init__(self, path):
        self._path = path

    def __reduce__(self):
        return open, (str(self._path), "w")


def test_a_checkpoint_with_code_in_it_is_refused(tiny_file, tmp_path):
    """Lightning reads the checkpoint a second time: what it would take from there must not be loaded either."""
    output = tmp_path / "model"
    run(tiny_file, output)
    last = output / "work" / "last.ckpt"
    content = torch.load(last, weights_only=True)
    sprung = tmp_path / "sprung"
    for key in ("callbacks", "loops", "state_dict"):
        torch.save({**content, key: Trap(sprung)}, last)
        with pytest.raises(ModelError, match=r"last.ckpt: expected a checkpoint"):
            run(tiny_file, output, resume=True)
        assert not sprung.exists()
