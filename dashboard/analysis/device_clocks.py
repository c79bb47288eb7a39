"""When a device was last heard and last used, besides the reports about what is attached to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from dashboard.analysis.database import Database
from dashboard.analysis.event_filter import EVERYTHING, EventFilter

CLOCKS = """
    select max(eventTime), max(eventTime) filter (interaction and not monitoring)
    from events where deviceId = $device and eventTime <= $now and {events}
"""
NEWEST_SESSION = """
    select sessionId from sessions where deviceId = $device and sessionId is not null and sessionCreated <= $now
    order by sessionCreated desc, position limit 1
"""


@dataclass(frozen=True)
class DeviceClocks:
    """The newest event and the newest interaction of a device up to now, UTC, and its newest session; None for none."""

    last_event: pd.Timestamp | None
    last_interaction: pd.Timestamp | None
    newest_session: str | None


def device_clocks(history: Database, device: str, now: pd.Timestamp, chosen: EventFilter = EVERYTHING) -> DeviceClocks:
    """Return what the events and sessions of the past 24 hours say about a device.

    An interaction is an event with ``interaction`` true that isn't ``MONITOR_*``.
    """
    given = {"device": device, "now": now}
    ((event, interaction),) = history.rows(chosen.apply(CLOCKS), **chosen.parameters, **given)
    sessions = history.rows(NEWEST_SESSION, **given)
    return DeviceClocks(_moment(event), _moment(interaction), sessions[0][0] if sessions else None)


def _moment(value: datetime | None) -> pd.Timestamp | None:
    return None if value is None else pd.Timestamp(value, tz="UTC")
