"""What identifies one session; travels as JSON in SESSION_START, so that a bag says what it holds."""

from __future__ import annotations

import dataclasses
import json
import re
from dataclasses import dataclass, replace
from typing import Any

from affect_core.config import Settings, from_mapping, setting
from affect_core.errors import ConfigError, InputError
from affect_core.limits import LIMITS
from affect_core.names import folder_name
from affect_core.texts import parse_json

CLOCKS = ("wall", "lockstep")


@dataclass(frozen=True)
class Session(Settings):
    """One session.

    Raises:
        ConfigError: a value has another type or is not one of its choices.
    """

    id: str = setting("", "names the report folder; the same for the same conditions and seed")
    protocol: str = setting("", "name of the protocol")
    seed: int = setting(0, "of the order of repetitions", low=0)
    participant: str = setting("", "participant id; may be empty")
    started_at: str = setting("", "ISO 8601 with offset")
    clock: str = setting("wall", "who drives time", choices=CLOCKS)
    camera: str = setting("", "source of the frames: avatar, webcam, video, folder")
    lighting: str = setting("", "of the scene in force; empty where nobody controls it")
    occlusion: str = setting("", "of the scene in force; empty where nobody controls it")
    look: str = setting("", "of the virtual head; empty where there is none")
    fps: float = setting(0.0, "camera frames per second in lock-step", low=0.0)
    notes: str = setting("", "the operator's")
    consent_given: bool = setting(False, "the participant has accepted the protocol's consent text")
    resumed: bool = setting(False, "goes on where an interrupted run of the same session ended")

    def to_json(self) -> str:
        """One line of JSON, keys sorted."""
        return json.dumps(dataclasses.asdict(self), sort_keys=True)

    def same_conditions(self, other: Session) -> bool:
        """Whether both are runs of one session: equal but for when they began and what was noted."""
        blank = {"started_at": "", "notes": "", "resumed": False}
        return dataclasses.replace(self, **blank) == dataclasses.replace(other, **blank)  # type: ignore[arg-type]

    @classmethod
    def from_json(cls, text: str) -> Session:
        """Read what `to_json` wrote. Keys of a later version are ignored, so that old readers read new bags.

        Raises:
            InputError: it is not a session.
        """
        try:
            values: Any = parse_json(text, LIMITS.text_bytes)
            known = {item.name for item in dataclasses.fields(cls)}
            found = from_mapping(
                cls, {key: value for key, value in values.items() if key in known}, "the session"
            )
            return replace(found, id=folder_name(found.id)) if found.id else found
        except (InputError, AttributeError, ConfigError) as error:
            raise InputError(f"expected a session as JSON, got {text[:80]!r}: {error}") from error


def session_id(
    protocol: str, seed: int, participant: str = "", lighting: str = "", occlusion: str = "", look: str = ""
) -> str:
    """A readable id that depends on the conditions only: a repeated run has the same one.

    >>> session_id("demo", 7, lighting="dim")
    'demo-dim-seed7'
    """
    usual = ("none", "face")
    scene = (part for part in (look, lighting, occlusion) if part not in usual)
    parts = (participant, protocol, *scene, f"seed{seed}")
    return "-".join(re.sub(r"[^A-Za-z0-9_.]+", "_", part) for part in parts if part)


def participant_number(participant: str, seed: int) -> int:
    """The last number in a participant's id, for balanced orders; the seed where there is none.

    >>> participant_number("P07", 3), participant_number("anna", 3)
    (7, 3)
    """
    numbers = re.findall(r"\d+", participant)
    return int(numbers[-1]) if numbers else seed
