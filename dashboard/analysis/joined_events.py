"""What the views look at: sessions and events joined, ordered and narrowed, without copying them. Pure.

A frame of a million events is shared by everybody. What a filter lets through is a list of places in it (`Rows`); a
view takes from there the columns that it counts and the page of rows that it shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from dashboard.analysis.columns import Bools, Ints, coded, ids_of, places, stamp, stamps, taken, without_categories
from dashboard.analysis.record_order import Listing, Places, order_of
from gridrt_client.filtering import holds, matches

JOINED = ("spaceId", "installationId", "deviceId", "appId", "country", "environment")
COUNTS = ("events", "interactive events", "last event")


@dataclass(frozen=True, eq=False)
class RowSelection:
    """Some rows of a shared frame, in the order in which they are listed.

    Attributes
    ----------
    frame
        The shared frame; nobody changes it.
    at
        The place of each row in it.
    """

    frame: pd.DataFrame
    positions: Places

    def __len__(self) -> int:
        return len(self.positions)

    @property
    def own_bytes(self) -> int:
        """What these rows take beside the frame that they share."""
        return int(self.positions.nbytes)

    @property
    def empty(self) -> bool:
        return not len(self.positions)

    def take_columns(self, *names: str) -> pd.DataFrame:
        """These columns of all rows, to count: in no particular order, and not copied where it is the whole frame."""
        columns = self.frame[list(dict.fromkeys(names))]
        return columns if len(self) == len(self.frame) else columns.take(self.positions)

    def take_rows(self, start: int = 0, stop: int | None = None) -> pd.DataFrame:
        """The rows from ``start`` to before ``stop`` in their order, all columns, categories as texts: to show."""
        return without_categories(self.frame.take(self.positions[start:stop]))

    def without(self, *names: str) -> RowSelection:
        """The same rows without these columns."""
        return RowSelection(self.frame.drop(columns=list(names)), self.positions)

    def where(self, mask: Bools) -> RowSelection:
        """Those of the rows that a mask over the frame lets through."""
        return RowSelection(self.frame, self.positions[mask[self.positions]])

    def between(self, column: str, start: pd.Timestamp, end: pd.Timestamp) -> RowSelection:
        """The rows whose time is in the span, both ends included; undated rows are in none."""
        moments = stamps(self.frame[column])
        return self.where((moments >= stamp(start)) & (moments <= stamp(end)))

    def having(self, column: str, value: object) -> RowSelection:
        """The rows with this value."""
        return self.where(holds(self.frame[column], value))

    def split(self, column: str, now: pd.Timestamp) -> tuple[RowSelection, RowSelection]:
        """The rows up to ``now`` with the undated ones, and those from the future; the rows are ordered by column."""
        ahead = Listing(self.frame, self.positions, column).newer_than(now)
        return RowSelection(self.frame, self.positions[ahead:]), RowSelection(self.frame, self.positions[:ahead])

    def first(self, number: int) -> RowSelection:
        """So many of the rows from the first on."""
        return RowSelection(self.frame, self.positions[:number])

    def future_last(self, column: str, now: pd.Timestamp) -> RowSelection:
        """The same rows, those from the future after the others; the rows are ordered by column."""
        past, ahead = self.split(column, now)
        return self if ahead.empty else RowSelection(self.frame, np.concatenate([past.positions, ahead.positions]))


@dataclass(frozen=True, eq=False)
class Joined:
    """One pair of answers, joined.

    Attributes
    ----------
    sessions
        One row per session, newest first (`ordering`), with `COUNTS`: how many events it has, how many of them
        interactive (int64), and when the last was that isn't from the future.
    events
        Each event once, newest first (`ordering`), with the columns of its session (`JOINED`).
    session_of
        For each row of the events' frame the place of its session in the sessions' frame, -1 where there is none.
    """

    sessions: RowSelection
    events: RowSelection
    session_of: Places

    @property
    def own_bytes(self) -> int:
        """What it takes beside the events' own columns, which it shares with the answer."""
        added = self.events.frame[list(JOINED)], self.sessions.frame
        columns = sum(int(column.array.nbytes) for frame in added for _, column in frame.items())
        return columns + self.sessions.own_bytes + self.events.own_bytes + int(self.session_of.nbytes)


