"""What goes wrong, one function per fault: ``(stage, random) -> what was done``."""

from __future__ import annotations

import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Any, Final

from affect_core.registry import Registry
from affect_hri.chaos.processes import Nodes
from affect_hri.nodes._mischief import Mischief

FAULTS: Registry[str] = Registry("fault")
"""Name -> function."""

MORTAL: Final = ("avatar", "ohbot", "face", "emotion", "attribution")
"""Nodes that may be killed: the trial goes on without them until they are back."""
STALLED: Final = (*MORTAL, "evaluation", "recorder")


@dataclass
class Stage:
    """Where faults happen.

    Attributes:
        nodes: processes of the trial.
        mischief: what can be done over DDS.
        namespace: of the trial.
        trial: parameters of the conductor.
        later: undo actions by the moment (s of the run) when they are due.
        now_s: of the run.
    """

    nodes: Nodes
    mischief: Mischief
    namespace: str
    trial: dict[str, Any]
    later: list[tuple[float, Callable[[], None]]] = field(default_factory=list)
    now_s: float = 0.0

    def after(self, seconds: float, undo: Callable[[], None]) -> None:
        """Do this so much later."""
        self.later.append((self.now_s + seconds, undo))

    def due(self) -> None:
        """Do what is due by now."""
        ready = [action for at_s, action in self.later if at_s <= self.now_s]
        self.later = [one for one in self.later if one[0] > self.now_s]
        for action in ready:
            action()


@FAULTS.register("kill")
def _kill(stage: Stage, random: Random) -> str:
    """A node dies at once and is started again."""
    name = random.choice([name for name in MORTAL if name in stage.nodes.names])
    stage.nodes.send(name, signal.SIGKILL)
    return f"killed {name}"


@FAULTS.register("stall")
def _stall(stage: Stage, random: Random) -> str:
    """A node stands still for a moment."""
    name = random.choice([name for name in STALLED if name in stage.nodes.names])
    seconds = random.uniform(0.3, 3.0)
    stage.nodes.send(name, signal.SIGSTOP)
    stage.after(seconds, partial(stage.nodes.send, name, signal.SIGCONT))
    return f"stopped {name} for {seconds:.1f} s"


@FAULTS.register("bad_image")
def _bad_image(stage: Stage, random: Random) -> str:
    """Somebody else sends images that are none."""
    return stage.mischief.bad_image(random)


@FAULTS.register("jumping_stamp")
def _jumping_stamp(stage: Stage, random: Random) -> str:
    """An image of an hour ago, or of the future."""
    return stage.mischief.jumping_stamp(random)


@FAULTS.register("bad_faces")
def _bad_faces(stage: Stage, random: Random) -> str:
    """Faces without crops, with boxes that are no numbers, or too many of them."""
    return stage.mischief.bad_faces(random)


@FAULTS.register("deaf_reader")
def _deaf_reader(stage: Stage, random: Random) -> str:
    """A reliable subscriber that never reads."""
    close = stage.mischief.deaf_reader()
    stage.after(random.uniform(2.0, 10.0), close)
    return "a reader of images that never reads"


@FAULTS.register("bad_parameter")
def _bad_parameter(stage: Stage, random: Random) -> str:
    """A parameter out of its range."""
    return stage.mischief.bad_parameter(random)


@FAULTS.register("lifecycle")
def _lifecycle(stage: Stage, random: Random) -> str:
    """A manager takes attribution down and up again."""
    return stage.mischief.cycle("attribution", whole=random.random() < 0.5)


@FAULTS.register("second_conductor")
def _second_conductor(stage: Stage, random: Random) -> str:
    """Somebody starts another trial in the middle of this one."""
    # A session of its own: one that comes when the trial is just over is conducted, beside the other's files.
    other = {"protocol": "short", "session": "second_conductor"}
    process = stage.nodes.extra("trial", stage.trial | other, stage.namespace)
    stage.after(random.uniform(8.0, 15.0), partial(process.send_signal, signal.SIGINT))
    return "a second trial_node was started"
