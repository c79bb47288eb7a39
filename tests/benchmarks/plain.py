"""A viewer without a browser: speaks the page's own protocol over a websocket, so that fifty cost next to nothing.

It does what the page does where the server can tell: it opens a view by its link, sends the ticks that fragments with
``run_every`` ask for, and says which messages it still has, so that those aren't sent again. It draws nothing, and it
never touches a widget: its filters are those of the link. The rules are read from the frontend of Streamlit 1.67
(``App``, ``ForwardMessageCache``).
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from streamlit.components.v2.bidi_component.main import _make_trigger_id
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.BidiComponent_pb2 import BidiComponent
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin

# What a view is made of. A run that sends one of them, or a reference to one that the page still has, redraws the view.
PARTS = frozenset({"plotly_chart", "deck_gl_json_chart", "dataframe", "metric", "table", "vega_lite_chart"})


ANY = "*"
"""Stands for whatever run answers a component's question."""


@dataclass
class _Message:
    part: str
    fragment: str
    run: int


class Kept:
    """The messages that a page still has.

    A message is forgotten at the end of a run when more than ``longest_age`` runs have ended since it was last used; a
    run of fragments forgets none but those of these fragments.
    """

    def __init__(self) -> None:
        self.longest_age = 2
        self._runs = 0
        self._messages: dict[str, _Message] = {}

    @property
    def hashes(self) -> list[str]:
        return list(self._messages)

    def take(self, message: ForwardMsg) -> str:
        """Note a message; what kind of element it draws, or "". KeyError: it refers to one that the page hasn't."""
        if message.WhichOneof("type") == "ref_hash":
            used = self._messages[message.ref_hash]
            used.run = self._runs
            return used.part
        part = message.delta.new_element.WhichOneof("type") or ""
        if message.metadata.cacheable:
            known = self._messages.setdefault(message.hash, _Message(part, message.delta.fragment_id, self._runs))
            known.run = self._runs
        return part

    def run_ended(self, fragments: Iterable[str]) -> None:
        self._runs += 1
        wanted = set(fragments)
        self._messages = {
            key: message
            for key, message in self._messages.items()
            if (wanted and message.fragment not in wanted) or self._runs - message.run <= self.longest_age
        }


@dataclass
class Runs:
    """What a viewer has seen.

    Attributes
    ----------
    drawn
        Whether it has had its view once.
    refreshes, ticks
        Seconds from asking to the end of a run that a timer caused: of those that redrew the view, and of those that
        only moved something small beside it, such as its age.
    asked
        How often a timer asked for a run. More than were answered: the server falls behind.
    """

    drawn: bool = False
    refreshes: list[float] = field(default_factory=list)
    ticks: list[float] = field(default_factory=list)
    asked: int = 0
    problems: list[str] = field(default_factory=list)

    @property
    def answered(self) -> int:
        return len(self.refreshes) + len(self.ticks)

    def forget(self) -> None:
        """Begin to count anew."""
        self.refreshes, self.ticks, self.asked = [], [], 0


