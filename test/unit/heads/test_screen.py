import numpy as np
import pytest

from affect_core.avatar import Avatar, AvatarConfig
from affect_core.errors import HeadError
from affect_core.heads import HEADS, HeadConfig
from affect_core.heads.expressions import load_expressions


@pytest.mark.parametrize("fullscreen", [True, False])
def test_the_screen_shows_the_avatar_pixel_by_pixel(display, eventually, fullscreen):
    width, height = display.size_wh if fullscreen else (1280, 720)
    avatar = Avatar(AvatarConfig(width=width, height=height))
    table = load_expressions()
    with HEADS.build("screen", HeadConfig(fullscreen=fullscreen)) as head:
        for name in ("skepticism", "neutral"):
            expected = avatar.render(head.command(table.pose(name))).image_rgb
            assert eventually(lambda: np.array_equal(display.pixels()[:height, :width], expected)), name  # noqa: B023


def test_many_poses_end_in_the_last_one(display, eventually):
    avatar = Avatar(AvatarConfig(width=1280, height=720))
    with HEADS.build("screen", HeadConfig(fullscreen=False)) as head:
        for step in range(20):
            applied = head.command({"head_yaw": step / 100})
        expected = avatar.render(applied).image_rgb
        assert eventually(lambda: np.array_equal(display.pixels()[:720, :1280], expected))


def test_window_that_disappears(display, eventually):
    with HEADS.build("screen", HeadConfig(fullscreen=False)) as head:
        assert head.fault == ""
        display.server.terminate()
        assert eventually(lambda: head.fault)
        with pytest.raises(HeadError, match="window to be open, but it was closed"):
            head.command({})
    assert head.fault == ""


def test_without_a_display(monkeypatch):
    pytest.importorskip("tkinter", reason="this Python has no tkinter")
    monkeypatch.delenv("DISPLAY", raising=False)
    head = HEADS.build("screen", HeadConfig())
    with pytest.raises(HeadError, match=r"expected a display .* xvfb-run"):
        head.connect()
    with pytest.raises(HeadError, match="connect"):
        head.command({})


def test_without_tk(monkeypatch, tmp_path):
    (tmp_path / "tkinter.py").write_text("raise ImportError('No module named _tkinter')")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(HeadError, match="apt-get install python3-tk"):
        HEADS.build("screen", HeadConfig()).connect()
