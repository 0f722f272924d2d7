"""A schedule in time: which stamp it is, what is due, and what pauses and resumed sessions do to both."""

from __future__ import annotations

import math

from affect_core.trial.conductor import Conductor
from affect_core.trial.schedule import EventKind, Schedule, TrialEvent, frame_stamp_ns


class Timeline:
    """Follows a schedule on the wall clock or frame by frame.

    Args:
        plan: what is conducted.
        lockstep: stamps follow from the number of frames; ``now_ns`` is looked at on the wall clock only.
        self_timed: commands stay until `next`.
    """

    def __init__(self, plan: Schedule, lockstep: bool, self_timed: bool = False) -> None:
        self.plan = plan
        self.elapsed_s = 0.0
        """Of the schedule; stands still in a pause."""
        self.frame = 0
        """Lock-step: number of the next frame, by the schedule."""
        self.frames_passed = 0
        """Lock-step: frames so far, those of an earlier run and those that were taken back included."""
        self.paused = False
        self._lockstep, self._self_timed = lockstep, self_timed
        self._conductor = Conductor(plan)
        self._start_ns = self._paused_ns = 0

    @property
    def truth(self) -> TrialEvent | None:
        """The command or rest in force."""
        return self._conductor.truth

    def begin(self, first: TrialEvent, now_ns: int) -> None:
        """Let time begin at an event of the schedule, as if what comes before it had been."""
        self._conductor.rewind(first.index)
        self.elapsed_s = first.at_s
        self.frame = self.frames_passed = self._frame_at(first.at_s)
        self._start_ns = 0 if self._lockstep else now_ns - first.at_ns

    def before(self, first: TrialEvent, count: int = 2) -> list[tuple[TrialEvent, int]]:
        """The last events before one, with their stamps: they say where the head was."""
        events = self.plan.events[max(1, first.index - count) : first.index]
        return [(event, self._start_ns + event.at_ns) for event in events]

    def stamp_ns(self, now_ns: int) -> int:
        """The stamp of what happens now."""
        if not self._lockstep:
            return now_ns
        return self._start_ns + frame_stamp_ns(self.frame, self.plan.fps)

    def tick(self) -> None:
        """Lock-step: a frame has passed."""
        self.frame += 1
        self.frames_passed += 1

    def due(self, now_ns: int) -> list[tuple[TrialEvent, int]]:
        """The events whose time has come, each once, with their stamps."""
        stamp_ns = self.stamp_ns(now_ns)
        self.elapsed_s = (stamp_ns - self._start_ns) / 1e9
        return [] if self.awaits_next else self._due(stamp_ns)

    def _due(self, stamp_ns: int) -> list[tuple[TrialEvent, int]]:
        # On the wall clock an event is stamped with its scheduled instant, not with the tick that noticed it.
        return [
            (event, stamp_ns if self._lockstep else self._start_ns + event.at_ns)
            for event in self._conductor.due(self.elapsed_s)
        ]

    # --- self-timed commands ---

    @property
    def awaits_next(self) -> bool:
        """Whether a command stays until `next`."""
        truth = self._conductor.truth
        return self._self_timed and truth is not None and truth.kind is EventKind.COMMAND

    def next(self, now_ns: int) -> list[tuple[TrialEvent, int]]:
        """Let the following event be due now, whatever the schedule says."""
        following = self._conductor.following
        if following is None:
            return []
        self._start_ns = now_ns - following.at_ns
        self.elapsed_s = following.at_s
        return self._due(now_ns)

    # --- pauses ---

    def pause(self, now_ns: int) -> tuple[TrialEvent, int]:
        """Stand still; the event that says so, with its stamp.

        It is a rest without a label, with the index of the first event of the block that it takes back.
        """
        first = self._block_start()
        self.paused, self._paused_ns = True, self.stamp_ns(now_ns)
        index = first.index if first else 0
        return TrialEvent(self.elapsed_s, EventKind.REST, index=index, total=self.plan.total), self._paused_ns

    def resume(self, now_ns: int) -> None:
        """Go on, with the block that was cut off from its beginning, later than everything that has been stamped."""
        first = self._block_start()
        self.paused = False
        if first is not None:
            self._conductor.rewind(first.index)
            self.elapsed_s = first.at_s
        if not self._lockstep:
            self._start_ns = now_ns - round(self.elapsed_s * 1e9)
            return
        fps = self.plan.fps
        self.frame = self._frame_at(self.elapsed_s)
        self._start_ns = self._paused_ns + frame_stamp_ns(1, fps) - frame_stamp_ns(self.frame, fps)

    def _block_start(self) -> TrialEvent | None:
        """Of the block in force; None where nothing is commanded."""
        if not self.plan.blocks:
            return None
        return self.plan.block_start(self.plan.block_of(self._conductor.last.index))

    def _frame_at(self, at_s: float) -> int:
        """The first frame at or after an instant of the schedule."""
        return math.ceil(round(at_s * self.plan.fps, 6))
