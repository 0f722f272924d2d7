"""Hands out a schedule's events, each once, when its time has come."""

from __future__ import annotations

from affect_core.trial.schedule import EventKind, Schedule, TrialEvent


class Conductor:
    """Follows a schedule. Time is an argument, so the same conductor serves the wall clock and lock-step."""

    def __init__(self, plan: Schedule) -> None:
        self.schedule = plan
        self._next = 0
        self._truth: TrialEvent | None = None

    def due(self, elapsed_s: float) -> tuple[TrialEvent, ...]:
        """The events at or before ``elapsed_s`` (seconds from the session's start) not handed out yet, in order.

        Half a nanosecond of tolerance: stamps are whole nanoseconds, the schedule's seconds are not.
        """
        events = self.schedule.events[self._next :]
        ready = tuple(event for event in events if event.at_s <= elapsed_s + 5e-10)
        self._next += len(ready)
        shown = [event for event in ready if event.kind in (EventKind.REST, EventKind.COMMAND)]
        self._truth = shown[-1] if shown else self._truth
        return ready

    def rewind(self, index: int) -> None:
        """Hand out the event with this index next, as if those from it on had not come."""
        self._next = index
        self._truth = None

    @property
    def last(self) -> TrialEvent:
        """The event handed out last; the first one before any."""
        return self.schedule.events[max(0, self._next - 1)]

    @property
    def following(self) -> TrialEvent | None:
        """The event that comes next; None after the last one."""
        events = self.schedule.events
        return events[self._next] if self._next < len(events) else None

    @property
    def truth(self) -> TrialEvent | None:
        """The command or rest handed out last."""
        return self._truth

    @property
    def handed_out(self) -> int:
        """Number of events handed out."""
        return self._next