class PlainViewer:
    """One viewer of one view; runs until cancelled."""

    def __init__(self, origin: str, view: str, query: str) -> None:
        self.runs = Runs()
        self.kept = Kept()
        self._uri = origin.replace("http", "ws", 1) + "/_stcore/stream"
        self.link = f"{view}?{query}"
        self._origin, self._view, self._query = origin, view, query
        self._page_hash = ""
        self._asked: dict[str, float] = {}  # fragment, "" for the whole script -> since when its answer is waited for
        self._began = 0.0
        self._redraws = False
        self._timers: dict[str, tuple[float, asyncio.Task[None]]] = {}

    async def watch(self, after: float = 0.0) -> None:
        """Look at the view until cancelled, from so many seconds on."""
        await asyncio.sleep(after)
        try:
            async with connect(
                self._uri, origin=Origin(self._origin), subprotocols=["streamlit"], max_size=None, open_timeout=60
            ) as socket:
                await self._ask(socket)
                async for frame in socket:
                    self._heed(socket, ForwardMsg.FromString(frame))  # type: ignore[arg-type]
        except (OSError, ConnectionClosed) as error:
            self.runs.problems.append(repr(error))
        except KeyError as error:
            self.runs.problems.append(f"the server refers to a message that the page has not: {error}")
        finally:
            self._stop_timers()

    async def _ask(self, socket: ClientConnection, fragment: str = "", trigger: WidgetState | None = None) -> None:
        # What a component asks for may be answered by whatever run its callback chooses.
        self._asked.setdefault(fragment if trigger is None else ANY, time.monotonic())
        message = BackMsg()
        state = message.rerun_script
        state.query_string, state.page_script_hash = self._query, self._page_hash
        # The page goes by its name only until it knows the hash.
        state.page_name = "" if self._page_hash else self._view.strip("/")
        state.fragment_id, state.is_auto_rerun = fragment, bool(fragment) and trigger is None
        if trigger is not None:
            state.widget_states.widgets.append(trigger)
        state.cached_message_hashes.extend(self.kept.hashes)
        about = state.context_info
        about.timezone, about.timezone_offset, about.locale = "Europe/Stockholm", -60, "en-US"
        about.url, about.color_scheme = f"{self._origin}{self._view}?{self._query}", "light"
        await socket.send(message.SerializeToString())

    def _heed(self, socket: ClientConnection, message: ForwardMsg) -> None:
        self._redraws |= self.kept.take(message) in PARTS
        match message.WhichOneof("type"):
            case "new_session":
                self.kept.longest_age = message.new_session.config.max_cached_message_age or self.kept.longest_age
                self._began, self._redraws = time.monotonic(), False
                if not message.metadata.run.fragment_ids:
                    self._stop_timers()
            case "navigation":
                # What the next run must name, or it would draw the first view.
                self._page_hash = message.navigation.page_script_hash
            case "page_info_changed":
                self._query = message.page_info_changed.query_string
            case "delta":
                element = message.delta.new_element
                if element.WhichOneof("type") == "bidi_component":
                    self._component(socket, element.bidi_component, message.delta.fragment_id)
            case "auto_rerun":
                self._every(socket, message.auto_rerun.interval, message.auto_rerun.fragment_id)
            case "stop_auto_rerun":
                for fragment in message.stop_auto_rerun.fragment_ids:
                    self._stop(fragment)
            case "script_finished":
                self._finished(message.script_finished, list(message.metadata.run.fragment_ids))

    def _finished(self, how: int, fragments: list[str]) -> None:
        if how == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
            self.runs.problems.append("the script failed")
        if how == ForwardMsg.FINISHED_EARLY_FOR_RERUN:
            # It gives way to a run of the whole script, which is the answer: the clock goes on.
            # A component's goes on as it is: its answer may be the run of another fragment.
            waited = [self._asked.pop(fragment) for fragment in fragments or [""] if fragment in self._asked]
            if waited:
                self._asked[""] = min(waited)
            return
        self.kept.run_ended(fragments)
        # A run of the whole script answers all that was asked before it began.
        whole = not fragments
        answered = [
            key for key, at in self._asked.items() if key in fragments or ((whole or key == ANY) and at <= self._began)
        ]
        since = [self._asked.pop(key) for key in answered]
        if self.runs.drawn and since:
            (self.runs.refreshes if self._redraws else self.runs.ticks).append(time.monotonic() - min(since))
        self.runs.drawn = self.runs.drawn or self._redraws

    def _component(self, socket: ClientConnection, component: BidiComponent, fragment: str) -> None:
        """The line that tells how old the view is: it asks again after as many seconds as it is told to wait."""
        told = json.loads(component.mixed.json or component.json or "{}")
        if not isinstance(told, dict) or "wait" not in told:
            return  # another component

        async def ask() -> None:
            await asyncio.sleep(told["wait"])
            self.runs.asked += 1
            trigger = WidgetState(id=_make_trigger_id(component.id, "events"))
            trigger.json_trigger_value = json.dumps([{"event": "due", "value": {"scrolled": []}}])
            await self._ask(socket, fragment, trigger)

        self._stop(ANY)
        if told.get("wait") is not None:
            self._timers[ANY] = (told["wait"], asyncio.create_task(ask()))

    def _every(self, socket: ClientConnection, seconds: float, fragment: str) -> None:
        async def tick() -> None:
            while True:
                await asyncio.sleep(seconds)
                self.runs.asked += 1
                await self._ask(socket, fragment)

        if fragment in self._timers and self._timers[fragment][0] == seconds:
            return  # it goes on as it is
        self._stop(fragment)
        self._timers[fragment] = (seconds, asyncio.create_task(tick()))

    def _stop(self, fragment: str) -> None:
        if fragment in self._timers:
            self._timers.pop(fragment)[1].cancel()

    def _stop_timers(self) -> None:
        for fragment in list(self._timers):
            self._stop(fragment)
