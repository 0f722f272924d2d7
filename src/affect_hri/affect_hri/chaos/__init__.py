"""A trial under random faults: `FAULTS` is the registry of what goes wrong, `conduct` lets it go wrong."""

from affect_hri.chaos.faults import FAULTS
from affect_hri.chaos.run import Outcome, conduct

__all__ = ["FAULTS", "Outcome", "conduct"]
