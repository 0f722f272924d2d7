"""The program behind the `screen` head: ``python -m affect_core.heads.screen_window OPTIONS``.

OPTIONS is JSON: ``{"fullscreen": true, "look": "face", "colour": "blue"}``.
Reads poses from its input, one JSON object per line, and shows the newest. Writes one line: ``ready``, or
what is wrong. Ends with its input, or when the window is closed.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from threading import Thread
from typing import Any, Final

from affect_core.errors import AffectError, HeadError
from affect_core.heads.rig import Pose, rest_pose
from affect_core.types import ImageRGB

_LOOK_EVERY_MS: Final = 5
_WINDOW_WH: Final = (1280, 720)


def main(options: dict[str, Any]) -> None:
    """Show what comes in, until it ends."""
    try:
        window = Window(options["fullscreen"])
        render = _renderer(*window.size_wh, options["look"], options["colour"])
        window.show(render(rest_pose()))
    except AffectError as error:
        _answer(str(error))
        return
    _answer("ready")
    window.follow(PoseReader(), render)


class PoseReader:
    """Keeps the newest pose of the input. A thread reads: not every system can ask whether input waits."""

    def __init__(self) -> None:
        self.newest: Pose | None = None
        self.ended = False
        Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in sys.stdin.buffer:
            self.newest = json.loads(line)
        self.ended = True


class Window:
    """A window that shows one image; black around it, no mouse pointer.

    Raises:
        HeadError: no Tk, or no display.
    """

    def __init__(self, fullscreen: bool) -> None:
        try:
            import tkinter
        except ImportError as error:
            raise HeadError(
                "the screen head needs Tk: apt-get install python3-tk, or use a Python that has it"
            ) from error
        try:
            self._root = tkinter.Tk(className="affect_hri")
        except tkinter.TclError as error:
            raise HeadError(
                f"expected a display for the screen head, got: {error}; run it in a desktop session, "
                "set DISPLAY, or put xvfb-run before the command"
            ) from error
        screen_wh = self._root.winfo_screenwidth(), self._root.winfo_screenheight()
        self.size_wh = screen_wh if fullscreen else _WINDOW_WH
        self._photo = tkinter.PhotoImage(master=self._root)
        self._dress(fullscreen)

    def show(self, image_rgb: ImageRGB) -> None:
        """Put an image on the screen."""
        height, width = image_rgb.shape[:2]
        self._photo.configure(data=b"P6 %d %d 255\n" % (width, height) + image_rgb.tobytes(), format="PPM")
        self._root.update_idletasks()

    def follow(self, poses: PoseReader, render: Callable[[Pose], ImageRGB]) -> None:
        """Show the newest pose until the input ends or somebody closes the window."""
        shown: Pose | None = None

        def look() -> None:
            nonlocal shown
            if poses.ended:
                self._close()
                return
            pose = poses.newest
            if pose is not None and pose is not shown:
                self.show(render(pose))
                shown = pose
            self._root.after(_LOOK_EVERY_MS, look)

        look()
        self._root.mainloop()

    def _dress(self, fullscreen: bool) -> None:
        import tkinter

        root = self._root
        root.title("affect_hri")
        root.configure(background="black", cursor="none")
        root.geometry("{}x{}+0+0".format(*self.size_wh))
        root.attributes("-fullscreen", fullscreen)
        root.protocol("WM_DELETE_WINDOW", self._close)
        root.bind("<Escape>", lambda event: self._close())
        tkinter.Label(root, image=self._photo, borderwidth=0, background="black").pack(expand=True)
        root.update()

    def _close(self) -> None:
        self._root.destroy()


def _renderer(width: int, height: int, look: str, colour: str) -> Callable[[Pose], ImageRGB]:
    from affect_core.avatar import Avatar, AvatarConfig

    avatar = Avatar(AvatarConfig(width=width, height=height, look=look, colour=colour))
    return lambda pose: avatar.render(pose).image_rgb


def _answer(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
