"""From a protocol and a node's settings to what is conducted: checked, with the run's own scene filled in."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

from affect_core.avatar import Scene
from affect_core.config import Settings, setting
from affect_core.errors import ConfigError
from affect_core.evaluation.progress import Progress
from affect_core.paths import set_aside
from affect_core.trial import Protocol, Schedule, Session, TrialEvent, session_id


@dataclass(frozen=True)
class TrialSettings(Settings):
    """What is conducted, and with whom."""

    protocol: str = setting("demo", "name in config/trials, or path of a protocol")
    seed: int = setting(0, "of the order of repetitions", low=0)
    participant: str = setting("", "participant id; may be empty")
    session: str = setting("", "id of the session; empty: made from the conditions")
    notes: str = setting("", "the operator's, about the whole session")
    consent: str = setting("", "how the participant has accepted the protocol's consent text; empty: not")
    resume: bool = setting(False, "go on with an interrupted session of the same id, in place of a new one")
    camera: str = setting("avatar", "who takes the frames: avatar, webcam, video, folder, topic")
    head: str = setting("avatar", "who shows the expressions: avatar, screen, ohbot_serial, topic, none")
    look: str = setting("face", "look of the virtual head")
    lighting: str = setting("even", "lighting of the virtual scene")
    occlusion: str = setting("none", "occlusion of the virtual scene")
    output: str = setting("reports", "reports folder; an older report of the same session is set aside there")
    start: str = setting(
        "auto", "begin as soon as all nodes are up, or on a goal", choices=("auto", "action")
    )
    wait_for: tuple[str, ...] = setting((), "nodes that must be up before the trial begins")
    ready_timeout_s: float = setting(120.0, "how long to wait for these nodes, s", low=1.0)
    start_delay_s: float = setting(
        2.0, "from all nodes up to the first event: listeners are matched, s", low=0.0
    )
    barrier_timeout_s: float = setting(10.0, "lock-step: longest wait for one estimate, s", low=0.1)
    on_source_end: str = setting("end", "what a source that ends does to the trial", choices=("end", "abort"))


def checked(protocol: Protocol, config: TrialSettings, lockstep: bool) -> Protocol:
    """The protocol as it can be conducted here; scenes have the run's lighting and occlusion where they name none.

    Raises:
        ConfigError: scenes without the virtual camera, no consent, a self-timed protocol in lock-step.
        UnknownName: a lighting or an occlusion that the virtual camera does not know.
    """
    if protocol.scenes and config.camera != "avatar":
        raise ConfigError(
            f"protocol {protocol.name} has scenes, which only the virtual camera shows; expected camera avatar, "
            f"got {config.camera}"
        )
    if protocol.consent and not config.consent:
        raise ConfigError(
            f"protocol {protocol.name} asks for consent: show its text and say how it was accepted (consent:=signed), "
            "or run it with `affect-hri trial`, which asks"
        )
    if protocol.self_timed and lockstep:
        raise ConfigError(f"protocol {protocol.name} is self-timed; expected clock wall, got lockstep")
    scenes = tuple(scene.filled(config.lighting, config.occlusion) for scene in protocol.scenes)
    for scene in scenes:
        Scene(scene.lighting, scene.occlusion, scene.yaw_deg, scene.pitch_deg)
    return dataclasses.replace(protocol, scenes=scenes)


def session_of(
    protocol: Protocol, config: TrialSettings, seed: int, participant: str, lockstep: bool
) -> Session:
    """The session of a checked protocol. Its lighting and occlusion are those that all of it is shown in."""
    lighting, occlusion, look = _scene(protocol, config) if config.camera == "avatar" else ("", "", "")
    return Session(
        id=config.session or session_id(protocol.name, seed, participant, lighting, occlusion, look),
        protocol=protocol.name,
        seed=seed,
        participant=participant,
        clock="lockstep" if lockstep else "wall",
        camera=config.camera,
        lighting=lighting,
        occlusion=occlusion,
        look=look,
        fps=protocol.fps,
        notes=config.notes,
        consent_given=bool(protocol.consent and config.consent),
    )


def first_event(folder: Path, plan: Schedule, session: Session, resume: bool) -> tuple[TrialEvent, int]:
    """Where to begin, and how many blocks are finished: an older report is set aside if that is none."""
    progress = Progress(folder)
    begun = progress.begun() if resume else None
    if begun is not None and begun.session.same_conditions(session):
        done = progress.finished(plan.blocks)
        if done:
            first = plan.block_start(done)
            progress.drop_from(first.index)
            return first, done
    set_aside(folder)
    return plan.events[0], 0


def _scene(protocol: Protocol, config: TrialSettings) -> tuple[str, str, str]:
    lightings = {scene.lighting for scene in protocol.scenes} or {config.lighting}
    occlusions = {scene.occlusion for scene in protocol.scenes} or {config.occlusion}
    lighting, occlusion = ("" if len(names) > 1 else names.pop() for names in (lightings, occlusions))
    return lighting, occlusion, config.look
