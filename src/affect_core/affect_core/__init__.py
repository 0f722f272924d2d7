"""Faces, emotions, explanations, robot heads and trials: everything of affect_hri that needs no ROS."""

import os

__version__ = "0.1.0"

# A program that looks at people calls nobody. ONNX Runtime (1.31, on Linux too) makes an identifier in the cache folder
# and reports the process and its sessions to its maker over the network as soon as it is imported, unless these are
# set before; calling it to stop is too late. Which of the two names counts depends on its version.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
os.environ.setdefault("ORT_TELEMETRY_DISABLED", "1")
