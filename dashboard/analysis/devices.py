"""Attached things with what became of them in the past 24 hours: the rows, tiles and alarms of devices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from dashboard.analysis.columns import Bools, Ints, passing, stamp, stamps, without_categories
from dashboard.analysis.device_status import latest_rows_from, statuses
from dashboard.analysis.event_filter import EVERYTHING, EventFilter
from dashboard.analysis.joined_events import JoinedEvents
from dashboard.analysis.record_order import hashes
from dashboard.analysis.status_history import NEVER, StatusHistory, status_history
from dashboard.analysis.status_reference import REPORTED_KINDS, Status, StatusReference
from dashboard.filters import Window
from gridrt_client.schema import LATEST_EVENT, is_monitor

HOUR = 3_600 * 1_000_000  # microseconds, as in `status_history`
DAY = 24 * HOUR

TILES: Final = {
    "offline": Status("Offline", "#e5484d", 100, "▲", "offline"),
    "silent": Status("Silent", "#8a63d2", 90, "▨", "silent"),
    "flapping": Status("Flapping", "#c27803", 80, "⇅", "flapping"),
    "unknown": Status("Unknown", "#7c838e", 50, "○", "unknown"),
    "online": Status("Online", "#2b9a66", 0, "●", "online"),
}
"""What is counted and can be chosen, the most urgent first: the kinds of statuses, and flapping."""
KINDS: Final = ("offline", "silent", "unknown", "online")
"""The kinds, of which each thing has exactly one. A thing that flaps has one of them, too."""
DOWN: Final = ("offline", "silent")
_SECONDS = ("seconds_online", "seconds_offline", "seconds_unknown", "seconds_silent")
_ADDED = ("place", "gone", "silent_after", "reaches_back", "flapping", "flaps", "up", *_SECONDS)


@dataclass(frozen=True, eq=False)
class Devices:
    """The things of a scope.

    Attributes
    ----------
    rows
        One row per latest monitoring event, and one for each thing that occurs in the past 24 hours and not in the
        newest answer, with the columns of `device_status.latest_rows` and

        ``kind``
            One of `KINDS`. Silent is a thing that has not been heard for longer than its limit, whatever it said last.
            A thing whose last report has no time up to now counts as what it said, but never as online.
        ``reported``
            The kind of the status that its last report says.
        ``flapping``
            Whether its status changed more than ``flapping_changes`` times within an hour that ends with a change in
            the last hour.
        ``flaps``
            How often its status changed in the span (int64).
        ``up``
            The share of the known time of the span in which it was online, 0 to 1 (float64); missing without any. The
            time before its first report and that of statuses of the kind unknown isn't known; silence is, and is not
            up.
        ``seconds_online`` ``seconds_offline`` ``seconds_unknown`` ``seconds_silent``
            How long it was that in the span (float64).
        ``silent_after``
            Its limit in seconds (float64); missing where no report is dated.
        ``reaches_back``
            Whether the first report of its newest run of equal ``int1`` is the first one known and at the begin of the
            24 hours, not later than its limit.
        ``gone``
            Whether the newest answer has nothing of its combination of ``distinctColumns``. Where it has an event of
            another type, the thing is known from the past 24 hours only, and not gone.
        ``place``
            The position of the thing in ``history``, -1 for none (int64).

        By space, those with the most urgent thing first; within a space the most urgent first.
    counts
        How many rows each of `TILES` lists. Those of `KINDS` add up to all rows.
    history
        What the things reported.
    states, state_of_stretch
        The statuses that were reported, and the position of each stretch's among them.
    """

    rows: pd.DataFrame
    counts: dict[str, int]
    history: StatusHistory
    states: tuple[Status, ...]
    state_of_stretch: Ints

    def down_by_space(self) -> dict[str | None, int]:
        """Return how many things of each space are offline or silent; spaces without any are left out."""
        spaces = self.rows.loc[self.rows["kind"].isin(DOWN), "spaceId"]
        counted = spaces.value_counts(dropna=False)
        return {space if isinstance(space, str) else None: int(count) for space, count in counted.items()}

    def complete(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Return rows of `device_status.latest_rows` with the columns of ``rows``, where their things are among them.

        Others have the kind of the status that they reported, and no numbers.
        """
        keys = ["eventType", "combination"]
        own = self.rows.drop_duplicates(keys).set_index(keys)[["kind", *_ADDED]]
        found = own.reindex(pd.MultiIndex.from_frame(rows[keys])).reset_index(drop=True)
        missing = {"gone": False, "reaches_back": False, "flapping": False, "place": -1}
        filled = {
            name: found[name].where(found[name].notna(), value).astype(type(value)) for name, value in missing.items()
        }
        kind = found["kind"].where(found["kind"].notna(), rows["kind"].reset_index(drop=True))
        flaps = found["flaps"].astype("Int64")
        return rows.reset_index(drop=True).assign(
            **found.assign(**filled, kind=kind, flaps=flaps), reported=rows["kind"].reset_index(drop=True)
        )


