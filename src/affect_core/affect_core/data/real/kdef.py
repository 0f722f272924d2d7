"""KDEF, the Karolinska Directed Emotional Faces (Lundqvist, Flykt and Öhman 1998): 35 women and 35 men, each with seven
expressions from five sides in two sessions; 562 x 762 pixels.

``kdef``: files ``<session><gender><number><expression><angle>.JPG``, such as ``AF01ANHL.JPG`` (session A, woman 01,
angry, half left profile), in folders like ``AF01`` in the given one or below. Names that lack a part, of which the
release has a few, are left out.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from affect_core.data.real.base import REAL_SETS, RealSet
from affect_core.data.real.posed import Names

EXPRESSIONS: Final = {
    "AF": "afraid",
    "AN": "angry",
    "DI": "disgusted",
    "HA": "happy",
    "NE": "neutral",
    "SA": "sad",
    "SU": "surprised",
}
"""Letters in a name -> the set's word."""

ANGLES: Final = {
    "FL": "full left profile",
    "HL": "half left profile",
    "S": "straight",
    "HR": "half right profile",
    "FR": "full right profile",
}
"""Letters in a name -> the set's word. The detector finds hardly any face in a full profile."""

_GENDERS: Final = {"F": "female", "M": "male"}
_NAMES: Final = Names(
    pattern=re.compile(
        r"(?P<session>[AB])(?P<gender>[FM])(?P<number>\d\d)(?P<expression>[A-Z]{2})(?P<angle>FL|HL|S|HR|FR)",
        re.IGNORECASE | re.ASCII,
    ),
    endings=(".jpg", ".jpeg", ".png"),
    example="AF01ANS.JPG",
    expressions=EXPRESSIONS,
    subject=lambda parts: f"{parts['gender']}{parts['number']}",  # of both sessions
    attributes=lambda parts: {
        "gender": _GENDERS[parts["gender"]],
        "angle": ANGLES[parts["angle"]],
        "session": parts["session"],
    },
)
_MAPS: Final = {"basic-8": "kdef_to_basic"}
_LICENCE: Final = "KDEF terms of use: non-commercial research; no redistribution"


@REAL_SETS.register("kdef")
def kdef(folder: Path) -> RealSet:
    """See `affect_core.data.real.base.Reader`."""
    entries, total = _NAMES.entries(folder)
    return RealSet(entries, total, _MAPS, "face", "KDEF", _LICENCE)
