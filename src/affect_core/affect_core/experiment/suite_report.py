"""The suite's report: a folder with report.html, its pictures, and suite.json with every number."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from affect_core.evaluation.report import jpeg, render
from affect_core.evaluation.summary import installed_versions
from affect_core.experiment.collect import rows_of
from affect_core.experiment.rows import Row
from affect_core.experiment.suite import ModelResult, SuiteConfig
from affect_core.experiment.suite_figures import pages, shown_tests
from affect_core.experiment.suite_sheet import contact_sheet
from affect_core.files import write_whole

JSON_FILE: Final = "suite.json"
HTML_FILE: Final = "report.html"
SHOWN_METRICS: Final = ("accuracy", "precision", "recall", "macro_f1", "ece")


def write_suite(config: SuiteConfig, results: Sequence[ModelResult], folder: Path) -> Path:
    """Write the report; returns the path of report.html. Every file appears whole or not at all."""
    content = to_content(config, results)
    plots = pages(results)
    sheets = {f"examples_{one.card.name}.jpg": jpeg(contact_sheet(config, one)) for one in results}
    page = render(
        "suite.html.j2",
        suite=content,
        tables={classes: _table(content, classes) for classes in (5, 6)},
        metrics=SHOWN_METRICS,
        plots={one.card.name: shown_tests(one) for one in results},
        has_intensity="by_intensity.png" in plots,
        sheets=list(sheets),
    )
    files = {**plots, **sheets, JSON_FILE: (json.dumps(content, indent=1) + "\n").encode()}
    for name, data in {**files, HTML_FILE: page.encode()}.items():
        write_whole(folder / name, data)
    return folder / HTML_FILE


def to_content(config: SuiteConfig, results: Sequence[ModelResult]) -> dict[str, Any]:
    """The content of suite.json."""
    stand_in = "procedural robot heads stand in for humans" if config.stand_in else ""
    return {
        "suite": config.plan.name,
        "synthetic": True,
        "stand_in": stand_in,
        "quick": config.plan.quick,
        "left_out": list(config.left_out),
        "versions": installed_versions("affect_core", "torch"),
        "models": [_model(one) for one in results],
    }


def one_line(config: SuiteConfig, results: Sequence[ModelResult], report: Path) -> str:
    """The command's last line."""
    parts = []
    for one in results:
        key = shown_tests(one)[0]
        row = next(r for r in _model(one)["rows"] if _is_headline(r, config, key))
        parts.append(f"{one.card.name} {row['mean']:.3f}")
    left_out = f", {len(config.left_out)} tests left out" if config.left_out else ""
    return f"{config.plan.name} (synthetic): macro F1 on {key} {', '.join(parts)}{left_out}; report {report}"


def _is_headline(row: Row, config: SuiteConfig, key: str) -> bool:
    test = config.plan.tests[key]
    same = (row["test_set"], row["look"]) == (test.name, test.look)
    return same and row["metric"] == "macro_f1"


def _model(result: ModelResult) -> dict[str, Any]:
    card, measured = result.card, list(result.measured.values())
    return {
        "name": card.name,
        "weights_sha256": card.weights.sha256,
        "architecture": card.architecture,
        "labels": list(card.labels),
        "crop": vars(card.crop),
        "temperature": result.temperature,
        "rows": rows_of(one for one in measured if one.case.whole),
        "parts": rows_of(one for one in measured if not one.case.whole and not one.case.calibrated),
        "calibration": rows_of(one for one in measured if one.case.calibrated),
    }


def _table(content: dict[str, Any], classes: int) -> list[dict[str, Any]]:
    """One line per test and model: the metrics, and the number of pictures."""
    lines: dict[tuple[str, str, str], dict[str, Any]] = {}
    for model in content["models"]:
        for row in model["rows"]:
            if row["classes"] == classes:
                key = (row["test_set"], row["look"], model["name"])
                line = lines.setdefault(key, {"test": _shown(row), "model": model["name"], "n": row["n"]})
                line[row["metric"]] = row
    order = list(dict.fromkeys((test, look) for test, look, _ in lines))
    return [lines[key] for place in order for key in lines if key[:2] == place]


def _shown(row: Row) -> str:
    return f"{row['test_set']} ({row['look']})" if row["look"] else row["test_set"]
