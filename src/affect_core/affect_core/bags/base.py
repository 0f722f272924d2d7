"""What all storages of a bag have in common: topics, an index of messages, and a list of what is wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Index = NDArray[np.int64]
"""(N, 4): log time in ns, topic's number in its file, and two numbers by which the storage finds the message."""

FACTS = "affect_hri"
"""Name of the mcap metadata records that hold our own keys."""


@dataclass(frozen=True)
class TopicInfo:
    """One topic of a bag.

    Attributes:
        name: absolute name.
        type_name: e.g. ``sensor_msgs/msg/Image``.
        definition: of the message and all it is made of; empty where the bag holds none.
        encoding: of the definition: ``ros2msg`` or ``ros2idl``.
        type_hash: RIHS01 hash; empty where unknown.
        qos: profiles as offered, in the YAML of rosbag2; empty where unknown.
        serialization: of the messages.
    """

    name: str
    type_name: str
    definition: str = ""
    encoding: str = "ros2msg"
    type_hash: str = ""
    qos: str = ""
    serialization: str = "cdr"


@dataclass(frozen=True)
class Flaw:
    """A part of a file that cannot be read.

    Attributes:
        after_ns: log time of the last message before it; None = it is the file's beginning.
        what: in words.
    """

    after_ns: int | None
    what: str


@dataclass
class Contents:
    """What one file holds.

    Attributes:
        topics: by the file's own number.
        facts: what the recorder wrote about the recording, key -> text.
        index_damaged: every message can be read, but only by readers that do without the index at the end.
        whole: the file was closed and nothing in it is missing.
    """

    path: Path
    topics: dict[int, TopicInfo] = field(default_factory=dict)
    facts: dict[str, str] = field(default_factory=dict)
    flaws: list[Flaw] = field(default_factory=list)
    index: Index = field(default_factory=lambda: np.empty((0, 4), np.int64))
    index_damaged: bool = False

    @property
    def whole(self) -> bool:
        """Nothing is wrong with it."""
        return not self.flaws

    @property
    def span_ns(self) -> tuple[int, int]:
        """Log times of the first and the last message; (0, 0) without any."""
        times = self.index[:, 0]
        return (int(times.min()), int(times.max())) if len(times) else (0, 0)


class Storage(Protocol):
    """One file of a bag, open."""

    contents: Contents

    def read(self, row: NDArray[np.int64]) -> bytes:
        """The message of one row of the index; raises InputError where it cannot be read."""

    def close(self) -> None:
        """Let go of the file."""
