import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from shutil import which

import numpy as np
import pytest

from affect_core.heads import HeadConfig
from affect_core.heads.fake_firmware import FakeFirmware
from affect_core.heads.ohbot_serial import OhbotSerialHead, build


@dataclass
class Display:
    """A virtual screen whose pixels can be read."""

    server: subprocess.Popen[bytes]
    memory: Path
    size_wh: tuple[int, int]

    def pixels(self) -> np.ndarray:
        """uint8 (H, W, 3), red first. The file is an X window dump: header, colour table, BGRX rows."""
        dump = self.memory.read_bytes()
        header = np.frombuffer(dump[:100], ">u4")
        start, (width, height), row_bytes = header[0] + 12 * header[19], header[4:6], header[12]
        rows = np.frombuffer(dump, np.uint8, height * row_bytes, start).reshape(height, row_bytes // 4, 4)
        return rows[:, :width, 2::-1]


@pytest.fixture
def display(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Display]:
    """A virtual display of its own, in DISPLAY."""
    pytest.importorskip("tkinter", reason="this Python has no tkinter (apt-get install python3-tk)")
    if not which("Xvfb"):
        pytest.skip("no virtual display: apt-get install xvfb")
    size_wh = (1400, 800)
    screen = "{}x{}x24".format(*size_wh)
    command = ["Xvfb", "-displayfd", "1", "-screen", "0", screen, "-fbdir", str(tmp_path), "-nolisten", "tcp"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert server.stdout
    with server.stdout as number:
        monkeypatch.setenv("DISPLAY", f":{number.readline().decode().strip()}")
    yield Display(server, tmp_path / "Xvfb_screen0", size_wh)
    server.terminate()
    server.wait()


@pytest.fixture
def eventually() -> Callable[..., bool]:
    """Wait for a state that tells nobody when it changes."""

    def wait(condition: Callable[[], object], timeout_s: float = 10.0) -> bool:
        deadline_s = time.monotonic() + timeout_s
        while not condition():
            if time.monotonic() > deadline_s:
                return False
            time.sleep(0.005)
        return True

    return wait


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[FakeFirmware]:
    with FakeFirmware(tmp_path / "ohbot") as firmware:
        yield firmware


@pytest.fixture
def ohbot(fake: FakeFirmware) -> Iterator[Callable[..., OhbotSerialHead]]:
    """A connected head on the fake firmware that wastes no time on waking; settings as keywords."""
    pytest.importorskip("serial", reason="pyserial is not installed")
    heads = []

    def connect(**settings: object) -> OhbotSerialHead:
        quick = {"attach_interval_s": 0.0, "first_speed_s": 0.0, **settings}
        head = build(HeadConfig(port=str(fake.port), **quick))
        heads.append(head)
        head.connect()
        return head

    yield connect
    for head in heads:
        head.close()
