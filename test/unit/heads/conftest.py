from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from affect_core.heads import HeadConfig
from affect_core.heads.fake_firmware import FakeFirmware
from affect_core.heads.ohbot_serial import OhbotSerialHead, build


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