def joined(
    sessions: pd.DataFrame, events: pd.DataFrame, now: pd.Timestamp | None = None, order: Places | None = None
) -> Joined:
    """Sessions and events as the client decodes them, joined.

    Parameters
    ----------
    now
        The present, UTC; without it no event is from the future.
    order
        The places of the events, newest first, where they are known already.
    """
    unique = newest_first(unique_sessions(sessions), "sessionCreated").reset_index(drop=True)
    place = _session_places(events, unique)
    told = events.assign(**_told_by_session(events, unique, place))
    sessions_told = with_counts(unique, events, place, now)
    # pandas copies a frame's attributes, deeply, at nearly every step; what they tell stays with the answers.
    told.attrs, sessions_told.attrs = {}, {}
    at = event_order(events) if order is None else order
    return Joined(rows_of(sessions_told), RowSelection(told, at), place.astype(np.int32))


def event_order(events: pd.DataFrame) -> Places:
    """The places of the events, newest first (`ordering`)."""
    return order_of(events, "eventTime").astype(np.int32)


def narrowed(
    scope: Joined, eventType: str | None = None, interactionType: str = "all"
) -> tuple[RowSelection, RowSelection]:
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
    """One row per ``sessionId``: the newest by ``sessionCreated``, the first in the order of `ordering`.

    Rows without ``sessionId`` are all kept. Order as received, index from 0.
    """
    ids, values = coded(ids_of(sessions["sessionId"]))
    times = np.bincount(ids[ids >= 0], minlength=len(values))
    # One more at the end, for the missing: their code is -1.
    repeated = np.flatnonzero(np.append(times > 1, False)[ids])
    if not len(repeated):
        return sessions
    ordered = repeated[order_of(sessions.take(repeated), "sessionCreated")]
    _, first = np.unique(ids[ordered], return_index=True)
    keep = np.ones(len(sessions), dtype=bool)
    keep[repeated] = False
    keep[ordered[first]] = True
    return sessions[keep].reset_index(drop=True)


def with_counts(
    sessions: pd.DataFrame, events: pd.DataFrame, session_of: Ints | None = None, now: pd.Timestamp | None = None
) -> pd.DataFrame:
    """One row per session with `COUNTS`; ``session_of`` as in `Joined`, found out when it is not given.

    An event from after ``now`` counts, but is not the last one.
    """
    place = _session_places(events, sessions) if session_of is None else session_of
    inside, n = place >= 0, len(sessions)
    interactive = inside & holds(events["interaction"], True)
    last = np.full(n, np.iinfo(np.int64).min)
    moments = stamps(events["eventTime"])
    past = inside if now is None else inside & (moments <= stamp(now))
    np.maximum.at(last, place[past], moments[past])
    number, number_interactive, newest = COUNTS
    told = sessions.copy(deep=False)
    told[number] = np.bincount(place[inside], minlength=n).astype(np.int64)
    told[number_interactive] = np.bincount(place[interactive], minlength=n).astype(np.int64)
    told[newest] = pd.DatetimeIndex(last.view("datetime64[us]")).tz_localize("UTC")
    return told


def newest_first(frame: pd.DataFrame, column: str = "eventTime") -> pd.DataFrame:
    """The rows by time, newest first, undated last; total (`ordering`)."""
    times = stamps(frame[column])
    if (times[1:] < times[:-1]).all():
        return frame
    order = order_of(frame, column)
    return frame if (order[1:] > order[:-1]).all() else frame.iloc[order]


def rows_of(frame: pd.DataFrame) -> RowSelection:
    """All rows of a frame, in its order."""
    return RowSelection(frame, np.arange(len(frame), dtype=np.int32))


def _told_by_session(events: pd.DataFrame, unique: pd.DataFrame, place: Ints) -> dict[str, pd.Series]:
    return {name: taken(unique[name], place, events.index) for name in JOINED}


def _session_places(events: pd.DataFrame, unique: pd.DataFrame) -> Ints:
    return places(ids_of(events["sessionId"]), ids_of(unique["sessionId"]))
