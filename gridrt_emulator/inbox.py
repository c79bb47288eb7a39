"""Signals posted to a tenant: kept for 24 hours, then the newest event per thing and state; bounded."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import orjson

from gridrt_emulator.clock import DAY
from gridrt_emulator.places import Place
from gridrt_emulator.queries import Query
from gridrt_emulator.rows import Record, columns_of, combine, encode, key
from gridrt_emulator.segments import Piece
from gridrt_emulator.store import Latest, keep_newest

_MOST_SESSIONS = 50_000
_MOST_EVENTS = 200_000
_MOST_ARCHIVED = 5_000
_IDS = ("spaceId", "installationId", "deviceId")


@dataclass(slots=True)
class _Event:
    """``own_space``: the spaceId that the client sent with the event, for when its session is unknown."""

    arrival: int
    time: int
    record: Record
    own_space: str | None


class Inbox:
    """Posted sessions and events of one tenant. ``place_of`` finds the place of a session of its world."""

    def __init__(self, now: int, place_of: Callable[[str], Place | None]) -> None:
        self.now = now
        self._place_of = place_of
        self._sessions: OrderedDict[str, tuple[int, Record]] = OrderedDict()
        self._events: OrderedDict[str, _Event] = OrderedDict()
        self._archive: OrderedDict[tuple[object, ...], _Event] = OrderedDict()
        # Places of sessions; None: neither posted nor in the world.
        self._places: dict[str, tuple[str | None, ...] | None] = {}

    def add_session(self, record: Record) -> None:
        """Add a session; it replaces an earlier one with the same sessionId."""
        sessionId = record["sessionId"]
        self._sessions[sessionId] = (self.now, record)
        self._sessions.move_to_end(sessionId)
        self._places.pop(sessionId, None)
        if len(self._sessions) > _MOST_SESSIONS:
            self._sessions.popitem(last=False)

    def add_event(self, record: Record, time: int, own_space: str | None) -> None:
        """Add an event; ``time``: its eventTime, ms."""
        self._events[record["captureId"]] = _Event(self.now, time, record, own_space)
        if len(self._events) > _MOST_EVENTS:
            self._archive_one(self._events.popitem(last=False)[1])

    def advance(self, now: int) -> None:
        """Drop what is older than 24 hours at ``now``, ms."""
        self.now = max(self.now, now)
        while self._sessions and next(iter(self._sessions.values()))[0] <= self.now - DAY:
            self._places.pop(self._sessions.popitem(last=False)[0], None)
        while self._events and next(iter(self._events.values())).arrival <= self.now - DAY:
            self._archive_one(self._events.popitem(last=False)[1])

    def sessions(self, query: Query) -> list[Piece]:
        """Return the matching sessions in order of arrival."""
        return [
            encode(record)
            for _, record in self._sessions.values()
            if query.matches_place(*(record.get(name) for name in _IDS))
        ]

    def events(self, query: Query) -> list[Piece]:
        """Return the matching events in order of arrival."""
        return [encode(event.record) for event, _ in self._wanted(self._events.values(), query)]

    def add_latest(self, query: Query, newest: Latest) -> None:
        """Add the posted events to the newest of each combination."""
        for events in (self._archive.values(), self._events.values()):
            for event, place in self._wanted(events, query):
                values = dict(columns_of(event.record)) | {"deviceId": key(place[2])}
                combination = combine(values.get(name, 0) for name in query.distinctColumns)
                known = {name: value for name, value in zip(_IDS, place, strict=True) if value is not None}
                data = encode(event.record)
                shown = data[:-1] + b"," + orjson.dumps(known)[1:] if known else data
                keep_newest(newest, combination, event.time, event.arrival, shown)

    def _wanted(self, events: Iterable[_Event], query: Query) -> Iterator[tuple[_Event, tuple[str | None, ...]]]:
        for event in events:
            if query.eventType is not None and event.record["eventType"] != query.eventType:
                continue
            if query.interaction is not None and event.record["interaction"] != query.interaction:
                continue
            place = self._place(event)
            if query.matches_place(*place):
                yield event, place

    def _place(self, event: _Event) -> tuple[str | None, ...]:
        """Return spaceId, installationId and deviceId of the event's session."""
        sessionId = event.record["sessionId"]
        if sessionId not in self._places:
            if len(self._places) > _MOST_SESSIONS:
                self._places.clear()
            if sessionId in self._sessions:
                record = self._sessions[sessionId][1]
                self._places[sessionId] = tuple(record.get(name) for name in _IDS)
            else:
                place = self._place_of(sessionId)
                self._places[sessionId] = (place.spaceId, place.installationId, place.deviceId) if place else None
        return self._places[sessionId] or (event.own_space, None, None)

    def _archive_one(self, event: _Event) -> None:
        place = self._place(event)
        state = (event.record["eventType"], place, columns_of(event.record))
        if state not in self._archive or event.time >= self._archive[state].time:
            self._archive[state] = event
            self._archive.move_to_end(state)
        if len(self._archive) > _MOST_ARCHIVED:
            self._archive.popitem(last=False)
