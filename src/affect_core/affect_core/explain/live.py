"""Which face is explained when, and which explanation is of no use any more: all that is to be decided live."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from affect_core.config import Settings, setting
from affect_core.errors import ConfigError, InputError
from affect_core.explain.attention import METHOD
from affect_core.explain.interrupt import Token
from affect_core.explain.stage import Reading, find_reading, readings
from affect_core.types import EmotionSet, FaceSet

T = TypeVar("T")
_NS_PER_S: Final = 1_000_000_000
_RATE_OVER: Final = 8
"""Maps."""


@dataclass(frozen=True)
class LiveConfig(Settings):
    """How often faces are explained, and what is kept for requests."""

    rate_hz: float = setting(
        1.0, "maps per second at most, by the frames' stamps; 0 = on request only", low=0.0
    )
    budget_ms: float = setting(
        2000.0, "a map that is not done so long after its crop came is given up, ms", low=1.0
    )
    held_frames: int = setting(150, "frames whose faces are held for the service explain", low=1)


def refuse_own_attention(method: str) -> None:
    """Raises ConfigError for the network's own attention: it is published with every label already."""
    if method == METHOD:
        raise ConfigError(
            f"method: expected a method that is computed apart, got {METHOD}, which emotion_node publishes with "
            "every label; choose another one, such as grad_cam, or do without attribution_node"
        )


@dataclass(frozen=True)
class Counts:
    """What has become of the explanations so far.

    Attributes:
        made: maps.
        cancelled: given up: the face was gone, or the budget spent.
        failed: the method's own check failed.
        rate_hz: maps per second of the frames' stamps, over the last few; NaN before the second one.
    """

    made: int = 0
    cancelled: int = 0
    failed: int = 0
    rate_hz: float = float("nan")


@dataclass(frozen=True, eq=False)
class Job:
    """One face to explain."""

    reading: Reading
    token: Token


class Live:
    """Chooses the crops. The newest frame wins; where it shows several faces, they take turns.

    One thread tells what it sees, another takes jobs and works.

    Args:
        config: pace and budget.
        clock_s: tells the time; the budget runs on it.
    """

    def __init__(self, config: LiveConfig, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._config, self._clock_s = config, clock_s
        self._lock = threading.Lock()
        self._newest: tuple[tuple[Reading, ...], float] = (), 0.0
        self._taken_ns: int | None = None
        self._explained_ns: dict[str, int] = {}
        self._running: Job | None = None
        self._counts = Counts()
        self._made_ns: deque[int] = deque(maxlen=_RATE_OVER)

    def adapt(self, config: LiveConfig) -> None:
        """Go on at another pace."""
        with self._lock:
            self._config = config

    def see(self, faces: FaceSet, emotions: EmotionSet) -> bool:
        """A frame was read. An explanation of a face that it does not show is cancelled.

        Returns:
            Whether there is a job to take: who takes it need not be woken for every frame.
        """
        present = {face.face_id for face in faces.faces}
        with self._lock:
            self._newest = readings(faces, emotions), self._clock_s()
            self._explained_ns = {key: ns for key, ns in self._explained_ns.items() if key in present}
            running, ready = self._running, self._ready()
        if running is not None and running.reading.face.face_id not in present:
            running.token.cancel(f"face {running.reading.face.face_id} is gone")
        return ready

    def take(self) -> Job | None:
        """The next job; None while nothing is due."""
        with self._lock:
            found, came_s = self._newest
            if not self._ready():
                return None
            if 1e3 * (self._clock_s() - came_s) > self._config.budget_ms:
                return None  # seen long ago: a newer one comes, or nobody is there
            chosen = min(found, key=lambda reading: self._explained_ns.get(reading.face.face_id, -1))
            self._taken_ns = chosen.frame.stamp_ns
            self._explained_ns[chosen.face.face_id] = chosen.frame.stamp_ns
            self._running = Job(chosen, Token(self._config.budget_ms, came_s, self._clock_s))
            return self._running

    def made(self, job: Job) -> None:
        """The job ended with a map."""
        with self._lock:
            self._made_ns.append(job.reading.frame.stamp_ns)
            self._end(made=self._counts.made + 1, rate_hz=_rate_hz(self._made_ns))

    def cancelled(self) -> None:
        """The job was given up."""
        with self._lock:
            self._end(cancelled=self._counts.cancelled + 1)

    def failed(self) -> None:
        """The job ended without a map that may be shown."""
        with self._lock:
            self._end(failed=self._counts.failed + 1)

    @property
    def counts(self) -> Counts:
        """So far."""
        with self._lock:
            return self._counts

    def _ready(self) -> bool:
        found, _ = self._newest
        return bool(found) and self._running is None and self._due(found[0].frame.stamp_ns)

    def _due(self, stamp_ns: int) -> bool:
        if not self._config.rate_hz:
            return False
        if self._taken_ns is None or stamp_ns < self._taken_ns:  # a recording that begins anew
            return True
        return stamp_ns - self._taken_ns >= round(_NS_PER_S / self._config.rate_hz)

    def _end(self, **changes: float) -> None:
        self._running = None
        self._counts = replace(self._counts, **changes)  # type: ignore[arg-type]


class Recent:
    """Joins faces and estimates by stamp, in any order, and holds the last frames for requests; from any thread.

    Args:
        frames: how many are held.
    """

    def __init__(self, frames: int) -> None:
        self._frames = frames
        self._lock = threading.Lock()
        self._faces: OrderedDict[int, FaceSet] = OrderedDict()
        self._emotions: OrderedDict[int, EmotionSet] = OrderedDict()

    def add_faces(self, faces: FaceSet) -> tuple[FaceSet, EmotionSet] | None:
        """Returns the frame when it is whole now."""
        with self._lock:
            self._put(self._faces, faces.stamp_ns, faces)
            return self._joined(faces.stamp_ns)

    def add_emotions(self, emotions: EmotionSet) -> tuple[FaceSet, EmotionSet] | None:
        """Returns the frame when it is whole now."""
        with self._lock:
            self._put(self._emotions, emotions.stamp_ns, emotions)
            return self._joined(emotions.stamp_ns)

    def find(self, stamp_ns: int, face_id: str = "") -> Reading:
        """One face of a frame; an empty id means the first.

        Raises:
            InputError: the frame is not held, or the face is not in it.
        """
        with self._lock:
            joined = self._joined(stamp_ns)
            whole = [ns for ns in self._faces if ns in self._emotions]
        if joined is None:
            held = f"{len(whole)} from {min(whole)} to {max(whole)} ns" if whole else "none so far"
            raise InputError(
                f"expected the stamp of a recent frame ({held}), got {stamp_ns} ns; ask sooner, raise held_frames, or "
                "send the image"
            )
        return find_reading(*joined, face_id)

    def _joined(self, stamp_ns: int) -> tuple[FaceSet, EmotionSet] | None:
        faces, emotions = self._faces.get(stamp_ns), self._emotions.get(stamp_ns)
        return None if faces is None or emotions is None else (faces, emotions)

    def _put(self, store: OrderedDict[int, T], stamp_ns: int, value: T) -> None:
        store[stamp_ns] = value
        while len(store) > self._frames:
            store.popitem(last=False)


def _rate_hz(stamps_ns: deque[int]) -> float:
    span_ns = stamps_ns[-1] - stamps_ns[0]
    return (len(stamps_ns) - 1) * _NS_PER_S / span_ns if span_ns > 0 else float("nan")
