"""How many viewers' first runs of the script go on at a time.

A first run draws everything. With hundreds of them at once, which share one interpreter, the server answers nobody for
as long as they take. A turn begins when the first message of a websocket that asks for a run is passed on, and ends
with that run.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Final

from dashboard.data.identity import OUR_HEADERS

HEADER: Final = f"{OUR_HEADERS.decode()}first-run"
"""The header by which a run of the script knows the turn of its websocket."""
MOST: Final = 8
_LATEST_BEGIN: Final = 5.0
_LONGEST: Final = 20.0
_LEFT: Final = 0.2


class _Turn:
    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.has_begun = False
        self.timers: list[asyncio.TimerHandle] = []


class FirstRuns:
    """The turns of first runs. Runs begin and end in threads of their own, all else happens in the event loop.

    Parameters
    ----------
    most
        How many turns there are at a time.
    latest_begin
        The seconds after which a turn ends whose run has not begun.
    longest
        The seconds after which a turn ends in any case.
    left
        The seconds after a viewer has left, after which the turn ends whose run has not begun.
    """

    def __init__(
        self,
        most: int = MOST,
        latest_begin: float = _LATEST_BEGIN,
        longest: float = _LONGEST,
        left: float = _LEFT,
    ) -> None:
        self._free = asyncio.Semaphore(most)
        self._latest_begin, self._longest, self._left = latest_begin, longest, left
        self._turns: dict[str, _Turn] = {}

    @property
    def running(self) -> int:
        """How many turns have begun and not ended."""
        return len(self._turns)

    async def wait(self, identifier: str) -> None:
        """Begin a turn as soon as one is free, first come first served."""
        await self._free.acquire()
        turn = self._turns[identifier] = _Turn()
        turn.timers = [
            turn.loop.call_later(self._latest_begin, self._end_unless_begun, identifier),
            turn.loop.call_later(self._longest, self._end, identifier),
        ]

    def leave(self, identifier: str) -> None:
        """Note that a viewer has left: the turn ends soon, or with its run if that begins nevertheless."""
        turn = self._turns.get(identifier)
        if turn is not None and not turn.has_begun:
            # Not at once: the thread of the run has been started, and the next one's would join it.
            turn.timers.append(turn.loop.call_later(self._left, self._end_unless_begun, identifier))

    @contextlib.contextmanager
    def run(self, identifier: str | None) -> Iterator[None]:
        """Run the script within the block; its turn, if there is one, ends with it. Called in any thread."""
        turn = self._turns.get(identifier or "")
        if turn is None or identifier is None:
            yield
            return
        turn.has_begun = True
        try:
            yield
        finally:
            # The loop is closed when the server has ended meanwhile.
            with contextlib.suppress(RuntimeError):
                turn.loop.call_soon_threadsafe(self._end, identifier)

    def _end_unless_begun(self, identifier: str) -> None:
        turn = self._turns.get(identifier)
        if turn is not None and not turn.has_begun:
            self._end(identifier)

    def _end(self, identifier: str) -> None:
        turn = self._turns.pop(identifier, None)
        if turn is not None:
            for timer in turn.timers:
                timer.cancel()
            self._free.release()


FIRST_RUNS: Final = FirstRuns()
"""Those of this process."""
