"""Imports inside functions are only tried when the function runs: here all are held against what the modules define."""

import ast
from functools import cache
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src"
OURS = ("affect_core", "affect_hri")


def own_imports(tree):
    """(module, name) of everything that is imported from a module of ours, wherever it stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and not node.level and node.module.split(".")[0] in OURS:
            yield from ((node.module, alias.name) for alias in node.names)


def file_of(module):
    path = SOURCE / module.split(".")[0] / Path(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


@cache
def defined_in(path):
    """Names at the top of a module; those in functions and classes are not."""

    def inside(statements):
        for node in statements:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                yield node.name
            elif isinstance(node, ast.Import | ast.ImportFrom):
                yield from ((alias.asname or alias.name).split(".")[0] for alias in node.names)
            else:
                yield from (
                    n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
                )
                yield from inside(getattr(node, "body", []))
                yield from inside(getattr(node, "orelse", []))

    return frozenset(inside(ast.parse(path.read_text()).body))


def is_there(module, name):
    path = file_of(module)
    return path.is_file() and (name in defined_in(path) or file_of(f"{module}.{name}").is_file())


def test_what_is_looked_for_is_found():
    text = """
from os import path
def f():
    from affect_core.labels import NEUTRAL, no_such
    from affect_core.no_module import NEUTRAL
    from affect_core import labels
"""
    assert [is_there(*one) for one in own_imports(ast.parse(text))] == [True, False, False, True]


@pytest.mark.parametrize("package", OURS)
def test_everything_imported_from_our_modules_is_there(package):
    files = sorted((SOURCE / package / package).rglob("*.py"))
    assert len(files) > 50
    missing = [
        f"{path.relative_to(SOURCE)}: {module} has no {name}"
        for path in files
        for module, name in sorted(set(own_imports(ast.parse(path.read_text()))))
        if not is_there(module, name)
    ]
    assert missing == []
