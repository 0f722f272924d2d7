"""The one door to OpenVINO, so that it keeps to itself.

``import openvino`` reports itself to a web analytics service, with an identifier it keeps in the home folder, unless
its package openvino_telemetry is missing. A program that looks at people calls nobody: we install OpenVINO without that
package, and where somebody else installed it, we hide it.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any


def openvino() -> Any:
    """OpenVINO, imported without its telemetry; raises ImportError."""
    if "openvino" not in sys.modules:
        vars(sys)["modules"].setdefault(
            "openvino_telemetry", None
        )  # None: importing it fails, as if it were missing
    return importlib.import_module("openvino")
