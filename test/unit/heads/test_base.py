"""What every head in the registry must do."""

import os
import subprocess
import sys
from math import isclose, nan, radians
from pathlib import Path

import pytest

from affect_core.errors import ConfigError, HeadError, UnknownName
from affect_core.heads import HEADS, RIG, Head, HeadConfig, rest_pose
from affect_core.heads.base import within_limits


@pytest.fixture(params=HEADS.names())
def head(request, tmp_path: Path):
    """One of each head, on what stands in for its hardware; not connected."""
    if request.param == "screen":
        request.getfixturevalue("display")
    port = ""
    if request.param == "ohbot_serial":
        pytest.importorskip("serial", reason="pyserial is not installed")
        port = str(request.getfixturevalue("fake").port)
    head = HEADS.build(request.param, HeadConfig(port=port, attach_interval_s=0.0, fullscreen=False))
    yield head
    head.close()


def test_known_heads():
    assert HEADS.names() == ("avatar", "none", "ohbot_serial", "screen")
    with pytest.raises(UnknownName, match="unknown head 'ohbott'; known: avatar, none, ohbot_serial, screen"):
        HEADS.build("ohbott", HeadConfig())


def test_listing_and_building_heads_imports_nothing_heavy():
    code = "import sys, affect_core.heads; print([m for m in sys.modules if m in "
    code += "('serial', 'tkinter', 'numba', 'cv2', 'torch')])"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_name_is_the_registered_one(head: Head):
    assert head.name in HEADS
    assert type(HEADS.build(head.name, HeadConfig())) is type(head)


def test_applied_pose_is_complete_and_within_limits(head: Head):
    with head:
        applied = head.command({joint.name: joint.high + 1.0 for joint in RIG})
        assert list(applied) == [joint.name for joint in RIG]
        for joint in RIG:
            assert joint.low <= applied[joint.name] <= joint.high, joint.name


def test_applied_pose_is_applied_as_it_is(head: Head):
    """Commanding what a head can show changes nothing more."""
    with head:
        applied = head.command({joint.name: joint.low for joint in RIG})
        again = head.command(applied)
        assert all(isclose(again[name], applied[name], abs_tol=1e-12) for name in applied)


def test_small_head_turn_is_applied_exactly(head: Head):
    with head:
        applied = head.command({"head_yaw": radians(20), "head_pitch": radians(-10)})
    assert applied == pytest.approx(rest_pose() | {"head_yaw": radians(20), "head_pitch": radians(-10)})


def test_empty_pose_is_rest(head: Head):
    with head:
        assert head.command({}) == pytest.approx(rest_pose())


def test_command_needs_connect(head: Head):
    with pytest.raises(HeadError, match=r"connect\(\) before command\(\)"):
        head.command({})
    head.connect()
    head.command({})
    head.close()
    with pytest.raises(HeadError, match=f"head {head.name}"):
        head.command({})


def test_connect_and_close_may_be_repeated(head: Head):
    head.close()
    for _ in range(2):
        head.connect()
        head.connect()
        head.command({})
        assert head.fault == ""
        head.close()
        head.close()


def test_close_also_after_an_error(head: Head):
    with pytest.raises(ZeroDivisionError), head:
        raise ZeroDivisionError
    with pytest.raises(HeadError):
        head.command({})


def test_wrong_poses_are_refused(head: Head):
    with head:
        with pytest.raises(HeadError, match="finite value for joint head_yaw, got nan"):
            head.command({"head_yaw": nan})
        with pytest.raises(ConfigError, match="unknown joint 'ear'"):
            head.command({"ear": 0.0})
        assert head.command({}) == pytest.approx(rest_pose())


def test_within_limits():
    pose = within_limits({"head_yaw": 9.0, "furrow": 0.5})
    assert pose == rest_pose() | {"head_yaw": radians(70), "furrow": 0.5}


@pytest.mark.parametrize(
    "value", [{"speed": 0.0}, {"first_speed": 11.0}, {"write_timeout_s": 0.0}, {"port": 3}]
)
def test_settings_are_checked(value):
    with pytest.raises(ConfigError, match="HeadConfig"):
        HeadConfig(**value)
