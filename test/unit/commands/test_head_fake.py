"""`affect-hri head fake` as a program: the driver moves it, a signal ends it, and it says what it heard."""

import os
import signal
import subprocess
import sys

import pytest

from affect_core.errors import HeadError
from affect_core.heads import HEADS, HeadConfig

pytest.importorskip("serial", reason="pyserial is not installed")


@pytest.fixture
def fake(tmp_path):
    """Starts the program; its port exists when it is returned."""
    started = []

    def start(*options: str) -> subprocess.Popen:
        code = "from affect_core.cli import commands; commands()"
        command = [sys.executable, "-c", code, "head", "fake", "--port", str(tmp_path / "ohbot"), *options]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
        program = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        started.append(program)
        assert "on" in program.stderr.readline()
        return program

    yield start
    for program in started:
        program.kill()
        program.communicate()


@pytest.mark.parametrize(("firmware", "number"), [("v1.8", signal.SIGINT), ("v2.10", signal.SIGTERM)])
def test_a_robot_to_drive(fake, tmp_path, firmware, number):
    program = fake("--firmware", firmware, "--log", str(tmp_path / "log.txt"))
    with HEADS.build("ohbot_serial", HeadConfig(port=str(tmp_path / "ohbot"))) as head:
        head.command({"head_yaw": 0.1})
    program.send_signal(number)
    out, _ = program.communicate()
    assert program.returncode == 0
    received = (tmp_path / "log.txt").read_text().splitlines()
    assert out.splitlines()[-1] == f"received {len(received)} lines; servos on at the end: none"
    assert received[0] == "v"
    assert received[-1] == "l01,0,0,0"


def test_with_a_fault(fake, tmp_path):
    fake("--fault", "silent")
    head = HEADS.build("ohbot_serial", HeadConfig(port=str(tmp_path / "ohbot"), reply_timeout_s=0.1))
    with pytest.raises(HeadError, match="got no answer"):
        head.connect()


def test_unknown_fault(tmp_path):
    code = "from affect_core.cli import commands; commands()"
    done = subprocess.run(
        [sys.executable, "-c", code, "head", "fake", "--port", str(tmp_path / "p"), "--fault", "tired"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "'silent'" in done.stderr
