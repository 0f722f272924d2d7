import subprocess
import sys
from collections.abc import Callable

import pytest

from affect_core.cameras import CAMERAS, CameraConfig, geometry
from affect_core.errors import CameraError, ConfigError, UnknownName


def test_registry_names() -> None:
    assert CAMERAS.names() == ("folder", "video", "webcam")
    with pytest.raises(UnknownName, match="folder, video, webcam"):
        CAMERAS.build("telescope", CameraConfig(), int)


@pytest.mark.parametrize("name", CAMERAS.names())
def test_a_camera_that_is_not_open_says_so(name: str, now_ns: Callable[[], int]) -> None:
    camera = CAMERAS.build(name, CameraConfig(), now_ns)
    with pytest.raises(CameraError, match=r"before open\(\)"):
        camera.read()
    with pytest.raises(CameraError, match=r"before open\(\)"):
        _ = camera.info
    camera.close()
    camera.close()


def test_geometry_of_a_right_angle() -> None:
    """A field of view of 90 degrees: half the width is seen at a distance of half the width."""
    info = geometry(1280, 720, 90.0, 30.0)
    assert info.fx == pytest.approx(640.0)
    assert info.fy == info.fx
    assert (info.cx, info.cy) == (639.5, 359.5)
    assert (info.width, info.height, info.fps) == (1280, 720, 30.0)


def test_config_ranges() -> None:
    with pytest.raises(ConfigError, match=r"CameraConfig.fov_deg: expected 1.0 to 179.0, got 180.0"):
        CameraConfig(fov_deg=180.0)


def test_listing_cameras_does_not_load_opencv() -> None:
    code = "import sys, affect_core.cameras as c; c.CAMERAS.names(); sys.exit('cv2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
