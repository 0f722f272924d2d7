"""Nothing that is read can run code: which loaders the source may call, and how. Read from the syntax tree."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("src", "launch")

NEVER = {
    **dict.fromkeys(
        ("pickle", "cPickle", "_pickle", "dill", "cloudpickle", "shelve", "marshal"), "unpickles"
    ),
    **dict.fromkeys(("joblib", "pandas.read_pickle", "torch.jit.load", "torch.package"), "unpickles"),
    **dict.fromkeys(("eval", "exec", "compile", "builtins.eval", "builtins.exec"), "runs text"),
    **dict.fromkeys(("yaml.load", "yaml.load_all", "yaml.unsafe_load", "yaml.full_load"), "may make objects"),
    **dict.fromkeys(
        ("yaml.unsafe_load_all", "yaml.full_load_all", "yaml.Loader", "yaml.UnsafeLoader"), "makes objects"
    ),
    **dict.fromkeys(("yaml.FullLoader", "yaml.CLoader"), "makes objects"),
    "os.system": "a shell",
    "tempfile.mktemp": "a race",
}
"""Names, and everything below them, that are neither called nor named; why."""

ONLY_WITH = {"torch.load": ("weights_only", True), "numpy.load": ("allow_pickle", False)}
"""Calls that must have this keyword, written out."""

ONLY_IN = {
    "numpy.load": ("affect_core/array_files.py",),  # after the header was held against the file
    "yaml.safe_load": ("affect_hri/graph.py", "affect_hri/commands.py", "affect_core/commands/train.py"),
}
"""Calls with a door of their own. YAML: `affect_core.texts`; but for our own graph file, which launch files read with
nothing but yaml, and for values on the command line."""


def names_of(tree):
    """Local name -> what it stands for, from the imports."""
    known = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for item in node.names:
                known[item.asname or item.name.split(".")[0]] = (
                    item.name if item.asname else item.name.split(".")[0]
                )
        elif isinstance(node, ast.ImportFrom) and not node.level:
            for item in node.names:
                known[item.asname or item.name] = f"{node.module}.{item.name}"
    return known


def full_name(node, known):
    """``np.load`` -> ``numpy.load``; None for what is no plain name."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    base = known.get(node.id, node.id)
    return ".".join([base, *reversed(parts)])


def is_below(name, place):
    return name == place or name.startswith(f"{place}.")


def problems(source, file):
    """(line, what) of everything that is against the rules."""
    tree = ast.parse(source)
    known = names_of(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            imported = (
                [node.module] if isinstance(node, ast.ImportFrom) else [item.name for item in node.names]
            )
            for name in imported:
                for place in NEVER:
                    if name and is_below(name, place):
                        yield node.lineno, f"imports {name}, which {NEVER[place]}"
        if isinstance(node, ast.Name | ast.Attribute):
            name = full_name(node, known)
            for place in NEVER:
                if name == place and isinstance(node.ctx, ast.Load):
                    yield node.lineno, f"names {name}, which {NEVER[place]}"
        if isinstance(node, ast.Call):
            yield from problems_of_call(node, full_name(node.func, known), file)
        if (
            isinstance(node, ast.keyword)
            and node.arg == "allow_pickle"
            and not is_constant(node.value, False)
        ):
            yield node.value.lineno, "allow_pickle is not False"
        if isinstance(node, ast.keyword) and node.arg == "weights_only" and not is_constant(node.value, True):
            yield node.value.lineno, "weights_only is not True"
        if isinstance(node, ast.keyword) and node.arg == "ckpt_path":
            call = next(c for c in ast.walk(tree) if isinstance(c, ast.Call) and node in c.keywords)
            if not has(call, "weights_only", True):
                yield node.value.lineno, "Lightning's ckpt_path without weights_only=True"


def problems_of_call(call, name, file):
    if name in ONLY_WITH and not has(call, *ONLY_WITH[name]):
        keyword, value = ONLY_WITH[name]
        yield call.lineno, f"{name} without {keyword}={value}"
    if name and is_below(name, "subprocess") and any(item.arg == "shell" for item in call.keywords):
        yield call.lineno, f"{name} with a shell"
    if name in ONLY_IN and not file.endswith(ONLY_IN[name]):
        yield call.lineno, f"{name} outside {', '.join(ONLY_IN[name])}"


def has(call, keyword, value):
    return any(item.arg == keyword and is_constant(item.value, value) for item in call.keywords)


def is_constant(node, value):
    return isinstance(node, ast.Constant) and node.value is value


def test_no_loader_can_run_code():
    found = [
        f"{path.relative_to(ROOT)}:{line}: {what}"
        for folder in SOURCES
        for path in sorted((ROOT / folder).rglob("*.py"))
        for line, what in problems(path.read_text(), str(path))
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from pickle import loads",
        "import joblib as j",
        "import pandas\npandas.read_pickle('a')",
        "import torch\ntorch.load('a')",
        "import torch\ntorch.load('a', weights_only=False)",
        "from torch import load\nload('a')",
        "from torch.jit import load\nload('a')",
        "import numpy as np\nnp.load('a')",
        "import numpy as np\nnp.load('a', allow_pickle=True)",
        "import yaml\nyaml.load('a', yaml.SafeLoader)",
        "import yaml\nyaml.safe_load('a')",
        "from yaml import unsafe_load as f\nf('a')",
        "eval('1')",
        "f = exec",
        "import subprocess\nsubprocess.run('a', shell=True)",
        "trainer.fit(m, ckpt_path='a')",
        "stored = open_it('a', allow_pickle=flag)",
    ],
)
def test_what_is_against_the_rules_is_found(source):
    assert list(problems(source, "elsewhere.py"))


@pytest.mark.parametrize(
    "source",
    [
        "model.eval()",
        "re.compile('a')",
        "torch.compile(net)",
        "import torch\ntorch.load('a', weights_only=True)",
        "trainer.fit(m, ckpt_path='a', weights_only=True)",
        "app.exec()",
        "paint(shell=colour)",
    ],
)
def test_what_only_looks_like_it_is_not(source):
    assert not list(problems(source, "elsewhere.py"))
