"""What is wrong with an installation, and how to mend it: `CHECKS` is the registry, `examine` asks all of them."""

from affect_core.doctor.base import CHECKS, Finding, Level, examine

__all__ = ["CHECKS", "Finding", "Level", "examine"]
