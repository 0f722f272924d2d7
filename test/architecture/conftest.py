import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

TOOLS = Path(__file__).resolve().parents[2] / "src" / "affect_core" / "tools"


@pytest.fixture(scope="session")
def tools() -> Iterator[SimpleNamespace]:
    """The modules of the set-up, which lie in no package: loaded by path, gone again afterwards."""
    names = [path.stem for path in TOOLS.glob("*.py")]
    sys.path.insert(0, str(TOOLS))
    modules: dict[str, ModuleType] = {name: importlib.import_module(name) for name in names}
    sys.path.remove(str(TOOLS))
    yield SimpleNamespace(**modules)
    for name in names:
        sys.modules.pop(name, None)
