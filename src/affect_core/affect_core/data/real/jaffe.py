"""JAFFE (Lyons, Akamatsu, Kamachi and Gyoba 1998): 213 grey pictures of ten Japanese women, 256 x 256 pixels.

``jaffe``: files ``<person>.<expression><number>.<running number>.tiff``, such as ``KA.AN1.39.tiff``, in the given folder
or below. The set has no valence and arousal, and no contempt; all who are shown are women.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from affect_core.data.real.base import REAL_SETS, RealSet
from affect_core.data.real.posed import Names

EXPRESSIONS: Final = {
    "AN": "angry",
    "DI": "disgust",
    "FE": "fear",
    "HA": "happy",
    "NE": "neutral",
    "SA": "sad",
    "SU": "surprise",
}
"""Letters in a name -> the set's word."""

_NAMES: Final = Names(
    pattern=re.compile(
        r"(?P<person>[A-Z]{2})\.(?P<expression>[A-Z]{2})(?P<take>\d)\.\d+", re.IGNORECASE | re.ASCII
    ),
    endings=(".tiff", ".tif"),
    example="KA.AN1.39.tiff",
    expressions=EXPRESSIONS,
    subject=lambda parts: parts["person"],
    attributes=lambda parts: {"gender": "female", "angle": "straight", "take": float(parts["take"])},
)
_MAPS: Final = {"basic-8": "jaffe_to_basic"}
_LICENCE: Final = "JAFFE terms of use: non-commercial research, by application; no redistribution"


@REAL_SETS.register("jaffe")
def jaffe(folder: Path) -> RealSet:
    """See `affect_core.data.real.base.Reader`."""
    entries, total = _NAMES.entries(folder)
    return RealSet(entries, total, _MAPS, "face", "JAFFE", _LICENCE)
