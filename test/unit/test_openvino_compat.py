import subprocess
import sys
from importlib.util import find_spec

import pytest


@pytest.mark.skipif(find_spec("openvino") is None, reason="OpenVINO is not installed")
def test_openvino_calls_nobody():
    """In a process of its own, because a module is imported once."""
    program = (
        "import sys\n"
        "from affect_core.openvino_compat import openvino\n"
        "core = openvino().Core()\n"
        "assert 'CPU' in core.available_devices\n"
        "loud = [name for name, module in sys.modules.items() if module and 'openvino_telemetry' in name]\n"
        "sys.exit(bool(loud))\n"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
