"""One recorded session, scored: perception runs again on its frames, or what was said while it was recorded counts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from affect_core.emotion import EmotionConfig, load_card
from affect_core.evaluation import Summary, TrialCollector
from affect_core.evaluation.bags import SessionBag
from affect_core.evaluation.explained import ExplainedBook
from affect_core.evaluation.rerun import collect_seen
from affect_core.evaluation.samples import SampleBook
from affect_core.faces import FaceConfig
from affect_core.files import write_whole
from affect_core.paths import set_aside
from affect_core.pipeline import Pipeline
from affect_core.privacy import refuse_anonymized
from affect_core.smoothing import TemporalConfig, with_durations
from affect_core.trial import Session
from affect_core.types import Frame
from affect_hri.session_report import write_session

FORMAT: Final = 1
MADE_FILE: Final = "made.json"
RERUN_SUFFIX: Final = "-evaluated"
RECORDED_SUFFIX: Final = "-as-recorded"

Progress = Callable[[int, int], None]
"""Is told how many frames of how many are done."""


@dataclass(frozen=True)
class BagEvaluation:
    """How bags are evaluated; plain values, so that it can be sent to other processes.

    Attributes:
        model, runtime, smoothing, durations: of perception.
        as_recorded: nothing runs again: the recorded faces and emotions are scored.
        image_topic, events_topic, labels: see `SessionBag`.
    """

    model: str = EmotionConfig.model
    runtime: str = "torch"
    smoothing: str = "none"
    durations: str = ""
    as_recorded: bool = False
    image_topic: str = ""
    events_topic: str = ""
    labels: Path | None = None

    @property
    def temporal(self) -> TemporalConfig:
        """How estimates are smoothed, with the durations of the file that is named."""
        return with_durations(TemporalConfig(smoothing=self.smoothing, durations=self.durations))


@dataclass(frozen=True)
class Evaluated:
    """What came of a bag.

    Attributes:
        folder: of the report.
        summary: as in its summary.json.
        flaws: what is wrong with the bag; empty = it is whole.
        kept: the report was there already, from the same bag and settings.
    """

    folder: Path
    summary: Summary
    flaws: tuple[str, ...]
    kept: bool = False


def evaluate_bag(
    path: Path,
    how: BagEvaluation,
    output: Path,
    name: str = "",
    progress: Progress = lambda done, total: None,
    again: bool = False,
) -> Evaluated:
    """Score a bag into a folder below ``output``; a report that is there, of the same bag and settings, is kept.

    Args:
        path: of the bag.
        how: see the class.
        output: the report is ``<output>/<name>-evaluated`` (or ``-as-recorded``).
        name: empty = the session's id, which bags of equal conditions share.
        progress: is told how far it is.
        again: make it again in any case; what is there is renamed.

    Raises:
        InputError: the bag cannot be read.
        ConfigError, ModelError: the model cannot be used.
    """
    with SessionBag(path, how.image_topic, how.events_topic, how.labels) as bag:
        session = bag.session()
        if not how.as_recorded:
            refuse_anonymized(bag.facts, path)
        folder = output / f"{name or session.id}{RECORDED_SUFFIX if how.as_recorded else RERUN_SUFFIX}"
        identity = _identity(path, how)
        kept = None if again else _kept(folder, identity)
        if kept is not None:
            return kept
        collector, book, explained = TrialCollector(), SampleBook(), ExplainedBook()
        if how.as_recorded:
            _hear(bag, collector, session, progress)
        else:
            _perceive(bag, how, (collector, book, explained), progress)
        # Only now is it known which events are far from all frames.
        for event in bag.events():
            collector.add_event(event)
        for stamp_ns, render_ms in bag.rendered().items():
            collector.add_render(stamp_ns, render_ms)
        facts, flaws = bag.facts, tuple(bag.flaws)
    set_aside(folder)
    smoothing = _recorded_smoothing(facts) if how.as_recorded else how.smoothing
    pictures = (book.pictures(), explained.explained())
    summary = write_session(folder, session, collector.collected(), *pictures, facts, smoothing)
    write_whole(folder / MADE_FILE, json.dumps({**identity, "flaws": flaws}, indent=1) + "\n")
    return Evaluated(folder, summary, flaws)


def _perceive(
    bag: SessionBag,
    how: BagEvaluation,
    books: tuple[TrialCollector, SampleBook, ExplainedBook],
    progress: Progress,
) -> None:
    pipeline = Pipeline(
        FaceConfig(),
        EmotionConfig(model=how.model, runtime=how.runtime),
        how.temporal,
    )
    for event in bag.events():
        books[2].plan(event)
    collect_seen(pipeline.run_all(_counted(bag, progress)), *books)


def _counted(bag: SessionBag, progress: Progress) -> Iterator[Frame]:
    total = bag.frame_count()
    for done, frame in enumerate(bag.frames(), 1):
        yield frame
        progress(done, total)


def _hear(bag: SessionBag, collector: TrialCollector, session: Session, progress: Progress) -> None:
    """Latency is known where stamps and the recorder have one clock: not in lock-step, whose time stands still."""
    for _ in _counted(bag, progress):  # damaged frames are told, and it becomes known what lies near
        pass
    for faces, heard_ns in bag.recorded_faces():
        if bag.is_near(faces.stamp_ns):
            collector.add_faces(faces, heard_ns)
    for emotions, heard_ns in bag.recorded_emotions():
        if not bag.is_near(emotions.stamp_ns):
            continue
        latency_ms = (heard_ns - emotions.stamp_ns) / 1e6 if session.clock == "wall" else float("nan")
        collector.add_emotions(emotions, latency_ms, heard_ns)


def _recorded_smoothing(facts: dict[str, Any]) -> str:
    """As emotion_node's parameters in the bag say; none where they do not."""
    nodes = facts.get("parameters")
    found = nodes.get("emotion", {}) if isinstance(nodes, dict) else {}
    return str(found.get("smoothing", "none")) if isinstance(found, dict) else "none"


def _identity(path: Path, how: BagEvaluation) -> dict[str, Any]:
    """What the report depends on: the bag's files by size and time, the settings, the weights."""
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    listed = [[f.name, f.stat().st_size, f.stat().st_mtime_ns] for f in files if f.is_file()]
    weights = "" if how.as_recorded else load_card(how.model).weights.sha256
    settings = asdict(replace(how, labels=None)) | {"labels": str(how.labels or "")}
    settings["durations"] = asdict(how.temporal)  # what the file says, not its name
    made_from = json.dumps([FORMAT, listed, settings, weights], sort_keys=True)
    return {"made_from": hashlib.sha256(made_from.encode()).hexdigest(), "bag": path.name}


def _kept(folder: Path, identity: dict[str, Any]) -> Evaluated | None:
    """The report that lies there, if it is whole and of the same bag and settings."""
    try:
        made = json.loads((folder / MADE_FILE).read_text())
        summary = json.loads((folder / "summary.json").read_text())
    except (OSError, ValueError):
        return None
    if made.get("made_from") != identity["made_from"]:
        return None
    return Evaluated(folder, summary, tuple(made["flaws"]), kept=True)
