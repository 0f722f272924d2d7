import socket
import threading
import urllib.error
import urllib.request

import cv2
import numpy as np
import pytest

from affect_core.errors import ConfigError
from affect_core.viewers import Browser, Latest, Window


def picture(value):
    return np.full((24, 32, 3), (value, 40, 200), np.uint8)


class TestLatest:
    def test_the_newest_and_each_once(self):
        latest = Latest()
        assert latest.after(0, 0.0) == (0, None)
        for value in (1, 2, 3):
            latest.show(picture(value))
        count, found = latest.after(0, 0.0)
        assert (count, found[0, 0, 0]) == (3, 3)
        assert latest.after(count, 0.0) == (3, None)

    def test_who_waits_is_woken(self):
        latest, found = Latest(), []
        waiting = threading.Thread(target=lambda: found.append(latest.after(0, 30.0)))
        waiting.start()
        latest.show(picture(7))
        waiting.join(timeout=30.0)
        assert found[0][0] == 1


class TestBrowser:
    def test_the_page_and_its_pictures(self):
        latest = Latest()
        latest.show(picture(120))
        with Browser(latest, 0) as browser:
            page = urllib.request.urlopen(browser.address, timeout=10).read()
            assert b'src="/stream"' in page
            with urllib.request.urlopen(f"{browser.address}stream", timeout=10) as stream:
                assert stream.headers["Content-Type"] == "multipart/x-mixed-replace; boundary=picture"
                assert abs(int(self.next_picture(stream)[0, 0, 0]) - 120) <= 4
                latest.show(picture(30))
                assert abs(int(self.next_picture(stream)[0, 0, 0]) - 30) <= 4
            with pytest.raises(urllib.error.HTTPError, match="404"):
                urllib.request.urlopen(f"{browser.address}other", timeout=10)

    @staticmethod
    def next_picture(stream):
        """RGB, (24, 32, 3)."""
        assert stream.readline() == b"--picture\r\n"
        assert stream.readline() == b"Content-Type: image/jpeg\r\n"
        length = int(stream.readline().split(b":")[1])
        assert stream.readline() == b"\r\n"
        data = stream.read(length)
        assert stream.readline() == b"\r\n"
        return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]

    def test_only_this_machine_is_served(self):
        with Browser(Latest(), 0) as browser:
            assert browser.address.startswith("http://127.0.0.1:")

    def test_a_port_that_is_taken(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            with pytest.raises(ConfigError, match=r"expected a free port on 127\.0\.0\.1"):
                Browser(Latest(), taken.getsockname()[1])


class TestWindow:
    def test_without_a_display(self, monkeypatch):
        monkeypatch.setattr("sys.platform", "linux")
        monkeypatch.delenv("DISPLAY", raising=False)
        monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
        with pytest.raises(ConfigError, match="DISPLAY is not set; use --browser PORT"):
            Window(Latest())

    def test_with_an_opencv_without_windows(self, monkeypatch):
        def refuse(*_):
            raise cv2.error("not implemented")

        monkeypatch.setenv("DISPLAY", ":0")
        monkeypatch.setattr(cv2, "namedWindow", refuse)
        with pytest.raises(ConfigError, match="use --browser PORT, or the OpenCV of your system"):
            Window(Latest())

    def test_every_picture_is_shown_once(self, monkeypatch):
        shown = []
        monkeypatch.setenv("DISPLAY", ":0")
        monkeypatch.setattr(cv2, "namedWindow", lambda *_: None)
        monkeypatch.setattr(cv2, "imshow", lambda _title, image: shown.append(tuple(image[0, 0])))
        monkeypatch.setattr(cv2, "waitKey", lambda _: -1)
        latest = Latest()
        window = Window(latest)
        window.refresh()
        latest.show(picture(9))
        window.refresh()
        window.refresh()
        assert shown == [(200, 40, 9)]  # OpenCV's order
