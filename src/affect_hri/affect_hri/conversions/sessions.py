"""The head's expressions, trial events, summaries."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from std_msgs.msg import Header

from affect_core.data.label_maps import load_label_maps
from affect_core.errors import InputError
from affect_core.evaluation import FaceFacts, Summary, TruthEvent
from affect_core.heads.circumplex import nearest_expression
from affect_core.trial import EventKind, TrialScene
from affect_core.types import Emotion
from affect_hri.conversions.stamps import from_time, to_header
from affect_hri_interfaces import msg as affect

_SHOWN = (EventKind.REST, EventKind.COMMAND)
HRI_EXPRESSION = "hri_msgs/Expression"


class HriExpressionReader:
    """hri_msgs/Expression -> ExpressionCommand: its word, or without one its valence and arousal.

    Args:
        names: expressions that the head can show.
    """

    def __init__(self, names: Iterable[str]) -> None:
        maps = [item for item in load_label_maps().values() if item.target == HRI_EXPRESSION]
        self._labels = {theirs: ours for item in reversed(maps) for theirs, ours in item.inverse().items()}
        self._names = tuple(names)

    def __call__(self, message: Any) -> affect.ExpressionCommand:
        """From its stamp on; a word at full intensity. Raises InputError for a word that we have none for."""
        if not message.expression:
            expression, intensity = nearest_expression(message.valence, message.arousal, self._names)
        elif message.expression in self._labels:
            expression, intensity = self._labels[message.expression], 1.0
        else:
            raise InputError(
                f"expected an hri_msgs/Expression with expression set to one of {', '.join(sorted(self._labels))}, "
                f"or empty with valence and arousal; {message.expression!r} is not supported"
            )
        return affect.ExpressionCommand(
            header=message.header, expression=expression, intensity=intensity, onset=math.nan
        )


class HriExpressionWriter:
    """Estimate -> hri_msgs/Expression, by config/label_maps.yaml.

    A class without one of its words has the expression "". What was not estimated is NaN: the message's own default,
    0, means no emotion. Dominance, the other classes and the intensity have no place in it.

    Args:
        kind: the message's class, as hri_msgs need not be installed.
    """

    def __init__(self, kind: Any) -> None:
        self._kind = kind
        maps = [item for item in load_label_maps().values() if item.target == HRI_EXPRESSION]
        self._words = {label: entry.label or "" for item in maps for label, entry in item.entries.items()}

    def __call__(self, emotion: Emotion, stamp_ns: int, frame_id: str = "") -> Any:
        """The message of one face, with the stamp of its frame."""
        return self._kind(
            header=to_header(stamp_ns, frame_id),
            expression=self._words.get(emotion.label, ""),
            valence=emotion.valence,
            arousal=emotion.arousal,
            confidence=emotion.confidence,
        )


def to_truth_event(message: affect.TrialEvent) -> TruthEvent:
    """TrialEvent message -> stamped event. Raises InputError for a kind that there is not, or a damaged scene."""
    if message.kind not in list(EventKind):
        known = ", ".join(f"{kind.value} {kind.name}" for kind in EventKind)
        raise InputError(f"expected a trial event of kind {known}; got {message.kind}")
    if not 0.0 <= message.onset < math.inf:
        raise InputError(f"expected a trial event with an onset of 0 s or more, got {message.onset:g}")
    return TruthEvent(
        stamp_ns=from_time(message.header.stamp),
        kind=EventKind(message.kind),
        label=message.label,
        onset_s=message.onset,
        index=message.index,
        scene=TrialScene.from_json(message.detail) if message.kind in _SHOWN else None,
    )


def from_truth_event(event: TruthEvent, session: str, detail: str = "") -> affect.TrialEvent:
    """Stamped event -> TrialEvent message; an event with a scene says so where there is no other detail."""
    return affect.TrialEvent(
        header=to_header(event.stamp_ns),
        kind=int(event.kind),
        session=session,
        label=event.label,
        onset=event.onset_s,
        index=event.index,
        detail=detail or (event.scene.to_json() if event.scene else ""),
    )


def from_trial_scene(scene: TrialScene, stamp_ns: int) -> affect.SceneCommand:
    """A block's scene -> SceneCommand."""
    return affect.SceneCommand(
        header=to_header(stamp_ns),
        lighting=scene.lighting,
        occlusion=scene.occlusion,
        yaw_offset=math.radians(scene.yaw_deg),
        pitch_offset=math.radians(scene.pitch_deg),
    )


def to_face_facts(message: affect.FaceArray) -> FaceFacts:
    """FaceArray -> what scoring needs of it."""
    return FaceFacts(
        stamp_ns=from_time(message.header.stamp),
        boxes={face.face_id: tuple(float(v) for v in face.box_xyxy) for face in message.faces},
        dropped=message.dropped,
        detect_ms=message.detect_ms,
        track_ms=message.track_ms,
    )


def to_trial_summary(summary: Summary, folder: Path, header: Header) -> affect.TrialSummary:
    """summary.json -> TrialSummary."""
    accuracy = {key: math.nan if value is None else value for key, value in summary["accuracy"].items()}
    return affect.TrialSummary(
        header=header,
        session=summary["session"],
        report=str(folder),
        accuracy_frame=accuracy["frame"],
        accuracy_hold=accuracy["hold"],
        accuracy_neutral=accuracy["neutral"],
        frames_published=summary["frames"]["published"],
        frames_labelled=summary["frames"]["labelled"],
        json=json.dumps(summary),
    )
