"""The error tree. Every message says what was expected, what came, and what to do.

AffectError
├── ConfigError        a parameter, YAML file or name is wrong
│   ├── UnknownName    a name that no registry knows (the message lists the known ones)
│   └── Unavailable    a choice that this machine, installation or model does not offer
├── InputError         an image, message, video or bag cannot be used
│   └── CameraError    a camera cannot be opened, or was lost
├── ModelError         weights or card are missing, truncated or do not fit each other
├── ExplainError       an explanation failed its own check
├── Cancelled          what was under way is of no use any more
└── HeadError          the robot head is not there or refuses
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar


class AffectError(Exception):
    """Base of all errors this project raises on purpose."""

    exit_code: ClassVar[int] = 4
    """Of a program that it ends: unreadable input."""


class ConfigError(AffectError):
    """A parameter, YAML file or name is wrong."""

    exit_code = 2
    """Usage."""


class UnknownName(ConfigError):
    """A name that is not in its registry; lists the known names."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        self.kind, self.name, self.known = kind, name, sorted(known)
        super().__init__(f"unknown {kind} {name!r}; known: {', '.join(self.known) or '(none)'}")


class Unavailable(ConfigError):
    """A choice that exists, but not on this machine, in this installation or for this model."""


class InputError(AffectError):
    """An image, message, video or bag cannot be used."""


class CameraError(InputError):
    """A camera cannot be opened, or was lost."""


class ModelError(AffectError):
    """Weights or card are missing, truncated, or do not fit each other."""


class ExplainError(AffectError):
    """An explanation failed its own check; there is no map, because it would say something false."""


class Cancelled(AffectError):
    """What was under way is of no use any more, or took longer than it may."""


class HeadError(AffectError):
    """The robot head is not there or refuses."""
