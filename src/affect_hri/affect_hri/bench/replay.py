"""The line of the benchmark about recordings: how long it takes to evaluate one."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from itertools import cycle, islice
from pathlib import Path
from typing import Any, Final

from rclpy.serialization import serialize_message

from affect_core.bags import BagWriter, TopicInfo
from affect_core.bench.targets import Line, single
from affect_core.evaluation import TruthEvent
from affect_core.labels import COMPLEX_6
from affect_core.trial import EventKind, Session
from affect_core.types import Frame
from affect_hri import conversions
from affect_hri.bag_evaluation import BagEvaluation, evaluate_bag
from affect_hri.bag_topics import topic_info
from affect_hri.bench.memory import moving_heads
from affect_hri.nodes import _topics
from affect_hri.nodes._topics import Topic

SECONDS: Final = 60
FPS: Final = 30
_HOLD_S: Final = 5
_NS: Final = 1_000_000_000
_SESSION: Final = "bench"

Progress = Callable[[str], None]


def lines(progress: Progress, share: float = 1.0) -> list[Line]:
    """replay_60s_s: seconds for a minute of 720p JPEG frames; shorter recordings are scaled up.

    Args:
        progress: is told what begins.
        share: of the recording's length.
    """
    seconds = max(2, round(SECONDS * share))
    with tempfile.TemporaryDirectory() as folder:
        progress(f"a recording of {seconds} s")
        bag = write_bag(Path(folder) / "bag", seconds)
        how = BagEvaluation(runtime="auto")
        evaluate_bag(
            write_bag(Path(folder) / "short", 1), how, Path(folder)
        )  # the runtime is chosen, kernels are made
        progress(f"evaluate {seconds} s")
        started_s = time.perf_counter()
        found = evaluate_bag(bag, how, Path(folder), again=True)
        took_s = time.perf_counter() - started_s
    frames = found.summary["frames"]
    return [
        single(
            "replay_60s_s",
            took_s * SECONDS / seconds,
            frames["published"],
            labelled=frames["labelled"],
            runtime=found.summary["runtime"],
            model=found.summary["model"],
            recorded_s=seconds,
        )
    ]


def write_bag(path: Path, seconds: int) -> Path:
    """A recording of the virtual head, 1280x720 JPEG, a command every few seconds; returns its folder."""
    pictures = [conversions.from_frame_jpeg(Frame(one, 0, "camera")) for one in moving_heads(1)]
    with BagWriter(path) as bag:
        topic, commands = _info(_topics.TRIAL_EVENTS), range(0, seconds, _HOLD_S)
        session = Session(id=_SESSION).to_json()
        events = [(TruthEvent(0, EventKind.SESSION_START), session)]
        events += [
            (TruthEvent(at * _NS, EventKind.COMMAND, COMPLEX_6[i % 6], 1.0, i + 1), "")
            for i, at in enumerate(commands)
        ]
        events.append((TruthEvent(seconds * _NS, EventKind.SESSION_END, index=len(events)), ""))
        for event, detail in events:
            message = conversions.from_truth_event(event, _SESSION, detail)
            bag.write(topic, event.stamp_ns, serialize_message(message))
        camera = _info(_topics.IMAGE_COMPRESSED)
        for index, message in enumerate(islice(cycle(pictures), seconds * FPS)):
            stamp_ns = index * _NS // FPS
            bag.write(camera, stamp_ns, _stamped(message, stamp_ns))
    return path


def _stamped(message: Any, stamp_ns: int) -> Any:
    message.header = conversions.to_header(stamp_ns, "camera")
    return serialize_message(message)


def _info(topic: Topic) -> TopicInfo:
    package, _, _ = topic.message.__module__.partition(".")
    return topic_info(f"/affect/{topic.name}", f"{package}/msg/{topic.message.__name__}", topic.qos())