def listed(rows: pd.DataFrame, tile: str) -> pd.DataFrame:
    """Return the rows that one of `TILES` counts."""
    return rows[rows["flapping"]] if tile == "flapping" else rows[rows["kind"] == tile]


def devices(
    latest: pd.DataFrame,
    past: JoinedEvents,
    distinctColumns: Sequence[str],
    reference: StatusReference,
    now: pd.Timestamp,
    span: Window | None = None,
    chosen: EventFilter = EVERYTHING,
) -> Devices:
    """Return the things at ``now`` (UTC).

    Parameters
    ----------
    latest
        The answer of latest-event, as decoded.
    past
        The events of the past 24 hours.
    distinctColumns
        As in the request.
    span
        The time that ``flaps`` and ``up`` are about; the 24 hours when not given.
    chosen
        Which of the events count.
    """
    latest = latest.reset_index(drop=True)
    monitoring = passing(latest["eventType"], is_monitor)
    history = status_history(latest, monitoring, past.database, distinctColumns, reference.thresholds, now, chosen)
    absent, things = history.absent, history.things
    records = without_categories(latest[monitoring])
    if len(absent):
        records = pd.concat([records, _absent_records(things["newest"].iloc[absent], past, latest)])
    records = records.reset_index(drop=True)
    place = np.concatenate([history.thing_of_row[monitoring], absent])
    types = np.full(len(things), None, dtype=object)
    types[place[place >= 0]] = records["eventType"].to_numpy(dtype=object)[place >= 0]
    stretches = history.stretches
    states, state_of_stretch = statuses(
        stretches["int1"].mask(stretches["int1"] == ""),
        pd.Series(types[stretches["thing"].to_numpy()], dtype="str"),
        np.ones(len(stretches), dtype=bool),
        reference,
    )
    known = tuple(state for state in states if state is not None)
    first, end = stamp(now) - DAY, stamp(now)
    window = (first, end) if span is None else (stamp(span.start), min(stamp(span.end), end))
    since = np.concatenate([history.since[monitoring], things["since"].to_numpy()[absent]])
    is_first = np.concatenate([history.since_is_first[monitoring], things["since_is_first"].to_numpy()[absent]])
    rows = latest_rows_from(records, since, is_first, distinctColumns, reference, now)
    order = rows.index.to_numpy()
    numbers = _numbers(history, np.array([state.kind for state in known], dtype=object)[state_of_stretch], window)
    found = rows.assign(
        place=place[order],
        gone=_gone(rows, (np.arange(len(records)) >= monitoring.sum())[order], latest, distinctColumns),
        silent_after=_taken(things["silent_after"].to_numpy() / 1e6, place, np.nan)[order],
        reaches_back=(is_first & (since <= first + _taken(things["silent_after"].to_numpy(), place, 0)))[order],
        flapping=_taken(_flapping(history, end, reference.thresholds.flapping_changes), place, False)[order],
        **{name: _taken(values, place, missing)[order] for name, (values, missing) in numbers.items()},
    )
    found["reported"] = found["kind"]
    found["kind"] = _kinds(found, things, end)
    found = found.iloc[_by_space(found)].reset_index(drop=True)
    return Devices(found, {tile: len(listed(found, tile)) for tile in TILES}, history, known, state_of_stretch)


