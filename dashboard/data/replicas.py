"""The processes that serve the dashboard together: what this one tells the others, and what they say."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Final

from dashboard.data import fetches, tenant
from dashboard.data.replica import HERE
from gridrt_client import __version__
from gridrt_client.errors import GridError
from gridrt_client.sharing.replicas import ReplicaNote, ReplicaNotes

EVERY_SECONDS: Final = 10.0


def own_note() -> ReplicaNote:
    """Return what this process says about itself."""
    answers = [one.status.answered_at for one in fetches.fetched() if one.status.answered_at is not None]
    newest = max(answers, default=None)
    return ReplicaNote(HERE.identifier, __version__, HERE.started_at, HERE.sessions.total(), newest, datetime.now(UTC))


def notes() -> ReplicaNotes | None:
    """Return the notes in Redis, by the first tenant that has one; None without Redis, and in demo mode."""
    try:
        if tenant.is_demo():
            return None
        for name in tenant.listed():
            if (found := ReplicaNotes.of(tenant.settings(name))) is not None:
                return found
    except GridError:
        # Named on the page and by the probe.
        return None
    return None


class Heartbeat:
    """A thread that renews the note of this process in Redis, and removes it at the end."""

    def __init__(self, every: float = EVERY_SECONDS) -> None:
        self._every, self._ended = every, threading.Event()
        self._notes: ReplicaNotes | None = None
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def start(self) -> None:
        """Begin, where answers are shared."""
        self._notes = notes()
        if self._notes is not None:
            self._thread.start()

    def stop(self) -> None:
        self._ended.set()
        if self._notes is not None:
            self._thread.join(2)
            self._notes.remove(HERE.identifier)

    def _run(self) -> None:
        while self._notes is not None and not self._ended.is_set():
            self._notes.write(own_note())
            self._ended.wait(self._every)
