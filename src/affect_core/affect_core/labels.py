"""The label sets, in their one order. Models carry theirs in the card; nothing else writes labels down."""

from __future__ import annotations

from typing import Final

NEUTRAL: Final = "neutral"
COMPLEX_6: Final = (NEUTRAL, "confusion", "frustration", "skepticism", "disapproval", "boredom")
COMPLEX_5: Final = COMPLEX_6[1:]
BASIC_8: Final = (NEUTRAL, "happy", "sad", "surprise", "fear", "disgust", "anger", "contempt")
BASIC_6: Final = BASIC_8[1:7]

LABEL_SETS: Final[dict[str, tuple[str, ...]]] = {
    "complex-6": COMPLEX_6,
    "complex-5": COMPLEX_5,
    "basic-8": BASIC_8,
    "basic-6": BASIC_6,
}
