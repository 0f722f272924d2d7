"""Pictures on a screen while they are made: a window, or a page that a browser on this machine can open."""

from __future__ import annotations

import os
import sys
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Final, Self

import cv2

from affect_core.errors import ConfigError
from affect_core.types import ImageRGB

HOST: Final = "127.0.0.1"
QUALITY: Final = 80
WAIT_S: Final = 1.0
"""How long a reader of the stream waits for the next picture before it looks whether the server still runs."""
_BOUNDARY: Final = "picture"
_PAGE: Final = (
    b'<!doctype html><meta charset="utf-8"><title>affect_hri</title>'
    b'<body style="margin:0;background:#111"><img src="/stream" alt="What is read now" '
    b'style="display:block;margin:auto;max-width:100%;max-height:100vh">'
)


class Latest:
    """The newest picture; those who wait for it never hold up whoever makes it."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._picture: ImageRGB | None = None
        self._count = 0

    def show(self, image_rgb: ImageRGB) -> None:
        """Take the place of the one before. Image uint8 (H, W, 3)."""
        with self._changed:
            self._picture, self._count = image_rgb, self._count + 1
            self._changed.notify_all()

    def after(self, count: int, timeout_s: float) -> tuple[int, ImageRGB | None]:
        """Number and picture, as soon as the number is greater than ``count``; None after ``timeout_s``."""
        with self._changed:
            newer = self._changed.wait_for(lambda: self._count > count, timeout_s)
            return (self._count, self._picture) if newer else (count, None)


class Browser:
    """Serves the pictures as Motion JPEG to browsers on this machine, and to no others. A context manager.

    Args:
        latest: what is shown.
        port: of the page; 0: any that is free.

    Raises:
        ConfigError: the port cannot be had.
    """

    def __init__(self, latest: Latest, port: int) -> None:
        try:
            self._server = _Server(latest, port)
        except (OSError, OverflowError) as error:
            raise ConfigError(
                f"expected a free port on {HOST}, {port} cannot be had ({error}); choose another"
            ) from error

    @property
    def address(self) -> str:
        """What to open in the browser."""
        return f"http://{HOST}:{self._server.server_address[1]}/"

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.over = True
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class Window:
    """Shows the pictures in a window of OpenCV. Call `refresh` from one thread, again and again.

    Raises:
        ConfigError: no display, or an OpenCV without windows; says what to do.
    """

    def __init__(self, latest: Latest, title: str = "affect_hri") -> None:
        self._latest, self._title, self._count = latest, title, 0
        if sys.platform == "linux" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
            raise ConfigError("expected a display for the window, DISPLAY is not set; use --browser PORT")
        try:
            cv2.namedWindow(title, cv2.WINDOW_NORMAL)
        except cv2.error as error:
            raise ConfigError(
                "expected an OpenCV that can open windows, this one is built without (opencv-python-headless); "
                "use --browser PORT, or the OpenCV of your system"
            ) from error

    def refresh(self) -> None:
        """Show the newest picture, if there is one that was not shown yet."""
        self._count, picture = self._latest.after(self._count, 0.0)
        if picture is not None:
            cv2.imshow(self._title, cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
        cv2.waitKey(1)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, latest: Latest, port: int) -> None:
        self.latest, self.over = latest, False
        super().__init__((HOST, port), _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        """The page, or its pictures."""
        if self.path == "/":
            self._head("text/html; charset=utf-8")
            self.wfile.write(_PAGE)
        elif self.path == "/stream":
            self._head(f"multipart/x-mixed-replace; boundary={_BOUNDARY}")
            self._stream()
        else:
            self.send_error(HTTPStatus.NOT_FOUND)

    def log_message(self, format: str, *args: object) -> None:
        """Requests are not worth a line each."""

    def _head(self, kind: str) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", kind)
        self.send_header("Cache-Control", "no-store")
        self.end_headers()

    def _stream(self) -> None:
        count = 0
        while not self.server.over:
            count, picture = self.server.latest.after(count, WAIT_S)
            if picture is None:
                continue
            bgr = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
            data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1].tobytes()
            head = f"--{_BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(data)}\r\n\r\n"
            try:
                self.wfile.write(head.encode() + data + b"\r\n")
            except OSError:  # the browser has gone
                return
