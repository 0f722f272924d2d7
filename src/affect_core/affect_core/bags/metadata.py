"""metadata.yaml as rosbag2 of Jazzy writes it (version 9)."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from affect_core.bags.base import Contents, TopicInfo
from affect_core.errors import ConfigError, InputError
from affect_core.limits import LIMITS
from affect_core.texts import parse_yaml, read_yaml

NAME = "metadata.yaml"
VERSION = 9
_ROOT = "rosbag2_bagfile_information"


@dataclass
class FileNumbers:
    """What metadata.yaml says of one file: its name, times in ns (0 without messages) and messages per topic."""

    name: str
    first_ns: int = 0
    last_ns: int = 0
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, topic: str, log_ns: int) -> None:
        """Count one message."""
        first = not self.counts
        self.first_ns = log_ns if first else min(self.first_ns, log_ns)
        self.last_ns = log_ns if first else max(self.last_ns, log_ns)
        self.counts[topic] += 1

    @classmethod
    def of(cls, contents: Contents) -> FileNumbers:
        """The numbers of a file that was read."""
        counts = Counter(contents.topics[number].name for number in contents.index[:, 1].tolist())
        return cls(contents.path.name, *contents.span_ns, counts)


def write_metadata(
    folder: Path,
    files: Sequence[FileNumbers],
    topics: Sequence[TopicInfo],
    facts: Mapping[str, str],
    storage: str = "mcap",
) -> None:
    """Write metadata.yaml of a bag; a present one is replaced in one step."""
    text = yaml.safe_dump(
        {_ROOT: bag_information(files, topics, facts, storage)}, sort_keys=False, allow_unicode=True
    )
    new = folder / f".{NAME}.new"
    new.write_text(text)
    new.replace(folder / NAME)


def bag_information(
    files: Sequence[FileNumbers], topics: Sequence[TopicInfo], facts: Mapping[str, str], storage: str = "mcap"
) -> dict[str, Any]:
    """The content of metadata.yaml below its root."""
    counts: Counter[str] = Counter()
    for file in files:
        counts.update(file.counts)
    filled = [file for file in files if file.counts]
    first_ns = min((file.first_ns for file in filled), default=0)
    last_ns = max((file.last_ns for file in filled), default=0)
    return {
        "version": VERSION,
        "storage_identifier": storage,
        "duration": {"nanoseconds": last_ns - first_ns},
        "starting_time": {"nanoseconds_since_epoch": first_ns},
        "message_count": counts.total(),
        "topics_with_message_count": [
            {"topic_metadata": _topic(topic), "message_count": counts[topic.name]} for topic in topics
        ],
        "compression_format": "",
        "compression_mode": "",
        "relative_file_paths": [file.name for file in files],
        "files": [_file(file) for file in files],
        "custom_data": dict(facts) or None,
        "ros_distro": os.environ.get("ROS_DISTRO", "jazzy"),
    }


def read_metadata(folder: Path) -> dict[str, Any]:
    """The content of a bag's metadata.yaml below its root.

    Raises:
        InputError: it is not there, or no metadata of a bag.
    """
    path = folder / NAME
    try:
        found = read_yaml(path, LIMITS.bag_metadata_bytes)[_ROOT]
        if not isinstance(found, dict):
            raise TypeError(type(found).__name__)
    except (ConfigError, KeyError, TypeError) as error:
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(f"expected a bag's {NAME} at {path}: {first}") from error
    return found


def _topic(topic: TopicInfo) -> dict[str, Any]:
    return {
        "name": topic.name,
        "type": topic.type_name,
        "serialization_format": topic.serialization,
        "offered_qos_profiles": _profiles(topic.qos),
        "type_description_hash": topic.type_hash,
    }


def _profiles(text: str) -> Any:
    """Of a damaged bag's text, none."""
    try:
        return parse_yaml(text) or []
    except ConfigError:
        return []


def _file(file: FileNumbers) -> dict[str, Any]:
    return {
        "path": file.name,
        "starting_time": {"nanoseconds_since_epoch": file.first_ns},
        "duration": {"nanoseconds": file.last_ns - file.first_ns},
        "message_count": file.counts.total(),
    }
