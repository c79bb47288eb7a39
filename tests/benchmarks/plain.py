"""A viewer without a browser: speaks the page's own protocol over a websocket, so that fifty cost next to nothing.

It does what the page does where the server can tell: it opens a view by its link, sends the ticks that a fragment with
``run_every`` asks for, and says which messages it still has, so that those aren't sent again. It draws nothing, and it
never touches a widget: its filters are those of the link.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

# The page forgets a message that two runs of the whole script did without.
_KEPT_RUNS = 2
_FAILED = (ForwardMsg.FINISHED_WITH_COMPILE_ERROR,)


@dataclass
class Runs:
    """What a viewer has seen.

    Attributes
    ----------
    refreshes, ticks
        Seconds from asking to the end of the run: of the whole view, and of a fragment alone.
    """

    drawn: bool = False
    refreshes: list[float] = field(default_factory=list)
    ticks: list[float] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


class PlainViewer:
    """One viewer of one view; runs until cancelled."""

    def __init__(self, origin: str, view: str, query: str) -> None:
        self.runs = Runs()
        self._uri = origin.replace("http", "ws", 1) + "/_stcore/stream"
        self._origin, self._view, self._query = origin, view, query
        self._page_hash = ""
        self._asked: float | None = None
        self._whole = True
        self._kept: dict[str, int] = {}  # message -> the run of the whole script that last used it
        self._run = 0
        self._timers: dict[str, asyncio.Task[None]] = {}

    async def watch(self, after: float = 0.0) -> None:
        """Look at the view until cancelled, from so many seconds on."""
        await asyncio.sleep(after)
        try:
            async with connect(self._uri, subprotocols=["streamlit"], max_size=None, open_timeout=60) as socket:
                await self._ask(socket)
                async for frame in socket:
                    self._heed(socket, ForwardMsg.FromString(frame))  # type: ignore[arg-type]
        except (OSError, ConnectionClosed) as error:
            self.runs.problems.append(repr(error))
        finally:
            self._stop_timers()

    async def _ask(self, socket: ClientConnection, fragment: str = "") -> None:
        if self._asked is None:
            self._asked = time.monotonic()
        message = BackMsg()
        state = message.rerun_script
        state.query_string, state.page_name = self._query, self._view.strip("/")
        state.page_script_hash, state.fragment_id = self._page_hash, fragment
        state.is_auto_rerun = bool(fragment)
        state.cached_message_hashes.extend(self._kept)
        about = state.context_info
        about.timezone, about.timezone_offset, about.locale = "Europe/Stockholm", -60, "en-US"
        about.url, about.color_scheme = f"{self._origin}{self._view}?{self._query}", "light"
        await socket.send(message.SerializeToString())

    def _heed(self, socket: ClientConnection, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type")
        if message.metadata.cacheable or kind == "ref_hash":
            self._kept[message.ref_hash if kind == "ref_hash" else message.hash] = self._run
        if kind == "new_session":
            self._whole = not message.metadata.run.fragment_ids
            if self._whole:
                self._run += 1
                self._kept = {key: run for key, run in self._kept.items() if run > self._run - 1 - _KEPT_RUNS}
                self._stop_timers()
        elif kind == "navigation":
            # What the next run must name, or it would draw the first view.
            self._page_hash = message.navigation.page_script_hash
        elif kind == "auto_rerun":
            self._every(socket, message.auto_rerun.interval, message.auto_rerun.fragment_id)
        elif kind == "stop_auto_rerun":
            for fragment in message.stop_auto_rerun.fragment_ids:
                self._stop(fragment)
        elif kind == "script_finished":
            self._finished(message.script_finished)

    def _finished(self, how: int) -> None:
        if how in _FAILED:
            self.runs.problems.append("the script failed")
        # A run that gives way to another one is not what was asked for; the clock goes on.
        if how == ForwardMsg.FINISHED_EARLY_FOR_RERUN or self._asked is None:
            return
        seconds, self._asked = time.monotonic() - self._asked, None
        if not self._whole:
            self.runs.ticks.append(seconds)
        elif self.runs.drawn:
            self.runs.refreshes.append(seconds)
        self.runs.drawn = self.runs.drawn or self._whole

    def _every(self, socket: ClientConnection, seconds: float, fragment: str) -> None:
        async def tick() -> None:
            while True:
                await asyncio.sleep(seconds)
                await self._ask(socket, fragment)

        self._stop(fragment)
        self._timers[fragment] = asyncio.create_task(tick())

    def _stop(self, fragment: str) -> None:
        if (timer := self._timers.pop(fragment, None)) is not None:
            timer.cancel()

    def _stop_timers(self) -> None:
        for fragment in list(self._timers):
            self._stop(fragment)
