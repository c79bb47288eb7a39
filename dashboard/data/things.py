"""Statuses of attached things by the device that they are attached to."""

from __future__ import annotations

from dashboard import filters
from dashboard.analysis.devices import KINDS, TILES
from dashboard.data import latest_events
from dashboard.data.latest_events import DeviceStatuses
from dashboard.filters import Filters


def statuses(chosen: Filters) -> DeviceStatuses:
    """Return the things of the scope, by the default columns where none are chosen.

    Raises
    ------
    Pending, GridError
        As `latest_events.statuses`.
    """
    return latest_events.statuses(filters.with_default_columns(chosen))


def status_by_device(chosen: Filters) -> dict[str, tuple[str, str]]:
    """Return the words and the colour of the most urgent status of each ``deviceId``; raises as `statuses`."""
    rows = statuses(chosen).devices.rows
    own = rows[rows["deviceId"].notna()]
    # The most urgent last, so that it stays.
    urgency = own["kind"].map({kind: -rank for rank, kind in enumerate(KINDS)})
    own = own.iloc[urgency.argsort(kind="stable")]
    return {
        device: (TILES[kind].words, TILES[kind].colour)
        for device, kind in zip(own["deviceId"], own["kind"], strict=True)
    }
