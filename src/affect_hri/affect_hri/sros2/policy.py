"""What nodes use, written as an SROS2 policy (format 0.2.0: `ros2 security create_permission` reads it)."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Final

COMPOSED: Final = "composed"
"""Enclave of the program that runs all nodes in one process: a process has one enclave."""

_HEAD: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    "<!-- Made by `affect-hri sros2`, from what the nodes publish, subscribe and serve. Everything else is denied. -->\n"
)


@dataclass(frozen=True)
class Uses:
    """Absolute names of what one node uses.

    Attributes:
        publishes, subscribes: topics.
        serves, requests: services.
        executes: actions.
    """

    publishes: frozenset[str] = frozenset()
    subscribes: frozenset[str] = frozenset()
    serves: frozenset[str] = frozenset()
    requests: frozenset[str] = frozenset()
    executes: frozenset[str] = frozenset()

    def __or__(self, other: Uses) -> Uses:
        return Uses(*(getattr(self, item.name) | getattr(other, item.name) for item in fields(self)))


_LISTS: Final = (
    # attribute of Uses, element of the list, its qualifier, element of one name
    ("publishes", "topics", "publish", "topic"),
    ("subscribes", "topics", "subscribe", "topic"),
    ("serves", "services", "reply", "service"),
    ("requests", "services", "request", "service"),
    ("executes", "actions", "execute", "action"),
)


def policy_xml(uses: Mapping[str, Uses], namespace: str) -> str:
    """The policy: an enclave ``/<namespace>/<node>`` for each node, and one for the composed program.

    Args:
        uses: node -> what it uses.
        namespace: of the nodes, without slashes at its ends.
    """
    root = ElementTree.Element("policy", version="0.2.0")
    enclaves = ElementTree.SubElement(root, "enclaves")
    for name in sorted(uses):
        _add_profile(_add_enclave(enclaves, f"/{namespace}/{name}"), name, uses[name], namespace)
    together = _add_enclave(enclaves, f"/{namespace}/{COMPOSED}")
    for name in sorted(uses):
        _add_profile(together, name, uses[name], namespace)
    ElementTree.indent(root)
    return _HEAD + ElementTree.tostring(root, encoding="unicode") + "\n"


def _add_enclave(enclaves: ElementTree.Element, path: str) -> ElementTree.Element:
    """An enclave; returns its list of profiles."""
    return ElementTree.SubElement(ElementTree.SubElement(enclaves, "enclave", path=path), "profiles")


def _add_profile(profiles: ElementTree.Element, name: str, used: Uses, namespace: str) -> None:
    profile = ElementTree.SubElement(profiles, "profile", ns=f"/{namespace}", node=name)
    for attribute, kind, qualifier, element in _LISTS:
        names = sorted(getattr(used, attribute))
        if names:
            listed = ElementTree.SubElement(profile, kind, {qualifier: "ALLOW"})
            for one in names:
                ElementTree.SubElement(listed, element).text = one
