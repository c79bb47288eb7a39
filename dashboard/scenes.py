"""What the views look at: sessions and events joined, ordered and narrowed, without copying them. Pure.

A frame of a million events is shared by everybody. What a filter lets through is a list of places in it (`Rows`); a
view takes from there the columns that it counts and the page of rows that it shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from dashboard.columns import Bools, Ints, coded, ids_of, places, plain, stamps, taken
from gridrt_client.narrow import holds, matches

JOINED = ("spaceId", "installationId", "deviceId", "appId", "country", "environment")
COUNTS = ("events", "interactive events", "last event")
Places = npt.NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Rows:
    """Some rows of a shared frame, in the order in which they are listed.

    Attributes
    ----------
    frame
        The shared frame; nobody changes it.
    at
        The place of each row in it.
    """

    frame: pd.DataFrame
    at: Places

    def __len__(self) -> int:
        return len(self.at)

    @property
    def own_bytes(self) -> int:
        """What these rows take beside the frame that they share."""
        return int(self.at.nbytes)

    @property
    def empty(self) -> bool:
        return not len(self.at)

    def some(self, *names: str) -> pd.DataFrame:
        """These columns of all rows, to count: in no particular order, and not copied where it is the whole frame."""
        columns = self.frame[list(dict.fromkeys(names))]
        return columns if len(self) == len(self.frame) else columns.take(self.at)

    def listed(self, start: int = 0, stop: int | None = None) -> pd.DataFrame:
        """The rows from ``start`` to before ``stop`` in their order, all columns, categories as texts: to show."""
        return plain(self.frame.take(self.at[start:stop]))

    def without(self, *names: str) -> Rows:
        """The same rows without these columns."""
        return Rows(self.frame.drop(columns=list(names)), self.at)

    def where(self, mask: Bools) -> Rows:
        """Those of the rows that a mask over the frame lets through."""
        return Rows(self.frame, self.at[mask[self.at]])

    def between(self, column: str, start: pd.Timestamp, end: pd.Timestamp) -> Rows:
        """The rows whose time is in the span, both ends included; undated rows are in none."""
        moments = stamps(self.frame[column])
        return self.where((moments >= _stamp(start)) & (moments <= _stamp(end)))

    def having(self, column: str, value: object) -> Rows:
        """The rows with this value."""
        return self.where(holds(self.frame[column], value))


@dataclass(frozen=True, eq=False)
class Joined:
    """One pair of answers, joined.

    Attributes
    ----------
    sessions
        One row per session, newest first, with `COUNTS`: how many events it has, how many of them interactive (int64),
        and when the last was.
    events
        Each event once, newest first, with the columns of its session (`JOINED`).
    session_of
        For each row of the events' frame the place of its session in the sessions' frame, -1 where there is none.
    """

    sessions: Rows
    events: Rows
    session_of: Places

    @property
    def own_bytes(self) -> int:
        """What it takes beside the events' own columns, which it shares with the answer."""
        added = self.events.frame[list(JOINED)], self.sessions.frame
        columns = sum(int(column.array.nbytes) for frame in added for _, column in frame.items())
        return columns + self.sessions.own_bytes + self.events.own_bytes + int(self.session_of.nbytes)


def joined(sessions: pd.DataFrame, events: pd.DataFrame) -> Joined:
    """Sessions and events as the client decodes them, joined."""
    unique = newest_first(unique_sessions(sessions), "sessionCreated").reset_index(drop=True)
    place = _session_places(events, unique)
    told = events.assign(**_told_by_session(events, unique, place))
    sessions_told = with_counts(unique, events, place)
    # pandas copies a frame's attributes, deeply, at nearly every step; what they tell stays with the answers.
    told.attrs, sessions_told.attrs = {}, {}
    return Joined(
        rows_of(sessions_told),
        Rows(told, order_of(events["eventTime"]).astype(np.int32, copy=False)),
        place.astype(np.int32),
    )


