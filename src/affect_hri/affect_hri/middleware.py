"""Settings of the middleware below ROS, taken before rclpy starts it."""

from __future__ import annotations

import os
from collections.abc import MutableMapping
from pathlib import Path
from typing import Final

PROFILE: Final = "config/dds/fastdds.xml"
VARIABLES: Final = ("FASTRTPS_DEFAULT_PROFILES_FILE", "FASTDDS_DEFAULT_PROFILES_FILE")
"""Where Fast DDS looks for its profiles: up to version 2, and from 3 on. Other middlewares ignore them."""


def profile_variables(profile: Path, environment: MutableMapping[str, str] = os.environ) -> dict[str, str]:
    """What to add to the environment: ``profile``, or nothing where the user names one."""
    if any(name in environment for name in VARIABLES):
        return {}
    return dict.fromkeys(VARIABLES, str(profile))


def use_profile(profile: Path, environment: MutableMapping[str, str] = os.environ) -> None:
    """For this process and those it starts; call it before `rclpy.init`."""
    environment.update(profile_variables(profile, environment))