def _absent_records(newest: pd.Series, past: JoinedEvents, latest: pd.DataFrame) -> pd.DataFrame:
    """The newest events of things that aren't in the answer, as it would have them."""
    events = past.events
    records = without_categories(events.frame.take(events.positions[newest.to_numpy()])).reset_index(drop=True)
    records = records[[name for name in LATEST_EVENT.names if name in records.columns]]
    named = without_categories(latest[["sessionId", "deviceId"]]).dropna()
    devices = named.groupby("sessionId")["deviceId"].min()
    return records.assign(
        deviceId=records["deviceId"].where(records["deviceId"].notna(), records["sessionId"].map(devices))
    )


def _gone(rows: pd.DataFrame, absent: Bools, latest: pd.DataFrame, distinctColumns: Sequence[str]) -> Bools:
    """Which of the rows that aren't in the answer have no event of their combination there."""
    if not absent.any():
        return absent
    answered = hashes(latest, [name for name in distinctColumns if name in latest.columns])
    return absent & ~np.isin(rows["combination"].to_numpy(), answered)


def _taken(values: npt.NDArray[Any], places: Ints, missing: Any) -> npt.NDArray[Any]:
    """The values at these places; ``missing`` at -1."""
    return np.append(values, missing)[places]


def _kinds(rows: pd.DataFrame, things: pd.DataFrame, now: int) -> pd.Series:
    """The kind of each row, from that of the status that it reported."""
    own = stamps(rows["last_seen"])
    last = np.maximum(own, _taken(things["last"].to_numpy(), rows["place"].to_numpy(), NEVER))
    is_heard = last > NEVER
    silent = is_heard & (np.where(is_heard, now - last, 0) > rows["silent_after"].fillna(np.inf) * 1e6)
    kind = rows["kind"].mask(~is_heard & (rows["kind"] == "online"), "unknown")
    return kind.mask(silent, "silent")


def _numbers(history: StatusHistory, kinds: npt.NDArray[Any], window: tuple[int, int]) -> dict[str, Any]:
    """Changes and the share of time online of each thing within a window, and what they are for no thing."""
    own, (start, end) = history.stretches, window
    thing, things = own["thing"].to_numpy(), len(history.things)
    begin, until, stop = (own[name].to_numpy() for name in ("begin", "held_until", "end"))
    held = np.clip(np.minimum(until, end) - np.maximum(begin, start), 0, None)
    silent = np.clip(np.minimum(stop, end) - np.maximum(until, start), 0, None)
    seconds = {kind: np.bincount(thing, held * (kinds == kind), things) / 1e6 for kind in REPORTED_KINDS}
    seconds["silent"] = np.bincount(thing, silent, things) / 1e6
    known = seconds["online"] + seconds["offline"] + seconds["silent"]
    up = np.divide(seconds["online"], known, out=np.full(things, np.nan), where=known > 0)
    changes = own["changes"].to_numpy() & (begin >= start) & (begin <= end)
    return {
        "flaps": (np.bincount(thing[changes], minlength=things), 0),
        "up": (up, np.nan),
        **{f"seconds_{kind}": (total, np.nan) for kind, total in seconds.items()},
    }


def _flapping(history: StatusHistory, now: int, most: int) -> npt.NDArray[np.bool_]:
    """Whether each thing changed more than ``most`` times within an hour that ends with a change in the last hour."""
    changes = history.stretches[history.stretches["changes"]]
    thing, time = changes["thing"].to_numpy(), changes["begin"].to_numpy()
    found = np.zeros(len(history.things), dtype=bool)
    if len(changes) > most:
        often = (thing[most:] == thing[:-most]) & (time[most:] - time[:-most] <= HOUR) & (time[most:] > now - HOUR)
        found[thing[most:][often]] = True
    return found


def _by_space(rows: pd.DataFrame) -> Ints:
    """The order by space and urgency; the rows are in their order otherwise."""
    ranks = {tile: rank for rank, tile in enumerate(TILES)}
    urgency = rows["kind"].map(ranks).to_numpy(dtype=np.int64)
    urgency = np.where(rows["flapping"], np.minimum(urgency, ranks["flapping"]), urgency)
    spaces, names = pd.factorize(rows["spaceId"], sort=True)
    group = np.where(spaces < 0, len(names), spaces)
    most = np.full(len(names) + 1, len(TILES))
    np.minimum.at(most, group, urgency)
    as_urgent = np.bincount(group, urgency == most[group], len(names) + 1)
    found: Ints = np.lexsort((np.arange(len(rows)), urgency, group, -as_urgent[group], most[group]))
    return found
