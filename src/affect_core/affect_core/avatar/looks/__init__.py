"""The heads to choose from: one contract (`Look`), one file per head, chosen by name from `LOOKS`."""

from __future__ import annotations

from affect_core.avatar.looks import face, ohbot
from affect_core.avatar.looks.base import COLOURS, LOOKS, Look, Studio

__all__ = ["COLOURS", "LOOKS", "Look", "Studio"]

_IMPLEMENTATIONS = (face, ohbot)
"""Importing a module registers its look."""
