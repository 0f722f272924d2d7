"""The commands of the companion studies on the real sets as they are unpacked: the same arguments, another folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from affect_core.circumplex import study as circumplex
from affect_core.circumplex.recipe import Recipe, Scale
from affect_core.cli import commands
from affect_core.curation import study as curation
from affect_core.curation.config import ClassifierConfig, FindingConfig, ProtocolConfig, RvaConfig
from affect_core.intensity import study as intensity
from affect_core.intensity.base import ClassifierConfig as Vgg
from affect_core.intensity.base import IntensityConfig, TrunkConfig
from affect_core.intensity.study import Plan
from affect_core.subgroups import study as subgroups
from affect_core.subgroups.config import SubgroupConfig

POSED = ("ck_plus", "ck_plus_48", "jaffe", "kdef")
AFFECTNET = ("affectnet_csv", "affectnet_npy")
SETS = (*POSED, *AFFECTNET)
EFFICIENT = ("--backbone", "efficientnet_v2_s")
BY_COIN = ("--plant", "labels")  # a set without genders


def case(command: str, kind: str, *options: str) -> tuple[str, str, tuple[str, ...]]:
    return command, kind, options


FEW = (case("intensity", "ck_plus_48"), case("curate", "jaffe"), case("subgroups", "kdef", "--no-control"))
REST = (
    *(case("intensity", kind) for kind in SETS if kind != "ck_plus_48"),
    *(case("curate", kind) for kind in (*SETS, "emotic_csv") if kind != "jaffe"),
    *(case("subgroups", kind, *BY_COIN) for kind in SETS if kind != "kdef"),
    case("subgroups", "emotic_csv", "--no-control"),  # its own expressions in place of P3's
    *(case("circumplex", kind, *EFFICIENT) for kind in AFFECTNET),
)


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch, subgroups_tiny: Callable[..., SubgroupConfig]) -> None:
    """What --quick means: networks and sizes of seconds."""
    monkeypatch.setattr(
        intensity,
        "QUICK",
        Plan(
            IntensityConfig(compared=0, shown=0, draws=20, lrp_batch=8),
            Vgg(image_size_px=32, trunk="random", hidden=16, epochs=1, batch_size=16),
            TrunkConfig(pictures=16, validation=8, size_px=32, epochs=1),
        ),
    )
    recipe = Recipe(init="random", size_px=64, width=0.2, depth=0.2, batch_size=16, epochs=1, va_epochs=1)
    monkeypatch.setattr(circumplex, "QUICK", recipe)
    monkeypatch.setattr(circumplex, "QUICK_WIDTH", {})
    monkeypatch.setattr(
        circumplex, "QUICK_SCALE", Scale(pictures=96, other_pictures=40, render_px=64, seeds=1)
    )
    monkeypatch.setattr(
        curation,
        "quick",
        lambda config: replace(
            config,
            rva=RvaConfig(
                size_px=16, stem=4, channels=(4, 8), latents=(3,), epochs=1, batch=16, precision="32-true"
            ),
            classifiers=ClassifierConfig(trees=4, mlp_epochs=2, boosting_rounds=2, boosting_leaves=3),
            protocol=ProtocolConfig(folds=2),
            finding=FindingConfig(repeats=1, draws=10, cured=("NB",)),
        ),
    )
    monkeypatch.setattr(subgroups, "quick", subgroups_tiny)


def run(command: str, tree: Path, output: Path, *options: str) -> dict[str, object]:
    arguments = [command, str(tree), "--quick", "--output", str(output), "--workers", "1", *options]
    result = CliRunner().invoke(commands, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[-1].endswith(f"report {output / 'report.html'}")
    found: dict[str, object] = json.loads((output / "summary.json").read_text())
    return found


@pytest.mark.usefixtures("seconds")
@pytest.mark.parametrize(
    ("command", "kind", "options"),
    [*FEW, *(pytest.param(*rest, marks=pytest.mark.long) for rest in REST)],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_study_of_an_unpacked_set(
    command: str, kind: str, options: tuple[str, ...], papers_tree: Callable[[str], Path], tmp_path: Path
) -> None:
    found = run(command, papers_tree(kind), tmp_path / "report", *options)
    assert kind in str(found["data"])


@pytest.mark.usefixtures("seconds")
def test_the_circumplex_of_affectnet_and_emotic(papers_tree: Callable[[str], Path], tmp_path: Path) -> None:
    """EMOTIC's people beside AffectNet's faces: 26 labels and dominance."""
    options = (*EFFICIENT, "--emotic", str(papers_tree("emotic_csv")))
    found = run("circumplex", papers_tree("affectnet_npy"), tmp_path / "report", *options)
    assert "EMOTIC was not given" not in json.dumps(found["notes"])
    assert "affectnet_npy" in str(found["data"]) and "emotic_csv" in str(found["data"])


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    ("command", "kind", "options"),
    [*FEW, case("circumplex", "affectnet_csv")],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_quick_study_of_an_unpacked_set(
    command: str, kind: str, options: tuple[str, ...], papers_tree: Callable[[str], Path], tmp_path: Path
) -> None:
    """As a user gives it, with the sizes that --quick really has."""
    run(command, papers_tree(kind), tmp_path / "report", *options)
