"""The README's generated tables are those of the code."""

import importlib.util
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_tables_are_current():
    spec = importlib.util.spec_from_file_location(
        "readme_tables", ROOT / "src/affect_hri/tools/readme_tables.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    text = (ROOT / "README.md").read_text()
    assert module.fill(text) == text, "run python src/affect_hri/tools/readme_tables.py"
