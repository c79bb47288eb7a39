"""The served records of one tenant's world: made minute by minute and kept for 24 hours."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import orjson

from gridrt_emulator.clock import DAY, MINUTE
from gridrt_emulator.places import Place
from gridrt_emulator.queries import Query
from gridrt_emulator.rows import MULTIPLIER, EventRow, SessionRow, combine, key
from gridrt_emulator.segments import Mask, Piece, Segment
from gridrt_emulator.world import LONGEST, World

# Key of a combination of distinctColumns -> (eventTime ms, arrival ms, record).
Latest = dict[int, tuple[int, int, bytes]]


class Store:
    """A window of 24 hours over a world. All times are ms; methods use the ``now`` of the last ``advance``."""

    def __init__(self, world: World, now: int) -> None:
        self.now = now
        self._world = world
        self._places = world.chain.places
        self._endings = [b"}", *map(place_ending, self._places)]
        self._sessions: deque[Segment] = deque()
        self._events: deque[Segment] = deque()
        self._coming: dict[int, tuple[list[SessionRow], list[EventRow]]] = {}
        # The newest monitoring event of each thing and state from before the 24 hours: latest-event includes them.
        self._archive: dict[tuple[object, ...], EventRow] = {}
        self._next = (now - DAY - LONGEST) // MINUTE
        self._remember_the_gone()
        self.advance(now)

    def advance(self, now: int) -> None:
        """Make the records until ``now`` and drop those that are too old."""
        self.now = max(self.now, now)
        while self._next * MINUTE <= self.now:
            self._make(self._next)
            self._next += 1
        for segments in (self._sessions, self._events):
            while segments and segments[0].arrival[-1] <= self.now - DAY:
                segment = segments.popleft()
                if segments is self._events:
                    self._archive_from(segment)

    def _make(self, minute: int) -> None:
        """Make the sessions of a minute and put everything that arrives in it into a segment."""
        new_sessions, new_events = self._world.minute(minute)
        for session in new_sessions:
            self._bucket(session.arrival)[0].append(session)
        for event in new_events:
            self._bucket(event.arrival)[1].append(event)
        sessions, events = self._coming.pop(minute, ([], []))
        if sessions:
            self._sessions.append(Segment(sorted(sessions, key=_arrival)))
        if events:
            self._events.append(Segment.of_events(sorted(events, key=_arrival)))

    def _bucket(self, arrival: int) -> tuple[list[SessionRow], list[EventRow]]:
        return self._coming.setdefault(max(arrival // MINUTE, self._next), ([], []))

    # ---- queries

    def sessions(self, query: Query) -> list[Piece]:
        """Return the sessions of the past 24 hours in order of arrival."""
        return self._select(self._sessions, query)

    def events(self, query: Query) -> list[Piece]:
        """Return the events of the past 24 hours in order of arrival."""
        return self._select(self._events, query)

    def latest(self, query: Query) -> Latest:
        """Return the newest event, by eventTime, of each distinct combination."""
        newest: Latest = {}
        for row in self._archive.values():
            if self._wanted(row, query):
                values = dict(row.columns) | {"deviceId": self._device_key(row.place)}
                combination = combine(values.get(name, 0) for name in query.distinctColumns)
                keep_newest(newest, combination, row.time, row.arrival, self._with_place(row.data, row.place))
        self._latest_of_window(query, newest)
        return newest

    def place_of(self, sessionId: str) -> Place | None:
        """Return the place of one of the world's sessions in the past 24 hours."""
        needle = b'"sessionId":' + orjson.dumps(sessionId)
        for segment in self._sessions:
            for piece in segment.pieces(0, len(segment)):
                if needle in bytes(piece):
                    found = next(n for n in range(len(segment)) if needle in bytes(segment.record(n)))
                    return self._places[int(segment.place[found]) - 1]
        return None

    # ---- internals

    def _window(self, segments: deque[Segment]) -> Iterator[tuple[Segment, int, int]]:
        for segment in segments:
            first, last = segment.within(self.now - DAY, self.now)
            if first < last:
                yield segment, first, last

    def _select(self, segments: deque[Segment], query: Query) -> list[Piece]:
        places = self._place_mask(query)
        found: list[Piece] = []
        for segment, first, last in self._window(segments):
            found += segment.pieces(first, last, _mask(segment, first, last, query, places))
        return found

    def _place_mask(self, query: Query) -> Mask | None:
        """Return for each place's number whether it matches; None when all do."""
        if not query.by_place:
            return None
        return np.array([False] + [query.matches_place(p.spaceId, p.installationId, p.deviceId) for p in self._places])

    def _latest_of_window(self, query: Query, newest: Latest) -> None:
        places = self._place_mask(query)
        devices = np.array([self._device_key(number) for number in range(len(self._places) + 1)], dtype=np.uint64)
        parts: list[tuple[npt.NDArray[np.int64], npt.NDArray[np.uint64], npt.NDArray[np.int64]]] = []
        segments: list[Segment] = []
        offsets: list[int] = [0]
        for segment, first, last in self._window(self._events):
            mask = _mask(segment, first, last, query, places)
            numbers = np.arange(first, last) if mask is None else first + np.flatnonzero(mask)
            if not len(numbers):
                continue
            total = np.zeros(len(numbers), dtype=np.uint64)
            for name in query.distinctColumns:
                if name == "deviceId":
                    values = devices[segment.place[numbers]]
                else:
                    values = segment.column(name, 0, len(segment))[numbers]
                total = total * np.uint64(MULTIPLIER) + values
            parts.append((segment.columns["time"][numbers], total, numbers))
            segments.append(segment)
            offsets.append(offsets[-1] + len(numbers))
        if not parts:
            return
        times, keys, rows = (np.concatenate([part[column] for part in parts]) for column in range(3))
        # Stable, over rows in order of arrival: among equals the last to arrive is the newest.
        order = np.argsort(times, kind="stable")[::-1]
        unique, where = np.unique(keys[order], return_index=True)
        positions = order[where]
        owners = np.searchsorted(np.array(offsets), positions, side="right") - 1
        for combination, time, owner, number in zip(
            unique.tolist(), times[positions].tolist(), owners.tolist(), rows[positions].tolist(), strict=True
        ):
            segment = segments[owner]
            record = self._with_place(bytes(segment.record(number)), int(segment.place[number]))
            keep_newest(newest, combination, time, int(segment.arrival[number]), record)

    def _device_key(self, place: int) -> int:
        return key(self._places[place - 1].deviceId) if place else 0

    def _with_place(self, data: bytes, place: int) -> bytes:
        """Return an event with the space, installation and device of its session, as latest-event has it."""
        return data[:-1] + self._endings[place] if place else data

    def _wanted(self, row: EventRow, query: Query) -> bool:
        if query.eventType is not None and row.eventType != key(query.eventType):
            return False
        if query.interaction is not None and row.interaction != query.interaction:
            return False
        if not query.by_place:
            return True
        place = self._places[row.place - 1] if row.place else None
        return place is not None and query.matches_place(place.spaceId, place.installationId, place.deviceId)

    def _archive_from(self, segment: Segment) -> None:
        """Keep the monitoring events of a dropped segment: few, as things and states are."""
        monitors = np.array([key(name) for name in self._world.monitors.types], dtype=np.uint64)
        for number in np.flatnonzero(np.isin(segment.columns["eventType"], monitors)).tolist():
            row = segment.row(number)
            state = (row.eventType, row.place, row.columns)
            if state not in self._archive or row.time >= self._archive[state].time:
                self._archive[state] = row

    def _remember_the_gone(self) -> None:
        """Add the last reports of things that have been silent for more than 24 hours."""
        until = self._world.monitors.last_words
        since = until - LONGEST - self._world.monitors.longest_cadence
        rows: list[EventRow] = []
        for minute in range(since // MINUTE, until // MINUTE + 1):
            rows += self._world.monitoring(minute)
        gone = [row for row in rows if row.arrival <= self.now - DAY]
        if gone:
            self._archive_from(Segment.of_events(sorted(gone, key=_arrival)))


def keep_newest(newest: Latest, combination: int, time: int, arrival: int, record: bytes) -> None:
    """Keep a record if it is the newest of its combination; among equals the last to arrive."""
    if combination not in newest or (time, arrival) >= newest[combination][:2]:
        newest[combination] = (time, arrival, record)


def place_ending(place: Place) -> bytes:
    """Return the end of an event's JSON with spaceId, installationId and deviceId (if any)."""
    fields = {"spaceId": place.spaceId, "installationId": place.installationId}
    if place.deviceId is not None:
        fields["deviceId"] = place.deviceId
    return b"," + orjson.dumps(fields)[1:]


def _mask(segment: Segment, first: int, last: int, query: Query, places: Mask | None) -> Mask | None:
    masks: list[Mask] = []
    if places is not None:
        masks.append(places[segment.place[first:last]])
    if query.eventType is not None:
        masks.append(segment.columns["eventType"][first:last] == np.uint64(key(query.eventType)))
    if query.interaction is not None:
        masks.append(segment.columns["interaction"][first:last] == query.interaction)
    return np.logical_and.reduce(masks) if masks else None


def _arrival(row: SessionRow | EventRow) -> int:
    return row.arrival
