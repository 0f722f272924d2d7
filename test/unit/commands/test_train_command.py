import pytest
import yaml
from click import BadParameter
from click.testing import CliRunner

from affect_core.commands.train import _changes, train


def test_changes_are_read_as_yaml():
    texts = [
        "optimiser.seed=1",
        "optimiser.precision=auto",
        "labels=basic-8",
        "init.from=models/a",
        "options=null",
    ]
    assert _changes(texts) == {
        "optimiser": {"seed": 1, "precision": "auto"},
        "labels": "basic-8",
        "init": {"from": "models/a"},
        "options": None,
    }


@pytest.mark.parametrize("text", ["optimiser.seed", "=1"])
def test_changes_without_key_or_value(text):
    with pytest.raises(BadParameter, match="expected KEY=VALUE"):
        _changes([text])


def test_everything_reaches_the_training(tmp_path, monkeypatch):
    from affect_core.training import train as module

    config = tmp_path / "t.yaml"
    config.write_text(yaml.safe_dump({"name": "t"}))
    asked = {}

    def record(*arguments, **named):
        asked.update(named, arguments=arguments)
        return arguments[1]

    monkeypatch.setattr(module, "run", record)
    options = [
        "--no-resume",
        "--quick",
        "--root",
        str(tmp_path),
        "--crops",
        str(tmp_path / "c"),
        "--threads",
        "3",
    ]
    options += ["--set", "optimiser.seed=4", "--accelerator", "auto", "--devices", "2", "--strategy", "ddp"]
    result = CliRunner().invoke(train, [str(config), "--output", str(tmp_path / "m"), *options])
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[-1] == str(tmp_path / "m")
    assert asked["arguments"] == (config, tmp_path / "m", False)
    assert (asked["quick"], asked["root"], asked["crops"]) == (True, tmp_path, tmp_path / "c")
    assert asked["changes"] == {"optimiser": {"seed": 4}}
    hardware = asked["hardware"]
    assert (hardware.accelerator, hardware.devices, hardware.strategy, hardware.threads) == (
        "auto",
        2,
        "ddp",
        3,
    )
