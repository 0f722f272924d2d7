"""YAML and JSON from files and messages that anybody may have written: sizes first, and every failure one of ours.

YAML by PyYAML's safe loader, which makes plain values only. What it lets through is bounded here: size, depth, and
what aliases repeat, which makes a few hundred bytes stand for billions of values.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from affect_core.errors import AffectError, ConfigError, InputError
from affect_core.limits import LIMITS, expect_at_most


def read_yaml(path: Path, most_bytes: int = LIMITS.yaml_bytes) -> Any:
    """The value of a YAML file; raises ConfigError that names the file."""
    try:
        text = read_text(path, most_bytes, ConfigError)
        return parse_yaml(text)
    except OSError as error:
        raise ConfigError(f"expected a readable YAML file at {path}: {error.strerror}") from error
    except (ValueError, ConfigError) as error:
        raise ConfigError(f"{path} is not valid YAML: {_first(error)}") from error


def parse_yaml(text: str) -> Any:
    """The value of YAML text.

    Raises:
        ConfigError: no YAML, or deeper or larger than `LIMITS` allow.
    """
    try:
        loader = _BoundedLoader(text)
        node = loader.get_single_node()
        if node is None:
            return None
        _check_extent(node)
        return loader.construct_document(node)
    except ConfigError:
        raise
    except yaml.YAMLError as error:
        raise ConfigError(str(error)) from error
    except Exception as error:  # what wrongly tagged text makes of PyYAML's constructors
        raise ConfigError(f"a value cannot be read: {type(error).__name__}: {error}") from error


@contextmanager
def values_of(source: object, error: type[AffectError] = ConfigError) -> Iterator[None]:
    """While the content of a file is looked into: what a value of another kind makes Python raise names the file.

    A file may hold a list where a mapping is expected, at any depth; to ask at every step would hide what is read.

    Raises:
        AffectError: of the given kind.
    """
    try:
        yield
    except (TypeError, AttributeError, LookupError, ValueError, ArithmeticError, RecursionError) as wrong:
        raise error(
            f"{source}: a value is missing or of another kind than expected: {type(wrong).__name__}: {str(wrong)[:200]}"
        ) from wrong


def read_json(path: Path, most_bytes: int = LIMITS.json_file_bytes) -> Any:
    """The value of a JSON file; raises InputError that names the file."""
    try:
        return parse_json(read_text(path, most_bytes))
    except OSError as error:
        raise InputError(f"expected JSON at {path}: {error.strerror}; make it anew") from error
    except (ValueError, InputError) as error:
        raise InputError(f"{path} is not valid JSON: {_first(error)}") from error


def parse_json(text: str, most_bytes: int = LIMITS.json_file_bytes) -> Any:
    """The value of JSON text; raises InputError for what is none, or nested deeper than the parser goes."""
    expect_at_most(most_bytes, len(text), "characters of JSON")
    try:
        return json.loads(text)
    except ValueError as error:
        raise InputError(f"expected JSON, got {text[:40]!r}: {error}") from error
    except RecursionError as error:
        raise InputError(f"expected JSON, got {text[:40]!r}, nested too deeply") from error


def read_text(path: Path, most_bytes: int, error: type[AffectError] = InputError) -> str:
    """A file's text; raises as `read_whole` does, and UnicodeDecodeError for what is no UTF-8."""
    return read_whole(path, most_bytes, error).decode()


def read_whole(path: Path, most_bytes: int, error: type[AffectError] = InputError) -> bytes:
    """A file's bytes, no more of them than the limit allows.

    Raises:
        AffectError: of the given kind: it is too large.
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        data = file.read(most_bytes + 1)
    size = max(len(data), path.stat().st_size) if len(data) > most_bytes else len(data)
    expect_at_most(most_bytes, size, f"bytes in {path.name}", error=error)
    return data


class _BoundedLoader(yaml.SafeLoader):
    """The safe loader, which stops at a depth."""

    _depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        self._depth += 1
        if self._depth > LIMITS.yaml_depth:
            raise ConfigError(f"expected at most {LIMITS.yaml_depth} levels, got more; write it flatter")
        try:
            return super().compose_node(parent, index)
        finally:
            self._depth -= 1


def _check_extent(root: yaml.Node) -> None:
    """Refuse what would be too many values with every alias written out, or contains itself."""
    sizes: dict[int, int] = {}
    under_way: set[int] = set()

    def size(node: yaml.Node) -> int:
        if id(node) in sizes:
            return sizes[id(node)]
        if id(node) in under_way:
            raise ConfigError("expected values, got an alias to what it stands in")
        under_way.add(id(node))
        sizes[id(node)] = 1 + sum(map(size, _children(node)))
        under_way.discard(id(node))
        return sizes[id(node)]

    expect_at_most(LIMITS.yaml_nodes, size(root), "values, aliases written out", error=ConfigError)


def _children(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def _first(error: Exception) -> str:
    return str(error) if isinstance(error, AffectError) else f"{type(error).__name__}: {error}"
