from click.testing import CliRunner

from affect_core.commands.models import models
from affect_core.emotion import ARCHITECTURES
from affect_core.errors import ConfigError


def test_networks_and_cards_are_printed():
    result = CliRunner().invoke(models, ["amal_small"])
    assert result.exit_code == 0, result.output
    for name in ARCHITECTURES:
        assert name in result.stdout
    assert "33.4" in result.stdout  # million parameters of effnet_transformer
    assert "11.2 million parameters" in result.stdout
    assert "neutral, confusion, frustration, skepticism, disapproval, boredom" in result.stdout
    assert "Apache-2.0" in result.stdout
    assert result.stdout.splitlines()[-1] == "1 models: amal_small"


def test_all_models_of_the_checkout_by_default():
    assert "amal_small" in CliRunner().invoke(models, []).stdout.splitlines()[-1]


def test_an_unknown_model():
    assert isinstance(CliRunner().invoke(models, ["nobody"]).exception, ConfigError)
