"""Pictures of the virtual head: the labelled data set and contact sheets. Importing this renders nothing."""

from affect_core.synth.ohbot_set import OhbotSetConfig, generate
from affect_core.synth.sheets import expression_sheets, save_image

__all__ = ["OhbotSetConfig", "expression_sheets", "generate", "save_image"]
