"""Human-like faces with known action units, on the ICT-FaceKit morphable head. Importing this renders nothing."""

from affect_core.synth.humans.base import HumanSetConfig
from affect_core.synth.humans.ict import find_ict, require_ict

__all__ = ["HumanSetConfig", "find_ict", "require_ict"]
