"""The profile of the middleware: taken unless the user has one, and understood by Fast DDS."""

import os
import subprocess
import sys
from pathlib import Path

from affect_hri.middleware import PROFILE, VARIABLES, profile_variables, use_profile

ROOT = Path(__file__).resolve().parents[2]
SEGMENT = 64 * 2**20
CODE = """
import os, rclpy
rclpy.init()
node = rclpy.create_node("segments")
names = [name for name in os.listdir("/dev/shm") if name.startswith("fastrtps_")]
maps = open("/proc/self/maps").read()
print(max(os.stat(f"/dev/shm/{name}").st_size for name in names if name in maps))
"""


def test_our_profile_is_named_in_both_variables():
    environment = {"HOME": "/"}
    use_profile(Path("/share/fastdds.xml"), environment)
    assert environment == {"HOME": "/", **dict.fromkeys(VARIABLES, "/share/fastdds.xml")}


def test_the_users_own_profile_stays():
    for name in VARIABLES:
        environment = {name: "mine.xml"}
        assert profile_variables(Path("/share/fastdds.xml"), environment) == {}
        use_profile(Path("/share/fastdds.xml"), environment)
        assert environment == {name: "mine.xml"}


def test_fast_dds_takes_the_segment_that_the_profile_asks_for():
    environment = {**os.environ, **dict.fromkeys(VARIABLES, str(ROOT / PROFILE))}
    done = subprocess.run(
        [sys.executable, "-c", CODE], env=environment, capture_output=True, text=True, check=True
    )
    assert SEGMENT <= int(done.stdout) < 1.2 * SEGMENT
    assert "XMLPARSER" not in done.stderr