def narrowed(scope: Joined, eventType: str | None = None, interactionType: str = "all") -> tuple[Rows, Rows]:
    """The sessions and the events that filters on events let through.

    ``interactive``: ``interaction`` is true; ``nonInteractive``: it is false. An event that doesn't say is in ``all``
    only. Sessions are those that have such an event.
    """
    if eventType is None and interactionType == "all":
        return scope.sessions, scope.events
    mask = matches(scope.events.frame, eventType, interactionType)
    with_one = np.zeros(len(scope.sessions.frame) + 1, dtype=bool)
    with_one[scope.session_of[mask]] = True
    return scope.sessions.where(with_one[:-1]), scope.events.where(mask)


def within(scope: Joined, values: Mapping[str, str]) -> Joined:
    """The sessions and events that have these values in the columns of their session."""
    for name, value in values.items():
        sessions = scope.sessions.where(holds(scope.sessions.frame[name], value))
        events = scope.events.where(holds(scope.events.frame[name], value))
        scope = Joined(sessions, events, scope.session_of)
    return scope


def unique_sessions(sessions: pd.DataFrame) -> pd.DataFrame:
    """One row per ``sessionId``: the last by ``sessionCreated`` (undated before dated, then as received).

    Rows without ``sessionId`` are all kept. Order as received, index from 0.
    """
    ids, values = coded(ids_of(sessions["sessionId"]))
    known = ids[ids >= 0]
    if not len(known) or np.bincount(known, minlength=len(values)).max() <= 1:
        return sessions
    # Missing times are the smallest number, so undated rows come first.
    order = np.argsort(stamps(sessions["sessionCreated"]), kind="stable")
    last = np.full(len(values), -1, dtype=np.int64)
    last[ids[order][ids[order] >= 0]] = order[ids[order] >= 0]
    keep = np.flatnonzero((ids < 0) | (last[ids] == np.arange(len(ids))))
    return sessions.take(keep).reset_index(drop=True)


def with_counts(sessions: pd.DataFrame, events: pd.DataFrame, session_of: Ints | None = None) -> pd.DataFrame:
    """One row per session with `COUNTS`; ``session_of`` as in `Joined`, found out when it is not given."""
    place = _session_places(events, sessions) if session_of is None else session_of
    inside, n = place >= 0, len(sessions)
    interactive = inside & holds(events["interaction"], True)
    last = np.full(n, np.iinfo(np.int64).min)
    np.maximum.at(last, place[inside], stamps(events["eventTime"])[inside])
    number, number_interactive, newest = COUNTS
    told = sessions.copy(deep=False)
    told[number] = np.bincount(place[inside], minlength=n).astype(np.int64)
    told[number_interactive] = np.bincount(place[interactive], minlength=n).astype(np.int64)
    told[newest] = pd.DatetimeIndex(last.view("datetime64[us]")).tz_localize("UTC")
    return told


def newest_first(frame: pd.DataFrame, column: str = "eventTime") -> pd.DataFrame:
    """The rows by time, newest first, undated last; equal times as received."""
    times = stamps(frame[column])
    return frame if (times[1:] <= times[:-1]).all() else frame.iloc[order_of(frame[column])]


def order_of(times: pd.Series) -> Ints:
    """The places by time, newest first, undated last; equal times as received."""
    # ~ turns the order of int64 round without overflow; missing times, the smallest, become the largest.
    return np.argsort(~stamps(times), kind="stable")


def rows_of(frame: pd.DataFrame) -> Rows:
    """All rows of a frame, in its order."""
    return Rows(frame, np.arange(len(frame), dtype=np.int32))


def _told_by_session(events: pd.DataFrame, unique: pd.DataFrame, place: Ints) -> dict[str, pd.Series]:
    return {name: taken(unique[name], place, events.index) for name in JOINED}


def _session_places(events: pd.DataFrame, unique: pd.DataFrame) -> Ints:
    return places(ids_of(events["sessionId"]), ids_of(unique["sessionId"]))


def _stamp(moment: pd.Timestamp) -> int:
    return int(moment.as_unit("us").asm8.astype(np.int64))
