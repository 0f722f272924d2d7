"""The README's tables, from the code: run this after a change of nodes, topics, parameters or requirements.

    python src/affect_hri/tools/readme_tables.py

A test fails while the README differs from what this prints.
"""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

from affect_core.config import Settings
from affect_hri.composed import node_class
from affect_hri.nodes import _topics
from affect_hri.nodes._managed import NodeSettings
from affect_hri.nodes._topics import Topic

ROOT = Path(__file__).resolve().parents[3]
NODES = (
    "camera",
    "avatar",
    "face",
    "emotion",
    "attribution",
    "ohbot",
    "responder",
    "trial",
    "evaluation",
    "recorder",
    "replay",
    "overlay",
)
REQUIREMENTS = ("core", "no_deps", "torch", "train", "test", "ros_wheels", "colcon", "build")
MARKED = r"(<!-- {name} -->\n).*?(<!-- /{name} -->)"


def tables() -> dict[str, str]:
    """Name of each generated part -> its Markdown."""
    return {
        "executables": _executables(),
        "topics": _topics_table(),
        "parameters": _parameters(),
        "dependencies": _dependencies(),
    }


def fill(text: str) -> str:
    """The README with every marked part replaced by its present table."""
    for name, table in tables().items():
        pattern = re.compile(MARKED.format(name=name), re.DOTALL)
        if not pattern.search(text):
            raise ValueError(f"expected <!-- {name} --> ... <!-- /{name} --> in the README")
        text = pattern.sub(lambda found, table=table: f"{found[1]}{table}\n{found[2]}", text)
    return text


def _executables() -> str:
    rows = [(f"`{name}_node`", _first_sentence(node_class(name))) for name in NODES]
    return _table(("executable", "what it does"), rows)


def _topics_table() -> str:
    rows = [(f"`{t.name}`", f"`{_type(t)}`", _qos(t)) for t in vars(_topics).values() if isinstance(t, Topic)]
    return _table(("topic", "type", "QoS"), rows)


def _parameters() -> str:
    sections = [("every node", (NodeSettings,))]
    sections += [(f"`{name}_node`", node_class(name).settings) for name in NODES if node_class(name).settings]
    rows = [
        (owner, f"`{item.name}`", f"`{_default(item.default)}`", item.metadata["doc"].replace("|", "\\|"))
        for owner, kinds in sections
        for kind in kinds
        for item in _fields(kind)
    ]
    return _table(("node", "parameter", "default", "meaning"), rows)


def _dependencies() -> str:
    lines = [
        line
        for name in REQUIREMENTS
        for line in (ROOT / f"src/affect_core/requirements/{name}.txt").read_text().splitlines()
        if "==" in line and not line.startswith("#")
    ]
    rows = [tuple(part.strip() for part in line.split("#", 1)) for line in lines]
    return _table(("package", "why"), [(f"`{package}`", reason) for package, reason in rows])


def _fields(kind: type[Settings]) -> tuple[dataclasses.Field, ...]:
    return dataclasses.fields(kind)


def _first_sentence(node: type) -> str:
    return (node.__doc__ or "").strip().split("\n")[0]


def _type(topic: Topic) -> str:
    return f"{topic.message.__module__.split('.')[0]}/{topic.message.__name__}"


def _qos(topic: Topic) -> str:
    return f"reliable, depth {topic.depth}" + (", transient local" if topic.latched else "")


def _default(value: object) -> object:
    if isinstance(value, str) and not value:
        return '""'
    return list(value) if isinstance(value, tuple) else value


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


if __name__ == "__main__":
    readme = ROOT / "README.md"
    readme.write_text(fill(readme.read_text()))
